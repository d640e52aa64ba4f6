//! Sending signals, recording them, and restoring their actions.

use std::io;
use std::mem::MaybeUninit;
#[cfg(linux)]
use std::os::fd::AsRawFd;
use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};

use rustix::process::{Resource, Rlimit, setrlimit};

use super::calls::{filled, retry};

/// Sends `signal` to the process of `pidfd`, or to the process group that it leads (or led: this works
/// after the leader was reaped, and cannot reach another group; Linux 6.9).
#[cfg(linux)]
pub(crate) fn pidfd_send_signal(pidfd: BorrowedFd<'_>, signal: i32, group: bool) -> io::Result<()> {
    const PIDFD_SIGNAL_PROCESS_GROUP: libc::c_uint = 1 << 2;
    let flags = if group { PIDFD_SIGNAL_PROCESS_GROUP } else { 0 };
    let no_info = std::ptr::null::<libc::siginfo_t>();
    // SAFETY: a null siginfo is allowed; the descriptor is open for the duration of the call.
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

#[cfg(not(linux))]
pub(crate) fn pidfd_send_signal(_: BorrowedFd<'_>, _: i32, _: bool) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Sends `signal` by number: to a process, or with a negative number to a process group.
/// Only for an unreaped child, which keeps both numbers from being reused.
pub(crate) fn kill(pid: libc::pid_t, signal: i32) -> io::Result<()> {
    // SAFETY: the call takes two integers.
    retry(|| unsafe { libc::kill(pid, signal) })?;
    Ok(())
}

/// Sets the default actions of `signals`, and unblocks all signals.
pub(crate) fn restore_default_signals(signals: &[i32]) {
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

/// Signals that have arrived and were not returned by [`came`] yet, one bit each.
static RECORDED: AtomicU64 = AtomicU64::new(0);

/// From now on `signals` that are not ignored are recorded for [`came`], and `forward_as` is sent instead.
pub(crate) fn note_signals(signals: impl Iterator<Item = i32>, forward_as: i32) {
    static FORWARD_AS: AtomicI32 = AtomicI32::new(0);
    extern "C" fn record(signal: libc::c_int) {
        RECORDED.fetch_or(1 << (signal - 1), Ordering::Relaxed);
        // SAFETY: both calls are async-signal-safe, and leave errno alone as they do not fail.
        unsafe { libc::kill(libc::getpid(), FORWARD_AS.load(Ordering::Relaxed)) };
    }
    FORWARD_AS.store(forward_as, Ordering::Relaxed);
    let record = record as extern "C" fn(libc::c_int) as libc::sighandler_t;
    // SAFETY: the handler is async-signal-safe.
    signals.for_each(|signal| unsafe { handle_unless_ignored(signal, record) });
}

/// Restores the default actions of `signals` that are not ignored, and unblocks all signals.
pub(crate) fn let_act(signals: impl Iterator<Item = i32>) {
    // SAFETY: the default action runs no code of ours.
    signals.for_each(|signal| unsafe { handle_unless_ignored(signal, libc::SIG_DFL) });
    restore_default_signals(&[]);
}

/// Uses one call for most signals. The signal must be blocked meanwhile, or it may be handled although it
/// is ignored. The handler must be async-signal-safe.
unsafe fn handle_unless_ignored(signal: i32, handler: libc::sighandler_t) {
    // SAFETY: guaranteed by the caller; and a signal that was ignored may be ignored again.
    unsafe {
        if libc::signal(signal, handler) == libc::SIG_IGN {
            libc::signal(signal, libc::SIG_IGN);
        }
    }
}

/// Takes the lowest signal that was recorded since the last call.
pub(crate) fn came() -> Option<i32> {
    let came = RECORDED.swap(0, Ordering::Relaxed);
    (came != 0).then(|| came.trailing_zeros() as i32 + 1)
}

/// Whether this process ignores `signal`, for example because it was started by `nohup`.
pub(crate) fn is_ignored(signal: i32) -> bool {
    // SAFETY: an action is plain data; without a new one the call only reads the current one.
    let action: io::Result<libc::sigaction> =
        unsafe { filled(|action| libc::sigaction(signal, std::ptr::null(), action)) };
    action.is_ok_and(|action| action.sa_sigaction == libc::SIG_IGN)
}

/// Ends this process with `signal`, as if it were never caught, without a core dump. PID 1 survives.
pub(crate) fn raise_default(signal: i32) {
    restore_default_signals(&[signal]);
    let no_core = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    // A limit may always be lowered.
    let _ = setrlimit(Resource::Core, no_core);
    // SAFETY: the call takes an integer.
    unsafe { libc::raise(signal) };
}
