//! What runs the jobs: this machine, or an engine on others.
//!
//! [`Executor`] is what [`Runner`](super::runner::Runner) knows of it. `local` runs them here.

mod executor;
mod local;

pub(super) use executor::Executor;
pub(super) use local::LocalExecutor;
