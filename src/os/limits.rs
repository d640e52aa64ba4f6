//! Limits of the system.

/// The most bytes of arguments and environment together, as the kernel counts them (`ARG_MAX`).
pub(crate) fn argument_bytes_limit() -> Option<u64> {
    // SAFETY: sysconf takes a number and returns one.
    u64::try_from(unsafe { libc::sysconf(libc::_SC_ARG_MAX) }).ok()
}

/// The soft limit of open files; `None` if unlimited.
pub(crate) fn open_files_limit() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).current
}

/// How many threads ran in the last minute on average, or waited for a processor; `None` where the system
/// does not tell.
pub(crate) fn load_average() -> Option<f64> {
    let mut averages = [0.0];
    // SAFETY: the call writes at most as many numbers as it is told, and there is place for one.
    let count = unsafe { libc::getloadavg(averages.as_mut_ptr(), 1) };
    (count == 1).then_some(averages[0])
}
