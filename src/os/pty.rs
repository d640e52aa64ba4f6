//! Pseudo-terminals, through which a process shows what it would show to a person.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{
    LocalModes, OptionalActions, OutputModes, Winsize, tcgetattr, tcsetattr, tcsetwinsize,
};

/// How large a terminal is, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TerminalSize {
    /// How many lines it shows.
    pub rows: u16,
    /// How many characters a line has.
    pub columns: u16,
}

/// A new pseudo-terminal of this size: our end, and the one for a process. Nothing is added to what
/// the process writes (no carriage return before a newline), and nothing that we write is echoed.
///
/// The process's end becomes nobody's controlling terminal, so that Ctrl-C and job control stay
/// those of the terminal that we were started from.
pub(crate) fn open(size: TerminalSize) -> io::Result<(OwnedFd, OwnedFd)> {
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | CLOSED_ON_EXEC)?;
    grantpt(&ours)?;
    unlockpt(&ours)?;
    let name = ptsname(&ours, Vec::new())?;
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    let theirs = rustix::fs::open(&*name, flags, Mode::empty())?;
    let mut settings = tcgetattr(&theirs)?;
    settings.output_modes.remove(OutputModes::OPOST);
    settings.local_modes.remove(LocalModes::ECHO);
    tcsetattr(&theirs, OptionalActions::Now, &settings)?;
    resize(&theirs, size)?;
    Ok((ours, theirs))
}

/// Gives a terminal another size.
pub(crate) fn resize(terminal: impl AsFd, size: TerminalSize) -> io::Result<()> {
    let size = Winsize {
        ws_row: size.rows,
        ws_col: size.columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    Ok(tcsetwinsize(terminal, size)?)
}

#[cfg(linux)]
const CLOSED_ON_EXEC: OpenptFlags = OpenptFlags::CLOEXEC;
/// Elsewhere the flag is not known to `posix_openpt`; a process that gets our end by accident keeps
/// its own terminal open, and no more.
#[cfg(not(linux))]
const CLOSED_ON_EXEC: OpenptFlags = OpenptFlags::empty();
