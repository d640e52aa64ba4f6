//! Signals by name, and what became of one that was sent.

use std::fmt;

use nix::sys::signal::{self as nix_signal, SigSet};

use super::sys;

/// A signal, shown by its name: `SIGTERM`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Signal(i32);

/// Numbers and names of the signals that every Unix has; the rest is shown by number.
const NAMES: &[(i32, &str)] = &[
    (libc::SIGHUP, "SIGHUP"),
    (libc::SIGINT, "SIGINT"),
    (libc::SIGQUIT, "SIGQUIT"),
    (libc::SIGILL, "SIGILL"),
    (libc::SIGTRAP, "SIGTRAP"),
    (libc::SIGABRT, "SIGABRT"),
    (libc::SIGBUS, "SIGBUS"),
    (libc::SIGFPE, "SIGFPE"),
    (libc::SIGKILL, "SIGKILL"),
    (libc::SIGUSR1, "SIGUSR1"),
    (libc::SIGSEGV, "SIGSEGV"),
    (libc::SIGUSR2, "SIGUSR2"),
    (libc::SIGPIPE, "SIGPIPE"),
    (libc::SIGALRM, "SIGALRM"),
    (libc::SIGTERM, "SIGTERM"),
    (libc::SIGCHLD, "SIGCHLD"),
    (libc::SIGCONT, "SIGCONT"),
    (libc::SIGSTOP, "SIGSTOP"),
    (libc::SIGTSTP, "SIGTSTP"),
    (libc::SIGTTIN, "SIGTTIN"),
    (libc::SIGTTOU, "SIGTTOU"),
    (libc::SIGURG, "SIGURG"),
    (libc::SIGXCPU, "SIGXCPU"),
    (libc::SIGXFSZ, "SIGXFSZ"),
    (libc::SIGVTALRM, "SIGVTALRM"),
    (libc::SIGPROF, "SIGPROF"),
    (libc::SIGWINCH, "SIGWINCH"),
    (libc::SIGIO, "SIGIO"),
    (libc::SIGSYS, "SIGSYS"),
    #[cfg(target_os = "linux")]
    (libc::SIGSTKFLT, "SIGSTKFLT"),
    #[cfg(target_os = "linux")]
    (libc::SIGPWR, "SIGPWR"),
];

/// What ends a program that does not catch it and tells of no fault of its own: sent by timers and
/// limits, by batch systems (`SIGUSR2`, `SIGXCPU`), by whoever wants a core dump.
#[cfg(feature = "cli")]
const DEADLY: &[i32] = &[
    libc::SIGABRT,
    libc::SIGALRM,
    libc::SIGPROF,
    libc::SIGSYS,
    libc::SIGTRAP,
    libc::SIGUSR2,
    libc::SIGVTALRM,
    libc::SIGXCPU,
    #[cfg(target_os = "linux")]
    libc::SIGIO,
    #[cfg(target_os = "linux")]
    libc::SIGPWR,
    #[cfg(target_os = "linux")]
    libc::SIGSTKFLT,
];

impl Signal {
    /// The terminal went away.
    pub const HUP: Self = Self(libc::SIGHUP);
    /// Ctrl-C.
    pub const INT: Self = Self(libc::SIGINT);
    /// Ctrl-\.
    pub const QUIT: Self = Self(libc::SIGQUIT);
    /// Cannot be caught.
    pub const KILL: Self = Self(libc::SIGKILL);
    /// Free for programs to use.
    pub const USR1: Self = Self(libc::SIGUSR1);
    /// A pipe's reader went away.
    pub const PIPE: Self = Self(libc::SIGPIPE);
    /// Please end.
    pub const TERM: Self = Self(libc::SIGTERM);
    /// A child ended or stopped.
    pub const CHLD: Self = Self(libc::SIGCHLD);
    /// Ctrl-Z.
    pub const TSTP: Self = Self(libc::SIGTSTP);
    /// Stop; cannot be caught.
    pub const STOP: Self = Self(libc::SIGSTOP);
    /// A process in the background wanted to read the terminal.
    pub const TTIN: Self = Self(libc::SIGTTIN);
    /// A process in the background wanted to change the terminal.
    pub const TTOU: Self = Self(libc::SIGTTOU);
    /// The terminal has another size.
    pub const WINCH: Self = Self(libc::SIGWINCH);
    /// A file grew beyond the limit.
    pub const XFSZ: Self = Self(libc::SIGXFSZ);
    /// Go on after a stop.
    pub const CONT: Self = Self(libc::SIGCONT);

    /// The signal of this number; 0, which tests whether a process is there, is accepted too.
    #[must_use]
    pub const fn from_raw(number: i32) -> Self {
        Self(number)
    }

    /// The signal's number on this system.
    #[must_use]
    pub const fn as_raw(self) -> i32 {
        self.0
    }

