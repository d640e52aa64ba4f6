//! What a command line of GNU parallel writes besides the output of its jobs, opened.

use std::collections::HashSet;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use crate::cli::args::{Echo, GnuArgs, GnuResume, Halt, HaltLimit, OutputMode};
use crate::event::Stream;
use crate::plan::{ReplacementText, StringsError};
use crate::sink::{
    CommandEcho, LinePrefix, LoggedJobs, OutputFiles, ParallelLog, ParallelLogError, Recorder,
    Results, ResultsError, ResultsForm, Sink, Tree,
};

/// What a command line of GNU parallel adds to a run.
#[derive(Default)]
pub(crate) struct GnuRecords {
    pub(crate) recorders: Vec<Box<dyn Recorder>>,
    /// Shown before the output of a job.
    pub(crate) sinks: Vec<Box<dyn Sink>>,
    /// The numbers of the jobs that need not run, if there is a job log.
    pub(crate) done: Option<HashSet<u64>>,
    pub(crate) prefix: LinePrefix,
    /// Whether the exit code is that of GNU parallel, with this `--halt`.
    pub(crate) exit: Option<Option<Halt>>,
}

/// Records that cannot be opened. Nothing was started.
#[derive(Debug, thiserror::Error)]
pub(crate) enum GnuRecordsError {
    #[error(transparent)]
    Strings(#[from] StringsError),
    #[error(transparent)]
    Log(#[from] ParallelLogError),
    #[error(transparent)]
    Results(#[from] ResultsError),
    #[error(
        "--halt with a percentage needs the number of jobs, which is not known while the arguments are read: give them after `:::`, or in a file with -a"
    )]
    Percent,
    #[error("--nice {0}: {1}")]
    Nice(i32, std::io::Error),
}

/// Opens what is written. `names` are those of the columns, `total` is the number of jobs.
pub(crate) fn records(
    gnu: &GnuArgs,
    output: OutputMode,
    names: &[OsString],
    total: Option<u64>,
) -> Result<GnuRecords, GnuRecordsError> {
    let mut strings = gnu.strings.clone();
    strings.name(names.iter().map(|name| name.as_bytes().to_vec()).collect());
    let mut records = GnuRecords {
        exit: Some(gnu.halt),
        ..GnuRecords::default()
    };
    let is_percent = |halt: &Halt| matches!(halt.limit, HaltLimit::Percent(_));
    if total.is_none() && gnu.halt.as_ref().is_some_and(is_percent) {
        return Err(GnuRecordsError::Percent);
    }
    records.prefix = match &gnu.tag {
        Some(tag) => LinePrefix::Tag(ReplacementText::parse(tag.as_bytes(), &strings)?.into()),
        None if output == OutputMode::Line => LinePrefix::Exact,
        None => LinePrefix::Name,
    };
    let echo = gnu.echo.map(|echo| match echo {
        Echo::Stdout => Stream::Stdout,
        Echo::Stderr => Stream::Stderr,
    });
    if let Some(stream) = echo {
        records.sinks.push(Box::new(CommandEcho::new(stream)));
    }
    if gnu.files {
        records
            .sinks
            .push(Box::new(OutputFiles::new(gnu.tmpdir.clone())));
    }
    if let Some(path) = &gnu.joblog {
        let appended = path.as_os_str().as_bytes().strip_prefix(b"+");
        let path = appended.map_or(path.as_path(), |name| {
            std::path::Path::new(std::ffi::OsStr::from_bytes(name))
        });
        if let Some(resume) = gnu.resume {
            records.done = Some(done(LoggedJobs::read(path)?, resume));
        }
        let is_continued = gnu.resume.is_some() || appended.is_some();
        records
            .recorders
            .push(Box::new(ParallelLog::open(path, is_continued)?));
    }
    if let Some(path) = &gnu.results {
        let text = ReplacementText::parse(path.as_os_str().as_bytes(), &strings)?;
        let form = match ResultsForm::table(path) {
            Some(table) => table,
            None if text.has_strings() => ResultsForm::Tree(Tree::Text(text)),
            None => ResultsForm::Tree(Tree::Arguments {
                dir: path.clone(),
                names: names.to_vec(),
                is_batch: gnu.batch.is_some(),
            }),
        };
        records.recorders.push(Box::new(Results::open(path, form)?));
    }
    if let Some(nice) = gnu.nice {
        // The jobs inherit it.
        rustix::process::nice(nice).map_err(|error| GnuRecordsError::Nice(nice, error.into()))?;
    }
    Ok(records)
}

/// Returns the jobs of a log that need not run again.
fn done(jobs: LoggedJobs, resume: GnuResume) -> HashSet<u64> {
    match resume {
        GnuResume::Failed => jobs.succeeded,
        GnuResume::Unfinished => jobs
            .succeeded
            .into_iter()
            .chain(jobs.failed.into_keys())
            .collect(),
        GnuResume::LoggedFailures => {
            let last = jobs.failed.keys().next_back().copied().unwrap_or(0);
            (1..=last)
                .filter(|seq| !jobs.failed.contains_key(seq))
                .collect()
        }
    }
}
