//! Signals to this process itself: which it ignores, catches, holds back and ends by.

use nix::sys::signal::{self as nix_signal, SigSet};

use super::signal::Signal;
use super::sys;

/// What ends a program that does not catch it and tells of no fault of its own: sent by timers and
/// limits, by batch systems (`SIGUSR2`, `SIGXCPU`), by whoever wants a core dump.
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
    /// Whether this process ignores the signal, for example because `nohup` started it.
    #[doc(hidden)]
    #[must_use]
    pub fn is_ignored(self) -> bool {
        sys::is_ignored(self.as_raw())
    }

    /// The signals that end a program by default, but for those that have a constant here, and for
    /// those by which the system tells a program of its own fault. Real-time signals are among them.
    pub(crate) fn deadly() -> impl Iterator<Item = Self> {
        #[cfg(linux)]
        let real_time = libc::SIGRTMIN()..=libc::SIGRTMAX();
        #[cfg(not(linux))]
        let real_time = std::iter::empty();
        DEADLY.iter().copied().chain(real_time).map(Self::from_raw)
    }

    /// Catches the [deadly](Self::deadly) signals that are not ignored: whoever hears of this one
    /// from then on must ask [`came`](Self::came) whether it was one of them. That costs a tenth of
    /// what it takes to catch them all by the runtime, which is made for few.
    pub(crate) fn stands_for_deadly(self) {
        sys::note_signals(Self::deadly().map(Self::as_raw), self.as_raw());
    }

    /// The deadly signal that has come in place of this one, or this one.
    pub(crate) fn came(self) -> Self {
        sys::came().map_or(self, Self::from_raw)
    }

    /// Sends the signal to this process.
    pub(crate) fn raise(self) {
        // Our own number, and a signal that exists: nothing can fail.
        let _ = sys::kill(std::process::id() as libc::pid_t, self.as_raw());
    }

    /// Ends this process by the signal's default action, so that a parent sees how it ended.
    ///
    /// Returns only where the kernel does not deliver the signal: to PID 1.
    #[doc(hidden)]
    pub fn raise_default(self) {
        sys::raise_default(self.as_raw());
    }
}

/// Makes this process a sound parent: call it first thing in `main`, before any thread starts.
///
/// An inherited `SIGCHLD=ignored` makes the kernel throw exit statuses away, and a signal that
/// was blocked at the start would be blocked in every child too.
#[doc(hidden)]
pub fn reset_inherited_signals() {
    sys::restore_default_signals(&[libc::SIGCHLD]);
}

/// Does `work`, for which the signals that others send wait. A thread that is started then takes none
/// for as long as it lives.
pub(crate) fn without_signals<T>(work: impl FnOnce() -> T) -> T {
    let before = block_signals();
    let done = work();
    if let Ok(before) = before {
        // What was in force before is a sound mask.
        let _ = before.thread_set_mask();
    }
    done
}

/// Keeps the signals that others send from the calling thread, but for `SIGABRT`, by which a program
/// ends itself. What was kept from it before.
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

/// Signals that wait, so that none is caught any more; see [`hold_signals`].
#[must_use = "they wait for ever unless they are let act"]
pub(crate) struct HeldSignals(());

/// Lets the signals that come from now on wait. Those that came before have been caught: no other
/// thread of ours takes any, see [`start_thread`](crate::process::start_thread).
pub(crate) fn hold_signals() -> HeldSignals {
    // It fails for no mask that there is.
    let _ = block_signals();
    HeldSignals(())
}

impl HeldSignals {
    /// Gives `signals` that are not ignored their default actions, at once for those that wait.
    pub(crate) fn let_act(self, signals: impl Iterator<Item = Signal>) {
        sys::let_act(signals.map(Signal::as_raw));
    }
}
