//! Processes of a run that was killed: which of them still run.
//!
//! A process is known by its number, by when it started, in the system's ticks since its boot, and by
//! the boot; those are in the log once it has started. One that was killed with its start not on
//! record yet is found by the variable that names its run, which every job has. What has ended on
//! record may have left processes behind; they do not count.

use crate::event::RUN_ID;

/// A run in a log.
pub(super) struct Run {
    pub(super) id: Option<String>,
    pub(super) boot_id: Option<String>,
    pub(super) pid_namespace: Option<u64>,
    pub(super) has_ended: bool,
    /// Whether its jobs run on other machines, where nobody looks for them.
    pub(super) is_remote: bool,
}

/// An attempt that has no ending on record.
pub(super) struct StartedAttempt {
    pub(super) job: String,
    pub(super) pid: u32,
    /// When its process started.
    pub(super) ticks: Option<u64>,
}

/// A process that still runs.
pub(super) struct Survivor {
    pub(super) run: String,
    pub(super) seq: u64,
    pub(super) attempt: u32,
    pub(super) job: String,
    pub(super) pid: u32,
}

impl Run {
    /// Whether numbers of its processes mean nothing here, though the system is the same one.
    pub(super) fn is_elsewhere(&self) -> bool {
        self.boot_id.is_some()
            && self.boot_id == boot_id()
            && self.pid_namespace.is_some()
            && self.pid_namespace != pid_namespace()
    }
}

impl StartedAttempt {
    /// It, if it is the same process that runs, not one that has its number now.
    pub(super) fn survivor(&self, run: &Run) -> Option<Survivor> {
        let is_same = self.ticks.is_some()
            && !run.is_elsewhere()
            && run.boot_id == boot_id()
            && start_ticks(self.pid) == self.ticks;
        is_same.then(|| Survivor {
            run: run.id.clone().unwrap_or_default(),
            seq: 0,
            attempt: 0,
            job: self.job.clone(),
            pid: self.pid,
        })
    }
}

/// When a living process started, in the system's ticks since its boot. None where /proc shows the
/// processes of another namespace, in which that number is somebody else's.
pub(super) fn start_ticks(pid: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, after_name) = stat.rsplit_once(')')?;
    let mut fields = after_name.split_ascii_whitespace();
    if matches!(fields.next()?, "Z" | "X") || !proc_is_ours() {
        return None;
    }
    // The 22nd field in all: the third is the state.
    fields.nth(18)?.parse().ok()
}

/// What tells this run of the system from all others.
pub(super) fn boot_id() -> Option<String> {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(id.trim_end().to_owned())
}

/// What tells the numbers of processes here from those of another container.
pub(super) fn pid_namespace() -> Option<u64> {
    // `pid:[4026531836]`
    let link = std::fs::read_link("/proc/self/ns/pid").ok()?;
    let number = link.to_str()?.strip_prefix("pid:[")?.strip_suffix(']')?;
    number.parse().ok()
}

/// Whether every process of the system is seen here, those of all containers too: by the number that
/// the kernel gives its first namespace.
pub(super) fn sees_all() -> bool {
    pid_namespace() == Some(0xEFFF_FFFC) && proc_is_ours()
}

/// Whether /proc shows the processes that our numbers are for.
fn proc_is_ours() -> bool {
    let own = std::fs::read_link("/proc/self").ok();
    own.is_some_and(|own| own.as_os_str() == std::process::id().to_string().as_str())
}

/// The processes with the mark of one of these runs.
pub(super) fn marked<'a>(runs: impl Iterator<Item = &'a str>) -> Vec<Survivor> {
    let runs: Vec<&str> = runs.collect();
    if runs.is_empty() {
        return Vec::new();
    }
    let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let survivor = |pid| {
        // Those of other users do not show theirs, and zombies have none.
        let variables = std::fs::read(format!("/proc/{pid}/environ")).ok()?;
        survivor_of(&variables, &runs, pid)
    };
    pids.filter_map(survivor).collect()
}

/// The process with these variables, if it is of one of the runs.
fn survivor_of(variables: &[u8], runs: &[&str], pid: u32) -> Option<Survivor> {
    let value = |name: &str| {
        let mut variables = variables.split(|byte| *byte == 0);
        let value = variables.find_map(|variable| {
            let rest = variable.strip_prefix(name.as_bytes())?;
            rest.strip_prefix(b"=")
        });
        Some(String::from_utf8_lossy(value?).into_owned())
    };
    let run = value(RUN_ID).filter(|run| runs.contains(&run.as_str()))?;
    let seq = value("PRUN_SEQ")?.parse().ok()?;
    let name = value("PRUN_NAME").filter(|name| !name.is_empty());
    Some(Survivor {
        run,
        seq,
        attempt: value("PRUN_ATTEMPT").and_then(|attempt| attempt.parse().ok())?,
        job: name.unwrap_or_else(|| format!("job {seq}")),
        pid,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_known_by_the_variables_of_its_job() {
        let variables = b"PATH=/bin\0PRUN_SEQ=7\0PRUN_NAME=a\0PRUN_ATTEMPT=2\0PRUN_RUN_ID=x1\0";
        let survivor = survivor_of(variables, &["x0", "x1"], 5).unwrap();
        assert_eq!((survivor.seq, survivor.attempt), (7, 2));
        assert_eq!((survivor.job.as_str(), survivor.pid), ("a", 5));
        assert!(survivor_of(variables, &["x"], 5).is_none());
        assert!(survivor_of(b"XPRUN_RUN_ID=x1\0PRUN_SEQ=1\0", &["x1"], 5).is_none());
    }

    #[cfg(linux)]
    #[test]
    fn this_process_has_a_namespace_and_a_start() {
        assert!(pid_namespace().is_some());
        assert!(start_ticks(std::process::id()).is_some());
    }
}
