//! The system calls that std and tokio do not offer, each behind a safe function.
//!
//! The only file with `unsafe` in it; every block says why it is sound. Where Linux has a better
//! call than other Unixes (pidfd, `waitid` with resource usage), both ways stand side by side.

#![expect(unsafe_code, reason = "the one file that may call the system directly")]

use std::borrow::Borrow;
use std::ffi::CString;
use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::process::CommandExt;
#[cfg(feature = "cli")]
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};

use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Which child a wait is about.
#[derive(Clone, Copy)]
pub(super) enum Child<'fd> {
    /// Through its pidfd: cannot be mistaken for another process, whatever became of the number.
    #[cfg_attr(not(target_os = "linux"), expect(dead_code))]
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

/// Lets `call` fill a C structure in.
///
/// # Safety
/// A `T` of zeros must be valid, and `call` must not write beyond it.
unsafe fn filled<T>(mut call: impl FnMut(*mut T) -> libc::c_int) -> io::Result<T> {
    let mut value = MaybeUninit::zeroed();
    retry(|| call(value.as_mut_ptr()))?;
    // SAFETY: it is valid from the start, as the caller promises.
    Ok(unsafe { value.assume_init() })
}

/// Asks whether `child` has ended, without blocking, and reaps it.
/// `ECHILD` means that somebody else reaped it, or that `SIGCHLD` is ignored.
#[cfg(target_os = "linux")]
pub(super) fn try_wait(child: Child<'_>) -> io::Result<Option<RawExit>> {
    ended(child, 0)
}

/// The same without reaping it: its number and its group's stay taken.
#[cfg(target_os = "linux")]
pub(super) fn try_wait_keeping(child: Child<'_>) -> io::Result<Option<RawExit>> {
    ended(child, libc::WNOWAIT)
}

