//! Limits of this machine: processors, file descriptors, argument size.

use std::ffi::OsString;
use std::io;
use std::num::NonZeroUsize;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;

use crate::os::{EnvChange, argument_bytes_limit, open_files_limit};

/// Descriptors that prun opens for itself: 6 for the poll loop, 3 for its own output, the standard input
/// of jobs without one, the files that record the run, one for output that does not fit in memory, and 4
/// while a process is started.
const OWN_FILES: u64 = 20;
/// Descriptors per job: two pipes with two ends each while it is started; then one end of each,
/// its pidfd, and its input.
const FILES_PER_JOB: u64 = 4;
/// Descriptors needed to run a single job: the poll loop, our output, one process.
const MIN_FILES: usize = 12;
/// The limit above which open descriptors are not counted: nobody inherits that many.
const MAX_COUNTED_FILES: u64 = 1 << 16;

/// Returns the number of processors that this process may use.
pub(crate) fn cpus() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// Returns how many jobs can run at once under the limit of open files. The limit is never raised: jobs
/// would inherit it, and programs that use select(2) break above 1024.
pub(crate) fn most_jobs() -> Option<NonZeroUsize> {
    open_files_limit().map(|limit| jobs_within(limit, open_files(limit)))
}

fn jobs_within(limit: u64, open: u64) -> NonZeroUsize {
    let jobs = limit.saturating_sub(open + OWN_FILES) / FILES_PER_JOB;
    NonZeroUsize::new(usize::try_from(jobs).unwrap_or(usize::MAX)).unwrap_or(NonZeroUsize::MIN)
}

/// Returns how many descriptors below the limit are open, mostly inherited ones.
fn open_files(limit: u64) -> u64 {
    /// The standard streams.
    const USUAL: u64 = 3;
    if limit > MAX_COUNTED_FILES {
        return USUAL;
    }
    let Ok(open) = std::fs::read_dir("/dev/fd") else {
        return USUAL;
    };
    let number = |entry: io::Result<std::fs::DirEntry>| {
        let name = entry.ok()?.file_name();
        name.to_str()?.parse::<u64>().ok()
    };
    let open = open.filter_map(number).filter(|number| *number < limit);
    // One of them is that of the directory itself.
    (open.count() as u64).saturating_sub(1)
}

/// Checks that the descriptors needed to run anything can be opened. The runtime panics without them.
///
/// # Errors
/// If they cannot, with a message for the user.
pub(crate) fn need_files() -> Result<(), String> {
    let too_few = |error: io::Error| {
        let limit = open_files_limit().unwrap_or_default();
        format!("cannot open enough files (ulimit -n {limit}): {error}")
    };
    // The system may be out of files, whatever the limit; duplicates cost it nothing.
    let (one, _other) = UnixStream::pair().map_err(too_few)?;
    let copies = (2..MIN_FILES).map(|_| one.as_fd().try_clone_to_owned());
    let copies: io::Result<Vec<_>> = copies.collect();
    copies.map(drop).map_err(too_few)
}

/// The minimum that POSIX guarantees.
const MIN_ARGUMENT_BYTES: u64 = 4096;
/// Reserved for the variables that prun sets for every job, and for data that the kernel adds.
const OWN_ARGUMENT_BYTES: usize = 4096;

/// Returns how many bytes of arguments a job can have besides its environment, including a pointer and
/// a NUL for each. `changes` are made to the environment of this process.
pub(crate) fn argument_bytes(changes: &[EnvChange]) -> usize {
    let limit = argument_bytes_limit().unwrap_or(MIN_ARGUMENT_BYTES);
    let own = std::env::vars_os();
    let set = changes
        .iter()
        .filter_map(|change| Some((change.name.clone(), change.value.clone()?)));
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
        assert_eq!(jobs_within(1024, 3).get(), 250);
        assert_eq!(jobs_within(64, 3).get(), 10);
        assert_eq!(jobs_within(40, 3).get(), 4);
        assert_eq!(jobs_within(1024, 1010).get(), 1);
        assert_eq!(jobs_within(8, 3).get(), 1);
    }

    #[test]
    fn open_files_are_counted() {
        let before = open_files(1024);
        let more: Vec<_> = (0..32).filter_map(|_| UnixStream::pair().ok()).collect();
        // Other tests open and close files meanwhile.
        assert!(
            open_files(1024) + 32 >= before + 64,
            "{before} {}",
            more.len()
        );
        assert_eq!(open_files(1), 0, "none of them is that of the directory");
    }
}
