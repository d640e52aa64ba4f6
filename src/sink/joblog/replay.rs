//! A job log told again: the events of its last run, as they happened.

use std::collections::{HashMap, VecDeque};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use super::error::JobLogError;
use super::open;
use super::to_event::Line;
use crate::event::{Attempt, Counts, Event, JobEnd, JobStart, NumberedJob, Outcome, Status};
use crate::sink::event_line;

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
    #[error("--replay {}: no run is in it: name a file that --joblog has written", .0.display())]
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
            return Err(failed(io::Error::other("is no regular file: name one")));
        }
        // What follows was being written when the run was killed, or is being written now.
        let whole = open::whole_lines(&file).map_err(failed)?;
        let mut lines = Self::lines(&file, 0, 0, whole).map_err(failed)?;
        let (mut at, mut found) = (0, None);
        while let Some(text) = lines.next().map_err(failed)? {
            let length = text.len() as u64;
            let line = parse(path, &lines)?;
            if line.r#type == "run_start" {
                if line.v != event_line::VERSION {
                    return Err(JobLogError::OtherVersion(path.to_owned(), lines.number).into());
                }
                let begun = line.at().map_err(|why| damaged(path, lines.number, why))?;
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
            let event = self.event(&line);
            let event = event.map_err(|why| damaged(&self.path, self.lines.number, why))?;
            if event.is_some() {
                return Ok(event);
            }
        }
    }

    fn event(&mut self, line: &Line) -> Result<Option<(SystemTime, Event)>, String> {
        let at = line.at()?;
        self.last_at = self.last_at.max(at);
        let event = match line.r#type.as_str() {
            "job_start" => {
                let start = Arc::new(line.start(self.begun)?);
                let begun = StartedAttempt::Running(Arc::clone(&start), at);
                self.started.insert(line.seq, begun);
                Event::JobStarted(start)
            }
            "job_retry" => {
                let retry = line.retry(self.begun)?;
                let (job, last) = (Arc::clone(&retry.job), Arc::clone(&retry.attempt));
                self.started
                    .insert(line.seq, StartedAttempt::Waiting(job, last));
                Event::JobRetried(Arc::new(retry))
            }
            "job_end" => {
                let end = line.ended(self.begun)?;
                self.started.remove(&line.seq);
                self.counts.add(end.status);
                Event::JobEnded(Arc::new(end))
            }
            "stop" => Event::Stopped(line.stop()?),
            "warning" => Event::Warned(line.words()),
            "input_failed" => Event::InputFailed(line.words()),
            "output_failed" => Event::OutputFailed(line.loss()),
            "run_end" => {
                self.ended = true;
                Event::RunEnded {
                    elapsed: line.elapsed()?,
                    counts: self.counts,
                }
            }
            "run_start" => Event::RunStarted { total: None },
            // Whether it reached a reader then is nothing that is told again.
            "job_delivered" => return Ok(None),
            other => return Err(format!("unknown type {other:?}, of a later version?")),
        };
        Ok(Some((at, event)))
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
                "{path}: the log ends before the run does: {} jobs have no ending",
                open.len()
            );
            self.rest.push_back((at, Event::Warned(warning.into())));
            for begun in open {
                let end = begun.end(at);
                self.counts.add(end.status);
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
                let attempt = Attempt {
                    number: start.attempt,
                    slot: start.slot,
                    pid: Some(start.pid),
                    argv: Vec::new(),
                    shell: false,
                    exec_error: None,
                    started_at: begun,
                    begun: start.begun,
                    wall: at.duration_since(begun).unwrap_or_default(),
                    outcome: Outcome::Lost("the log ends before the job does".to_owned()),
                    stdout: Default::default(),
                    stderr: Default::default(),
                    leaked: false,
                    terminal: None,
                    logs: None,
                };
                (Arc::clone(&start.job), Status::Canceled, Arc::new(attempt))
            }
        };
        JobEnd {
            job,
            status,
            reason: None,
            attempts: last.number,
            queued: None,
            last: Some(last),
        }
    }
}

fn parse(path: &Path, lines: &Lines) -> Result<Line, ReplayError> {
    let line = serde_json::from_slice(&lines.text);
    line.map_err(|error: serde_json::Error| damaged(path, lines.number, error.to_string()))
}

fn damaged(path: &Path, line: u64, why: String) -> ReplayError {
    let path = path.to_owned();
    JobLogError::Damaged { path, line, why }.into()
}
