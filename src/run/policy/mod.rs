//! What is decided without a process or a channel: pure state machines, and the time that they go by.
//!
//! `schedule` says who starts next, and `resource_limit` when nobody does for lack of something;
//! `output_turn` whose output is shown, `cancel` how the run ends early, and `backoff` how long a job waits
//! for its next try. `clock` is the time of a run,
//! which does not pass while prun is stopped.

pub(super) mod backoff;
mod cancel;
mod clock;
mod output_turn;
mod resource_limit;
mod schedule;

pub(super) use cancel::{Cancel, Request, steps};
pub(crate) use cancel::{Escalation, FailFast, Policy};
pub(super) use clock::{Clock, Moment};
pub(super) use output_turn::OutputTurn;
pub(super) use resource_limit::Refusal;
pub(super) use schedule::Schedule;
