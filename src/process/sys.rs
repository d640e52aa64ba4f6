//! The system calls that std and tokio do not offer, each behind a safe function.
//!
//! This is the only file of the crate with `unsafe` in it; every block says why it is sound.
//! Where Linux has a better call than the other Unixes (pidfd, `waitid` with resource usage), both
//! ways stand side by side here, so that the rest of the engine does not see the difference.

#![expect(unsafe_code, reason = "the one file that may call the system directly")]

use std::ffi::CString;
use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Which child a wait is about.
#[derive(Clone, Copy)]
pub(super) enum Child<'fd> {
    /// Through its pidfd: cannot be mistaken for another process, whatever became of the number.
    Pidfd(BorrowedFd<'fd>),
    /// Through its number, where the system has no pidfd.
    Pid(libc::pid_t),
}

/// What the kernel tells of a child that ended.
pub(super) struct RawExit {
    /// The exit code, or the signal's number.
    pub(super) status: i32,
    /// Whether `status` is a signal's number.
    pub(super) signaled: bool,
    /// Whether the signal left a core dump.
    pub(super) core_dumped: bool,
    /// CPU time and memory, of the child and of the descendants it waited for.
    pub(super) usage: libc::rusage,
}

/// Retries a call that a signal handler interrupted.
fn retry(mut call: impl FnMut() -> libc::c_int) -> io::Result<libc::c_int> {
    loop {
        let result = call();
        if result >= 0 {
            return Ok(result);
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}

/// Asks whether `child` has ended, without blocking.
///
/// With `keep_zombie` the child stays unreaped, so that its number and its group's stay taken.
/// `ECHILD` means that somebody else reaped it, or that `SIGCHLD` is ignored.
#[cfg(target_os = "linux")]
pub(super) fn try_wait(child: Child<'_>, keep_zombie: bool) -> io::Result<Option<RawExit>> {
    let (kind, id) = match child {
        Child::Pidfd(fd) => (libc::P_PIDFD, fd.as_raw_fd()),
        Child::Pid(pid) => (libc::P_PID, pid),
    };
    let keep = if keep_zombie { libc::WNOWAIT } else { 0 };
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
            libc::WEXITED | libc::WNOHANG | keep,
            usage.as_mut_ptr(),
        ) as libc::c_int
    })?;
    // SAFETY: zeroed is a valid value of both (plain integers), and the kernel only adds to it.
    let (info, usage) = unsafe { (info.assume_init(), usage.assume_init()) };
    // SAFETY: after `waitid` the union holds the SIGCHLD fields, or zeros.
    let (pid, status) = unsafe { (info.si_pid(), info.si_status()) };
    if pid == 0 {
        return Ok(None);
    }
    Ok(Some(RawExit {
        status,
        signaled: info.si_code != libc::CLD_EXITED,
        core_dumped: info.si_code == libc::CLD_DUMPED,
        usage,
    }))
}

/// Asks whether `child` has ended, without blocking (see the Linux version).
///
/// Without a `waitid` that tells resource usage, a kept zombie is reported without it.
#[cfg(not(target_os = "linux"))]
pub(super) fn try_wait(child: Child<'_>, keep_zombie: bool) -> io::Result<Option<RawExit>> {
    let Child::Pid(pid) = child else {
        return Err(io::ErrorKind::Unsupported.into());
    };
    if keep_zombie {
        let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
        let flags = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
        // SAFETY: the pointer is valid for writes for the length of the call.
        retry(|| unsafe {
            libc::waitid(libc::P_PID, pid as libc::id_t, info.as_mut_ptr(), flags)
        })?;
        // SAFETY: zeroed is a valid value, and the kernel only adds to it.
        let info = unsafe { info.assume_init() };
        // SAFETY: after `waitid` the fields of SIGCHLD are set, or zero.
        let (ended, status) = unsafe { (info.si_pid(), info.si_status()) };
        // SAFETY: zeroed is a valid value of plain integers.
        let usage = unsafe { MaybeUninit::<libc::rusage>::zeroed().assume_init() };
        return Ok((ended != 0).then(|| RawExit {
            status,
            signaled: info.si_code != libc::CLD_EXITED,
            core_dumped: info.si_code == libc::CLD_DUMPED,
            usage,
        }));
    }
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

/// Opens a descriptor that stands for the child `pid` and becomes readable when it ends.
#[cfg(target_os = "linux")]
pub(super) fn pidfd_open(pid: libc::pid_t) -> io::Result<OwnedFd> {
    // PIDFD_NONBLOCK makes no difference to WNOHANG and needs a newer kernel, so no flag is set.
    // SAFETY: the call takes two integers.
    let fd = retry(|| unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) as libc::c_int })?;
    // SAFETY: the kernel has just returned this descriptor, and nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Other systems have no pidfd: the engine falls back to `SIGCHLD`.