#[cfg(target_os = "linux")]
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
#[cfg(not(target_os = "linux"))]
pub(super) fn try_wait(child: Child<'_>) -> io::Result<Option<RawExit>> {
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
pub(super) fn stopped_by(child: Child<'_>) -> Option<i32> {
    let (kind, id) = match child {
        #[cfg(target_os = "linux")]
        Child::Pidfd(fd) => (libc::P_PIDFD, fd.as_raw_fd() as libc::id_t),
        #[cfg(not(target_os = "linux"))]
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
#[cfg(target_os = "linux")]
pub(super) fn pidfd_open(pid: libc::pid_t) -> io::Result<OwnedFd> {
    // SAFETY: the call takes two integers.
    let fd = retry(|| unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) as libc::c_int })?;
    // SAFETY: the kernel has just returned this descriptor, and nobody else owns it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

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

#[cfg(not(target_os = "linux"))]
pub(super) fn pidfd_send_signal(_: BorrowedFd<'_>, _: i32, _: bool) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Sends `signal` by number: to a process, or with a negative number to a process group.
/// Only for an unreaped child, which keeps both numbers from being given away.
pub(super) fn kill(pid: libc::pid_t, signal: i32) -> io::Result<()> {
    // SAFETY: the call takes two integers.
    retry(|| unsafe { libc::kill(pid, signal) })?;
    Ok(())
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

/// Registers `file` with the poll loop of the runtime; panics where that has none.
pub(super) fn register<F: AsRawFd + Borrow<File>>(
    file: F,
    interest: Interest,
) -> io::Result<AsyncFd<F>> {
    // SAFETY: a `File`, owned or shared, owns its descriptor, which stays open and the same until the
    // `AsyncFd` and with it the `File` is dropped.
    unsafe { AsyncFd::register_with_interest(file, interest) }.map_err(io::Error::from)
}

/// Makes `signals` behave as a freshly started program expects, and unblocks all signals.
pub(super) fn restore_default_signals(signals: &[i32]) {
    let mut none = MaybeUninit::<libc::sigset_t>::zeroed();
    // SAFETY: SIG_DFL runs no code of ours, so any signal may be set to it at any time; and
    // `sigemptyset` initialises the set before `pthread_sigmask` reads it.
    unsafe {
        for &signal in signals {
            libc::signal(signal, libc::SIG_DFL);
        }
        libc::sigemptyset(none.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_SETMASK, none.as_ptr(), std::ptr::null_mut());
    }
}

/// Signals that have come and that nobody was told of yet, a bit each.
#[cfg(feature = "cli")]
static CAME: AtomicU64 = AtomicU64::new(0);

/// From now on `signals` that are not ignored are noted for [`came`], and `told_by` is sent in place.
#[cfg(feature = "cli")]
pub(super) fn note_signals(signals: impl Iterator<Item = i32>, told_by: i32) {
    static TOLD_BY: AtomicI32 = AtomicI32::new(0);
    extern "C" fn note(signal: libc::c_int) {
        CAME.fetch_or(1 << (signal - 1), Ordering::Relaxed);
        // SAFETY: both calls are safe in a handler, and leave errno alone as they do not fail.
        unsafe { libc::kill(libc::getpid(), TOLD_BY.load(Ordering::Relaxed)) };
    }
    TOLD_BY.store(told_by, Ordering::Relaxed);
    let note = note as extern "C" fn(libc::c_int) as libc::sighandler_t;
    // SAFETY: the handler does nothing but what a handler may do.
    signals.for_each(|signal| unsafe { handle_unless_ignored(signal, note) });
}

/// Gives `signals` that are not ignored their default actions again, and unblocks all.
#[cfg(feature = "cli")]
pub(super) fn let_act(signals: impl Iterator<Item = i32>) {
    // SAFETY: the default action runs no code of ours.
    signals.for_each(|signal| unsafe { handle_unless_ignored(signal, libc::SIG_DFL) });
    restore_default_signals(&[]);
}

/// One call for most. A signal has to be blocked meanwhile, or it may be handled although it is ignored.
/// The handler must do nothing but what a handler may do.
#[cfg(feature = "cli")]
unsafe fn handle_unless_ignored(signal: i32, handler: libc::sighandler_t) {
    // SAFETY: as the caller promises; and what was ignored before may be ignored again.
    unsafe {
        if libc::signal(signal, handler) == libc::SIG_IGN {
            libc::signal(signal, libc::SIG_IGN);
        }
    }
}

/// The lowest signal that was noted since the last call.
#[cfg(feature = "cli")]
pub(super) fn came() -> Option<i32> {
    let came = CAME.swap(0, Ordering::Relaxed);
    (came != 0).then(|| came.trailing_zeros() as i32 + 1)
}

/// Whether this process ignores `signal`, for example because `nohup` started it.
pub(super) fn is_ignored(signal: i32) -> bool {
    // SAFETY: an action is plain data; without a new one the call only fills in the present one.
    let action: io::Result<libc::sigaction> =
        unsafe { filled(|action| libc::sigaction(signal, std::ptr::null(), action)) };
    action.is_ok_and(|action| action.sa_sigaction == libc::SIG_IGN)
}

/// Ends this process by `signal`, as if it were never caught, without a core dump. PID 1 goes on.
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

/// How many bytes the arguments and the environment may have together, as the system counts them.
#[cfg(feature = "cli")]
pub(crate) fn argument_bytes_limit() -> Option<u64> {
    // SAFETY: sysconf takes a number and returns one.
    u64::try_from(unsafe { libc::sysconf(libc::_SC_ARG_MAX) }).ok()
}

/// The soft limit of open files, or none if there is no limit.
pub(crate) fn open_files_limit() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).current
}

/// Maps a file, which other processes map too, as cells that each of them may change at any time.
/// For good: it is never unmapped.
#[cfg(feature = "cli")]
pub(crate) fn map_shared(file: BorrowedFd<'_>) -> io::Result<&'static [AtomicU64]> {
    let cells = rustix::fs::fstat(file)?.st_size as usize / size_of::<AtomicU64>();
    let bytes = cells * size_of::<AtomicU64>();
    let access = libc::PROT_READ | libc::PROT_WRITE;
    let (anywhere, fd) = (std::ptr::null_mut(), file.as_raw_fd());
    // SAFETY: a new mapping in a place that the system chooses takes no memory of ours away.
    let start = unsafe { libc::mmap(anywhere, bytes, access, libc::MAP_SHARED, fd, 0) };
    if start == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the mapping begins at a page, is as long as that, and stays. Any bytes are valid
    // numbers, and whoever maps the file changes them as atomics. Nobody makes the file shorter.
    Ok(unsafe { std::slice::from_raw_parts(start.cast(), cells) })
}

/// Closes every descriptor from `least` on, where the system can (Linux 5.9): for a program that has
/// just begun, has opened nothing, and wants nothing of what it inherited.
#[cfg(feature = "cli")]
#[cfg_attr(not(target_os = "linux"), expect(unused_variables))]
pub(crate) fn close_from(least: libc::c_uint) {
    #[cfg(target_os = "linux")]
    // SAFETY: the call takes integers, and no value of such a program owns one of them.
    let _ = unsafe { libc::syscall(libc::SYS_close_range, least, libc::c_uint::MAX, 0) };
}
