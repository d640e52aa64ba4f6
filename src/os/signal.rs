//! Signals, by number and by name.

use std::fmt;
use std::str::FromStr;

use nix::sys::signal::Signal as KnownSignal;

/// A signal: displayed as its name, and parsed from a name or a number.
///
/// ```
/// use prun::process::Signal;
///
/// assert_eq!(Signal::TERM.to_string(), "SIGTERM");
/// for name in ["SIGTERM", "TERM", "term", "15"] {
///     assert_eq!(name.parse(), Ok(Signal::TERM));
/// }
/// assert_eq!("SIGNAL".parse::<Signal>().unwrap_err().to_string(), "no such signal: SIGNAL");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Signal(i32);

impl Signal {
    /// The terminal was closed.
    pub const HUP: Self = Self(libc::SIGHUP);
    /// Ctrl-C.
    pub const INT: Self = Self(libc::SIGINT);
    /// Ctrl-\.
    pub const QUIT: Self = Self(libc::SIGQUIT);
    /// Illegal instruction.
    pub const ILL: Self = Self(libc::SIGILL);
    /// Breakpoint or trace trap.
    pub const TRAP: Self = Self(libc::SIGTRAP);
    /// The program called abort(3).
    pub const ABRT: Self = Self(libc::SIGABRT);
    /// Access to memory that does not exist or is misaligned.
    pub const BUS: Self = Self(libc::SIGBUS);
    /// Arithmetic error, such as a division by zero.
    pub const FPE: Self = Self(libc::SIGFPE);
    /// Kill; cannot be caught.
    pub const KILL: Self = Self(libc::SIGKILL);
    /// User-defined signal.
    pub const USR1: Self = Self(libc::SIGUSR1);
    /// Invalid memory access.
    pub const SEGV: Self = Self(libc::SIGSEGV);
    /// User-defined signal.
    pub const USR2: Self = Self(libc::SIGUSR2);
    /// Write to a pipe without a reader.
    pub const PIPE: Self = Self(libc::SIGPIPE);
    /// Timer of alarm(2).
    pub const ALRM: Self = Self(libc::SIGALRM);
    /// Request to terminate.
    pub const TERM: Self = Self(libc::SIGTERM);
    /// A child ended or stopped.
    pub const CHLD: Self = Self(libc::SIGCHLD);
    /// Continue after a stop.
    pub const CONT: Self = Self(libc::SIGCONT);
    /// Stop; cannot be caught.
    pub const STOP: Self = Self(libc::SIGSTOP);
    /// Ctrl-Z.
    pub const TSTP: Self = Self(libc::SIGTSTP);
    /// A background process read from the terminal.
    pub const TTIN: Self = Self(libc::SIGTTIN);
    /// A background process wrote to the terminal or changed its settings.
    pub const TTOU: Self = Self(libc::SIGTTOU);
    /// Urgent data on a socket.
    pub const URG: Self = Self(libc::SIGURG);
    /// CPU time limit exceeded.
    pub const XCPU: Self = Self(libc::SIGXCPU);
    /// File size limit exceeded.
    pub const XFSZ: Self = Self(libc::SIGXFSZ);
    /// Virtual timer: CPU time in user mode.
    pub const VTALRM: Self = Self(libc::SIGVTALRM);
    /// Profiling timer: CPU time in user mode and in the kernel.
    pub const PROF: Self = Self(libc::SIGPROF);
    /// The terminal's size changed.
    pub const WINCH: Self = Self(libc::SIGWINCH);
    /// I/O is possible on a descriptor; also called `SIGPOLL`.
    pub const IO: Self = Self(libc::SIGIO);
    /// Bad or forbidden system call.
    pub const SYS: Self = Self(libc::SIGSYS);
    /// Unused; only on Linux.
    #[cfg(linux)]
    pub const STKFLT: Self = Self(libc::SIGSTKFLT);
    /// Power failure; only on Linux.
    #[cfg(linux)]
    pub const PWR: Self = Self(libc::SIGPWR);

    /// Returns the signal with this number. 0, which tests whether a process exists, is accepted as well.
    #[must_use]
    pub const fn from_raw(number: i32) -> Self {
        Self(number)
    }

