//! Why the work of another prun is not run.

use std::io;
use std::path::PathBuf;

use crate::cli::settings::EnvironmentError;
use crate::exit::ExitCode;
use crate::record::WorkError;

/// Why the work is not run. No job was started.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotRun {
    #[error("--work is for internal use, with a file of jobs and a journal: see --help")]
    Usage,
    #[error("{}: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("{}:{line}: {why}", path.display())]
    Line {
        path: PathBuf,
        line: u64,
        why: WorkError,
    },
    #[error("{}:{line}: a header line and job lines are expected, and an end line after them", path.display())]
    Order { path: PathBuf, line: u64 },
    #[error("{}: it has no end line, so it is not whole: write it again", .0.display())]
    NoEnd(PathBuf),
    #[error("{}: it exists, so these jobs were begun before: name a file that does not exist", .0.display())]
    Begun(PathBuf),
    #[error("cannot write the journal {}: {source}", path.display())]
    Journal { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    #[error("{0}")]
    Start(String),
}

impl NotRun {
    /// How prun exits.
    pub(crate) fn exit(&self) -> ExitCode {
        match self {
            Self::Journal { .. } => ExitCode::OutputLost,
            _ => ExitCode::Usage,
        }
    }
}
