//! Reaping processes that nobody waits for.
//!
//! `dropped` reaps processes that no handle refers to any more, `init_reaper` the orphans in a container,
//! and `claims` records which children are ours.

pub(super) mod claims;
pub(super) mod dropped;
mod init_reaper;

pub(super) use claims::{ChildInfo, Claim};
pub(crate) use init_reaper::reap_orphans;