#[cfg(not(target_os = "linux"))]
pub(super) fn pidfd_open(_pid: libc::pid_t) -> io::Result<OwnedFd> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Sends `signal` to the process behind `pidfd`, or to the process group that it leads (or led:
/// this works after the leader was reaped, and cannot hit a stranger; Linux 6.9).
#[cfg(target_os = "linux")]
pub(super) fn pidfd_send_signal(pidfd: BorrowedFd<'_>, signal: i32, group: bool) -> io::Result<()> {
    const PIDFD_SIGNAL_PROCESS_GROUP: libc::c_uint = 1 << 2;
    let flags = if group { PIDFD_SIGNAL_PROCESS_GROUP } else { 0 };
    let no_info = std::ptr::null::<libc::siginfo_t>();
    // SAFETY: a null siginfo is allowed; the descriptor is open for the length of the call.
    retry(|| unsafe {
        libc::syscall(
            libc::SYS_pidfd_send_signal,
            pidfd.as_raw_fd(),
            signal,
            no_info,
            flags,
        ) as libc::c_int
    })?;
    Ok(())
}

/// Other systems have no pidfd.
#[cfg(not(target_os = "linux"))]
pub(super) fn pidfd_send_signal(_: BorrowedFd<'_>, _: i32, _: bool) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Sends `signal` by number: to a process, or with a negative number to a process group.
///
/// Only for a child that is not reaped, which keeps both numbers from being given away.
pub(super) fn kill(pid: libc::pid_t, signal: i32) -> io::Result<()> {
    // SAFETY: the call takes two integers.
    retry(|| unsafe { libc::kill(pid, signal) })?;
    Ok(())
}

/// Makes reads and writes on `fd` return `WouldBlock` in place of waiting.
///
/// Only for descriptors that the engine made itself: the flag belongs to the open file
/// description, so on an inherited one it would change other processes' reads and writes too.
pub(super) fn set_nonblocking(fd: BorrowedFd<'_>) -> io::Result<()> {
    let mut on: libc::c_int = 1;
    // SAFETY: FIONBIO reads one int, which lives for the length of the call.
    retry(|| unsafe { libc::ioctl(fd.as_raw_fd(), libc::FIONBIO, &mut on) })?;
    Ok(())
}

/// Whether every reader of the pipe that `writer` writes to has closed it.
pub(super) fn reader_is_gone(writer: BorrowedFd<'_>) -> bool {
    let mut poll = libc::pollfd {
        fd: writer.as_raw_fd(),
        events: 0,
        revents: 0,
    };
    // SAFETY: the pointer is to one valid pollfd, and the call does not wait.
    let ready = unsafe { libc::poll(&mut poll, 1, 0) };
    ready > 0 && poll.revents & libc::POLLERR != 0
}

/// A copy of `fd` with the lowest free number from `least` on, which no child inherits.
pub(super) fn duplicate_from(fd: BorrowedFd<'_>, least: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: the call takes integers.
    let copy = retry(|| unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_DUPFD_CLOEXEC, least) })?;
    // SAFETY: the kernel has just returned this descriptor, and nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(copy) })
}

/// What a forked child does before and for its exec, prepared so that it need not allocate.
pub(super) struct Exec {
    /// Whether it begins a session.
    pub(super) new_session: bool,
    /// Descriptors, and the numbers to give them; no number may be that of a descriptor here.
    pub(super) pass_fds: Vec<(OwnedFd, RawFd)>,
    /// The program's file, seen from the directory of the start.
    pub(super) path: CString,
    /// The arguments, the first of them the name.
    pub(super) argv: Vec<CString>,
    /// The whole environment.
    pub(super) env: Vec<CString>,
}

