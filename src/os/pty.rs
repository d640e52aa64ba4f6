//! Pseudo-terminals, through which a process prints as it would to a terminal.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{
    LocalModes, OptionalActions, OutputModes, Winsize, tcgetattr, tcsetattr, tcsetwinsize,
};

/// The size of a terminal, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TerminalSize {
    /// The number of lines.
    pub rows: u16,
    /// The number of characters per line.
    pub columns: u16,
}

/// Opens a pseudo-terminal of this size: our end, and the end for a process. The process's output is
/// passed unchanged (no carriage return is added to a newline), and our input is not echoed.
///
/// The process's end becomes no process's controlling terminal, so Ctrl-C and job control stay with the
/// terminal that we were started from.
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

/// Sets the size of a terminal.
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
/// On other systems `posix_openpt` does not support the flag; a process that inherits our end by accident
/// keeps its own terminal open, and no more.
#[cfg(not(linux))]
const CLOSED_ON_EXEC: OpenptFlags = OpenptFlags::empty();
