//! Signals, by number and by name.

use std::fmt;
use std::str::FromStr;

/// A signal, shown by its name, and read from it.
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
    #[cfg(linux)]
    (libc::SIGSTKFLT, "SIGSTKFLT"),
    #[cfg(linux)]
    (libc::SIGPWR, "SIGPWR"),
];

impl Signal {
    /// The terminal went away.
    pub const HUP: Self = Self(libc::SIGHUP);
    /// Ctrl-C.
    pub const INT: Self = Self(libc::SIGINT);
    /// Ctrl-\.
    pub const QUIT: Self = Self(libc::SIGQUIT);
    /// An instruction that the processor does not know.
    pub const ILL: Self = Self(libc::SIGILL);
    /// A breakpoint of a debugger.
    pub const TRAP: Self = Self(libc::SIGTRAP);
    /// The program ended itself by `abort`.
    pub const ABRT: Self = Self(libc::SIGABRT);
    /// An access to memory that is not there.
    pub const BUS: Self = Self(libc::SIGBUS);
    /// An error in arithmetic, such as a division by zero.
    pub const FPE: Self = Self(libc::SIGFPE);
    /// End at once; cannot be caught.
    pub const KILL: Self = Self(libc::SIGKILL);
    /// Free for programs to use.
    pub const USR1: Self = Self(libc::SIGUSR1);
    /// An access to memory that is not the program's.
    pub const SEGV: Self = Self(libc::SIGSEGV);
    /// Free for programs to use.
    pub const USR2: Self = Self(libc::SIGUSR2);
    /// A pipe's reader went away.
    pub const PIPE: Self = Self(libc::SIGPIPE);
    /// A timer of alarm(2).
    pub const ALRM: Self = Self(libc::SIGALRM);
    /// Please end.
    pub const TERM: Self = Self(libc::SIGTERM);
    /// A child ended or stopped.
    pub const CHLD: Self = Self(libc::SIGCHLD);
    /// Go on after a stop.
    pub const CONT: Self = Self(libc::SIGCONT);
    /// Stop; cannot be caught.
    pub const STOP: Self = Self(libc::SIGSTOP);
    /// Ctrl-Z.
    pub const TSTP: Self = Self(libc::SIGTSTP);
    /// A process in the background wanted to read the terminal.
    pub const TTIN: Self = Self(libc::SIGTTIN);
    /// A process in the background wanted to change the terminal.
    pub const TTOU: Self = Self(libc::SIGTTOU);
    /// Urgent data on a socket.
    pub const URG: Self = Self(libc::SIGURG);
    /// The limit of CPU time was reached.
    pub const XCPU: Self = Self(libc::SIGXCPU);
    /// A file grew beyond the limit.
    pub const XFSZ: Self = Self(libc::SIGXFSZ);
    /// A timer of CPU time in the program.
    pub const VTALRM: Self = Self(libc::SIGVTALRM);
    /// A timer of CPU time.
    pub const PROF: Self = Self(libc::SIGPROF);
    /// The terminal has another size.
    pub const WINCH: Self = Self(libc::SIGWINCH);
    /// A descriptor is ready; `SIGPOLL`.
    pub const IO: Self = Self(libc::SIGIO);
    /// A system call that does not exist or is forbidden.
    pub const SYS: Self = Self(libc::SIGSYS);
    /// Unused; Linux alone.
    #[cfg(linux)]
    pub const STKFLT: Self = Self(libc::SIGSTKFLT);
    /// The power fails; Linux alone.
    #[cfg(linux)]
    pub const PWR: Self = Self(libc::SIGPWR);

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
}

impl fmt::Display for Signal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((_, name)) = NAMES.iter().find(|(number, _)| *number == self.0) {
            return f.write_str(name);
        }
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

/// A name that is no signal's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such signal: {0}")]
pub struct ParseSignalError(String);

impl FromStr for Signal {
    type Err = ParseSignalError;

    /// Takes what kill(1) takes: a name with or without `SIG`, in either case, `RTMIN+3`, `RTMAX-3`,
    /// or a number from 1 to the system's last one.
    ///
    /// # Errors
    /// [`ParseSignalError`] for anything else.
    fn from_str(text: &str) -> Result<Self, ParseSignalError> {
        let upper = text.to_ascii_uppercase();
        // One without a name is shown as `signal 33`.
        let bare = upper.strip_prefix("SIGNAL ");
        let name = bare.or(upper.strip_prefix("SIG")).unwrap_or(&upper);
        let is_named = |known: &&(i32, &str)| known.1.strip_prefix("SIG") == Some(name);
        let number = match NAMES.iter().find(is_named) {
            Some((number, _)) => Some(*number),
            None => real_time(name).or_else(|| name.parse().ok()),
        };
        let number = number.filter(|number| (1..=last()).contains(number));
        number
            .map(Self)
            .ok_or_else(|| ParseSignalError(text.to_owned()))
    }
}

/// The number of a real-time signal, by its distance from the first or the last one.
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

/// Elsewhere they have no names here.
#[cfg(not(linux))]
fn real_time(_name: &str) -> Option<i32> {
    None
}

/// The highest number of a signal.
fn last() -> i32 {
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
    fn a_signal_is_shown_by_its_name() {
        assert_eq!(Signal::TERM.to_string(), "SIGTERM");
        assert_eq!(Signal::from_raw(200).to_string(), "signal 200");
    }

    /// Elsewhere some have no name here.
    #[cfg(linux)]
    #[test]
    fn every_signal_is_read_from_what_it_is_shown_as() {
        for number in 1..=last() {
            let signal = Signal::from_raw(number);
            assert_eq!(signal.to_string().parse(), Ok(signal));
            assert_eq!(number.to_string().parse(), Ok(signal));
        }
    }

    #[test]
    fn the_forms_of_kill_are_read() {
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
    fn a_real_time_signal_is_shown_and_read_by_its_place() {
        let [min, max] = [libc::SIGRTMIN(), libc::SIGRTMAX()];
        assert_eq!(Signal::from_raw(min + 2).to_string(), "SIGRTMIN+2");
        assert_eq!("RTMAX-1".parse(), Ok(Signal::from_raw(max - 1)));
        assert_eq!("SIGRTMIN".parse(), Ok(Signal::from_raw(min)));
    }

    #[test]
    fn what_is_no_signal_is_refused() {
        let above = (last() + 1).to_string();
        for text in [
            "", "SIG", "0", "-9", "TERMS", "RTMIN+99", "RTMIN-1", "RTMAX+1", &above,
        ] {
            let error = text.parse::<Signal>().unwrap_err();
            assert_eq!(error.to_string(), format!("no such signal: {text}"));
        }
    }
}
