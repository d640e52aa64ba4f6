//! What this machine gives us: processors and file descriptors.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::os::unix::ffi::OsStrExt;

use crate::process::{argument_bytes_limit, open_files_limit};

/// Descriptors for prun itself: the standard streams, the poll loop, the input, what was inherited.
const OWN_FILES: u64 = 32;
/// Descriptors for one running job at the worst: two pipes with two ends each while it starts, its
/// input, its pidfd, and two files for output that does not fit in memory.
const FILES_PER_JOB: u64 = 8;

/// The processors that this process may use.
pub(crate) fn cpus() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// How many jobs can run at once by the limit of open files, which is never raised: jobs would
/// inherit it, and programs built on select(2) break above 1024.
pub(crate) fn most_jobs() -> Option<NonZeroUsize> {
    open_files_limit().map(jobs_within)
}

fn jobs_within(files: u64) -> NonZeroUsize {
    let jobs = files.saturating_sub(OWN_FILES) / FILES_PER_JOB;
    NonZeroUsize::new(usize::try_from(jobs).unwrap_or(usize::MAX)).unwrap_or(NonZeroUsize::MIN)
}

/// What POSIX promises every program.
const LEAST_ARGUMENT_BYTES: u64 = 4096;
/// For the variables that every job gets from us, and for what the kernel puts beside them.
const OWN_ARGUMENT_BYTES: usize = 4096;

/// How many bytes of arguments a job can have besides its environment, each with a pointer and a NUL
/// at its end. `changes` are made to the environment of this process.
pub(crate) fn argument_bytes(changes: &[(OsString, Option<OsString>)]) -> usize {
    let limit = argument_bytes_limit().unwrap_or(LEAST_ARGUMENT_BYTES);
    let own = std::env::vars_os();
    let set = changes
        .iter()
        .filter_map(|(name, value)| Some((name.clone(), value.clone()?)));
    let bytes = |(name, value): (OsString, OsString)| {
        name.as_bytes().len() + value.as_bytes().len() + "=\0".len() + size_of::<usize>()
    };
    let environment: usize = own.chain(set).map(bytes).sum();
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    limit.saturating_sub(environment + OWN_ARGUMENT_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_descriptors_mean_few_jobs_but_at_least_one() {
        assert_eq!(jobs_within(1024).get(), 124);
        assert_eq!(jobs_within(64).get(), 4);
        assert_eq!(jobs_within(8).get(), 1);
    }
}
