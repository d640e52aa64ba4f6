//! Which job may start next, where jobs depend on each other or take more than one slot. Pure.
//!
//! [`Dependencies`] holds the jobs that wait for other jobs, and wakes services when they are needed.
//! [`ReadyJobs`] holds those that may start, in their order, until there are slots for them and room in
//! their pool. `longest_first` computes that order from the known times of jobs.

mod dependencies;
mod longest_first;
mod ready_jobs;

pub(crate) use dependencies::{Added, Dependencies, Released};
pub(crate) use longest_first::{Timed, remaining_times};
pub(crate) use ready_jobs::{ReadyJobs, SlotClaim};

#[cfg(test)]
mod tests;
