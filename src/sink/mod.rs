//! The telling: events become text, records and files.
//!
//! A [`Sink`] tells the events in one form on the console, a [`Recorder`] in a file; [`Dispatch`]
//! hands them to all of both on threads of their own, so that a slow or blocked reader never keeps
//! the run from its timers and signals, nor the files from being whole.
//! `console` is the only file that touches standard output and standard error. The room starts no
//! processes, and does not know who announces the events.

mod ci;
mod colours;
mod console;
mod defuse;
mod digest;
mod dispatch;
mod dry_run;
mod events;
mod facts;
mod file;
mod heartbeat;
mod human;
mod joblog;
mod json;
mod lines;
mod looks;
mod lossy;
mod order;
mod paste;
mod progress;
mod record;
mod region;
mod screen;
#[expect(
    clippy::module_inception,
    reason = "the room is named for its main type"
)]
mod sink;
mod stream;
mod style;
mod tail;
mod tame;
mod vendor;
mod words;

pub(crate) use console::Console;
pub(crate) use dispatch::{Dispatch, Drained, OnLoss};
pub(crate) use dry_run::{DryRun, dry_run};
pub(crate) use events::Events;
pub(crate) use file::run_file::RunFileError;
pub(crate) use file::run_files::{BegunFiles, RunFiles};
pub(crate) use file::step_summary::StepSummary;
pub(crate) use heartbeat::Heartbeat;
pub(crate) use human::Human;
pub(crate) use joblog::JobLog;
pub(crate) use joblog::error::PastError;
pub(crate) use joblog::past::{OpenLog, open as open_log};
pub(crate) use joblog::replay::{PastRun, ReplayError};
pub(crate) use json::JsonLines;
pub(crate) use looks::{Frame, Looks, Show};
pub(crate) use paste::{Paster, Readers};
pub(crate) use progress::Progress;
pub(crate) use record::{Effect, RecordError, Recorder};
pub(crate) use sink::Sink;
pub(crate) use style::Style;
pub(crate) use vendor::Vendor;
pub(crate) use words::escape;
