//! What came back of a running job: when it began, and its output.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use crate::event::{Attempt, JobStart, Outcome, Status, Stream};
use crate::process::{Spool, SpoolOptions};

/// A job that has begun and not ended.
#[derive(Debug)]
pub(super) struct ReturnedJob {
    /// The start of its last attempt.
    pub(super) start: Arc<JobStart>,
    /// When its first attempt began.
    pub(super) first_start: SystemTime,
    /// The output of its attempt.
    output: ReturnedStreams,
}

/// The output of an attempt, as far as it has come.
#[derive(Debug, Default)]
pub(super) struct ReturnedStreams {
    stdout: Option<Spool>,
    stderr: Option<Spool>,
}

impl ReturnedJob {
    pub(super) fn new(start: Arc<JobStart>, first_start: SystemTime) -> Self {
        Self {
            start,
            first_start,
            output: ReturnedStreams::default(),
        }
    }

    /// Adds a piece of output. Returns the stream.
    pub(super) fn add(
        &mut self,
        stream: Stream,
        bytes: &[u8],
        options: &SpoolOptions,
    ) -> &mut Spool {
        let spool = match stream {
            Stream::Stdout => &mut self.output.stdout,
            Stream::Stderr => &mut self.output.stderr,
        };
        let spool = spool.get_or_insert_with(|| Spool::new(options.clone()));
        spool.append(bytes);
        spool
    }

    /// Takes the output of an attempt that has ended.
    pub(super) fn take_output(&mut self) -> ReturnedStreams {
        std::mem::take(&mut self.output)
    }
}

impl ReturnedStreams {
    /// Gives an attempt its output. Only an attempt whose output has come as a whole is ok, if it was to
    /// come (`is_expected`).
    pub(super) fn give_to(self, attempt: &mut Attempt, is_expected: bool) {
        let logs = attempt.logs.take();
        let out_path = logs.as_ref().map(|logs| &*logs.stdout);
        let err_path = logs.as_ref().and_then(|logs| logs.stderr.as_deref());
        let missing = [
            give(self.stdout, &mut attempt.stdout, out_path, is_expected),
            give(self.stderr, &mut attempt.stderr, err_path, is_expected),
        ];
        attempt.logs = logs;
        let missing: u64 = missing.iter().sum();
        if missing > 0 && attempt.status() == Status::Ok {
            let why = format!("{missing} bytes of its output have not come back");
            attempt.outcome = Outcome::Lost(why);
        }
    }
}

/// Gives an attempt one stream, in place of what the record says of it, and returns how many bytes are
/// missing.
fn give(
    returned: Option<Spool>,
    recorded: &mut Arc<Spool>,
    log: Option<&Path>,
    is_expected: bool,
) -> u64 {
    let (length, lost) = (recorded.len(), recorded.lost());
    let returned = match returned {
        None if length == 0 => return 0,
        None => match log.and_then(|path| File::open(path).ok()) {
            // The jobs wrote it themselves.
            Some(file) => Some(Spool::of_file(Arc::new(file))).filter(|log| log.len() == length),
            None => is_expected.then(Spool::default),
        },
        returned => returned,
    };
    let Some(mut spool) = returned else {
        return 0;
    };
    let missing = length.saturating_sub(spool.len());
    spool.lose(missing + lost);
    if let Some(spilling) = spool.to_spill()
        && let Ok(spilled) = spilling.write()
    {
        spool.spill(spilled);
    }
    spool.count();
    *recorded = Arc::new(spool);
    missing
}
