//! Writes a journal: the job log of a prun that works for another one, with the output of its jobs.
//!
//! The lines of output of an attempt stand right before its end, or come as it prints. Nobody waits for
//! the delivery of anything: the reader of the journal is the one who delivers.

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Instant, SystemTime};

use super::append_file::{AppendError, AppendFile};
use super::survivors;
use super::writer::tried;
use crate::event::{Event, Status};
use crate::record::{
    Base64, JournalOutput, LogLine, LogStart, RecordStreams, Seconds, Str, Text, VERSION,
};
use crate::sink::output_pieces::{OutputPieces, PieceOf};
use crate::sink::recorder::{Recorder, RecorderEntry, RecorderError};
use crate::sink::sink::Interest;

/// A line that is written.
type Line<'a> = LogLine<'a, Text<'a>, Base64<'a>>;

/// How a journal begins.
pub(crate) struct JournalStart {
    /// Identifies the run to which the jobs belong.
    pub(crate) run_id: String,
    /// The name of this machine.
    pub(crate) host: Option<String>,
    /// What the engine calls this task.
    pub(crate) engine_job: Option<String>,
    /// Whether no output of jobs that are ok is wanted.
    pub(crate) quiet: bool,
}

/// The open journal.
pub(crate) struct Journal {
    file: AppendFile,
    pieces: OutputPieces,
    quiet: bool,
    is_whole: Arc<AtomicBool>,
}

impl Journal {
    /// Begins the journal in an empty file, or a stream.
    pub(crate) fn begin(path: PathBuf, file: File, start: JournalStart) -> io::Result<Self> {
        let mut journal = Self {
            file: AppendFile::new(path, file, 0),
            pieces: OutputPieces::default(),
            quiet: start.quiet,
            is_whole: Arc::default(),
        };
        let boot_id = survivors::boot_id();
        let line = LogStart {
            t_unix_s: Seconds::since_epoch(SystemTime::now()),
            v: VERSION,
            run_id: Some((&*start.run_id).into()),
            pid: Some(std::process::id()),
            boot_id: boot_id.as_deref().map(Str::from),
            pid_namespace: survivors::pid_namespace(),
            host: start.host.as_deref().map(Str::from),
            engine_job: start.engine_job.as_deref().map(Str::from),
            prun: Some(env!("CARGO_PKG_VERSION").into()),
        };
        journal.file.write(&Line::RunStart(line))?;
        Ok(journal)
    }

    /// Becomes true when the end of the run is in it, and on the disk.
    pub(crate) fn is_whole(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.is_whole)
    }

    fn failed(&self, error: AppendError) -> RecorderError {
        error.of("journal", self.file.path())
    }

    /// Writes the output that comes with an event.
    fn write_output(&mut self, event: &Event, at: SystemTime) -> Result<(), AppendError> {
        let file = &mut self.file;
        let mut write = |of: PieceOf, bytes: &[u8]| file.write(&JournalOutput::new(of, bytes, at));
        if let Event::JobPrinted(print) = event {
            let of = (print.job.seq, print.attempt, print.stream);
            return self.pieces.printed(of, &print.piece, &mut write);
        }
        let (Some(attempt), Some(seq)) = (event.attempt(), event.seq()) else {
            return Ok(());
        };
        if self.quiet && matches!(event, Event::JobEnded(end) if end.status == Status::Ok) {
            self.pieces.forget(seq);
            return Ok(());
        }
        self.pieces.ended(seq, attempt, &mut write)
    }

    /// Writes the line of an event, if it has one.
    fn write_line(&mut self, event: &Event, at: SystemTime) -> Result<(), AppendError> {
        let streams = RecordStreams::default();
        match event {
            // Nobody looks for the process on another machine.
            Event::JobStarted(start) => self.file.write(&Line::started(start, None, at)),
            Event::JobRetried(retry) => {
                let tried = tried(retry);
                let line = Line::retried(&tried, retry.delay, &streams, at);
                self.file.write(&line.without_texts())
            }
            Event::JobEnded(end) => {
                let line = Line::ended(end, true, &streams, at);
                self.file.write(&line.without_texts())
            }
            Event::Warned(text) => self.file.write(&Line::warning(text, at)),
            Event::InputFailed(text) => self.file.write(&Line::input_failed(text, at)),
            Event::OutputFailed(loss) => self.file.write(&Line::output_failed(*loss, at)),
            Event::Canceled(stop) => self.file.write(&Line::stop(stop, at)),
            Event::RunEnded { elapsed, .. } => {
                self.file.write(&Line::run_end(*elapsed, at))?;
                let synced = self.file.sync();
                let is_whole = !self.file.has_failed();
                self.is_whole.store(is_whole, Ordering::Relaxed);
                synced
            }
            _ => Ok(()),
        }
    }
}

impl Recorder for Journal {
    fn name(&self) -> String {
        format!("the journal {}", self.file.path().display())
    }

    fn interest(&self) -> Interest {
        Interest::ALL
    }

    fn record(&mut self, entry: &RecorderEntry) -> Result<(), RecorderError> {
        if self.file.has_failed() {
            return Ok(());
        }
        let (event, at) = (&entry.event, entry.at);
        let written = self.write_output(event, at);
        let written = written.and_then(|()| self.write_line(event, at));
        written.map_err(|error| self.failed(error))
    }

    fn wakes_at(&self) -> Option<Instant> {
        self.file.sync_by()
    }

    fn wake(&mut self) -> Result<(), RecorderError> {
        let synced = self.file.sync_if_due(Instant::now());
        synced.map_err(|error| self.failed(error))
    }

    fn finish(&mut self) -> Result<(), RecorderError> {
        let synced = self.file.sync();
        synced.map_err(|error| self.failed(error))
    }

    fn is_finished(&self) -> bool {
        self.is_whole.load(Ordering::Relaxed) || self.file.has_failed()
    }
}
