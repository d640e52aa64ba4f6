//! The telling: events become text, records and files.
//!
//! A [`Sink`] tells the events in one form on the console, a [`Recorder`] in a file; [`Dispatch`]
//! hands them to all of both on threads of their own, so that a slow or blocked reader never keeps
//! the run from its timers and signals, nor the files from being whole.
//! `console` has standard output and standard error, where `human`, `json_records`, `json_events` and
//! `dry_run` are the forms; `ci` is what the logs of CI systems need, and `reorder` puts events in the order
//! of their jobs. `joblog` and `file` are the recorders. The room starts no processes, and does not know
//! who announces the events.

mod ci;
mod console;
mod describe;
mod dispatch;
mod dry_run;
mod file;
mod human;
mod joblog;
mod json_events;
mod json_records;
mod recorder;
mod reorder;
#[expect(
    clippy::module_inception,
    reason = "the room is named for its main type"
)]
mod sink;

pub(crate) use ci::Vendor;
pub(crate) use console::Console;
pub(crate) use describe::escape;
pub(crate) use dispatch::{Dispatch, Drained, OnLoss};
pub(crate) use dry_run::{DryRun, dry_run};
pub(crate) use file::run_file::RunFileError;
pub(crate) use file::run_files::{BegunFiles, RunFiles};
pub(crate) use file::step_summary::StepSummary;
pub(crate) use human::{
    DisplayOptions, Frame, Heartbeat, Human, Paster, ProgressBar, Readers, Show, Style,
};
pub(crate) use joblog::error::JobLogError;
pub(crate) use joblog::replay::{LoggedRun, ReplayError};
pub(crate) use joblog::{JobLog, OpenLog, open as open_log};
pub(crate) use json_events::Events;
pub(crate) use json_records::JsonLines;
pub(crate) use recorder::{Effect, Recorder, RecorderError};
pub(crate) use sink::Sink;
