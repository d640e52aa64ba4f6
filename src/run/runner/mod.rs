//! The one owner of the run's truth: one loop selects, decides and announces.
//!
//! [`Runner`] is that loop, `stop` what it does when the run is to end early, and `shortage` when the system
//! has no room for another job. `running` and `pasts` are what it knows of the jobs that run, and of
//! those that are tried again.

mod earlier_attempts;
#[expect(
    clippy::module_inception,
    reason = "the chamber is named for its main type"
)]
mod runner;
mod running;
mod shortage;
mod stop;

pub(crate) use runner::{Ended, Runner};
