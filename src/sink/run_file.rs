//! Files that tell of a run: what they have in common.
//!
//! The run does not depend on them. One that cannot be written is told once, prun ends by the code
//! for broken promises, and the jobs go on.

use std::fs::Permissions;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tempfile::NamedTempFile;

use super::record::{Entry, RecordError, Recorder};
use super::sink::Interest;
use crate::event::Event;

/// A form in which a run is written to a file.
pub(super) trait Form: Send {
    /// What the file is called in an error.
    const WHAT: &'static str;

    /// Which events it needs at all.
    fn interest(&self) -> Interest;

    /// Writes what is to be told of an event.
    fn add(&mut self, event: &Event, at: SystemTime) -> io::Result<()>;

    /// Writes what stands at the end, after the last event.
    fn finish(self) -> io::Result<()>;
}

/// The file at a path in one form.
pub(super) struct RunFile<F> {
    path: PathBuf,
    /// None after an error, and after the end.
    form: Option<F>,
}

impl<F: Form> RunFile<F> {
    pub(super) fn new(path: &Path, form: F) -> Self {
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

impl<F: Form> Recorder for RunFile<F> {
    fn name(&self) -> String {
        format!("{} {}", F::WHAT, self.path.display())
    }

    fn interest(&self) -> Interest {
        self.form.as_ref().map(Form::interest).unwrap_or_default()
    }

    fn record(&mut self, entry: &Entry) -> Result<(), RecordError> {
        let written = self.write(&entry.event, entry.at);
        written.map_err(|source| RecordError::RunFile {
            what: F::WHAT,
            path: self.path.clone(),
            source,
        })
    }

    fn is_finished(&self) -> bool {
        self.form.is_none()
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
    pub(super) fn new(option: &'static str, path: &Path, why: impl ToString) -> Self {
        Self {
            option,
            path: path.to_owned(),
            why: why.to_string(),
        }
    }
}

/// The path behind symbolic links, if nothing but a file is there or none at all: what is renamed
/// over a device or a pipe would take its place.
pub(super) fn place(option: &'static str, path: &Path) -> Result<PathBuf, RunFileError> {
    let failed = |why: &dyn ToString| RunFileError::new(option, path, why.to_string());
    match path.canonicalize() {
        Ok(whole) if whole.is_file() => Ok(whole),
        Ok(_) => Err(failed(&"is no regular file: name one")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let above = match path.parent() {
                Some(above) if !above.as_os_str().is_empty() => above,
                _ => Path::new("."),
            };
            let above = above.canonicalize().map_err(|error| failed(&error))?;
            let name = path.file_name().ok_or_else(|| failed(&"names no file"))?;
            Ok(above.join(name))
        }
        Err(error) => Err(failed(&error)),
    }
}

/// A file that is there when it is whole: it is written beside its place and renamed at the end.
pub(super) struct Draft {
    place: PathBuf,
    file: BufWriter<NamedTempFile>,
}

impl Draft {
    /// Begins one. A folder that is missing or cannot be written is found here.
    pub(super) fn begin(option: &'static str, path: &Path) -> Result<Self, RunFileError> {
        let place = place(option, path)?;
        let above = place.parent().unwrap_or(Path::new("/"));
        let file = tempfile::Builder::new()
            .prefix(".prun-")
            // Less what the umask takes, as for every file that is made.
            .permissions(Permissions::from_mode(0o666))
            .tempfile_in(above)
            .map_err(|error| RunFileError::new(option, path, error.kind()))?;
        let file = BufWriter::new(file);
        Ok(Self { place, file })
    }

    /// Goes back to the beginning, to overwrite what stands there.
    pub(super) fn rewind(&mut self) -> io::Result<()> {
        self.file.seek(SeekFrom::Start(0)).map(drop)
    }

    /// Puts it in its place.
    pub(super) fn finish(self) -> io::Result<()> {
        let file = self.file.into_inner().map_err(|error| error.into_error())?;
        file.persist(&self.place).map_err(|error| error.error)?;
        Ok(())
    }
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
