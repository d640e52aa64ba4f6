//! Output: events become text, records and files.
//!
//! A [`Sink`] shows the events on the console in one format, a [`Recorder`] writes
//! them to a file. [`Dispatch`] passes events to both on threads of their own, so that a slow or blocked
//! reader never delays the timers and signals of the run, nor the files. `console` owns standard output
//! and standard error; `human`, `json_records`, `json_events` and `dry_run` are the formats. `ci` is the
//! markup of CI logs, `reorder` puts events in the order of their jobs, and `output_pieces` cuts output. `joblog` and `file` are the
//! recorders, and `parallel` what GNU parallel writes. `describe` has the words for jobs and their
//! endings. This module starts no processes, and does not know the source of the events.

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
mod output_pieces;
mod parallel;
mod recorder;
mod reorder;
mod sink;

pub(crate) use ci::Vendor;
pub(crate) use console::Console;
pub(crate) use describe::escape;
pub(crate) use dispatch::{Dispatch, Drained, OnLoss};
pub(crate) use dry_run::{DryRun, dry_run, level};
pub(crate) use file::run_file::RunFileError;
pub(crate) use file::run_files::{OpenRunFiles, RunFiles};
pub(crate) use file::step_summary::StepSummary;
pub(crate) use human::{
    DisplayOptions, Frame, Heartbeat, Human, LinePrefix, Paster, ProgressBar, Readers, Show, Style,
};
pub(crate) use joblog::error::JobLogError;
pub(crate) use joblog::replay::{LoggedRun, ReplayError};
pub(crate) use joblog::{JobLog, Journal, JournalStart, OpenLog, WantedFromLog, open as open_log};
pub(crate) use json_events::Events;
pub(crate) use json_records::JsonLines;
pub(crate) use parallel::{
    CommandEcho, LoggedJobs, OutputFiles, ParallelLog, ParallelLogError, Results, ResultsError,
    ResultsForm, Tree,
};
pub(crate) use recorder::{Effect, Recorder, RecorderError};
pub(crate) use sink::Sink;