    /// Whether this process ignores the signal, for example because `nohup` started it.
    #[must_use]
    pub fn is_ignored(self) -> bool {
        sys::is_ignored(self.0)
    }

    /// The signals that end a program by default, but for those that have a constant here, and for
    /// those by which the system tells a program of its own fault. Real-time signals are among them.
    #[cfg(feature = "cli")]
    pub(crate) fn deadly() -> impl Iterator<Item = Self> {
        #[cfg(target_os = "linux")]
        let real_time = libc::SIGRTMIN()..=libc::SIGRTMAX();
        #[cfg(not(target_os = "linux"))]
        let real_time = std::iter::empty();
        DEADLY.iter().copied().chain(real_time).map(Self)
    }

    /// Catches the [deadly](Self::deadly) signals that are not ignored: whoever hears of this one
    /// from then on must ask [`came`](Self::came) whether it was one of them. That costs a tenth of
    /// what it takes to catch them all by the runtime, which is made for few.
    #[cfg(feature = "cli")]
    pub(crate) fn stands_for_deadly(self) {
        sys::note_signals(Self::deadly().map(Self::as_raw), self.0);
    }

    /// The deadly signal that has come in place of this one, or this one.
    #[cfg(feature = "cli")]
    pub(crate) fn came(self) -> Self {
        sys::came().map_or(self, Self)
    }

    /// Sends the signal to this process.
    pub fn raise(self) {
        // Our own number, and a signal that exists: nothing can fail.
        let _ = sys::kill(std::process::id() as libc::pid_t, self.0);
    }

    /// Ends this process by the signal's default action, so that a parent sees how it ended.
    ///
    /// Returns only where the kernel does not deliver the signal: to PID 1.
    pub fn raise_default(self) {
        sys::raise_default(self.0);
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((_, name)) = NAMES.iter().find(|(number, _)| *number == self.0) {
            return f.write_str(name);
        }
        #[cfg(target_os = "linux")]
        if (libc::SIGRTMIN()..=libc::SIGRTMAX()).contains(&self.0) {
            return match self.0 - libc::SIGRTMIN() {
                0 => f.write_str("SIGRTMIN"),
                above => write!(f, "SIGRTMIN+{above}"),
            };
        }
        write!(f, "signal {}", self.0)
    }
}

impl fmt::Debug for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Makes this process a sound parent: call it first thing in `main`, before any thread starts.
///
/// An inherited `SIGCHLD=ignored` makes the kernel throw exit statuses away, and a signal that
/// was blocked at the start would be blocked in every child too.
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
#[cfg(feature = "cli")]
#[must_use = "they wait for ever unless they are let act"]
pub(crate) struct HeldSignals(());

/// Lets the signals that come from now on wait. Those that came before have been caught: no other
/// thread of ours takes any, see [`start_beside`](super::start_beside).
#[cfg(feature = "cli")]
pub(crate) fn hold_signals() -> HeldSignals {
    // It fails for no mask that there is.
    let _ = block_signals();
    HeldSignals(())
}

#[cfg(feature = "cli")]
impl HeldSignals {
    /// Gives `signals` that are not ignored their default actions, at once for those that wait.
    pub(crate) fn let_act(self, signals: impl Iterator<Item = Signal>) {
        sys::let_act(signals.map(Signal::as_raw));
    }
}

/// Whom a signal is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The process itself.
    Leader,
    /// The process and all that it started, as far as they stayed in its process group.
    Group,
}

/// What became of a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The kernel took it.
    Sent,
    /// There was nobody left to send it to; no error, since a process may end at any moment.
    AlreadyExited,
}

/// Why a signal could not be sent.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SignalError {
    /// The process runs as another user.
    #[error("not permitted to send {signal} to process {pid}")]
    Permission {
        /// What was to be sent.
        signal: Signal,
        /// To whom.
        pid: u32,
    },
    /// There is no such signal.
    #[error("signal number {} does not exist", signal.as_raw())]
    NoSuchSignal {
        /// What was to be sent.
        signal: Signal,
    },
    /// [`Scope::Group`] for a process that was not started in a group of its own.
    #[error("process {pid} does not lead a process group: start it with Group::New")]
    NoGroup {
        /// To whom.
        pid: u32,
    },
    /// Anything else.
    #[error("could not send {signal} to process {pid}")]
    Os {
        /// What was to be sent.
        signal: Signal,
        /// To whom.
        pid: u32,
        /// What the system said.
        source: std::io::Error,
    },
}

#[cfg(test)]
mod tests {
    use super::Signal;

    #[test]
    fn a_signal_is_shown_by_its_name() {
        assert_eq!(Signal::TERM.to_string(), "SIGTERM");
        assert_eq!(
            Signal::from_raw(libc::SIGRTMIN() + 2).to_string(),
            "SIGRTMIN+2"
        );
        assert_eq!(Signal::from_raw(200).to_string(), "signal 200");
    }
}
