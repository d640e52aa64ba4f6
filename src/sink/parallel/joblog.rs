//! GNU parallel's job log: a line for each job that has run, in columns divided by tabs.

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use super::row::{COLUMNS, Row, is_failure};
use crate::event::{Event, Stream};
use crate::sink::recorder::{Recorder, RecorderEntry, RecorderError};
use crate::sink::sink::Interest;

/// A job log that cannot be read or written. Nothing was started.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ParallelLogError {
    #[error("--joblog {}: {source}", path.display())]
    Open { path: PathBuf, source: io::Error },
    #[error(
        "--joblog {}:{line}: not a line of GNU parallel's job log: name another file", path.display()
    )]
    NotALog { path: PathBuf, line: usize },
}

/// The jobs of a log.
#[derive(Debug, Default)]
pub(crate) struct LoggedJobs {
    /// Those that have ended well.
    pub(crate) succeeded: HashSet<u64>,
    /// Those that have not, and their commands.
    pub(crate) failed: BTreeMap<u64, OsString>,
}

impl LoggedJobs {
    /// Reads a log; none if it does not exist.
    pub(crate) fn read(path: &Path) -> Result<Self, ParallelLogError> {
        let mut jobs = Self::default();
        let text = match fs::read(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(jobs),
            Err(source) => {
                let path = path.to_owned();
                return Err(ParallelLogError::Open { path, source });
            }
        };
        // Without its end a last line is one that was being written.
        let end = text
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1);
        let mut last: Option<u64> = None;
        for (at, line) in text[..end].split(|byte| *byte == b'\n').enumerate() {
            if line.starts_with(b"Seq\t") || line.is_empty() {
                continue;
            }
            match Logged::parse(line) {
                Some(Logged {
                    seq,
                    is_failed,
                    command,
                }) => {
                    if !is_failed {
                        jobs.succeeded.insert(seq);
                        jobs.failed.remove(&seq);
                    } else if !jobs.succeeded.contains(&seq) {
                        jobs.failed
                            .insert(seq, OsString::from_vec(command.to_vec()));
                    }
                    last = Some(seq);
                }
                // The rest of a command with newlines.
                None if last.is_some() => {
                    if let Some(command) = last.and_then(|seq| jobs.failed.get_mut(&seq)) {
                        command.push("\n");
                        command.push(OsString::from_vec(line.to_vec()));
                    }
                }
                None => {
                    let path = path.to_owned();
                    return Err(ParallelLogError::NotALog { path, line: at + 1 });
                }
            }
        }
        Ok(jobs)
    }
}

struct Logged<'a> {
    seq: u64,
    is_failed: bool,
    command: &'a [u8],
}

impl<'a> Logged<'a> {
    fn parse(line: &'a [u8]) -> Option<Self> {
        let columns: Vec<&[u8]> = line.splitn(COLUMNS.len(), |byte| *byte == b'\t').collect();
        let [seq, _, _, _, _, _, exit_value, signal, command] = columns.as_slice() else {
            return None;
        };
        Some(Self {
            seq: std::str::from_utf8(seq).ok()?.parse().ok()?,
            is_failed: is_failure(exit_value, signal),
            command,
        })
    }
}

/// Writes the log.
pub(crate) struct ParallelLog {
    path: PathBuf,
    file: File,
    /// What running jobs have printed.
    printed: BTreeMap<u64, u64>,
    is_finished: bool,
}

impl ParallelLog {
    /// Opens the log at `path`: a new one, unless `is_continued` or its name begins with `+`.
    pub(crate) fn open(path: &Path, is_continued: bool) -> Result<Self, ParallelLogError> {
        let failed = |source| ParallelLogError::Open {
            path: path.to_owned(),
            source,
        };
        if !is_continued && is_another_file(path) {
            let path = path.to_owned();
            return Err(ParallelLogError::NotALog { path, line: 1 });
        }
        let mut options = File::options();
        options.create(true);
        match is_continued {
            true => options.append(true),
            false => options.write(true).truncate(true),
        };
        let mut file = options.open(path).map_err(failed)?;
        let is_empty = file.metadata().map_err(failed)?.len() == 0;
        if is_empty {
            file.write_all(format!("{}\n", COLUMNS.join("\t")).as_bytes())
                .map_err(failed)?;
        }
        Ok(Self {
            path: path.to_owned(),
            file,
            printed: BTreeMap::new(),
            is_finished: false,
        })
    }

    fn write(&mut self, row: &Row) -> io::Result<()> {
        let mut columns = row.columns();
        columns[3] = format!("{:>10}", columns[3]);
        let mut line = columns.join("\t").into_bytes();
        line.push(b'\t');
        line.extend_from_slice(&row.command);
        line.push(b'\n');
        self.file.write_all(&line)
    }
}

/// Whether a file exists that is no such log, so that a wrong path does not cost its contents.
fn is_another_file(path: &Path) -> bool {
    let begin = COLUMNS[0].as_bytes();
    let mut first = vec![0; begin.len()];
    let is_regular = |file: &File| {
        file.metadata()
            .is_ok_and(|meta| meta.is_file() && meta.len() > 0)
    };
    File::open(path).is_ok_and(|mut file| {
        is_regular(&file) && (file.read_exact(&mut first).is_err() || first != begin)
    })
}

impl Recorder for ParallelLog {
    fn name(&self) -> String {
        format!("the job log {}", self.path.display())
    }

    fn interest(&self) -> Interest {
        Interest::ENDINGS_AND_RUN
    }

    fn record(&mut self, entry: &RecorderEntry) -> Result<(), RecorderError> {
        match &entry.event {
            Event::JobPrinted(print) if print.stream == Stream::Stdout => {
                *self.printed.entry(print.job.seq).or_default() += print.piece.len();
            }
            Event::JobRetried(retry) => {
                self.printed.remove(&retry.job.seq);
            }
            Event::JobEnded(end) => {
                let printed = self.printed.remove(&end.job.seq).unwrap_or_default();
                if let Some(row) = Row::of(end, printed) {
                    self.write(&row).map_err(|source| RecorderError::Log {
                        what: "job log",
                        path: self.path.clone(),
                        source,
                    })?;
                }
            }
            Event::RunEnded { .. } => self.is_finished = true,
            _ => {}
        }
        Ok(())
    }

    fn is_finished(&self) -> bool {
        self.is_finished
    }
}
