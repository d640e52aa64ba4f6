//! How jobs are run, settled before the first one starts.

use std::ffi::OsString;
use std::io;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::attempt::Foreground;
use super::attempt::{LogDir, OpenLogs};
use super::policy::Policy;
use crate::event::NumberedJob;
use crate::guard::Guard;
use crate::process::{Environment, SpoolOptions, Stdio, TerminalSize};

/// What holds for every job of a run, unless the job itself says otherwise.
pub(crate) struct Options {
    /// How many jobs run at once at the most; none for no limit.
    pub(crate) jobs: Option<NonZeroUsize>,
    /// Said when so many run, if that limit is not one that somebody named.
    pub(crate) limit_warning: Option<String>,
    /// For each attempt; none for no limit.
    pub(crate) timeout: Option<Duration>,
    /// From the gentle signal to the one that cannot be caught.
    pub(crate) grace: Duration,
    /// Extra attempts.
    pub(crate) retries: u32,
    /// Before the first extra attempt; doubles with each further one.
    pub(crate) retry_delay: Duration,
    /// For the whole run; none for no limit.
    pub(crate) deadline: Option<Duration>,
    /// What else ends the run before its time.
    pub(crate) policy: Policy,
    /// Between two starts, at least.
    pub(crate) delay: Duration,
    /// Where jobs run, absolute.
    pub(crate) cwd: Arc<Path>,
    /// Whether that is another directory than prun's own, so that jobs must change to it.
    pub(crate) change_dir: bool,
    /// Changes to the environment, as a job's are; none removes a variable.
    pub(crate) env: Vec<(OsString, Option<OsString>)>,
    /// What a job's own changes are to: prun's environment, with those changes.
    pub(crate) environment: Environment,
    /// What a job without an input of its own reads.
    pub(crate) stdin: Stdio,
    /// What becomes of the jobs' output.
    pub(crate) output: JobOutput,
    /// Whether jobs are told in their order.
    pub(crate) keep_order: bool,
    /// Where captured output waits.
    pub(crate) spool: SpoolOptions,
    /// The terminal that each job's output goes through, if it does, and its size at present.
    pub(crate) terminal: Option<watch::Receiver<TerminalSize>>,
    /// Where captured output goes, in place of prun's memory.
    pub(crate) log_dir: Option<LogDir>,
    /// Whether jobs get the terminal.
    pub(crate) foreground: Foreground,
    /// Who ends the jobs if prun is killed.
    pub(crate) guard: Guard,
}

/// So much of the output that waits to be told, or for another attempt, is in memory; what comes on
/// top is in a file.
const MOST_IN_MEMORY: usize = 8 * 1024 * 1024;

impl Options {
    /// Where captured output of a run waits.
    pub(crate) fn spool() -> SpoolOptions {
        SpoolOptions::default().total_memory(MOST_IN_MEMORY)
    }

    /// Makes the file for captured output that memory does not take, so that a folder which takes none
    /// is found before the first job starts, and not when one prints much. The answer is a warning.
    pub(super) fn open_spool(&self) -> Option<String> {
        let is_captured = matches!(self.output, JobOutput::Captured { .. });
        (is_captured && self.log_dir.is_none())
            .then(|| self.spool.open())
            .flatten()
    }

    /// The files for the output of an attempt, if it is to go to files.
    pub(super) fn begin_logs(
        &self,
        job: &NumberedJob,
        attempt: u32,
    ) -> Option<io::Result<OpenLogs>> {
        let JobOutput::Captured { together, .. } = self.output else {
            return None;
        };
        let log_dir = self.log_dir.as_ref()?;
        Some(log_dir.begin(job, attempt, together))
    }
}

/// What becomes of the jobs' output on its way to the events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JobOutput {
    /// Kept until it is told.
    Captured {
        /// When that is.
        delivery: OutputDelivery,
        /// Whether the two streams share one pipe, since they go to one place: only then is their
        /// order exact.
        together: bool,
    },
    /// Goes where prun's own goes, unseen by prun.
    Inherited,
    /// Thrown away.
    Discarded,
}

impl JobOutput {
    /// Whether each job is told while it runs when its turn has come.
    pub(super) fn is_told_in_order(self) -> bool {
        let in_order = |delivery| delivery == OutputDelivery::InOrder;
        matches!(self, Self::Captured { delivery, .. } if in_order(delivery))
    }
}

/// When the captured output of a job is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OutputDelivery {
    /// In one piece, when the job ends.
    AtItsEnd,
    /// While it comes.
    AsItComes,
    /// While it comes, if all jobs before are told; else at its end.
    InOrder,
}
