//! A jobserver of our own.

use std::ffi::{OsStr, OsString};
use std::io::{self, PipeReader, PipeWriter};
use std::num::NonZeroUsize;
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use rustix::io::{FdFlags, fcntl_setfd};
use tempfile::TempDir;

use super::auth::{JobserverAuth, VARIABLES, flags_with};
use super::tokens::{TOKEN, Tokens, TokensError};
use crate::os::pipe;
use crate::run::policy::tokens_for;

/// How jobs get to the tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum JobserverForm {
    /// By a pipe that they inherit: every make and cargo.
    Pipe,
    /// By a named pipe: make 4.4, ninja 1.13, and cargo.
    Fifo,
}

/// A jobserver, as long as this exists.
#[derive(Debug)]
pub(crate) struct JobserverPool {
    pub(super) tokens: Tokens,
    /// How many there are.
    pub(super) all: usize,
    auth: JobserverAuth,
    /// What jobs inherit, or the folder of what they open.
    _inherited: Option<(PipeReader, PipeWriter)>,
    _folder: Option<TempDir>,
}

/// A jobserver that cannot be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JobserverPoolError {
    #[error("--jobserver: cannot make a pipe: {0}")]
    Pipe(io::Error),
    #[error("--jobserver=fifo: cannot make a named pipe in {}: {error}", dir.display())]
    Fifo { dir: PathBuf, error: io::Error },
    #[error(
        "--jobserver=fifo: make cannot read the path {}: set TMPDIR to one without blanks",
        .0.display()
    )]
    Blank(PathBuf),
    #[error("--jobserver: {0}")]
    Tokens(TokensError),
    #[error("--jobserver: {0} jobs are too many for a pipe: give a lower number with -j")]
    TooMany(usize),
}

impl JobserverPool {
    /// Makes one for so many jobs at once. With `Pipe`, every process that this one starts from now on
    /// inherits the pipe.
    pub(crate) fn create(
        form: JobserverForm,
        jobs: NonZeroUsize,
    ) -> Result<Self, JobserverPoolError> {
        let (mut inherited, mut folder) = (None, None);
        let auth = match form {
            JobserverForm::Pipe => {
                let ends = inheritable_pipe().map_err(JobserverPoolError::Pipe)?;
                let (read, write) = (ends.0.as_raw_fd(), ends.1.as_raw_fd());
                inherited = Some(ends);
                JobserverAuth::Pipe { read, write }
            }
            JobserverForm::Fifo => {
                let (path, of) = named_pipe()?;
                folder = Some(of);
                JobserverAuth::Fifo(path)
            }
        };
        let tokens = Tokens::open(&auth).map_err(JobserverPoolError::Tokens)?;
        let all = tokens_for(jobs.get());
        for _ in 0..all {
            tokens.put(TOKEN).map_err(|error| match error.kind() {
                io::ErrorKind::WouldBlock => JobserverPoolError::TooMany(jobs.get()),
                _ => JobserverPoolError::Pipe(error),
            })?;
        }
        Ok(Self {
            tokens,
            all,
            auth,
            _inherited: inherited,
            _folder: folder,
        })
    }

    /// Returns the variables by which jobs find it; `flags` is what `MAKEFLAGS` was.
    pub(crate) fn variables(&self, flags: Option<&OsStr>) -> [(OsString, OsString); 2] {
        let [make, cargo] = VARIABLES.map(OsString::from);
        [
            (make, flags_with(flags, &self.auth)),
            (cargo, flags_with(None, &self.auth)),
        ]
    }
}

fn inheritable_pipe() -> io::Result<(PipeReader, PipeWriter)> {
    let (reader, writer) = pipe()?;
    for end in [reader.as_fd(), writer.as_fd()] {
        fcntl_setfd(end, FdFlags::empty())?;
    }
    Ok((reader, writer))
}

/// Makes a named pipe in a folder of its own.
fn named_pipe() -> Result<(PathBuf, TempDir), JobserverPoolError> {
    let dir = std::env::temp_dir();
    let wrong = |error| JobserverPoolError::Fifo {
        dir: dir.clone(),
        error,
    };
    // Nobody else can open what is in it.
    let folder = tempfile::Builder::new()
        .prefix("prun-jobserver-")
        .tempdir()
        .map_err(wrong)?;
    let path = folder.path().join("tokens");
    if path
        .as_os_str()
        .as_bytes()
        .iter()
        .any(u8::is_ascii_whitespace)
    {
        return Err(JobserverPoolError::Blank(path));
    }
    let mode = nix::sys::stat::Mode::S_IRUSR | nix::sys::stat::Mode::S_IWUSR;
    nix::unistd::mkfifo(&path, mode).map_err(|error| wrong(error.into()))?;
    Ok((path, folder))
}
