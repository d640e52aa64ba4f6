//! What this machine gives us: processors and file descriptors.

use std::ffi::OsString;
use std::io;
use std::num::NonZeroUsize;
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;

use crate::os::{argument_bytes_limit, open_files_limit};

/// Descriptors that prun opens for itself: 6 for the poll loop, 3 for its own output, what jobs read
/// that have no input, the files that tell of the run, one for output that does not fit in memory,
/// and 4 for the moment in which a process is started.
const OWN_FILES: u64 = 20;
/// Descriptors for one job: two pipes with two ends each while it is started; then one end of each,
/// its pidfd, and its input.
const FILES_PER_JOB: u64 = 4;
/// Descriptors without which not one job can be run: the poll loop, our output, one process.
const LEAST_FILES: usize = 12;
/// Nobody hands so many on.
const MANY_FILES: u64 = 1 << 16;

/// The processors that this process may use.
pub(crate) fn cpus() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// How many jobs can run at once by the limit of open files, which is never raised: jobs would
/// inherit it, and programs built on select(2) break above 1024.
pub(crate) fn most_jobs() -> Option<NonZeroUsize> {
    open_files_limit().map(|limit| jobs_within(limit, open_files(limit)))
}

fn jobs_within(limit: u64, open: u64) -> NonZeroUsize {
    let jobs = limit.saturating_sub(open + OWN_FILES) / FILES_PER_JOB;
    NonZeroUsize::new(usize::try_from(jobs).unwrap_or(usize::MAX)).unwrap_or(NonZeroUsize::MIN)
}

/// How many of the descriptors below the limit are open, inherited ones above all.
fn open_files(limit: u64) -> u64 {
    /// The standard streams.
    const USUAL: u64 = 3;
    if limit > MANY_FILES {
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
    // One of them is the folder's own.
    (open.count() as u64).saturating_sub(1)
}

/// Makes sure that the descriptors are to be had without which nothing can run. The runtime itself
/// panics where it has none.
///
/// # Errors
/// When they are not, in words for the user.
pub(crate) fn need_files() -> Result<(), String> {
    let too_few = |error: io::Error| {
        let limit = open_files_limit().unwrap_or_default();
        format!("cannot open enough files (ulimit -n {limit}): {error}")
    };
    // The system may have none to give, whatever the limit is; copies cost it nothing.
    let (one, _other) = UnixStream::pair().map_err(too_few)?;
    let copies = (2..LEAST_FILES).map(|_| one.as_fd().try_clone_to_owned());
    let copies: io::Result<Vec<_>> = copies.collect();
    copies.map(drop).map_err(too_few)
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
        assert_eq!(jobs_within(1024, 3).get(), 250);
        assert_eq!(jobs_within(64, 3).get(), 10);
        assert_eq!(jobs_within(40, 3).get(), 4);
        assert_eq!(jobs_within(1024, 1010).get(), 1);
        assert_eq!(jobs_within(8, 3).get(), 1);
    }

    #[test]
    fn what_is_open_is_counted() {
        let before = open_files(1024);
        let more: Vec<_> = (0..32).filter_map(|_| UnixStream::pair().ok()).collect();
        // Other tests open and close files meanwhile.
        assert!(
            open_files(1024) + 32 >= before + 64,
            "{before} {}",
            more.len()
        );
        assert_eq!(open_files(1), 0, "none of them is the folder's own");
    }
}