/// Lets `command` do `exec` in the child, after a fork.
///
/// It executes the program itself: std would call glibc's `execvp`, which runs a file that is no
/// program by a shell, while `posix_spawn` reports it; both must mean the same.
pub(super) fn exec_by(command: &mut std::process::Command, exec: Exec) {
    /// Null-terminated, and pointing into the strings that it is kept with.
    struct Pointers(Vec<*const libc::c_char>);
    // SAFETY: the strings that they point to are owned by the closure and never changed.
    unsafe impl Send for Pointers {}
    // SAFETY: as above.
    unsafe impl Sync for Pointers {}
    let pointers = |strings: &[CString]| {
        let pointers = strings.iter().map(|string| string.as_ptr());
        Pointers(pointers.chain([std::ptr::null()]).collect())
    };
    let (argv, env) = (pointers(&exec.argv), pointers(&exec.env));
    let in_child = move || {
        // Captured whole: the pointers are no use without their strings.
        let (exec, argv, env) = (&exec, &argv, &env);
        if exec.new_session {
            // SAFETY: the call takes nothing.
            retry(|| unsafe { libc::setsid() })?;
        }
        for (fd, number) in &exec.pass_fds {
            // SAFETY: the call takes two integers; the copy loses the close-on-exec flag.
            retry(|| unsafe { libc::dup2(fd.as_raw_fd(), *number) })?;
        }
        // SAFETY: all three are null-terminated and live until the exec replaces everything.
        unsafe { libc::execve(exec.path.as_ptr(), argv.0.as_ptr(), env.0.as_ptr()) };
        Err(io::Error::last_os_error())
    };
    // SAFETY: the closure only makes system calls that are safe after a fork, and allocates nothing.
    unsafe { command.pre_exec(in_child) };
}

/// Registers `file` with the runtime's poll loop.
///
/// # Panics
/// Without a tokio runtime that has its I/O driver enabled.
pub(super) fn register(file: File, interest: Interest) -> io::Result<AsyncFd<File>> {
    // SAFETY: a `File` owns its descriptor, which stays open and the same until the `AsyncFd` and
    // with it the `File` is dropped.
    unsafe { AsyncFd::register_with_interest(file, interest) }.map_err(io::Error::from)
}

/// Makes the signals in `signals` behave as a freshly started program expects, and unblocks all.
///
/// A parent's ignored `SIGCHLD` would make the kernel throw exit statuses away, and a blocked
/// signal would be blocked in every child too.
pub(super) fn restore_default_signals(signals: &[i32]) {
    for &signal in signals {
        // SAFETY: SIG_DFL runs no code of ours, so any signal may be set to it at any time.
        unsafe { libc::signal(signal, libc::SIG_DFL) };
    }
    let mut none = MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: `sigemptyset` initialises the set before `pthread_sigmask` reads it.
    unsafe {
        libc::sigemptyset(none.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_SETMASK, none.as_ptr(), std::ptr::null_mut());
    }
}

/// Whether this process ignores `signal`, for example because `nohup` started it.
pub(super) fn is_ignored(signal: i32) -> bool {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: a null new action only asks; the old one is written into `action`.
    let asked = unsafe { libc::sigaction(signal, std::ptr::null(), action.as_mut_ptr()) };
    // SAFETY: zeroed is a valid value, and the kernel only adds to it.
    asked == 0 && unsafe { action.assume_init() }.sa_sigaction == libc::SIG_IGN
}

/// Ends this process by `signal`, as if it had never been caught, and without a core dump of ours.
///
/// Returns only where the kernel does not deliver it: as PID 1.
pub(super) fn raise_default(signal: i32) {
    restore_default_signals(&[signal]);
    let no_core = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the limit is read during the call; `raise` takes an integer.
    unsafe {
        libc::setrlimit(libc::RLIMIT_CORE, &no_core);
        libc::raise(signal);
    }
}

/// How many bytes the arguments and the environment of a program may have together, as the system
/// counts them.
#[cfg(feature = "cli")]
pub(crate) fn argument_bytes_limit() -> Option<u64> {
    // SAFETY: sysconf takes a number and returns one.
    let limit = unsafe { libc::sysconf(libc::_SC_ARG_MAX) };
    u64::try_from(limit).ok()
}

/// The soft limit of open files, or none if there is no limit.
#[cfg(feature = "cli")]
#[allow(
    clippy::unnecessary_cast,
    reason = "the type is signed on some systems"
)]
pub(crate) fn open_files_limit() -> Option<u64> {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the pointer is valid for writes for the length of the call.
    let asked = unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) };
    (asked == 0 && limit.rlim_cur != libc::RLIM_INFINITY).then_some(limit.rlim_cur as u64)
}
