//! A process that was just started, until it is watched.

use crate::os::Signal;
use crate::process::command::{Backend, Command};
use crate::process::exit::Started;
use crate::process::handle::{ProcessHandle, Scope, Watcher};
use crate::process::reap::{ChildInfo, Claim, dropped};

/// Dropped before it is watched, it is killed and reaped: no handle refers to it.
pub(crate) struct UnwatchedChild(Option<ChildInfo>);

impl UnwatchedChild {
    /// Must be called by the thread that has just started the process.
    pub(crate) fn new(pid: u32, command: &Command) -> Self {
        Self(Some(ChildInfo {
            claim: Claim::on(pid),
            started: Started::now(),
            leads_group: command.leads_group(),
        }))
    }

    /// Has the runtime watch it. If that panics, the process is killed and reaped.
    pub(crate) fn watched(mut self, backend: Backend) -> ProcessHandle {
        let pid = self.0.as_ref().map(|child| child.claim.pid());
        let pid = pid.expect("taken only once, here or on drop");
        let watcher = Watcher::new(pid as libc::pid_t, backend);
        let child = self.0.take().expect("present, as above");
        ProcessHandle::new(child, watcher)
    }
}

impl Drop for UnwatchedChild {
    fn drop(&mut self) {
        if let Some(child) = self.0.take() {
            let scope = match child.leads_group {
                true => Scope::Group,
                false => Scope::Leader,
            };
            // There may be no runtime here.
            let process = ProcessHandle::new(child, Watcher::Sigchld);
            // It may have ended just now, which is as good.
            let _ = process.send_signal_to(scope, Signal::KILL);
            dropped::adopt(&process);
        }
    }
}
