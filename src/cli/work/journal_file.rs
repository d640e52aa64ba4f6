//! The journal, which is created once: whoever comes second does not run the jobs again.

use std::fs::File;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use super::error::NotRun;
use crate::os::host_name;
use crate::record::WorkHeader;
use crate::sink::{Journal, JournalStart};

/// Creates the journal of work, and begins it.
pub(crate) fn create(path: &Path, header: &WorkHeader) -> Result<Journal, NotRun> {
    let mut options = File::options();
    options.append(true).create_new(true).mode(0o600);
    let failed = |source: io::Error| match source.kind() {
        io::ErrorKind::AlreadyExists => NotRun::Begun(path.to_owned()),
        _ => NotRun::Journal {
            path: path.to_owned(),
            source,
        },
    };
    let file = options.open(path).map_err(failed)?;
    let start = JournalStart {
        run_id: header.run_id.clone(),
        host: host_name(),
        engine_job: engine_job(|name| std::env::var(name).ok()),
        quiet: header.quiet,
    };
    Journal::begin(path.to_owned(), file, start).map_err(|source| NotRun::Journal {
        path: path.to_owned(),
        source,
    })
}

/// Returns what the engine calls this task: of an array of Slurm its number and the index, else the number
/// of the job.
fn engine_job(variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    match (
        variable("SLURM_ARRAY_JOB_ID"),
        variable("SLURM_ARRAY_TASK_ID"),
    ) {
        (Some(job), Some(index)) => Some(format!("{job}_{index}")),
        _ => variable("SLURM_JOB_ID"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_of_an_array_is_named_by_its_index() {
        let of = |given: &[(&str, &str)]| {
            engine_job(|name| {
                let mut given = given.iter();
                let found = given.find(|(given, _)| *given == name);
                found.map(|(_, value)| (*value).to_owned())
            })
        };
        let array = [("SLURM_ARRAY_JOB_ID", "12"), ("SLURM_ARRAY_TASK_ID", "7")];
        let job = ("SLURM_JOB_ID", "19");
        assert_eq!(of(&[array[0], array[1], job]).as_deref(), Some("12_7"));
        assert_eq!(of(&[job]).as_deref(), Some("19"));
        assert_eq!(of(&[]), None);
    }
}
