//! The command of a job: as it was written, and as it is executed.

use std::borrow::Cow;
use std::ffi::{OsStr, OsString};

use crate::event::{JobEnd, NumberedJob};
use crate::plan::Argv;
use crate::process::join;

/// The slot that a command is shown with before it has one.
pub(crate) const FIRST_SLOT: u32 = 1;

/// The command as its user wrote it.
pub(crate) fn command(job: &NumberedJob) -> Cow<'_, OsStr> {
    match job.job.invocation.line() {
        Some(line) => Cow::Borrowed(line),
        None => Cow::Owned(join(planned_argv(job, FIRST_SLOT).0)),
    }
}

/// The words that are, or would be, executed.
pub(crate) fn executed(end: &JobEnd) -> (Cow<'_, [OsString]>, bool) {
    match &end.last {
        Some(last) => (Cow::Borrowed(&last.argv), last.shell),
        None => {
            let (argv, shell) = planned_argv(&end.job, FIRST_SLOT);
            (Cow::Owned(argv), shell)
        }
    }
}

/// The words that would be executed first in a slot, and whether they are a shell's.
pub(crate) fn planned_argv(job: &NumberedJob, slot: u32) -> (Vec<OsString>, bool) {
    planned(job.job.invocation.argv(&job.job.args, job.assignment(slot)))
}

/// The words of these that would be executed first, and whether they are a shell's.
pub(super) fn planned(Argv { direct, shell }: Argv) -> (Vec<OsString>, bool) {
    match direct {
        Some(argv) => (argv, false),
        None => (shell.unwrap_or_default(), true),
    }
}

/// The command line of one job among those of its template.
pub(crate) fn full_command(job: &NumberedJob) -> Cow<'_, OsStr> {
    if job.job.args.is_empty() {
        return command(job);
    }
    match planned_argv(job, FIRST_SLOT) {
        (argv, false) => Cow::Owned(join(argv)),
        (_, true) => {
            let mut line = command(job).into_owned();
            line.push(" ::: ");
            line.push(join(&job.job.args));
            Cow::Owned(line)
        }
    }
}
