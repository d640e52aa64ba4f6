//! What all reports have in common.
//!
//! The run does not depend on them. If one cannot be written, the error is reported once, the jobs continue, and
//! prun exits with code 3.

use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::destination::{FileKind, OpenTarget, WriteMode, way};
use super::unnamed::Unnamed;
use crate::event::Event;
use crate::os::{close, sync};
use crate::sink::console::Console;
use crate::sink::recorder::{Recorder, RecorderEntry, RecorderError};
use crate::sink::sink::{Interest, Sink};

/// The format of a report.
pub(crate) trait FileFormat: Send {
    /// The name of the report in errors.
    const WHAT: &'static str;

    /// Returns the events that it needs.
    fn interest(&self) -> Interest;

    /// Returns the file being written.
    fn draft(&self) -> &Draft;

    /// Writes an event.
    fn add(&mut self, event: &Event, at: SystemTime) -> io::Result<()>;

    /// Writes the end, after the last event.
    fn finish(self) -> io::Result<()>;
}

/// A report at a path.
pub(crate) struct RunFile<F> {
    path: PathBuf,
    /// `None` after an error and after the end.
    form: Option<F>,
}

impl<F: FileFormat> RunFile<F> {
    pub(crate) fn new(path: &Path, form: F) -> Self {
        Self {
            path: path.to_owned(),
            form: Some(form),
        }
    }

    fn write(&mut self, event: &Event, at: SystemTime) -> io::Result<()> {
        let Some(mut form) = self.form.take() else {
            return Ok(());
        };
        form.add(event, at)?;
        if let Event::RunEnded { .. } = event {
            return form.finish();
        }
        self.form = Some(form);
        Ok(())
    }
}

impl<F: FileFormat> Recorder for RunFile<F> {
    fn name(&self) -> String {
        format!("{} {}", F::WHAT, self.path.display())
    }

    fn interest(&self) -> Interest {
        self.form
            .as_ref()
            .map(FileFormat::interest)
            .unwrap_or_default()
    }

    fn record(&mut self, entry: &RecorderEntry) -> Result<(), RecorderError> {
        let written = self.write(&entry.event, entry.at);
        written.map_err(|source| RecorderError::RunFile {
            what: F::WHAT,
            path: self.path.clone(),
            source,
        })
    }

    fn is_finished(&self) -> bool {
        self.form.is_none()
    }
}

/// On standard output it follows the other output.
impl<F: FileFormat> Sink for RunFile<F> {
    fn interest(&self) -> Interest {
        Recorder::interest(self)
    }

    /// Reports are in the order of time, and are not read until they are complete.
    fn keeps_order(&self) -> bool {
        false
    }

    fn handle(&mut self, event: &Event, at: SystemTime, console: &mut Console) -> io::Result<()> {
        console.clear_region();
        self.write(event, at)
    }
}

/// A report that cannot be created. Nothing was started.
#[derive(Debug, thiserror::Error)]
#[error("{option} {}: {why}", path.display())]
pub(crate) struct RunFileError {
    option: &'static str,
    path: PathBuf,
    why: String,
}

impl RunFileError {
    pub(crate) fn new(option: &'static str, path: &Path, why: impl ToString) -> Self {
        Self {
            option,
            path: path.to_owned(),
            why: why.to_string(),
        }
    }
}

/// A file that is written from beginning to end, and appears at its path when it is complete.
pub(crate) struct Draft {
    path: PathBuf,
    text: BufWriter<File>,
    publication: Publication,
    is_output: bool,
}

/// How the complete file gets to its path.
enum Publication {
    /// The draft is a new file, to replace the one at the path. That one is open, in case it cannot be replaced
    /// (a mount point).
    Replace(Unnamed, Option<File>),
    /// The draft is copied over the content of this file.
    Overwrite(File),
    /// The draft is copied to this file.
    CopyTo(File),
    /// It is there already.
    Done,
}

impl Draft {
    /// Creates a draft. A path that cannot be written is an error; an existing file stays unchanged.
    pub(crate) fn create(option: &'static str, path: &Path) -> Result<Self, RunFileError> {
        let failed = |error: io::Error| RunFileError::new(option, path, error);
        let OpenTarget {
            standing,
            there,
            new,
        } = OpenTarget::open(path).map_err(failed)?;
        let mode = way(FileKind::RunFile, standing);
        let temporary = || tempfile::tempfile().map_err(failed);
        let (text, publication) = match (mode, there, new) {
            (WriteMode::Replace, there, Some((text, unnamed))) => {
                (text, Publication::Replace(unnamed, there))
            }
            (WriteMode::InPlace, Some(there), _) => (temporary()?, Publication::Overwrite(there)),
            (WriteMode::Stream | WriteMode::Output, Some(there), _) => {
                (temporary()?, Publication::CopyTo(there))
            }
            (WriteMode::Refuse(why), ..) => return Err(RunFileError::new(option, path, why)),
            _ => return Err(RunFileError::new(option, path, "cannot be written")),
        };
        Ok(Self {
            path: path.to_owned(),
            text: BufWriter::new(text),
            publication,
            is_output: mode == WriteMode::Output,
        })
    }

    /// Whether it goes to standard output, by any name.
    pub(crate) fn is_output(&self) -> bool {
        self.is_output
    }

    /// Seeks to the beginning, to overwrite it.
    pub(crate) fn rewind(&mut self) -> io::Result<()> {
        self.text.seek(SeekFrom::Start(0)).map(drop)
    }

    /// Moves it to its path before it is complete; later writes appear there at once.
    pub(crate) fn publish(&mut self) -> io::Result<()> {
        self.text.flush()?;
        match std::mem::replace(&mut self.publication, Publication::Done) {
            Publication::Done => Ok(()),
            Publication::CopyTo(file) => self.copy_to(file),
            Publication::Overwrite(file) => self.overwrite(file),
            Publication::Replace(unnamed, there) => {
                let text = self.text.get_ref();
                match (unnamed.replace(text, &self.path), there) {
                    (Err(_), Some(there)) => self.overwrite(there),
                    (taken, _) => taken,
                }
            }
        }
    }

    fn overwrite(&mut self, file: File) -> io::Result<()> {
        file.set_len(0)?;
        self.copy_to(file)
    }

    fn copy_to(&mut self, mut file: File) -> io::Result<()> {
        let text = self.text.get_mut();
        text.rewind()?;
        io::copy(text, &mut file)?;
        *text = file;
        Ok(())
    }

    /// Moves the complete file to its path, and syncs it.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.text.flush()?;
        if let Publication::Replace(..) = self.publication {
            // Detect late write errors before the old file is replaced.
            let text = self.text.get_ref();
            sync(text)?;
            close(text.try_clone()?)?;
        }
        self.publish()?;
        let file = self.text.into_inner().map_err(|error| error.into_error())?;
        sync(&file)?;
        close(file)
    }
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.text.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.text.flush()
    }
}
