//! What earlier runs have done, as their job log tells it: the last word on each job counts.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use serde::Deserialize;

use super::error::JobLogError;
use super::survivors::{Run, StartedAttempt, Survivor, marked, sees_all};
use crate::plan::Key;
use crate::sink::event_line::VERSION;

/// What a log says of the jobs in it.
#[derive(Default)]
pub(super) struct Done {
    /// The jobs whose last attempt ended well, and whose output has arrived.
    pub(super) keys: HashSet<Key>,
    /// Processes that may go on and cannot be seen from here, in words.
    pub(super) unseen: Option<String>,
}

/// The parts of a line that matter to a later run. Those that every line of a long log has are not
/// copied; no word of prun's own has an escape in it.
#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
struct Line<'a> {
    r#type: &'a str,
    #[serde(default)]
    v: Option<u64>,
    #[serde(default)]
    run_id: Option<&'a str>,
    #[serde(default)]
    key: Option<&'a str>,
    #[serde(default)]
    status: Option<&'a str>,
    #[serde(default)]
    reason: Option<&'a str>,
    #[serde(default)]
    truncated: bool,
    #[serde(default)]
    delivered: Option<bool>,
    #[serde(default)]
    boot_id: Option<&'a str>,
    #[serde(default)]
    pid_namespace: Option<u64>,
    #[serde(default)]
    pid: Option<u32>,
    #[serde(default)]
    pid_start_ticks: Option<u64>,
    #[serde(default)]
    seq: Option<u64>,
    #[serde(default)]
    attempt: Option<u32>,
    #[serde(default)]
    name: Option<String>,
}

impl Line<'_> {
    fn key(&self) -> Result<Key, String> {
        let key = self.key.and_then(Key::parse);
        key.ok_or_else(|| "it has no key".to_owned())
    }

    fn seq(&self) -> Result<u64, String> {
        self.seq.ok_or_else(|| "it has no seq".to_owned())
    }

    fn job(&self) -> String {
        let seq = self.seq.unwrap_or_default();
        self.name.clone().unwrap_or_else(|| format!("job {seq}"))
    }
}

/// The jobs that are done. A line that cannot be read, or a job that still runs, is an error.
pub(super) fn read(path: &Path, file: &File, len: u64) -> Result<Done, JobLogError> {
    let mut past = Past::default();
    each_line(path, file, len, |line| past.take_in(line))?;
    let unseen = past.unseen(path);
    let runs = past.runs.iter().filter(|run| !run.has_ended);
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
            unseen,
        }),
    }
}

/// What is known after some of the lines.
#[derive(Default)]
struct Past {
    runs: Vec<Run>,
    done: HashSet<Key>,
    /// Attempts that have no ending, and the runs they are of.
    started: HashMap<Key, (usize, StartedAttempt)>,
    /// The jobs of the last run that ended well, and whose output had not arrived yet.
    undelivered: HashMap<u64, Key>,
}

impl Past {
    fn take_in(&mut self, line: &Line<'_>) -> Result<(), Bad> {
        match line.r#type {
            "run_start" => {
                if line.v != Some(VERSION) {
                    return Err(Bad::OtherVersion);
                }
                self.undelivered.clear();
                self.runs.push(Run {
                    id: line.run_id.map(str::to_owned),
                    boot_id: line.boot_id.map(str::to_owned),
                    pid_namespace: line.pid_namespace,
                    has_ended: false,
                });
            }
            "job_start" => {
                let key = line.key()?;
                let pid = line.pid.ok_or_else(|| "it has no pid".to_owned())?;
                let begun = StartedAttempt {
                    job: line.job(),
                    pid,
                    ticks: line.pid_start_ticks,
                };
                self.done.remove(&key);
                let run = self.runs.len().checked_sub(1);
                let run = run.ok_or_else(|| "no run has begun before it".to_owned())?;
                self.started.insert(key, (run, begun));
            }
            "job_retry" => {
                let key = line.key()?;
                self.done.remove(&key);
                self.started.remove(&key);
            }
            "job_end" => {
                let key = line.key()?;
                self.started.remove(&key);
                match (line.status, line.reason) {
                    (None, _) => return Err("it has no status".to_owned().into()),
                    // It says what the lines before say.
                    (Some("ok"), Some("resumed")) => {}
                    (Some("ok"), _) if line.truncated => drop(self.done.remove(&key)),
                    (Some("ok"), _) if line.delivered == Some(false) => {
                        self.done.remove(&key);
                        self.undelivered.insert(line.seq()?, key);
                    }
                    (Some("ok"), _) => drop(self.done.insert(key)),
                    (Some(_), _) => drop(self.done.remove(&key)),
                }
            }
            "job_delivered" => {
                let key = self.undelivered.remove(&line.seq()?);
                self.done.extend(key);
            }
            "run_end" => {
                if let Some(run) = self.runs.last_mut() {
                    run.has_ended = true;
                }
            }
            "stop" | "warning" | "input_failed" | "output_failed" => {}
            other => {
                let why = format!("unknown type {other:?}, of a later version?");
                return Err(why.into());
            }
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
                "{}: jobs of a killed run in another container or pid namespace cannot be seen from here; {n} without an ending may still run there",
                path.display()
            )),
        }
    }
}

/// Drops the survivors that belong to attempts which have ended.
fn ended_of(survivors: &mut Vec<Survivor>) -> impl FnMut(&Line<'_>) -> Result<(), Bad> {
    let mut run = None;
    move |line| {
        match line.r#type {
            "run_start" => run = line.run_id.map(str::to_owned),
            "job_end" | "job_retry" => {
                let last = match line.r#type {
                    "job_end" => u32::MAX,
                    _ => line.attempt.unwrap_or_default(),
                };
                survivors.retain(|survivor| {
                    Some(&survivor.run) != run.as_ref()
                        || Some(survivor.seq) != line.seq
                        || survivor.attempt > last
                });
            }
            _ => {}
        }
        Ok(())
    }
}

/// What is wrong with a line.
enum Bad {
    OtherVersion,
    Damaged(String),
}

impl From<String> for Bad {
    fn from(why: String) -> Self {
        Self::Damaged(why)
    }
}

/// Goes through the whole lines of the log, as a stream.
fn each_line(
    path: &Path,
    mut file: &File,
    len: u64,
    mut take_in: impl FnMut(&Line<'_>) -> Result<(), Bad>,
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
        let line = serde_json::from_slice(&text).map_err(|error| Bad::Damaged(error.to_string()));
        match line.and_then(|line: Line<'_>| take_in(&line)) {
            Ok(()) => {}
            Err(Bad::OtherVersion) => {
                return Err(JobLogError::OtherVersion(path.to_owned(), number));
            }
            Err(Bad::Damaged(why)) => {
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
