//! What a new process changes in itself before it executes its program.

use std::os::fd::{OwnedFd, RawFd};
use std::sync::Arc;

use crate::os::child::Hook;

/// All that a process can be told to change in itself.
#[derive(Clone, Debug)]
pub(crate) struct Attributes {
    pub(crate) group: Group,
    pub(crate) new_session: bool,
    /// With the numbers under which the process has them.
    pub(crate) pass_fds: Vec<(Arc<OwnedFd>, RawFd)>,
    pub(crate) close_fds: bool,
    pub(crate) umask: Option<u32>,
    pub(crate) groups: Option<Vec<u32>>,
    pub(crate) gid: Option<u32>,
    pub(crate) uid: Option<u32>,
    pub(crate) restore_signals: bool,
    pub(crate) hooks: Vec<Hook>,
}

impl Default for Attributes {
    /// As Python's.
    fn default() -> Self {
        Self {
            group: Group::Inherit,
            new_session: false,
            pass_fds: Vec::new(),
            close_fds: true,
            umask: None,
            groups: None,
            gid: None,
            uid: None,
            restore_signals: true,
            hooks: Vec::new(),
        }
    }
}

impl Attributes {
    /// Whether the process must not share our memory, not even until it has its own program.
    pub(crate) fn need_fork(&self) -> bool {
        let is_another = self.groups.is_some() || self.gid.is_some() || self.uid.is_some();
        is_another || !self.hooks.is_empty()
    }

    /// Whether there is something among them that `posix_spawn` cannot do, or would not name if it failed.
    pub(crate) fn need_steps(&self) -> bool {
        let Self {
            group,
            new_session,
            pass_fds,
            close_fds,
            umask,
            groups: _,
            gid: _,
            uid: _,
            restore_signals,
            hooks: _,
        } = self;
        let joins = *new_session || matches!(group, Group::Join(_));
        let chooses_fds = *close_fds || !pass_fds.is_empty();
        self.need_fork() || joins || chooses_fds || umask.is_some() || !restore_signals
    }
}

/// The process group of the new process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Group {
    /// Ours: the terminal's Ctrl-C reaches it.
    #[default]
    Inherit,
    /// A new one that it leads, so that it can be ended with all that it started.
    New,
    /// That of the process with this number, which must lead one.
    Join(u32),
}
