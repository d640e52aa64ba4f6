//! Signals to this process: which it ignores, catches, blocks and dies of.

use nix::sys::signal::{self as nix_signal, SigSet};

use super::signal::Signal;
use super::sys;

/// Signals that end a program by default and do not report a fault of its own: sent by timers and
/// limits, by batch systems (`SIGUSR2`, `SIGXCPU`), or to get a core dump.
const DEADLY: &[i32] = &[
    libc::SIGABRT,
    libc::SIGALRM,
    libc::SIGPROF,
    libc::SIGSYS,
    libc::SIGTRAP,
    libc::SIGUSR2,
    libc::SIGVTALRM,
    libc::SIGXCPU,
    #[cfg(linux)]
    libc::SIGIO,
    #[cfg(linux)]
    libc::SIGPWR,
    #[cfg(linux)]
    libc::SIGSTKFLT,
];

impl Signal {
    /// Whether this process ignores the signal, for example because it was started by `nohup`.
    #[doc(hidden)]
    #[must_use]
    pub fn is_ignored(self) -> bool {
        sys::is_ignored(self.as_raw())
    }

    /// The signals that end a program by default, except those that have a constant here, and those
    /// that report a fault of the program itself. Real-time signals are included.
    pub(crate) fn deadly() -> impl Iterator<Item = Self> {
        #[cfg(linux)]
        let real_time = libc::SIGRTMIN()..=libc::SIGRTMAX();
        #[cfg(not(linux))]
        let real_time = std::iter::empty();
        DEADLY.iter().copied().chain(real_time).map(Self::from_raw)
    }

    /// Catches the [deadly](Self::deadly) signals that are not ignored, and forwards them as this one:
    /// on this signal, the receiver must call [`came`](Self::came) to learn whether it was one of them.
    /// That costs a tenth of catching them all with the runtime, which is made for few.
    pub(crate) fn stands_for_deadly(self) {
        sys::note_signals(Self::deadly().map(Self::as_raw), self.as_raw());
    }

    /// Returns the deadly signal that was forwarded as this one, or this one.
    pub(crate) fn came(self) -> Self {
        sys::came().map_or(self, Self::from_raw)
    }

    /// Sends the signal to this process.
    pub(crate) fn raise(self) {
        // Cannot fail: our own process id, and a signal that exists.
        let _ = sys::kill(std::process::id() as libc::pid_t, self.as_raw());
    }

    /// Ends this process with the signal's default action, so that its parent sees the signal.
    ///
    /// Returns only if the kernel does not deliver the signal: to PID 1.
    #[doc(hidden)]
    pub fn raise_default(self) {
        sys::raise_default(self.as_raw());
    }
}

/// Resets inherited signal state. Must be called first in `main`, before any thread starts.
///
/// With an inherited `SIGCHLD=ignored` the kernel discards exit statuses, and a signal that was
/// blocked at the start would be blocked in every child too.
#[doc(hidden)]
pub fn reset_inherited_signals() {
    sys::restore_default_signals(&[libc::SIGCHLD]);
}

/// Runs `work` with the signals blocked that others send. A thread that is started by it never receives
/// any.
pub(crate) fn without_signals<T>(work: impl FnOnce() -> T) -> T {
    let before = block_signals();
    let done = work();
    if let Ok(before) = before {
        // The previous mask is valid.
        let _ = before.thread_set_mask();
    }
    done
}

/// Blocks the signals that others send in the calling thread, except `SIGABRT`, with which a program
/// ends itself. Returns the previous mask.
fn block_signals() -> nix::Result<SigSet> {
    let mut blocked = SigSet::all();
    for own in [
        nix_signal::Signal::SIGABRT,
        nix_signal::Signal::SIGBUS,
        nix_signal::Signal::SIGFPE,
        nix_signal::Signal::SIGILL,
        nix_signal::Signal::SIGSEGV,
    ] {
        blocked.remove(own);
    }
    blocked.thread_swap_mask(nix_signal::SigmaskHow::SIG_BLOCK)
}

/// Blocked signals, which are no longer caught; see [`hold_signals`].
#[must_use = "the signals stay pending until they are let act"]
pub(crate) struct HeldSignals(());

/// Blocks signals that arrive from now on. Earlier ones have been caught: no other thread of ours
/// receives any, see [`start_thread`](crate::os::start_thread).
pub(crate) fn hold_signals() -> HeldSignals {
    // Cannot fail for a valid mask.
    let _ = block_signals();
    HeldSignals(())
}

impl HeldSignals {
    /// Restores the default actions of `signals` that are not ignored; pending ones act at once.
    pub(crate) fn let_act(self, signals: impl Iterator<Item = Signal>) {
        sys::let_act(signals.map(Signal::as_raw));
    }
}
