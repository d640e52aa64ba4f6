//! The settings of a run, fixed before the first job starts.

use std::ffi::OsString;
use std::io;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use super::attempt::{Foreground, LogDir, OpenLogs};
use super::job_limit::JobLimitReader;
use super::policy::HaltRule;
use super::shared_blocks::SharedBlocks;
use super::start_limits::StartLimits;
use crate::event::{LastLines, NumberedJob};
use crate::guard::Guard;
use crate::os::EnvChange;
use crate::process::{Environment, SpoolOptions, Stdio, TerminalSize};

/// The settings of every job of a run, unless the job has its own.
pub(crate) struct Options {
    /// The maximum number of concurrent jobs; `None` for no limit.
    pub(crate) jobs: Option<NonZeroUsize>,
    /// Reads that limit again before each start, if it may change.
    pub(crate) job_limit: Option<JobLimitReader>,
    /// What else keeps jobs from starting.
    pub(crate) start_limits: Option<StartLimits>,
    /// The values of the slots, if they have some.
    pub(crate) slot_values: Option<Arc<[OsString]>>,
    /// The warning to report when that many run, if the user did not set the limit.
    pub(crate) limit_warning: Option<String>,
    /// The time limit of each attempt; `None` for no limit.
    pub(crate) timeout: Option<Duration>,
    /// The time from the first signal to SIGKILL.
    pub(crate) grace: Duration,
    /// How much later than its jobs prun may get a signal that is sent to all of them.
    pub(crate) signal_lag: Duration,
    /// The number of retries.
    pub(crate) retries: u32,
    /// The delay before the first retry; doubles with each further one.
    pub(crate) retry_delay: Duration,
    /// The time limit of the whole run; `None` for no limit.
    pub(crate) deadline: Option<Duration>,
    /// Which endings of jobs end the run early.
    pub(crate) halt: Option<HaltRule>,
    /// In which order jobs start.
    pub(crate) order: JobOrder,
    /// The minimum time between two starts.
    pub(crate) delay: Duration,
    /// The working directory of jobs, absolute.
    pub(crate) cwd: Arc<Path>,
    /// Whether that differs from prun's own, so that jobs must change to it.
    pub(crate) change_dir: bool,
    /// Changes to the environment; `None` unsets a variable.
    pub(crate) env: Vec<EnvChange>,
    /// prun's environment with those changes; a job's own changes are applied to it.
    pub(crate) environment: Environment,
    /// The standard input of jobs without their own.
    pub(crate) stdin: Stdio,
    /// The blocks that jobs get after their own, if they share them.
    pub(crate) shared_blocks: Option<SharedBlocks>,
    /// Where the output of jobs goes.
    pub(crate) output: JobOutput,
    /// Whether jobs are reported in their order.
    pub(crate) keep_order: bool,
    /// The settings of the spools for captured output.
    pub(crate) spool: SpoolOptions,
    /// The current size of the terminal that jobs write to, if their output goes through one.
    pub(crate) terminal: Option<watch::Receiver<TerminalSize>>,
    /// The directory for captured output, instead of prun's memory.
    pub(crate) log_dir: Option<LogDir>,
    /// Whether jobs get the terminal.
    pub(crate) foreground: Foreground,
    /// The guard that ends the jobs if prun is killed.
    pub(crate) guard: Guard,
    /// Where running jobs leave the last lines of their output, if they are shown.
    pub(crate) last_lines: Option<LastLines>,
}

/// How much captured output is kept in memory until it is reported or discarded; more goes to a file.
const MAX_IN_MEMORY: usize = 8 * 1024 * 1024;

impl Options {
    /// Returns the settings of the spools for captured output.
    pub(crate) fn spool() -> SpoolOptions {
        SpoolOptions::default().total_memory(MAX_IN_MEMORY)
    }

    /// Creates the file for captured output that does not fit in memory, so that an unusable directory
    /// is found before the first job starts, and not when one prints much. Returns a warning, if any.
    pub(super) fn open_spool(&self) -> Option<String> {
        let is_captured = matches!(self.output, JobOutput::Captured { .. });
        (is_captured && self.log_dir.is_none())
            .then(|| self.spool.open())
            .flatten()
    }

    /// Creates the files for the output of an attempt, if it goes to files.
    pub(super) fn create_logs(
        &self,
        job: &NumberedJob,
        attempt: u32,
    ) -> Option<io::Result<OpenLogs>> {
        let JobOutput::Captured { together, .. } = self.output else {
            return None;
        };
        let log_dir = self.log_dir.as_ref()?;
        Some(log_dir.create(job, attempt, together))
    }
}

/// In which order jobs start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum JobOrder {
    /// That of the input.
    #[default]
    Input,
    /// Those first that took the longest in earlier runs, with the jobs that need them.
    Longest,
}

/// Where the output of jobs goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JobOutput {
    /// Captured and reported in events.
    Captured {
        /// When it is reported.
        delivery: OutputDelivery,
        /// Whether both streams share one pipe, since they have the same destination: only then is
        /// their order exact.
        together: bool,
    },
    /// Inherited from prun, which does not see it.
    Inherited,
    /// Discarded.
    Discarded,
}

impl JobOutput {
    /// Whether output is shown as it arrives.
    pub(crate) fn is_live(self) -> bool {
        let is_live = |delivery| delivery == OutputDelivery::Streamed;
        matches!(self, Self::Captured { delivery, .. } if is_live(delivery))
    }

    /// Whether the output of a job is reported while it runs once it is the job's turn.
    pub(super) fn is_ordered(self) -> bool {
        let is_ordered = |delivery| delivery == OutputDelivery::Ordered;
        matches!(self, Self::Captured { delivery, .. } if is_ordered(delivery))
    }
}

/// When the captured output of a job is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OutputDelivery {
    /// In one piece, when the job ends.
    Grouped,
    /// As it arrives.
    Streamed,
    /// As it arrives, if all earlier jobs have been reported; otherwise when the job ends.
    Ordered,
}
