//! What earlier runs have done, as their job log tells it: the last word on each job counts.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;
use std::time::Duration;

use serde::de::IgnoredAny;

use super::error::JobLogError;
use super::survivors::{Run, StartedAttempt, Survivor, marked, sees_all};
use crate::event::{CancelReason, Status};
use crate::plan::Key;
use crate::record::{LineError, LogLine, Str};

/// What a log says of the jobs in it.
#[derive(Default)]
pub(super) struct Done {
    /// The jobs whose last attempt ended well, and whose output has arrived.
    pub(super) keys: HashSet<Key>,
    /// How long jobs took when they last ended well.
    pub(super) times: HashMap<Key, Duration>,
    /// Processes that may go on and cannot be seen from here, in words.
    pub(super) unseen: Option<String>,
}

/// A line without its output, which is passed over.
type Line<'a> = LogLine<'a, IgnoredAny, IgnoredAny>;

/// What a job is called in a message.
fn label(seq: u64, name: Option<&Str<'_>>) -> String {
    name.map_or_else(|| format!("job {seq}"), |name| name.0.to_string())
}

/// The key of a line, which every line about a job has.
fn key(key: Option<Key>) -> Result<Key, String> {
    key.ok_or_else(|| "it has no key".to_owned())
}

/// The jobs that are done. A line that cannot be read, or a job that still runs, is an error.
/// `resume`: whether jobs will be skipped; otherwise only times are wanted.
pub(super) fn read(path: &Path, file: &File, len: u64, resume: bool) -> Result<Done, JobLogError> {
    let mut past = Past::default();
    each_line(path, file, len, |line| past.take_in(line))?;
    if !resume {
        return Ok(Done {
            times: past.times,
            ..Done::default()
        });
    }
    let unseen = past.unseen(path);
    let runs = past.runs.iter();
    let runs = runs.filter(|run| !run.has_ended && !run.is_remote);
    let mut marked = marked(runs.filter_map(|run| run.id.as_deref()));
    if !marked.is_empty() {
        // What a job left behind that has ended has the same mark.
        each_line(path, file, len, ended_of(&mut marked))?;
    }
    let started = past.started.values();
    let running = started.filter_map(|(run, begun)| begun.survivor(&past.runs[*run]));
    match running.chain(marked).next() {
        Some(Survivor { job, pid, .. }) => Err(JobLogError::StillRunning {
            path: path.to_owned(),
            job,
            pid,
        }),
        None => Ok(Done {
            keys: past.done,
            times: past.times,
            unseen,
        }),
    }
}

/// What is known after some of the lines.
#[derive(Default)]
struct Past {
    runs: Vec<Run>,
    done: HashSet<Key>,
    times: HashMap<Key, Duration>,
    /// Attempts that have no ending, and the runs they are of.
    started: HashMap<Key, (usize, StartedAttempt)>,
    /// The jobs of the last run that ended well, and whose output had not arrived yet.
    undelivered: HashMap<u64, Key>,
}

