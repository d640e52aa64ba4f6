//! The display of a run for people.
//!
//! [`Human`] shows each job as it ends, as configured by `display`. `prefix` shows lines of concurrent jobs,
//! each prefixed with its job's name; `screen` shows the final state of a job's terminal. `progress` is the
//! bar, `heartbeat` its substitute in a log, and `waits` the line of both about what jobs wait for. `digest` is
//! the list of failures at the end, with the `tail` of their output. `paste` formats commands for pasting, and
//! `style` has the colours.

mod digest;
mod display;
mod heartbeat;
mod human;
mod paste;
mod prefix;
mod progress;
mod screen;
mod style;
mod tail;
mod waits;

pub(super) use digest::counted;
pub(crate) use display::{DisplayOptions, Frame, Show};
pub(crate) use heartbeat::Heartbeat;
pub(crate) use human::Human;
pub(super) use paste::changes;
pub(crate) use paste::{Paster, Readers};
pub(crate) use prefix::LinePrefix;
pub(crate) use progress::ProgressBar;
pub(crate) use style::Style;
pub(super) use tail::{OutputTail, TAIL, last_lines};
