//! The files of a run besides its input, opened: what it leaves behind.

use super::files::{files, log_dir};
use super::shown::step_summary;
use super::surroundings::Surroundings;
use crate::cli::args::{Args, OrderMode};
use crate::cli::gnu::{self, GnuRecords, GnuRecordsError};
use crate::plan::Source;
use crate::run::{LogDir, LogDirError};
use crate::sink::{
    DisplayOptions, JobLogError, OpenLog, OpenRunFiles, RunFileError, StepSummary, WantedFromLog,
    open_log,
};

/// A file that cannot be opened. Nothing was started.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenFilesError {
    #[error(transparent)]
    Log(#[from] JobLogError),
    #[error("--order longest needs --joblog FILE: add it")]
    OrderWithoutLog,
    #[error(transparent)]
    LogDir(#[from] LogDirError),
    #[error(transparent)]
    RunFile(#[from] RunFileError),
    #[error(transparent)]
    Gnu(#[from] GnuRecordsError),
}

/// What a run leaves behind, opened.
#[derive(Default)]
pub(super) struct OpenFiles {
    pub(super) log_dir: Option<LogDir>,
    pub(super) files: OpenRunFiles,
    pub(super) log: Option<OpenLog>,
    pub(super) warnings: Vec<String>,
    pub(super) gnu: GnuRecords,
}

impl OpenFiles {
    pub(super) fn open(
        args: &Args,
        surroundings: &Surroundings,
        display: &DisplayOptions,
        source: &Source,
    ) -> Result<Self, OpenFilesError> {
        let (log_dir, warning) = log_dir(args, &surroundings.cwd)?.unzip();
        let mut files = files(args).open()?;
        // Last, as opening repairs an incomplete last line.
        let log = args.joblog.as_deref();
        if log.is_none() && args.order.order == OrderMode::Longest {
            return Err(OpenFilesError::OrderWithoutLog);
        }
        let wanted = WantedFromLog {
            done: args.resume,
            times: args.order.order == OrderMode::Longest,
        };
        let mut log = log.map(|path| open_log(path, wanted)).transpose()?;
        if let Some(path) = step_summary(display, surroundings) {
            files.recorders.push(Box::new(StepSummary::new(path)));
        }
        let mut warnings: Vec<String> = warning.flatten().into_iter().collect();
        if let Some(log) = &mut log {
            warnings.append(&mut log.warnings);
        }
        let gnu = args.gnu.as_deref();
        let gnu = gnu.map(|gnu| gnu::records(gnu, args.output, source.names(), source.total()));
        Ok(Self {
            log_dir,
            files,
            log,
            warnings,
            gnu: gnu.transpose()?.unwrap_or_default(),
        })
    }
}
