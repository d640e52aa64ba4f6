//! What squeue says of the tasks of a run.

use std::fmt;

use super::calls::FIELDS;

/// The `ArrayTaskID` of the tasks of an array that were canceled before they began: squeue has one line for
/// all of them.
const NO_INDEX: &str = "N/A";

/// What Slurm says of a task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TaskReport {
    /// The block of its index.
    pub(crate) block: u64,
    /// Its index in the array; `None` means all tasks of an array of this block that were canceled before
    /// they began, none of which has a report of its own.
    pub(crate) index: Option<u64>,
    pub(crate) state: TaskState,
    /// Why it waits, or how it ended, in a word of Slurm.
    pub(crate) reason: String,
    /// How it ended, if it has.
    pub(crate) exit: TaskStatus,
    /// The node that it was given, if it was.
    pub(crate) node: Option<String>,
}

/// How the script of a task ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct TaskStatus(u32);

impl TaskStatus {
    /// A wait status, as the system gives it.
    #[cfg(test)]
    pub(crate) fn from_wait(status: u32) -> Self {
        Self(status)
    }

    /// Returns the exit code, if it was not ended by a signal.
    pub(crate) fn code(self) -> Option<u8> {
        (self.0 & 0x7f == 0).then_some((self.0 >> 8) as u8)
    }

    /// Reads a wait status, or an exit code and the number of a signal with a colon between.
    fn parse(text: &str) -> Option<Self> {
        match text.split_once(':') {
            None => text.parse().ok().map(Self),
            Some((code, signal)) => {
                let (code, signal): (u8, u8) = (code.parse().ok()?, signal.parse().ok()?);
                Some(Self(u32::from(code) << 8 | u32::from(signal & 0x7f)))
            }
        }
    }
}

/// The state of a task, in the word of Slurm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TaskState(String);

impl TaskState {
    /// Creates the state of this name.
    pub(crate) fn new(word: impl Into<String>) -> Self {
        Self(word.into())
    }

    /// Whether it will run, runs or ends. Any other state is an end, whatever a later Slurm calls it.
    pub(crate) fn is_alive(&self) -> bool {
        matches!(
            self.word(),
            "PENDING"
                | "RUNNING"
                | "CONFIGURING"
                | "COMPLETING"
                | "SUSPENDED"
                | "REQUEUED"
                | "STAGE_OUT"
                | "SIGNALING"
                | "RESIZING"
                | "REQUEUE_HOLD"
                | "REQUEUE_FED"
                | "SPECIAL_EXIT"
                | "STOPPED"
        )
    }

    /// Whether its processes have ended, and Slurm tidies up.
    pub(crate) fn is_completing(&self) -> bool {
        self.word() == "COMPLETING"
    }

    /// Whether it waits for a node.
    pub(crate) fn is_pending(&self) -> bool {
        self.word() == "PENDING"
    }

    /// Whether somebody canceled it.
    pub(crate) fn is_canceled(&self) -> bool {
        self.word() == "CANCELLED"
    }

    /// Whether its node was given to a job of a higher priority.
    pub(crate) fn is_preempted(&self) -> bool {
        self.word() == "PREEMPTED"
    }

    /// Whether its script failed.
    pub(crate) fn is_failed(&self) -> bool {
        self.word() == "FAILED"
    }

    /// Whether it ended because of its limits and not because of its node.
    pub(crate) fn is_ended_by_limit(&self) -> bool {
        matches!(self.word(), "PREEMPTED" | "TIMEOUT" | "DEADLINE")
    }

    /// Whether nothing of it runs any more. Of a node that does not answer nobody knows.
    pub(crate) fn has_surely_ended(&self) -> bool {
        !self.is_alive() && !matches!(self.word(), "NODE_FAIL" | "BOOT_FAIL")
    }

    /// Its first word: some forms of it say by whom.
    fn word(&self) -> &str {
        self.0.split(' ').next().unwrap_or_default()
    }
}

impl fmt::Display for TaskState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a task that waits for this reason may wait for ever, so that the user wants to know.
pub(crate) fn is_notable_reason(reason: &str) -> bool {
    !matches!(
        reason,
        "" | "None"
            | "Priority"
            | "Resources"
            | "JobArrayTaskLimit"
            | "BeginTime"
            | "Dependency"
            | "Cleaning"
    )
}

/// A line that is not as squeue writes it. Nothing is concluded from such an answer.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("squeue wrote a line that cannot be read: {0:?}")]
pub(crate) struct ReportError(String);

/// Reads an answer of squeue. Lines of other runs are skipped.
pub(crate) fn parse_reports(answer: &[u8], run_id: &str) -> Result<Vec<TaskReport>, ReportError> {
    let lines = answer.split(|byte| *byte == b'\n');
    let lines = lines.filter(|line| !line.trim_ascii().is_empty());
    let reports = lines.filter_map(|line| {
        let report = report(line, run_id).ok_or_else(|| {
            let line = String::from_utf8_lossy(line);
            ReportError(line.trim_end().to_owned())
        });
        report.transpose()
    });
    reports.collect()
}

