//! The number of a process group after the end of its leader.
//!
//! While a process lives or is a zombie, its number and its group's are not given to others. From
//! Linux 6.9 on a group is signalled through its leader's pidfd, and its number does not matter.
//! Where it does:
//!
//! * On Linux an ended leader stays a zombie for as long as somebody needs the number. The zombie
//!   tells everything about its end, so nothing is missing meanwhile.
//! * Other systems tell what a process used only when it is reaped. So it is reaped, and for as long
//!   as somebody needs the number the group is asked again and again whether anybody is left: while
//!   there is, the number is not given away either. In theory the last one may end and the number
//!   be given to a new group between a look and a signal; that is one pause at the most.

use std::io;

use super::group_number::GroupNumber;
use super::handle::{ProcessHandle, ProcessState, SharedProcess};
use crate::os::process_group;
use crate::os::sys;
use crate::os::sys::RawExit;
#[cfg(not(linux))]
use crate::process::reap::dropped;

/// As long as this is there the group of a process can be signalled, also when its leader has ended.
#[derive(Debug)]
pub(crate) struct Hold(ProcessHandle);

impl Drop for Hold {
    fn drop(&mut self) {
        let Self(ProcessHandle { shared }) = self;
        let number = &mut shared.lock().number;
        number.holds -= 1;
        shared.give_up_unneeded(number);
    }
}

impl ProcessHandle {
    /// Keeps the number of the group, where signals go by it. To be done before anybody looks whether
    /// the process has ended.
    pub(crate) fn hold(&self) -> Option<Hold> {
        if !self.shared.signals_group_by_number() {
            return None;
        }
        self.shared.lock().number.holds += 1;
        Some(Hold(self.clone()))
    }

    /// The same until [`finish_stop`](Self::finish_stop).
    pub(super) fn begin_stop(&self) {
        self.shared.lock().number.is_stopping = self.shared.signals_group_by_number();
    }

    /// The whole group has ended.
    pub(super) fn finish_stop(&self) {
        let number = &mut self.shared.lock().number;
        number.is_stopping = false;
        self.shared.give_up_unneeded(number);
    }

    /// Looks whether the process has ended. If the number is needed, it stays a zombie.
    #[cfg(linux)]
    pub(super) fn collect(&self, state: &mut ProcessState) -> io::Result<Option<RawExit>> {
        let child = self.shared.child();
        if !state.number.is_needed() {
            return sys::try_wait(child);
        }
        let ended = sys::try_wait_keeping(child)?;
        state.number.is_kept = ended.is_some();
        Ok(ended)
    }

    /// Looks whether the process has ended, and reaps it. If the number is needed, its group is
    /// followed from then on.
    #[cfg(not(linux))]
    pub(super) fn collect(&self, state: &mut ProcessState) -> io::Result<Option<RawExit>> {
        let ended = sys::try_wait(self.shared.child())?;
        state.number.is_kept = ended.is_some() && state.number.is_needed();
        if self.shared.is_anybody_left(&mut state.number) {
            // Whoever looks after orphans looks after it.
            dropped::adopt_locked(self, state);
        }
        Ok(ended)
    }

    /// Whether somebody has to look again soon: the process runs, or its group is followed.
    #[cfg(linux)]
    pub(crate) fn needs_looks(&self) -> bool {
        self.is_running()
    }

    /// Whether somebody has to look again soon: the process runs, or its group is followed.
    #[cfg(not(linux))]
    pub(crate) fn needs_looks(&self) -> bool {
        // Without another handle nobody can signal the group any more.
        let is_last = std::sync::Arc::strong_count(&self.shared) == 1;
        let is_followed = || self.shared.is_anybody_left(&mut self.shared.lock().number);
        self.is_running() || (!is_last && is_followed())
    }
}

impl SharedProcess {
    fn signals_group_by_number(&self) -> bool {
        let by_pidfd = self.watcher.pidfd().is_some() && process_group::can_signal_by_pidfd();
        self.leads_group && !by_pidfd
    }

    fn give_up_unneeded(&self, number: &mut GroupNumber) {
        if !number.is_needed() {
            self.give_up(number);
        }
    }

    /// Lets the number go, if it is kept: nobody needs it any more.
    pub(super) fn give_up(&self, number: &mut GroupNumber) {
        let was_kept = std::mem::take(&mut number.is_kept);
        if cfg!(linux) && was_kept {
            // What the zombie says is known already, from the look that kept it.
            let _ = sys::try_wait(self.child());
        }
    }

    /// Whether the number is kept, and the group still has a member.
    #[cfg(not(linux))]
    fn is_anybody_left(&self, number: &mut GroupNumber) -> bool {
        // Any other error says that we may not signal those who are there.
        let is_empty = || {
            let asked = sys::kill(-(self.pid as libc::pid_t), 0);
            asked.is_err_and(|error| error.raw_os_error() == Some(libc::ESRCH))
        };
        number.is_kept = number.is_kept && !is_empty();
        number.is_kept
    }
}
