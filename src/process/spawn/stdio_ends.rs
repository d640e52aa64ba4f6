//! The two ends of each standard stream: the child's and the parent's.

use std::fs::{File, OpenOptions};
use std::io::{self, PipeReader, PipeWriter};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::process::Stdio as StdStdio;

use tokio::io::Interest;

use super::start_error::StartError;
use crate::os::{pipe, pty, register, register_shared, set_size};
use crate::process::command::{Command, Stdio};
use crate::process::error::{InvalidStdio, SpawnErrorKind};
use crate::process::stream::{Capture, StreamReader, StreamWriter};

/// The child's end of a standard stream.
pub(crate) enum ChildEnd<'a> {
    Inherit,
    /// The same as standard output; for standard error.
    ToStdout,
    Own(OwnedFd),
    Lent(BorrowedFd<'a>),
}

impl ChildEnd<'_> {
    pub(crate) fn into_std(self) -> io::Result<StdStdio> {
        Ok(match self {
            Self::Inherit | Self::ToStdout => StdStdio::inherit(),
            Self::Own(fd) => fd.into(),
            Self::Lent(fd) => fd.try_clone_to_owned()?.into(),
        })
    }

    /// The descriptor to pass, if there is one.
    pub(crate) fn fd(&self) -> Option<BorrowedFd<'_>> {
        match self {
            Self::Inherit | Self::ToStdout => None,
            Self::Own(fd) => Some(fd.as_fd()),
            Self::Lent(fd) => Some(*fd),
        }
    }

    /// Duplicates it, for standard error.
    pub(crate) fn share(&self) -> io::Result<Self> {
        Ok(Self::Own(match self {
            // `Inherit` for standard error would be our standard error.
            Self::Inherit | Self::ToStdout => io::stdout().as_fd().try_clone_to_owned()?,
            Self::Own(fd) => fd.try_clone()?,
            Self::Lent(fd) => fd.try_clone_to_owned()?,
        }))
    }
}

/// The parent's end of an output stream.
#[derive(Default)]
pub(crate) struct ParentEnd {
    pub(crate) read: Option<StreamReader>,
    pub(crate) captured: Option<Capture>,
}

/// Creates both ends of standard input.
pub(crate) fn input<'a>(
    stdin: &'a Stdio,
    command: &Command,
) -> Result<(ChildEnd<'a>, Option<StreamWriter>), StartError> {
    const NAME: &str = "standard input";
    Ok(match stdin {
        Stdio::Inherit => (ChildEnd::Inherit, None),
        Stdio::Null => (ChildEnd::Own(null(File::options().read(true), NAME)?), None),
        Stdio::File(file) => (ChildEnd::Lent(file.as_fd()), None),
        Stdio::Fd(fd) => (ChildEnd::Lent(fd.as_fd()), None),
        Stdio::Pipe => {
            let (theirs, ours) = pipe_of(command).map_err(StartError::setup(NAME))?;
            let ours = register(ours, Interest::WRITABLE).map_err(StartError::setup(NAME))?;
            (ChildEnd::Own(theirs.into()), Some(StreamWriter::new(ours)))
        }
        Stdio::ToStdout => return Err(invalid(InvalidStdio::ToStdout)),
        Stdio::Capture(_) | Stdio::Terminal(..) => {
            return Err(invalid(InvalidStdio::CapturedInput));
        }
    })
}

/// Creates both ends of standard output or standard error.
pub(crate) fn output<'a>(
    stdio: &'a Stdio,
    command: &Command,
    name: &'static str,
) -> Result<(ChildEnd<'a>, ParentEnd), StartError> {
    let mut ours = ParentEnd::default();
    let theirs = match stdio {
        Stdio::Inherit => ChildEnd::Inherit,
        Stdio::Null => ChildEnd::Own(null(File::options().write(true), name)?),
        Stdio::File(file) => ChildEnd::Lent(file.as_fd()),
        Stdio::Fd(fd) => ChildEnd::Lent(fd.as_fd()),
        Stdio::Pipe => {
            let (reader, writer) = pipe_of(command).map_err(StartError::setup(name))?;
            let reader = register(reader, Interest::READABLE).map_err(StartError::setup(name))?;
            let may_grow = command.pipe_size.is_none();
            ours.read = Some(StreamReader::new(reader, command.limit, may_grow));
            ChildEnd::Own(writer.into())
        }
        Stdio::Capture(options) => {
            let (reader, writer) = pipe_of(command).map_err(StartError::setup(name))?;
            let reader = register_shared(reader).map_err(StartError::setup(name))?;
            let may_grow = command.pipe_size.is_none();
            ours.captured = Some(Capture::new(reader, options.clone(), may_grow));
            ChildEnd::Own(writer.into())
        }
        Stdio::Terminal(options, size) => {
            let (terminal, theirs) = pty::open(*size).map_err(StartError::setup(name))?;
            let terminal = register_shared(terminal).map_err(StartError::setup(name))?;
            ours.captured = Some(Capture::new(terminal, options.clone(), false));
            ChildEnd::Own(theirs)
        }
        Stdio::ToStdout => return Err(invalid(InvalidStdio::ToStdout)),
    };
    Ok((theirs, ours))
}

/// Creates a pipe of the requested capacity.
fn pipe_of(command: &Command) -> io::Result<(PipeReader, PipeWriter)> {
    let (reader, writer) = pipe()?;
    if let Some(bytes) = command.pipe_size {
        set_size(&reader, bytes)?;
    }
    Ok((reader, writer))
}

/// Opens /dev/null.
fn null(options: &OpenOptions, name: &str) -> Result<OwnedFd, StartError> {
    let failed = |error| StartError::Setup(format!("{name} (/dev/null)"), error);
    Ok(options.open("/dev/null").map_err(failed)?.into())
}

fn invalid(why: InvalidStdio) -> StartError {
    StartError::Kind(SpawnErrorKind::InvalidStdio(why))
}
