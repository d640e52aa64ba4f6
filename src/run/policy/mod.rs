//! Decisions that need no process or channel: pure state machines, and the clock that they use.
//!
//! `schedule` decides which job starts next in which of the `slots`, and `graph` which must wait for others.
//! Starts pause by `resource_limit` because of a shortage, and by `machine_rule` and `token_count` because of
//! the machine and a jobserver. `output_turn` decides whose output is reported, `cancel` how the run is
//! cancelled, `halt` which endings of jobs cancel it, `backoff` how long a job waits for its next attempt,
//! and `throttle` how often something is reported. `clock` is the time of a run, which does not pass while
//! prun is stopped.

pub(super) mod backoff;
mod cancel;
mod clock;
mod graph;
mod halt;
mod machine_rule;
mod output_turn;
mod resource_limit;
mod schedule;
mod slots;
mod throttle;
mod token_count;

pub(crate) use cancel::Escalation;
pub(super) use cancel::{Cancel, Request, steps};
pub(super) use clock::{Clock, Moment};
pub(super) use graph::{Added, Dependencies, Released, SlotClaim, Timed, remaining_times};
pub(crate) use halt::{HaltAfter, HaltMode, HaltRule};
pub(crate) use machine_rule::{MachineReading, MachineRule, MachineState, Memory, StartDecision};
pub(super) use output_turn::OutputTurn;
pub(super) use resource_limit::Refusal;
pub(super) use schedule::Schedule;
pub(super) use throttle::Throttle;
pub(super) use token_count::{TokenDifference, token_difference, tokens_for};
