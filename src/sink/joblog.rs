//! The job log: what became of every job, appended as it happens, for a later run to go on from.
//!
//! One JSON object a line: a run's beginning and end, each attempt's start, each retry, each job's
//! ending with its record (a failed job's with the last 64 KiB of its output). The file is locked
//! for the whole run, and every line is one write: whenever prun is killed, all lines but perhaps
//! the last are whole, and the next run drops what is not.

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

use super::console::{Console, Interest, Sink, TellError};
use super::facts::{Fact, Form, Line};
use super::past;
use crate::event::Event;

/// How often the log is brought to the disk, against a crash of the whole machine.
const SYNC_EVERY: Duration = Duration::from_secs(1);

/// The open log of a run.
pub(crate) struct JobLog {
    path: PathBuf,
    file: File,
    /// Up to where all lines are whole.
    good: u64,
    line: Vec<u8>,
    synced: Instant,
    /// Nothing more is written after an error.
    failed: bool,
}

impl JobLog {
    /// Goes on with a log that [`past::open`] has checked, and notes that a run begins.
    pub(crate) fn begin(log: past::OpenLog) -> io::Result<Self> {
        let past::OpenLog {
            path, file, len, ..
        } = log;
        let synced = Instant::now();
        let mut log = Self {
            path,
            file,
            good: len,
            line: Vec::new(),
            synced,
            failed: false,
        };
        log.append(&Line {
            at: SystemTime::now(),
            fact: Fact::RunStart,
            form: Form::Log,
        })?;
        Ok(log)
    }

    /// Writes one line whole, or not at all.
    fn append(&mut self, line: &Line<'_>) -> io::Result<()> {
        self.line.clear();
        serde_json::to_writer(&mut self.line, line)?;
        self.line.push(b'\n');
        if let Err(error) = self.file.write_all(&self.line) {
            // What was written of it goes, so that the log stays well-formed; if even that
            // fails, the next run drops it.
            let _ = self.file.set_len(self.good);
            return Err(error);
        }
        self.good += self.line.len() as u64;
        if self.synced.elapsed() > SYNC_EVERY {
            self.sync()?;
        }
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        self.synced = Instant::now();
        self.file.sync_data()
    }

    fn write(&mut self, at: SystemTime, fact: Fact<'_>, is_end: bool) -> io::Result<()> {
        self.append(&Line {
            at,
            fact,
            form: Form::Log,
        })?;
        if is_end { self.sync() } else { Ok(()) }
    }
}

impl Sink for JobLog {
    fn interest(&self) -> Interest {
        Interest {
            starts: true,
            silent_successes: true,
            at_once: true,
        }
    }

    fn tell(
        &mut self,
        event: &Event,
        at: SystemTime,
        _console: &mut Console,
    ) -> Result<(), TellError> {
        let Some(fact) = Fact::of(event) else {
            return Ok(());
        };
        if self.failed {
            return Ok(());
        }
        let is_end = matches!(event, Event::RunEnded { .. });
        self.write(at, fact, is_end).map_err(|source| {
            self.failed = true;
            TellError::File {
                what: "the job log",
                path: self.path.clone(),
                source,
            }
        })
    }
}
