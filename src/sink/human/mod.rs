//! What a person reads of a run.
//!
//! [`Human`] tells each job as it ends, in the way that `display` says; `prefix` shows the lines of jobs that
//! run at once, each behind its job's name, and `screen` what a job drew on a terminal. `progress` is the
//! bar, `heartbeat` what stands in for it in a log, `digest` what is said at the end, with the `tail` of
//! what failed. `paste` tells a command so that it can be pasted, and `style` has the colours.

mod digest;
mod display;
mod heartbeat;
#[expect(
    clippy::module_inception,
    reason = "the chamber is named for its main type"
)]
mod human;
mod paste;
mod prefix;
mod progress;
mod screen;
mod style;
mod tail;

pub(super) use digest::counted;
pub(crate) use display::{DisplayOptions, Frame, Show};
pub(crate) use heartbeat::Heartbeat;
pub(crate) use human::Human;
pub(super) use paste::changes;
pub(crate) use paste::{Paster, Readers};
pub(crate) use progress::ProgressBar;
pub(crate) use style::Style;
pub(super) use tail::{OutputTail, TAIL, last_lines};
