//! Keeping a process group's number reserved after its leader has ended.
//!
//! While a process runs or is a zombie, its process id and its group's number are not reused. From
//! Linux 6.9 on, a group is signalled through its leader's pidfd, and the number does not matter.
//! Otherwise:
//!
//! * On Linux an ended leader is kept as a zombie while the number is needed. `waitid` with `WNOWAIT`
//!   reports everything about its end, so nothing is missing meanwhile.
//! * Other systems report resource usage only when the process is reaped. So it is reaped, and while
//!   the number is needed the group is polled for members: as long as there are any, the number is
//!   not reused either. In theory the last member may end and the number be given to a new group
//!   between a poll and a signal, that is, within one poll interval.

use std::io;

use super::group_number::GroupNumber;
use super::handle::{ProcessHandle, ProcessState, SharedProcess};
use crate::os::sys::RawExit;
use crate::os::{process_group, sys};
#[cfg(not(linux))]
use crate::process::reap::dropped;

/// Keeps a process group signallable for as long as it lives, even after the leader has ended.
#[derive(Debug)]
pub(crate) struct Hold(ProcessHandle);

impl Drop for Hold {
    fn drop(&mut self) {
        let Self(ProcessHandle { shared }) = self;
        let number = &mut shared.lock().number;
        number.holds -= 1;
        shared.release_if_unneeded(number);
    }
}

impl ProcessHandle {
    /// Keeps the group's number reserved, where signals are sent by number. Must be called before
    /// anybody polls whether the process has ended.
    pub(crate) fn hold(&self) -> Option<Hold> {
        if !self.shared.signals_group_by_number() {
            return None;
        }
        self.shared.lock().number.holds += 1;
        Some(Hold(self.clone()))
    }

    /// As [`hold`](Self::hold), until [`finish_shutdown`](Self::finish_shutdown).
    pub(super) fn begin_shutdown(&self) {
        self.shared.lock().number.is_shutting_down = self.shared.signals_group_by_number();
    }

    /// Called when the whole group has ended.
    pub(super) fn finish_shutdown(&self) {
        let number = &mut self.shared.lock().number;
        number.is_shutting_down = false;
        self.shared.release_if_unneeded(number);
    }

    /// Checks whether the process has ended. If the number is needed, it stays a zombie.
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

    /// Checks whether the process has ended, and reaps it. If the number is needed, its group is polled
    /// from then on.
    #[cfg(not(linux))]
    pub(super) fn collect(&self, state: &mut ProcessState) -> io::Result<Option<RawExit>> {
        let ended = sys::try_wait(self.shared.child())?;
        state.number.is_kept = ended.is_some() && state.number.is_needed();
        if self.shared.has_members(&mut state.number) {
            // The reaper of dropped processes polls the group.
            dropped::adopt_locked(self, state);
        }
        Ok(ended)
    }

    /// Whether it must be polled again soon: the process runs, or its group is polled.
    #[cfg(linux)]
    pub(crate) fn needs_polling(&self) -> bool {
        self.is_running()
    }

    /// Whether it must be polled again soon: the process runs, or its group is polled.
    #[cfg(not(linux))]
    pub(crate) fn needs_polling(&self) -> bool {
        // Without another handle nobody can signal the group any more.
        let is_last = std::sync::Arc::strong_count(&self.shared) == 1;
        let is_followed = || self.shared.has_members(&mut self.shared.lock().number);
        self.is_running() || (!is_last && is_followed())
    }
}

impl SharedProcess {
    fn signals_group_by_number(&self) -> bool {
        let by_pidfd = self.watcher.pidfd().is_some() && process_group::can_signal_by_pidfd();
        self.leads_group && !by_pidfd
    }

    fn release_if_unneeded(&self, number: &mut GroupNumber) {
        if !number.is_needed() {
            self.release(number);
        }
    }

    /// Releases the number if it is kept.
    pub(super) fn release(&self, number: &mut GroupNumber) {
        let was_kept = std::mem::take(&mut number.is_kept);
        if cfg!(linux) && was_kept {
            // The exit status is known already, from the poll that kept the zombie.
            let _ = sys::try_wait(self.child());
        }
    }

    /// Whether the number is kept and the group still has a member.
    #[cfg(not(linux))]
    fn has_members(&self, number: &mut GroupNumber) -> bool {
        // Any other error means that there are members that we may not signal.
        let is_empty = || {
            let asked = sys::kill(-(self.pid as libc::pid_t), 0);
            asked.is_err_and(|error| error.raw_os_error() == Some(libc::ESRCH))
        };
        number.is_kept = number.is_kept && !is_empty();
        number.is_kept
    }
}
