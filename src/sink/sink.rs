//! [`Sink`]: shows the events of a run on the console in one format.

use std::io;
use std::time::{Instant, SystemTime};

use super::console::Console;
use crate::event::Event;

/// Shows the events of a run in one format.
pub(crate) trait Sink: Send {
    /// Returns the events that it needs.
    fn interest(&self) -> Interest;

    /// Whether it follows the order of the jobs if that is requested.
    fn keeps_order(&self) -> bool {
        true
    }

    /// Handles one event, which happened at `at`. The console is flushed afterwards.
    ///
    /// # Errors
    /// Output of a job cannot be written or read back.
    fn handle(&mut self, event: &Event, at: SystemTime, console: &mut Console) -> io::Result<()>;

    /// Returns when it needs to write something even without an event.
    fn wakes_at(&self) -> Option<Instant> {
        None
    }

    /// Called at that time or somewhat later.
    fn wake(&mut self, _console: &mut Console) -> io::Result<()> {
        Ok(())
    }
}

/// The events that a sink or recorder needs. At thousands of jobs a second, waking the writer for events
/// that nobody needs would cost most.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Interest {
    /// Starts of attempts, and what jobs wait for.
    pub(crate) starts: bool,
    /// Successful jobs without output.
    pub(crate) silent_successes: bool,
    /// The start of a run, and the end of a run without any other event.
    pub(crate) silent_runs: bool,
}

impl Interest {
    /// All events.
    pub(crate) const ALL: Self = Self {
        starts: true,
        silent_successes: true,
        silent_runs: true,
    };

    /// Every ending of a job.
    pub(crate) const ENDINGS: Self = Self {
        starts: false,
        silent_runs: false,
        ..Self::ALL
    };

    /// Every ending of a job, and the end of the run.
    pub(crate) const ENDINGS_AND_RUN: Self = Self {
        starts: false,
        ..Self::ALL
    };

    /// Returns the union of two interests.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            starts: self.starts || other.starts,
            silent_successes: self.silent_successes || other.silent_successes,
            silent_runs: self.silent_runs || other.silent_runs,
        }
    }
}
