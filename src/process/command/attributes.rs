//! Attributes that a new process sets on itself before it executes its program.

use std::os::fd::{OwnedFd, RawFd};
use std::sync::Arc;

use crate::os::child::Hook;

/// The attributes of a new process.
#[derive(Clone, Debug)]
pub(crate) struct Attributes {
    pub(crate) group: Group,
    pub(crate) new_session: bool,
    /// Each with its number in the process.
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
    /// The defaults of Python's `subprocess`.
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
    /// Whether the process must not share our memory, not even until it executes its program.
    pub(crate) fn need_fork(&self) -> bool {
        let is_another = self.groups.is_some() || self.gid.is_some() || self.uid.is_some();
        is_another || !self.hooks.is_empty()
    }

    /// Whether any of them is beyond `posix_spawn`, or would not be named by its error.
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

/// The process group of a new process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Group {
    /// The group of the parent: Ctrl-C in the terminal reaches the process.
    #[default]
    Inherit,
    /// A new group led by the process, so that it can be ended together with its descendants.
    New,
    /// The group of the process with this number, which must lead one.
    Join(u32),
}
