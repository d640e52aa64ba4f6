//! Files that tell of a run: what they have in common.
//!
//! The run does not depend on them. One that cannot be written is told once, prun ends by the code
//! for broken promises, and the jobs go on.

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

/// A form in which a run is written to a file.
pub(crate) trait FileFormat: Send {
    /// What the file is called in an error.
    const WHAT: &'static str;

    /// Which events it needs at all.
    fn interest(&self) -> Interest;

    /// Where it is written.
    fn draft(&self) -> &Draft;

    /// Writes what is to be told of an event.
    fn add(&mut self, event: &Event, at: SystemTime) -> io::Result<()>;

    /// Writes what stands at the end, after the last event.
    fn finish(self) -> io::Result<()>;
}

/// The file at a path in one form.
pub(crate) struct RunFile<F> {
    path: PathBuf,
    /// None after an error, and after the end.
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

/// On standard output it comes behind what the others tell there.
impl<F: FileFormat> Sink for RunFile<F> {
    fn interest(&self) -> Interest {
        Recorder::interest(self)
    }

    /// They tell of time, and nobody reads them in between.
    fn keeps_order(&self) -> bool {
        false
    }

    fn handle(&mut self, event: &Event, at: SystemTime, console: &mut Console) -> io::Result<()> {
        console.clear_region();
        self.write(event, at)
    }
}

/// A file that cannot be made. Nothing was started.
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

/// A file that is written from its beginning to its end, and is there when it is whole.
pub(crate) struct Draft {
    path: PathBuf,
    text: BufWriter<File>,
    place: RunFilePlace,
    is_output: bool,
}

/// Where it is when it is whole.
enum RunFilePlace {
    /// What is written is a new file, to take the place of what is at the path. That is open, in case
    /// the system lets no other file have its name: something may be mounted there.
    Name(Unnamed, Option<File>),
    /// What is written is copied there, over what the file holds.
    Over(File),
    /// What is written is copied there.
    Into(File),
    /// There already.
    Taken,
}

impl Draft {
    /// Begins one. A path that cannot be written is found here, and what is there stays.
    pub(crate) fn begin(option: &'static str, path: &Path) -> Result<Self, RunFileError> {
        let failed = |error: io::Error| RunFileError::new(option, path, error);
        let OpenTarget {
            standing,
            there,
            new,
        } = OpenTarget::open(path).map_err(failed)?;
        let way = way(FileKind::RunFile, standing);
        let elsewhere = || tempfile::tempfile().map_err(failed);
        let (text, place) = match (way, there, new) {
            (WriteMode::Replace, there, Some((text, unnamed))) => {
                (text, RunFilePlace::Name(unnamed, there))
            }
            (WriteMode::InPlace, Some(there), _) => (elsewhere()?, RunFilePlace::Over(there)),
            (WriteMode::Stream | WriteMode::Output, Some(there), _) => {
                (elsewhere()?, RunFilePlace::Into(there))
            }
            (WriteMode::Refuse(why), ..) => return Err(RunFileError::new(option, path, why)),
            _ => return Err(RunFileError::new(option, path, "cannot be written")),
        };
        Ok(Self {
            path: path.to_owned(),
            text: BufWriter::new(text),
            place,
            is_output: way == WriteMode::Output,
        })
    }

    /// Whether it goes to standard output, by whatever name.
    pub(crate) fn is_output(&self) -> bool {
        self.is_output
    }

    /// Goes back to the beginning, to overwrite what stands there.
    pub(crate) fn rewind(&mut self) -> io::Result<()> {
        self.text.seek(SeekFrom::Start(0)).map(drop)
    }

    /// Puts it in its place before it is whole; what is written from now on is there at once.
    pub(crate) fn publish(&mut self) -> io::Result<()> {
        self.text.flush()?;
        match std::mem::replace(&mut self.place, RunFilePlace::Taken) {
            RunFilePlace::Taken => Ok(()),
            RunFilePlace::Into(file) => self.move_into(file),
            RunFilePlace::Over(file) => self.move_over(file),
            RunFilePlace::Name(unnamed, there) => {
                let text = self.text.get_ref();
                match (unnamed.take_place(text, &self.path), there) {
                    (Err(_), Some(there)) => self.move_over(there),
                    (taken, _) => taken,
                }
            }
        }
    }

    fn move_over(&mut self, file: File) -> io::Result<()> {
        file.set_len(0)?;
        self.move_into(file)
    }

    fn move_into(&mut self, mut file: File) -> io::Result<()> {
        let text = self.text.get_mut();
        text.rewind()?;
        io::copy(text, &mut file)?;
        *text = file;
        Ok(())
    }

    /// Puts it in its place, whole, and waits until it is kept there.
    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.text.flush()?;
        if let RunFilePlace::Name(..) = self.place {
            // What the file system refuses at last is known before the old file goes.
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
