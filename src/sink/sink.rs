//! What a sink is: it tells the events of a run in one form on the console.

use std::io;
use std::time::{Instant, SystemTime};

use super::console::Console;
use crate::event::Event;

/// Tells the events of a run in one form.
pub(crate) trait Sink: Send {
    /// Which events it needs at all.
    fn interest(&self) -> Interest;

    /// Whether it tells later jobs after earlier ones where somebody asked for their order.
    fn keeps_order(&self) -> bool {
        true
    }

    /// Tells one event, which happened at `at`. Whatever it writes to the console is flushed
    /// afterwards.
    ///
    /// # Errors
    /// Output of a job cannot be written, or not be read back.
    fn handle(&mut self, event: &Event, at: SystemTime, console: &mut Console) -> io::Result<()>;

    /// When it wants to say something of its own, be there an event or not.
    fn wakes_at(&self) -> Option<Instant> {
        None
    }

    /// Says that, at that time or somewhat later.
    fn wake(&mut self, _console: &mut Console) -> io::Result<()> {
        Ok(())
    }
}

/// Events that may be spared those who do not need them: at thousands of jobs a second, waking
/// the writer for nothing is what would cost most.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Interest {
    /// Starts of attempts.
    pub(crate) starts: bool,
    /// Successful jobs that printed nothing.
    pub(crate) silent_successes: bool,
    /// The beginning of a run, and the end of one of which nothing else was told.
    pub(crate) silent_runs: bool,
}

impl Interest {
    /// All events.
    pub(crate) const ALL: Self = Self {
        starts: true,
        silent_successes: true,
        silent_runs: true,
    };

    /// What either of two needs.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            starts: self.starts || other.starts,
            silent_successes: self.silent_successes || other.silent_successes,
            silent_runs: self.silent_runs || other.silent_runs,
        }
    }
}
