//! How a child ended, and what becomes readable when it does.
//!
//! Where Linux has a better call than other Unixes (pidfd, `waitid` with resource usage), both ways
//! stand side by side.

use std::io;
use std::mem::MaybeUninit;
#[cfg(linux)]
use std::os::fd::{AsRawFd, FromRawFd};
use std::os::fd::{BorrowedFd, OwnedFd};

use super::calls::{filled, retry};

/// Which child a wait is about.
#[derive(Clone, Copy)]
pub(crate) enum Child<'fd> {
    /// Through its pidfd: cannot be mistaken for another process, whatever became of the number.
    #[cfg_attr(not(linux), expect(dead_code))]
    Pidfd(BorrowedFd<'fd>),
    /// Through its number, where the system has no pidfd.
    Pid(libc::pid_t),
}

/// What the kernel tells of a child that ended.
pub(crate) struct RawExit {
    /// The exit code, or the signal's number.
    pub(crate) status: i32,
    /// Whether `status` is a signal's number.
    pub(crate) signaled: bool,
    /// Whether the signal left a core dump.
    pub(crate) core_dumped: bool,
    /// CPU time and memory, of the child and of the descendants it waited for.
    pub(crate) usage: libc::rusage,
}

/// Asks whether `child` has ended, without blocking, and reaps it.
/// `ECHILD` means that somebody else reaped it, or that `SIGCHLD` is ignored.
#[cfg(linux)]
pub(crate) fn try_wait(child: Child<'_>) -> io::Result<Option<RawExit>> {
    ended(child, 0)
}

/// The same without reaping it: its number and its group's stay taken.
#[cfg(linux)]
pub(crate) fn try_wait_keeping(child: Child<'_>) -> io::Result<Option<RawExit>> {
    ended(child, libc::WNOWAIT)
}

#[cfg(linux)]
fn ended(child: Child<'_>, how: i32) -> io::Result<Option<RawExit>> {
    let (kind, id) = match child {
        Child::Pidfd(fd) => (libc::P_PIDFD, fd.as_raw_fd()),
        Child::Pid(pid) => (libc::P_PID, pid),
    };
    let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // glibc's `waitid` has no parameter for the resource usage; the system call does.
    // SAFETY: both pointers are valid for writes of their types for the length of the call.
    retry(|| unsafe {
        libc::syscall(
            libc::SYS_waitid,
            kind,
            id,
            info.as_mut_ptr(),
            libc::WEXITED | libc::WNOHANG | how,
            usage.as_mut_ptr(),
        ) as libc::c_int
    })?;
    // SAFETY: zeroed is a valid value of both (plain integers), and the kernel only adds to it.
    let (info, usage) = unsafe { (info.assume_init(), usage.assume_init()) };
    // SAFETY: after `waitid` the union holds the SIGCHLD fields, or zeros.
    let (pid, status) = unsafe { (info.si_pid(), info.si_status()) };
    Ok((pid != 0).then_some(RawExit {
        status,
        signaled: info.si_code != libc::CLD_EXITED,
        core_dumped: info.si_code == libc::CLD_DUMPED,
        usage,
    }))
}

/// Asks whether `child` has ended, without blocking, and reaps it (see the Linux version). What it
/// used is told with its reaping alone.
#[cfg(not(linux))]
pub(crate) fn try_wait(child: Child<'_>) -> io::Result<Option<RawExit>> {
    let Child::Pid(pid) = child else {
        return Err(io::ErrorKind::Unsupported.into());
    };
    let mut status = 0;
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: both pointers are valid for writes of their types for the length of the call.
    let ended =
        retry(|| unsafe { libc::wait4(pid, &mut status, libc::WNOHANG, usage.as_mut_ptr()) })?;
    // SAFETY: zeroed is a valid value, and the kernel only adds to it.
    let usage = unsafe { usage.assume_init() };
    let signaled = libc::WIFSIGNALED(status);
    Ok((ended != 0).then(|| RawExit {
        status: if signaled {
            libc::WTERMSIG(status)
        } else {
            libc::WEXITSTATUS(status)
        },
        signaled,
        core_dumped: signaled && libc::WCOREDUMP(status),
        usage,
    }))
}

/// The signal by which `child` is stopped, if it is.
pub(crate) fn stopped_by(child: Child<'_>) -> Option<i32> {
    let (kind, id) = match child {
        #[cfg(linux)]
        Child::Pidfd(fd) => (libc::P_PIDFD, fd.as_raw_fd() as libc::id_t),
        #[cfg(not(linux))]
        Child::Pidfd(_) => return None,
        Child::Pid(pid) => (libc::P_PID, pid as libc::id_t),
    };
    let stopped = changed(kind, id, libc::WSTOPPED).ok()?;
    stopped.map(|(_, signal, _)| signal)
}

/// The child that has changed so: number, status, code. Changes nothing, also for a later wait.
fn changed(kind: libc::idtype_t, id: libc::id_t, how: i32) -> io::Result<Option<(i32, i32, i32)>> {
    let flags = how | libc::WNOHANG | libc::WNOWAIT;
    // SAFETY: a siginfo is plain data, and the kernel fills in no more than one.
    let info = unsafe { filled(|info| libc::waitid(kind, id, info, flags)) }?;
    // SAFETY: after `waitid` the union holds the SIGCHLD fields, or zeros.
    let (pid, status) = unsafe { (info.si_pid(), info.si_status()) };
    Ok((pid != 0).then_some((pid, status, info.si_code)))
}

/// Opens a descriptor that stands for the child `pid` and becomes readable when it ends. Other
/// systems have none: there the engine falls back to `SIGCHLD`.
#[cfg(linux)]
pub(crate) fn pidfd_open(pid: libc::pid_t) -> io::Result<OwnedFd> {
    // SAFETY: the call takes two integers.
    let fd = retry(|| unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) as libc::c_int })?;
    // SAFETY: the kernel has just returned this descriptor, and nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

#[cfg(not(linux))]
pub(crate) fn pidfd_open(_pid: libc::pid_t) -> io::Result<OwnedFd> {
    Err(io::ErrorKind::Unsupported.into())
}
