//! Why there are no more jobs.

use std::sync::Arc;

use thiserror::Error;

use crate::plan::arguments::ArgumentsError;
use crate::plan::blocks::BlockError;
use crate::plan::input::OpenError;
use crate::plan::job::Origin;
use crate::plan::jobfile::{Foreign, JobFileError};
use crate::plan::needs::{DependentJob, NeedsError, SelectionError};
use crate::plan::rows::RowJobsError;
use crate::plan::typed_commands::TypedCommandsError;

/// Why there are no more jobs.
#[derive(Debug, Error)]
pub(crate) enum SourceError {
    /// A command of the command line is wrong.
    #[error(transparent)]
    Typed(#[from] TypedCommandsError),
    /// The job file cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// By its name the file is not a job file.
    #[error("{0}: {1}")]
    Foreign(Arc<str>, Foreign),
    /// A template or its values are wrong.
    #[error(transparent)]
    Inputs(#[from] ArgumentsError),
    /// A command line of GNU parallel is wrong, or its arguments are.
    #[error(transparent)]
    Rows(#[from] RowJobsError),
    /// An input cannot be cut into blocks.
    #[error(transparent)]
    Blocks(#[from] BlockError),
    /// The job file cannot be read any further.
    #[error(transparent)]
    JobFile(#[from] JobFileError),
    /// Two jobs have the same name.
    #[error("{0}: the name `{name}` is taken by an earlier job: every name must be unique", name = .1.escape_debug())]
    Name(Origin, String),
    /// A job needs one that it cannot need.
    #[error(transparent)]
    Needs(#[from] NeedsError),
    /// There would be nobody to serve.
    #[error(
        "{0}: all jobs are services, which end when all other jobs have ended: write a job that is none"
    )]
    OnlyServices(Arc<str>),
    /// A job does not run apart from the others.
    #[error(transparent)]
    Dependent(#[from] DependentJob),
    /// The work of another prun cannot be read.
    #[error("{0}")]
    Work(String),
    /// Jobs cannot be selected.
    #[error(transparent)]
    Selection(#[from] SelectionError),
}
