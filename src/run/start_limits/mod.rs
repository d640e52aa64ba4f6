//! What keeps jobs from starting although a slot is free: the load and the memory of the `machine`, and the
//! tokens of a `jobserver`.
//!
//! [`StartLimits`] is all of them, as the runner asks it before each start. The decisions are pure and in
//! `policy`; here is what reads files and pipes. A run without such limits has none of this.

mod jobserver;
mod machine;
mod start_limits;

pub(crate) use jobserver::{
    Jobserver, JobserverForm, JobserverPool, JobserverPoolError, OuterJobserverError, Tokens,
    outer_jobserver,
};
pub(crate) use machine::Machine;
pub(crate) use start_limits::{StartLimitSettings, StartLimits};
