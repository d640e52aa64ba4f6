//! Exit statuses of children, and pidfds.
//!
//! Where Linux has a better call than other Unixes (pidfd, `waitid` with resource usage), both variants
//! are side by side.

use std::io;
use std::mem::MaybeUninit;
#[cfg(linux)]
use std::os::fd::AsRawFd;
use std::os::fd::{BorrowedFd, OwnedFd};

use super::calls::{filled, retry};

/// The child to wait for.
#[derive(Clone, Copy)]
pub(crate) enum Child<'fd> {
    /// By its pidfd: cannot be mistaken for another process, even if the process id is reused.
    #[cfg_attr(not(linux), expect(dead_code))]
    Pidfd(BorrowedFd<'fd>),
    /// By its process id, where the system has no pidfd.
    Pid(libc::pid_t),
}

/// What the kernel reports about a child that ended.
pub(crate) struct RawExit {
    /// The exit code, or the signal number.
    pub(crate) status: i32,
    /// Whether `status` is a signal number.
    pub(crate) signaled: bool,
    /// Whether a core dump was written.
    pub(crate) core_dumped: bool,
    /// Resource usage of the child and of the descendants it waited for.
    pub(crate) usage: libc::rusage,
}

/// Checks whether `child` has ended, without blocking, and reaps it.
/// `ECHILD` means that other code reaped it, or that `SIGCHLD` is ignored.
#[cfg(linux)]
pub(crate) fn try_wait(child: Child<'_>) -> io::Result<Option<RawExit>> {
    ended(child, 0)
}

/// As [`try_wait`], without reaping it: its process id and its group's number stay reserved.
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
    // glibc's `waitid` has no parameter for the resource usage; the system call has.
    // SAFETY: both pointers are valid for writes of their types for the duration of the call.
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
    // SAFETY: zeroed is a valid value of both (plain integers), and the kernel only fills them in.
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

/// Checks whether `child` has ended, without blocking, and reaps it (see the Linux version). Its
/// resource usage is reported only when it is reaped.
#[cfg(not(linux))]
pub(crate) fn try_wait(child: Child<'_>) -> io::Result<Option<RawExit>> {
    let Child::Pid(pid) = child else {
        return Err(io::ErrorKind::Unsupported.into());
    };
    let mut status = 0;
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: both pointers are valid for writes of their types for the duration of the call.
    let ended =
        retry(|| unsafe { libc::wait4(pid, &mut status, libc::WNOHANG, usage.as_mut_ptr()) })?;
    // SAFETY: zeroed is a valid value, and the kernel only fills it in.
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

/// Returns the signal that stopped `child`, if it is stopped.
pub(crate) fn stopped_by(child: Child<'_>) -> Option<i32> {
    let (kind, id) = match child {
        #[cfg(linux)]
        Child::Pidfd(fd) => (libc::P_PIDFD, fd.as_raw_fd() as libc::id_t),
        #[cfg(not(linux))]
        Child::Pidfd(_) => return None,
        Child::Pid(pid) => (libc::P_PID, pid as libc::id_t),
    };
    let stopped = peek_state_change(kind, id, libc::WSTOPPED).ok()?;
    stopped.map(|(_, signal, _)| signal)
}

/// The pid, status and code of a child with such a state change. Leaves the change for later waits.
fn peek_state_change(
    kind: libc::idtype_t,
    id: libc::id_t,
    how: i32,
) -> io::Result<Option<(i32, i32, i32)>> {
    let flags = how | libc::WNOHANG | libc::WNOWAIT;
    // SAFETY: a siginfo is plain data, and the kernel fills in no more than one.
    let info = unsafe { filled(|info| libc::waitid(kind, id, info, flags)) }?;
    // SAFETY: after `waitid` the union holds the SIGCHLD fields, or zeros.
    let (pid, status) = unsafe { (info.si_pid(), info.si_status()) };
    Ok((pid != 0).then_some((pid, status, info.si_code)))
}

/// Opens a descriptor that refers to the child `pid` and becomes readable when it ends. Other systems
/// have none: there the engine falls back to `SIGCHLD`.
#[cfg(linux)]
pub(crate) fn pidfd_open(pid: libc::pid_t) -> io::Result<OwnedFd> {
    use rustix::process::{Pid, PidfdFlags};
    let pid = Pid::from_raw(pid).ok_or(io::ErrorKind::InvalidInput)?;
    Ok(rustix::process::pidfd_open(pid, PidfdFlags::empty())?)
}

#[cfg(not(linux))]
pub(crate) fn pidfd_open(_pid: libc::pid_t) -> io::Result<OwnedFd> {
    Err(io::ErrorKind::Unsupported.into())
}
