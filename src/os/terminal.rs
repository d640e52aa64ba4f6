//! The controlling terminal and its foreground process group.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;

use nix::sys::signal::{SigSet, SigmaskHow, Signal};
use rustix::io::retry_on_intr;
use rustix::process::{Pid, getpgrp};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr, tcsetpgrp};

/// Whether this process may write to its terminal freely: no other process group is in the foreground. A
/// terminal other than the controlling one has no such restriction.
pub(crate) fn is_in_foreground(terminal: impl AsFd) -> bool {
    let group = rustix::termios::tcgetpgrp(terminal);
    group.map_or(true, |group| group == getpgrp())
}

/// The controlling terminal of this program.
pub(crate) struct Terminal {
    file: File,
    settings: Termios,
}

impl Terminal {
    /// Opens the controlling terminal and reads its settings; `None` if there is none.
    pub(crate) fn open() -> Option<Self> {
        let file = File::options()
            .read(true)
            .write(true)
            .open("/dev/tty")
            .ok()?;
        let settings = tcgetattr(&file).ok()?;
        Some(Self { file, settings })
    }

    /// Makes the process group led by `leader` the foreground group.
    pub(crate) fn give_to(&self, leader: u32) -> io::Result<()> {
        let leader = Pid::from_raw(leader as i32).ok_or(io::ErrorKind::InvalidInput)?;
        from_background(|| tcsetpgrp(&self.file, leader))
    }

    /// Takes the terminal back, and restores its settings.
    pub(crate) fn take_back(&self) -> io::Result<()> {
        from_background(|| {
            let taken = tcsetpgrp(&self.file, getpgrp());
            let set = || tcsetattr(&self.file, OptionalActions::Drain, &self.settings);
            taken.and(retry_on_intr(set))
        })
    }
}

/// Runs `work` on the terminal also from the background: with SIGTTOU blocked, the call is permitted
/// instead of stopping the process.
fn from_background(work: impl FnOnce() -> rustix::io::Result<()>) -> io::Result<()> {
    let mut ttou = SigSet::empty();
    ttou.add(Signal::SIGTTOU);
    let before = ttou.thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
    let done = work();
    before.thread_set_mask()?;
    Ok(done?)
}