impl Past {
    fn take_in(&mut self, line: &Line<'_>) -> Result<(), String> {
        match line {
            LogLine::RunStart(start) => {
                self.undelivered.clear();
                self.runs.push(Run {
                    id: start.run_id.as_ref().map(|id| id.0.to_string()),
                    boot_id: start.boot_id.as_ref().map(|id| id.0.to_string()),
                    pid_namespace: start.pid_namespace,
                    has_ended: false,
                    is_remote: false,
                });
            }
            LogLine::JobStart(start) => {
                let key = key(start.key)?;
                let begun = StartedAttempt {
                    job: label(start.seq, start.name.as_ref()),
                    pid: start.pid,
                    ticks: start.pid_start_ticks,
                };
                self.done.remove(&key);
                let run = self.runs.len().checked_sub(1);
                let run = run.ok_or_else(|| "no run has begun before it".to_owned())?;
                match start.host {
                    Some(_) => self.runs[run].is_remote = true,
                    None => drop(self.started.insert(key, (run, begun))),
                }
            }
            LogLine::JobRetry(record) => {
                let key = key(record.key)?;
                self.done.remove(&key);
                self.started.remove(&key);
            }
            LogLine::JobEnd(record) => {
                let key = key(record.key)?;
                self.started.remove(&key);
                if record.status == Status::Ok
                    && let Some(wall) = record.wall()?
                {
                    self.times.insert(key, wall);
                }
                match (record.status, record.reason) {
                    // It says what the lines before say.
                    (Status::Ok, Some(CancelReason::Resumed)) => {}
                    (Status::Ok, _) if record.truncated => drop(self.done.remove(&key)),
                    (Status::Ok, _) if record.delivered == Some(false) => {
                        self.done.remove(&key);
                        self.undelivered.insert(record.seq, key);
                    }
                    (Status::Ok, _) => drop(self.done.insert(key)),
                    (_, _) => drop(self.done.remove(&key)),
                }
            }
            LogLine::JobDelivered(line) => {
                let key = self.undelivered.remove(&line.seq);
                self.done.extend(key);
            }
            LogLine::RunEnd(_) => {
                if let Some(run) = self.runs.last_mut() {
                    run.has_ended = true;
                }
            }
            LogLine::Stop(_)
            | LogLine::Warning(_)
            | LogLine::InputFailed(_)
            | LogLine::OutputFailed(_) => {}
        }
        Ok(())
    }

    /// Jobs without an ending whose processes have other numbers here, and may not be seen at all.
    fn unseen(&self, path: &Path) -> Option<String> {
        if sees_all() {
            return None;
        }
        let unseen = self.started.values();
        let unseen = unseen.filter(|(run, _)| self.runs[*run].is_elsewhere());
        match unseen.count() {
            0 => None,
            n => Some(format!(
                "{}: jobs of a killed run in another container or PID namespace are not visible from here; {n} of them may still be running",
                path.display()
            )),
        }
    }
}

/// Drops the survivors that belong to attempts which have ended.
fn ended_of(survivors: &mut Vec<Survivor>) -> impl FnMut(&Line<'_>) -> Result<(), String> {
    let mut run = None;
    move |line| {
        let (seq, last) = match line {
            LogLine::RunStart(start) => {
                run = start.run_id.as_ref().map(|id| id.0.to_string());
                return Ok(());
            }
            LogLine::JobEnd(record) => (record.seq, u32::MAX),
            LogLine::JobRetry(record) => (record.seq, record.attempt.unwrap_or_default()),
            _ => return Ok(()),
        };
        survivors.retain(|survivor| {
            Some(&survivor.run) != run.as_ref() || survivor.seq != seq || survivor.attempt > last
        });
        Ok(())
    }
}

/// Goes through the whole lines of the log, as a stream.
fn each_line(
    path: &Path,
    mut file: &File,
    len: u64,
    mut take_in: impl FnMut(&Line<'_>) -> Result<(), String>,
) -> Result<(), JobLogError> {
    let failed = |source: io::Error| JobLogError::Open {
        path: path.to_owned(),
        source,
    };
    file.seek(SeekFrom::Start(0)).map_err(failed)?;
    let mut lines = BufReader::with_capacity(1 << 20, file.take(len));
    let mut text = Vec::new();
    for number in 1.. {
        text.clear();
        if lines.read_until(b'\n', &mut text).map_err(failed)? == 0 {
            break;
        }
        let line = LogLine::read(&text);
        match line.and_then(|line| Ok(take_in(&line)?)) {
            Ok(()) => {}
            Err(LineError::OtherVersion) => {
                return Err(JobLogError::OtherVersion(path.to_owned(), number));
            }
            Err(LineError::Damaged(why)) => {
                return Err(JobLogError::Damaged {
                    path: path.to_owned(),
                    line: number,
                    why,
                });
            }
        }
    }
    Ok(())
}
