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
