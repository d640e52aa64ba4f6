//! The controlling terminal, and which process group has it.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;

use nix::sys::signal::{SigSet, SigmaskHow, Signal};
use rustix::io::retry_on_intr;
use rustix::process::{Pid, getpgrp};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr, tcsetpgrp};

/// Whether this process may write to its terminal as it likes: nobody else is in the foreground. A
/// terminal that is not the one we were started from has no such rule.
pub(crate) fn is_in_foreground(terminal: impl AsFd) -> bool {
    let group = rustix::termios::tcgetpgrp(terminal);
    group.map_or(true, |group| group == getpgrp())
}

/// The terminal that this program was started from.
pub(crate) struct Terminal {
    file: File,
    settings: Termios,
}

impl Terminal {
    /// The controlling terminal with its present settings; none where there is none.
    pub(crate) fn open() -> Option<Self> {
        let file = File::options()
            .read(true)
            .write(true)
            .open("/dev/tty")
            .ok()?;
        let settings = tcgetattr(&file).ok()?;
        Some(Self { file, settings })
    }

    /// Gives the terminal to the process group that `leader` leads.
    pub(crate) fn give_to(&self, leader: u32) -> io::Result<()> {
        let leader = Pid::from_raw(leader as i32).ok_or(io::ErrorKind::InvalidInput)?;
        from_background(|| tcsetpgrp(&self.file, leader))
    }

    /// Takes the terminal back, with the settings that it had.
    pub(crate) fn take_back(&self) -> io::Result<()> {
        from_background(|| {
            let taken = tcsetpgrp(&self.file, getpgrp());
            let set = || tcsetattr(&self.file, OptionalActions::Drain, &self.settings);
            taken.and(retry_on_intr(set))
        })
    }
}

/// Does `work` on the terminal from the background, too: blocked, the signal that asks such a process
/// not to touch the terminal lets the call through.
fn from_background(work: impl FnOnce() -> rustix::io::Result<()>) -> io::Result<()> {
    let mut ttou = SigSet::empty();
    ttou.add(Signal::SIGTTOU);
    let before = ttou.thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
    let done = work();
    before.thread_set_mask()?;
    Ok(done?)
}
