//! The controlling terminal, and which process group has it.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;

use rustix::process::getpgrp;

use super::sys;

/// Whether this process may write to its terminal as it likes: nobody else is in the foreground. A
/// terminal that is not the one we were started from has no such rule.
pub(crate) fn is_in_foreground(terminal: impl AsFd) -> bool {
    let group = rustix::termios::tcgetpgrp(terminal);
    group.map_or(true, |group| group == getpgrp())
}

/// The terminal that this program was started from.
pub(crate) struct Terminal {
    file: File,
    settings: libc::termios,
}

impl Terminal {
    /// The controlling terminal with its present settings; none where there is none.
    pub(crate) fn open() -> Option<Self> {
        let file = File::options()
            .read(true)
            .write(true)
            .open("/dev/tty")
            .ok()?;
        let settings = sys::terminal_settings(file.as_fd()).ok()?;
        Some(Self { file, settings })
    }

    /// Gives the terminal to the process group that `leader` leads.
    pub(crate) fn give_to(&self, leader: u32) -> io::Result<()> {
        sys::set_foreground(self.file.as_fd(), leader as libc::pid_t, None)
    }

    /// Takes the terminal back, with the settings that it had.
    pub(crate) fn take_back(&self) -> io::Result<()> {
        let group = getpgrp().as_raw_pid();
        sys::set_foreground(self.file.as_fd(), group, Some(&self.settings))
    }
}
