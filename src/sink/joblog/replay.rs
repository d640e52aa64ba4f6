//! A job log told again: the events of its last run, as they happened.

use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use super::error::JobLogError;
use super::open;
use crate::event::{Attempt, Counts, Event, JobEnd, JobStart, NumberedJob, Outcome, Status};
use crate::record::{LineError, LogLine, Str};

/// A line with its output.
type Line<'a> = LogLine<'a, Str<'a>, Str<'a>>;

/// The events of a run in the past, with the times at which they happened.
pub(crate) struct LoggedRun {
    path: PathBuf,
    lines: Lines,
    begun: SystemTime,
    /// What is made up at the end, for a run that was killed.
    rest: VecDeque<(SystemTime, Event)>,
    started: HashMap<u64, StartedAttempt>,
    counts: Counts,
    last_at: SystemTime,
    ended: bool,
}

/// A job that has no ending yet.
enum StartedAttempt {
    Running(Arc<JobStart>, SystemTime),
    Waiting(Arc<NumberedJob>, Arc<Attempt>),
}

/// A log that cannot be told again.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReplayError {
    #[error("--replay {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("--replay {}: it contains no run: name a file written by --joblog", .0.display())]
    Empty(PathBuf),
    #[error(transparent)]
    Damaged(#[from] JobLogError),
}

/// Whole lines, with their numbers.
struct Lines {
    file: BufReader<io::Take<File>>,
    number: u64,
    text: Vec<u8>,
}

impl Lines {
    fn next(&mut self) -> io::Result<Option<&[u8]>> {
        self.text.clear();
        self.number += 1;
        let n = self.file.read_until(b'\n', &mut self.text)?;
        Ok((n > 0).then_some(&*self.text))
    }
}

impl LoggedRun {
    /// Finds the last run in the log. Every line is looked at, so that a damaged one is found
    /// before anything is told.
    pub(crate) fn find(path: &Path) -> Result<Self, ReplayError> {
        let failed = |source| ReplayError::Read {
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).map_err(failed)?;
        if !file.metadata().map_err(failed)?.is_file() {
            return Err(failed(io::Error::other("not a regular file")));
        }
        // What follows was being written when the run was killed, or is being written now.
        let whole = open::whole_lines(&file).map_err(failed)?;
        let mut lines = Self::lines(&file, 0, 0, whole).map_err(failed)?;
        let (mut at, mut found) = (0, None);
        while let Some(text) = lines.next().map_err(failed)? {
            let length = text.len() as u64;
            if let LogLine::RunStart(start) = parse(path, &lines)? {
                let begun = start.at().map_err(|why| damaged(path, lines.number, why))?;
                found = Some((at, lines.number, begun));
            }
            at += length;
        }
        let (from, number, begun) = found.ok_or_else(|| ReplayError::Empty(path.to_owned()))?;
        let past = || -> io::Result<Self> {
            Ok(Self {
                path: path.to_owned(),
                lines: Self::lines(&file, from, number - 1, whole)?,
                begun,
                rest: VecDeque::new(),
                started: HashMap::new(),
                counts: Counts::default(),
                last_at: begun,
                ended: false,
            })
        };
        let mut first = past().map_err(failed)?;
        while first.next()?.is_some() {}
        past().map_err(failed)
    }

    fn lines(file: &File, from: u64, number: u64, whole: u64) -> io::Result<Lines> {
        let mut file = file.try_clone()?;
        file.seek(SeekFrom::Start(from))?;
        Ok(Lines {
            file: BufReader::with_capacity(1 << 20, file.take(whole - from)),
            number,
            text: Vec::new(),
        })
    }

    /// The next event, if another one is there.
    pub(crate) fn next(&mut self) -> Result<Option<(SystemTime, Event)>, ReplayError> {
        loop {
            let text = self.lines.next().map_err(|source| ReplayError::Read {
                path: self.path.clone(),
                source,
            })?;
            if text.is_none() {
                return Ok(self.made_up());
            }
            let line = parse(&self.path, &self.lines)?;
            let event = event(&line, self.begun, self.counts);
            let event = event.map_err(|why| damaged(&self.path, self.lines.number, why))?;
            if let Some((at, event)) = event {
                self.keep(at, &event);
                return Ok(Some((at, event)));
            }
        }
    }

