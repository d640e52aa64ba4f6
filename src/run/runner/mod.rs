//! Owns the state of the run: one loop selects, decides and sends events.
//!
//! [`Runner`] is that loop; `controls` handles requests from outside and the end of a cancelled run,
//! `shortage` attempts that were not started and warnings about limits, `waiting` what is left to do, and
//! `backpressure` what waits
//! while the sinks are full. `running` and `earlier_attempts` hold what it knows of running jobs, and of
//! those that are tried again.

mod backpressure;
mod controls;
mod earlier_attempts;
mod runner;
mod running;
mod shortage;
mod waiting;

pub(crate) use runner::{Ended, Runner};
