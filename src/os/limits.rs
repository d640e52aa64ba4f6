//! What the system allows.

/// How many bytes the arguments and the environment may have together, as the system counts them.
pub(crate) fn argument_bytes_limit() -> Option<u64> {
    // SAFETY: sysconf takes a number and returns one.
    u64::try_from(unsafe { libc::sysconf(libc::_SC_ARG_MAX) }).ok()
}

/// The soft limit of open files, or none if there is no limit.
pub(crate) fn open_files_limit() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).current
}
