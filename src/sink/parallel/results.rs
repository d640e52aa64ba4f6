//! GNU parallel's `--results`: the output of each job in a tree of folders, or in a table.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::row::Row;
use super::table::TableForm;
use super::tree::{Paths, Tree};
use crate::event::{Event, JobEnd, NumberedJob, Print, Stream};
use crate::sink::recorder::{Recorder, RecorderEntry, RecorderError};
use crate::sink::sink::Interest;

/// A folder or a file for results that cannot be made. Nothing was started.
#[derive(Debug, thiserror::Error)]
#[error("--results {}: {source}", path.display())]
pub(crate) struct ResultsError {
    path: PathBuf,
    source: io::Error,
}

/// Where results go.
#[derive(Debug)]
pub(crate) enum ResultsForm {
    Tree(Tree),
    Table(TableForm),
}

impl ResultsForm {
    /// Returns the table that a file name means, if it means one.
    pub(crate) fn table(path: &Path) -> Option<Self> {
        let form = match path.extension()?.to_str()? {
            "csv" => TableForm::Csv,
            "tsv" => TableForm::Tsv,
            "json" => TableForm::Json,
            _ => return None,
        };
        Some(Self::Table(form))
    }
}

/// Writes the results.
pub(crate) struct Results {
    path: PathBuf,
    target: Target,
    /// The files of running jobs.
    open: HashMap<u64, (File, File)>,
    is_finished: bool,
}

enum Target {
    Tree(Tree),
    Table {
        form: TableForm,
        out: BufWriter<File>,
        has_header: bool,
    },
}

impl Results {
    /// Creates the file of a table; folders are made for each job.
    pub(crate) fn open(path: &Path, form: ResultsForm) -> Result<Self, ResultsError> {
        let failed = |source| ResultsError {
            path: path.to_owned(),
            source,
        };
        let target = match form {
            ResultsForm::Tree(tree) => Target::Tree(tree),
            ResultsForm::Table(form) => Target::Table {
                form,
                out: BufWriter::new(File::create(path).map_err(failed)?),
                has_header: false,
            },
        };
        Ok(Self {
            path: path.to_owned(),
            target,
            open: HashMap::new(),
            is_finished: false,
        })
    }

    fn write(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::JobPrinted(print) => self.printed(print),
            // Only the last attempt counts.
            Event::JobRetried(retry) => {
                self.open.remove(&retry.job.seq);
                Ok(())
            }
            Event::JobEnded(end) => self.ended(end),
            Event::RunEnded { .. } => {
                self.is_finished = true;
                match &mut self.target {
                    Target::Table { out, .. } => out.flush(),
                    Target::Tree(_) => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    fn printed(&mut self, print: &Print) -> io::Result<()> {
        let Some((stdout, stderr)) = self.files(&print.job)? else {
            return Ok(());
        };
        print.piece.copy_to(match print.stream {
            Stream::Stdout => stdout,
            Stream::Stderr => stderr,
        })
    }

    /// Returns the files of a job in a tree.
    fn files(&mut self, job: &NumberedJob) -> io::Result<Option<&mut (File, File)>> {
        let Target::Tree(tree) = &self.target else {
            return Ok(None);
        };
        if let Entry::Vacant(place) = self.open.entry(job.seq) {
            let Paths {
                stdout,
                stderr,
                seq,
            } = tree.paths(job)?;
            if let Some(dir) = stdout.parent() {
                fs::create_dir_all(dir)?;
            }
            fs::write(seq, job.seq.to_string())?;
            place.insert((File::create(stdout)?, File::create(stderr)?));
        }
        Ok(self.open.get_mut(&job.seq))
    }

    fn ended(&mut self, end: &JobEnd) -> io::Result<()> {
        let Some(last) = &end.last else {
            return Ok(());
        };
        if let Some((stdout, stderr)) = self.files(&end.job)? {
            last.stdout.copy_kept_to(stdout)?;
            last.stderr.copy_kept_to(stderr)?;
            self.open.remove(&end.job.seq);
            return Ok(());
        }
        let Target::Table {
            form,
            out,
            has_header,
        } = &mut self.target
        else {
            return Ok(());
        };
        let args = &end.job.job.args;
        if !std::mem::replace(has_header, true) {
            form.header(args.len(), out)?;
        }
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        last.stdout.copy_to(&mut stdout)?;
        last.stderr.copy_to(&mut stderr)?;
        match Row::of(end, 0) {
            Some(row) => form.row(&row, args, (&stdout, &stderr), out),
            None => Ok(()),
        }
    }
}

impl Recorder for Results {
    fn name(&self) -> String {
        format!("the results {}", self.path.display())
    }

    fn interest(&self) -> Interest {
        Interest::ENDINGS_AND_RUN
    }

    fn record(&mut self, entry: &RecorderEntry) -> Result<(), RecorderError> {
        self.write(&entry.event)
            .map_err(|source| RecorderError::RunFile {
                what: "the results",
                path: self.path.clone(),
                source,
            })
    }

    fn is_finished(&self) -> bool {
        self.is_finished
    }
}