/// Reads a line; `Some(None)` if it is one of another run.
fn report(line: &[u8], run_id: &str) -> Option<Option<TaskReport>> {
    let mut rest = line;
    let mut fields = FIELDS.map(|_| "");
    for (field, described) in fields.iter_mut().zip(FIELDS) {
        let width: usize = described.split_once(':')?.1.parse().ok()?;
        // The last field may come without its blanks.
        let (text, after) = rest.split_at(width.min(rest.len()));
        *field = str::from_utf8(text).ok()?.trim_matches(' ');
        rest = after;
    }
    let [comment, index, state, reason, exit, node] = fields;
    let block = comment.strip_prefix("prun-");
    let block = block.and_then(|text| text.strip_prefix(run_id)?.strip_prefix('.'));
    let Some(block) = block else {
        return (!state.is_empty()).then_some(None);
    };
    if state.is_empty() {
        return None;
    }
    Some(Some(TaskReport {
        block: block.parse().ok()?,
        index: match index {
            NO_INDEX => None,
            index => Some(index.parse().ok()?),
        },
        state: TaskState::new(state),
        reason: reason.to_owned(),
        exit: TaskStatus::parse(exit)?,
        node: (!matches!(node, "" | "(null)" | "n/a" | "None assigned")).then(|| node.to_owned()),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An answer of squeue 22.05.8, for an array of which one task could not begin, another one was
    /// interrupted, and the others were canceled while they ran or waited.
    const ANSWER: &str = "\
prun-7f3a9c.0                           N/A         CANCELLED           JobArrayTaskLimit                                               0                                                                           
prun-7f3a9c.0                           3           CANCELLED           None                                                            15          n1                                                              
prun-7f3a9c.0                           0           FAILED              NonZeroExitCode                                                 30720       n1                                                              
prun-7f3a9c.0                           1           FAILED              JobLaunchFailure                                                2           n1                                                              
prun-7f3a9c.12                          0           PENDING             PartitionConfig                                                 0                                                                           
prun-7f3a9c.0                           4           RUNNING             None                                                            0           n1                                                              
";

    fn read(answer: &str) -> Vec<TaskReport> {
        parse_reports(answer.as_bytes(), "7f3a9c").unwrap()
    }

    #[test]
    fn an_answer_of_squeue_is_read() {
        let reports = read(ANSWER);
        let seen: Vec<_> = reports
            .iter()
            .map(|report| {
                let state = report.state.to_string();
                (report.block, report.index, state, report.node.as_deref())
            })
            .collect();
        let n1 = Some("n1");
        let expected = [
            (0, None, "CANCELLED", None),
            (0, Some(3), "CANCELLED", n1),
            (0, Some(0), "FAILED", n1),
            (0, Some(1), "FAILED", n1),
            (12, Some(0), "PENDING", None),
            (0, Some(4), "RUNNING", n1),
        ]
        .map(|(block, index, state, node)| (block, index, state.to_owned(), node));
        assert_eq!(seen, expected);
        let codes: Vec<_> = reports.iter().map(|report| report.exit.code()).collect();
        let expected = [Some(0), None, Some(120), None, Some(0), Some(0)];
        assert_eq!(codes, expected);
        assert_eq!(reports[4].reason, "PartitionConfig");
    }

    #[test]
    fn an_exit_code_with_a_signal_is_read_as_well() {
        let answer = ANSWER.replace("30720 ", "120:0 ");
        assert_eq!(read(&answer)[2].exit.code(), Some(120));
        let answer = ANSWER.replace("30720 ", "0:9   ");
        assert_eq!(read(&answer)[2].exit.code(), None);
    }

    #[test]
    fn jobs_of_others_are_skipped() {
        let answer = ANSWER.replace("7f3a9c.0 ", "7f3a9.00 ");
        assert_eq!(read(&answer).len(), 1);
        let answer = ANSWER.replace("prun-7f3a9c.12", "(null)        ");
        assert_eq!(read(&answer).len(), 5);
        assert_eq!(read("\n"), []);
    }

    #[test]
    fn nothing_is_concluded_from_an_answer_that_is_cut_off() {
        let cut = ANSWER.trim_end();
        assert_eq!(read(cut).len(), 6);
        let cut = &cut[..cut.len() - 20];
        let error = parse_reports(cut.as_bytes(), "7f3a9c").unwrap_err();
        assert!(error.to_string().contains("prun-7f3a9c.0"), "{error}");
        let odd = ANSWER.replace("N/A", "3-7");
        assert!(parse_reports(odd.as_bytes(), "7f3a9c").is_err());
    }

    #[test]
    fn a_state_that_is_not_known_is_an_end() {
        let alive = |word: &str| TaskState::new(word).is_alive();
        assert!(alive("REQUEUE_HOLD") && alive("COMPLETING"));
        assert!(!alive("OUT_OF_MEMORY") && !alive("VAPORIZED"));
        assert!(TaskState::new("CANCELLED by 1000").is_canceled());
    }
}
