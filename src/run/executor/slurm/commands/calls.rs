//! The commands of Slurm that prun uses beside sbatch, and what all of them have in common.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use crate::process::Signal;

/// The name of all jobs of a run. Slurm is asked by this name and never by the number of a job: after a
/// crash of its controller it may give the number to another job.
pub(crate) fn job_name(run_id: &str) -> String {
    format!("prun-{run_id}")
}

/// The fields of an answer of squeue, each with its width.
pub(super) const FIELDS: [&str; 6] = [
    "comment:40",
    "ArrayTaskID:12",
    "State:20",
    "Reason:64",
    "exit_code:12",
    "NodeList:64",
];

/// The command that lists all tasks of a run.
pub(crate) fn queue_command(user: u32, run_id: &str) -> Vec<OsString> {
    let uid = user.to_string();
    let name = job_name(run_id);
    let fields = FIELDS.join(",");
    let words = [
        "squeue", "-h", "-r", "-t", "all", "-u", &uid, "-n", &name, "-O", &fields,
    ];
    words.map(OsString::from).to_vec()
}

/// Which tasks of a run are canceled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CancelScope {
    /// Those that have not begun.
    Pending,
    /// The prun of each running one gets SIGINT, which it treats as it does everywhere.
    Signal(Signal),
    /// All of them.
    All,
}

/// The command that cancels tasks of a run. No task is no error.
pub(crate) fn cancel_command(scope: CancelScope, user: u32, run_id: &str) -> Vec<OsString> {
    let signal;
    let which: &[&str] = match scope {
        CancelScope::Pending => &["--state=PENDING"],
        CancelScope::Signal(sent) => {
            signal = sent.to_string();
            let short = signal.strip_prefix("SIG").unwrap_or(&signal);
            &["-b", "-s", short]
        }
        CancelScope::All => &[],
    };
    let (user, name) = (user.to_string(), job_name(run_id));
    let whose = ["-u", &user, "-n", &name];
    let words = ["scancel"].iter().chain(which).chain(&whose);
    words.map(OsString::from).collect()
}

/// The command that tells the limits of the cluster.
pub(crate) fn limits_command() -> Vec<OsString> {
    ["scontrol", "show", "config"].map(OsString::from).to_vec()
}

/// Whether a variable is removed from the environment of the commands of Slurm. `in_allocation`: prun runs
/// in a job of Slurm, whose own variables would become those of the new one.
pub(crate) fn is_removed_variable(name: &OsStr, in_allocation: bool) -> bool {
    let name = name.as_bytes();
    let is_of_job = name.starts_with(b"SLURM_") && name != b"SLURM_CONF";
    // SBATCH_WAIT, for example, would make sbatch wait for the end of the job.
    name.starts_with(b"SBATCH_") || (in_allocation && is_of_job)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(words: Vec<OsString>) -> String {
        words.join(OsStr::new(" ")).into_string().unwrap()
    }

    #[test]
    fn the_commands_are_those_that_were_tried() {
        assert_eq!(
            line(queue_command(1000, "7f3a9c")),
            "squeue -h -r -t all -u 1000 -n prun-7f3a9c -O \
             comment:40,ArrayTaskID:12,State:20,Reason:64,exit_code:12,NodeList:64"
        );
        let cancel = |scope| line(cancel_command(scope, 0, "ab"));
        assert_eq!(
            cancel(CancelScope::Pending),
            "scancel --state=PENDING -u 0 -n prun-ab"
        );
        assert_eq!(
            cancel(CancelScope::Signal(Signal::INT)),
            "scancel -b -s INT -u 0 -n prun-ab"
        );
        assert_eq!(cancel(CancelScope::All), "scancel -u 0 -n prun-ab");
    }

    #[test]
    fn variables_that_change_what_sbatch_does_are_removed() {
        let removed = |name: &str, inside| is_removed_variable(OsStr::new(name), inside);
        assert!(removed("SBATCH_WAIT", false) && removed("SBATCH_WAIT", true));
        assert!(!removed("SLURM_JOB_ID", false) && removed("SLURM_JOB_ID", true));
        assert!(!removed("SLURM_CONF", false) && !removed("SLURM_CONF", true));
        assert!(!removed("PATH", true) && !removed("SLURMD", true));
    }
}
