//! The standard input of the jobs.

use std::fs::File;
use std::sync::Arc;

use crate::process::Stdio;

/// Returns the standard input of jobs without input of their own: the terminal, or `/dev/null`.
pub(crate) fn stdin(tty: bool) -> Stdio {
    match tty {
        true => Stdio::Inherit,
        false => null_input(),
    }
}

/// Returns `/dev/null` as the standard input of jobs.
pub(crate) fn null_input() -> Stdio {
    // Opened once for all jobs, as security software may check every open. If it fails, each job
    // reports the error.
    File::open("/dev/null").map_or(Stdio::Null, |null| Stdio::File(Arc::new(null)))
}