    /// Returns the signal's number on this system.
    #[must_use]
    pub const fn as_raw(self) -> i32 {
        self.0
    }
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Ok(known) = KnownSignal::try_from(self.0) {
            return f.write_str(known.as_str());
        }
        // nix knows no real-time signals.
        #[cfg(linux)]
        if (libc::SIGRTMIN()..=libc::SIGRTMAX()).contains(&self.0) {
            return match self.0 - libc::SIGRTMIN() {
                0 => f.write_str("SIGRTMIN"),
                above => write!(f, "SIGRTMIN+{above}"),
            };
        }
        write!(f, "signal {}", self.0)
    }
}

/// The error for text that is not the name or number of a signal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such signal: {0}")]
pub struct ParseSignalError(String);

impl FromStr for Signal {
    type Err = ParseSignalError;

    /// Accepts what kill(1) accepts: a name with or without `SIG`, in upper or lower case, `RTMIN+3`,
    /// `RTMAX-3`, or a number from 1 to the system's highest.
    ///
    /// # Errors
    /// Returns [`ParseSignalError`] for anything else.
    fn from_str(text: &str) -> Result<Self, ParseSignalError> {
        let upper = text.to_ascii_uppercase();
        // Signals without a name are displayed as `signal 33`.
        let bare = upper.strip_prefix("SIGNAL ");
        let name = bare.or(upper.strip_prefix("SIG")).unwrap_or(&upper);
        let number = match KnownSignal::from_str(&format!("SIG{name}")) {
            Ok(known) => Some(known as i32),
            Err(_) => real_time(name).or_else(|| name.parse().ok()),
        };
        let number = number.filter(|number| (1..=highest()).contains(number));
        number
            .map(Self)
            .ok_or_else(|| ParseSignalError(text.to_owned()))
    }
}

/// Returns the number of a real-time signal, from its distance to the first or the last one.
#[cfg(linux)]
fn real_time(name: &str) -> Option<i32> {
    let (min, max) = (libc::SIGRTMIN(), libc::SIGRTMAX());
    let number = match (name.strip_prefix("RTMIN"), name.strip_prefix("RTMAX")) {
        (Some(""), _) => min,
        (_, Some("")) => max,
        (Some(above), _) => min.checked_add(above.strip_prefix('+')?.parse().ok()?)?,
        (_, Some(below)) => max.checked_sub(below.strip_prefix('-')?.parse().ok()?)?,
        (None, None) => return None,
    };
    (min..=max).contains(&number).then_some(number)
}

/// Real-time signals have names only on Linux.
#[cfg(not(linux))]
fn real_time(_name: &str) -> Option<i32> {
    None
}

/// Returns the highest signal number.
fn highest() -> i32 {
    #[cfg(linux)]
    return libc::SIGRTMAX();
    #[cfg(not(linux))]
    return 31;
}

impl fmt::Debug for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signal_is_displayed_as_its_name() {
        assert_eq!(Signal::TERM.to_string(), "SIGTERM");
        assert_eq!(Signal::from_raw(200).to_string(), "signal 200");
    }

    /// On other systems some numbers have no name.
    #[cfg(linux)]
    #[test]
    fn every_signal_is_parsed_from_its_displayed_name() {
        for number in 1..=highest() {
            let signal = Signal::from_raw(number);
            assert_eq!(signal.to_string().parse(), Ok(signal));
            assert_eq!(number.to_string().parse(), Ok(signal));
        }
    }

    #[test]
    fn the_forms_that_kill_accepts_are_parsed() {
        for (text, signal) in [
            ("hup", Signal::HUP),
            ("SigInt", Signal::INT),
            ("CHLD", Signal::CHLD),
        ] {
            assert_eq!(text.parse(), Ok(signal), "{text}");
        }
    }

    #[cfg(linux)]
    #[test]
    fn a_real_time_signal_is_displayed_and_parsed_by_its_distance() {
        let [min, max] = [libc::SIGRTMIN(), libc::SIGRTMAX()];
        assert_eq!(Signal::from_raw(min + 2).to_string(), "SIGRTMIN+2");
        assert_eq!("RTMAX-1".parse(), Ok(Signal::from_raw(max - 1)));
        assert_eq!("SIGRTMIN".parse(), Ok(Signal::from_raw(min)));
    }

    #[test]
    fn anything_else_is_refused() {
        let above = (highest() + 1).to_string();
        for text in [
            "", "SIG", "0", "-9", "TERMS", "RTMIN+99", "RTMIN-1", "RTMAX+1", &above,
        ] {
            let error = text.parse::<Signal>().unwrap_err();
            assert_eq!(error.to_string(), format!("no such signal: {text}"));
        }
    }
}