    /// Remembers what the end of the run needs, which may not be in the log.
    fn keep(&mut self, at: SystemTime, event: &Event) {
        self.last_at = self.last_at.max(at);
        match event {
            Event::JobStarted(start) => {
                let begun = StartedAttempt::Running(Arc::clone(start), at);
                self.started.insert(start.job.seq, begun);
            }
            Event::JobRetried(retry) => {
                let (job, last) = (Arc::clone(&retry.job), Arc::clone(&retry.attempt));
                let waiting = StartedAttempt::Waiting(job, last);
                self.started.insert(retry.job.seq, waiting);
            }
            Event::JobEnded(end) => {
                self.started.remove(&end.job.seq);
                self.counts.add(end.status, end.is_allowed_failure());
            }
            Event::RunEnded { .. } => self.ended = true,
            _ => {}
        }
    }

    /// The end that a run does not have which was killed, or goes on.
    fn made_up(&mut self) -> Option<(SystemTime, Event)> {
        if !std::mem::replace(&mut self.ended, true) {
            let at = self.last_at;
            let mut open: Vec<StartedAttempt> =
                self.started.drain().map(|(_, begun)| begun).collect();
            open.sort_by_key(StartedAttempt::seq);
            let path = self.path.display();
            let warning = format!(
                "{path}: the log ends before the run: {} jobs have no result",
                open.len()
            );
            self.rest.push_back((at, Event::Warned(warning.into())));
            for begun in open {
                let end = begun.end(at);
                self.counts.add(end.status, end.is_allowed_failure());
                self.rest.push_back((at, Event::JobEnded(Arc::new(end))));
            }
            let ended = Event::RunEnded {
                elapsed: at.duration_since(self.begun).unwrap_or_default(),
                counts: self.counts,
            };
            self.rest.push_back((at, ended));
        }
        self.rest.pop_front()
    }
}

impl StartedAttempt {
    fn seq(&self) -> u64 {
        match self {
            Self::Running(start, _) => start.job.seq,
            Self::Waiting(job, _) => job.seq,
        }
    }

    /// An ending for a job of which nobody knows how it ended.
    fn end(self, at: SystemTime) -> JobEnd {
        let (job, status, last) = match self {
            Self::Waiting(job, last) => (job, last.status(), last),
            Self::Running(start, begun) => {
                let lost = Outcome::Lost("the log ends before the job".to_owned());
                let attempt = Attempt {
                    pid: Some(start.pid),
                    wall: at.duration_since(begun).unwrap_or_default(),
                    ..Attempt::new((start.attempt, start.slot), (begun, start.begun), lost)
                };
                (Arc::clone(&start.job), Status::Canceled, Arc::new(attempt))
            }
        };
        JobEnd {
            job,
            status,
            reason: None,
            failed_need: None,
            attempts: last.number,
            queued: None,
            last: Some(last),
        }
    }
}

/// The event of a line of a run that began at `run` and whose jobs have ended so, if it has one.
fn event(
    line: &Line<'_>,
    run: SystemTime,
    counts: Counts,
) -> Result<Option<(SystemTime, Event)>, String> {
    Ok(Some(match line {
        LogLine::RunStart(start) => (start.at()?, Event::RunStarted { total: None }),
        LogLine::JobStart(start) => {
            let (at, start) = start.start(run)?;
            (at, Event::JobStarted(Arc::new(start)))
        }
        LogLine::JobRetry(record) => {
            let retry = Arc::new(record.retry(run)?);
            (record.at()?, Event::JobRetried(retry))
        }
        LogLine::JobEnd(record) => {
            let end = Arc::new(record.ended(run)?);
            (record.at()?, Event::JobEnded(end))
        }
        // Whether output reached its reader then does not matter now.
        LogLine::JobDelivered(_) => return Ok(None),
        LogLine::Stop(stop) => {
            let (at, stop) = stop.stop()?;
            (at, Event::Canceled(stop))
        }
        LogLine::Warning(line) => {
            let (at, text) = line.text()?;
            (at, Event::Warned(text))
        }
        LogLine::InputFailed(line) => {
            let (at, text) = line.text()?;
            (at, Event::InputFailed(text))
        }
        LogLine::OutputFailed(line) => {
            let (at, loss) = line.loss()?;
            (at, Event::OutputFailed(loss))
        }
        LogLine::RunEnd(line) => {
            let (at, elapsed) = line.ended()?;
            (at, Event::RunEnded { elapsed, counts })
        }
    }))
}

fn parse<'a>(path: &Path, lines: &'a Lines) -> Result<Line<'a>, ReplayError> {
    LogLine::read(&lines.text).map_err(|error| match error {
        LineError::OtherVersion => JobLogError::OtherVersion(path.to_owned(), lines.number).into(),
        LineError::Damaged(why) => damaged(path, lines.number, why),
    })
}

fn damaged(path: &Path, line: u64, why: String) -> ReplayError {
    let path = path.to_owned();
    JobLogError::Damaged { path, line, why }.into()
}
