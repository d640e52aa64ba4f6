//! Who collects the exit statuses that nobody waits for.
//!
//! `dropped` looks after the processes of which nobody has a handle any more, `init_reaper` after all
//! that lose their parents in a container, and `claims` says which children are ours.

pub(super) mod claims;
pub(super) mod dropped;
mod init_reaper;

pub(super) use claims::{ChildInfo, Claim};
pub(crate) use init_reaper::reap_strangers;
