//! Does what was decided of chunks.

use std::sync::Arc;
use std::time::SystemTime;

use super::fate::{
    AfterLoss, CanceledBy, CanceledChunk, LostChunk, StartFailure, UnaskedEndings, Unbegun, Verdict,
};
use super::files::{LostJobs, MadeEnding, ToFiles};
use super::slurm::SlurmExecutor;
use crate::event::{CancelReason, OutputLoss};
use crate::run::context::RunContext;
use crate::run::executor::journal::UnaskedMode;

impl SlurmExecutor {
    /// Does what was decided of a chunk.
    pub(super) fn on_verdict(&mut self, verdict: Verdict, run: &mut RunContext) {
        match verdict {
            Verdict::Endings { chunk, endings } => {
                let mode = match endings {
                    UnaskedEndings::Ours => UnaskedMode::Ours(run.cancel.reason()),
                    UnaskedEndings::Engine => UnaskedMode::Engine,
                    UnaskedEndings::Discarded => UnaskedMode::Discard,
                };
                self.files.ask(ToFiles::GoOn(chunk, mode));
            }
            Verdict::LookAgain { chunk } => self.look_again.push(chunk),
            Verdict::Over { chunk } => self.close(chunk),
            Verdict::Lost(lost) => self.on_lost(lost, run),
            Verdict::Canceled(canceled) => self.on_canceled(&canceled, run),
            Verdict::JournalNotWritten { host, .. } => {
                let host = host.as_deref().unwrap_or("a node").to_owned();
                run.warn(format!(
                    "{host}: the journal cannot be written in {}: make space there, and run again",
                    self.setup.path.display()
                ));
                if run.on_output_failed(OutputLoss::NotWritten) {
                    self.stop_all(run);
                }
            }
            Verdict::WaitsLong { reason } => run.warn(format!(
                "Slurm has tasks wait, perhaps for ever: {reason} (squeue -n prun-{})",
                self.setup.run_id
            )),
        }
    }

    fn on_lost(&mut self, lost: LostChunk, run: &mut RunContext) {
        let error: Arc<str> = lost.error().into();
        let again: Vec<_> = lost.again().collect();
        match again.len() {
            0 => run.warn(format!("{error}: its jobs are not run again")),
            1 => run.warn(format!("{error}: 1 job runs again")),
            jobs => run.warn(format!("{error}: {jobs} jobs run again")),
        }
        let mut endings: Vec<_> = lost
            .begun
            .iter()
            .map(|job| {
                let (attempt, error) = (job.attempt, Arc::clone(&error));
                let ending = match job.next {
                    AfterLoss::Again(_) => MadeEnding::LostAndAgain { attempt, error },
                    AfterLoss::Failed => MadeEnding::Lost { attempt, error },
                };
                ((job.seq, job.seq), ending)
            })
            .collect();
        let unbegun = match lost.unbegun.1 {
            Unbegun::Again => None,
            Unbegun::MayHaveBegun => Some(MadeEnding::Lost { attempt: 1, error }),
            Unbegun::CouldNotStart(why) => {
                let why = self.start_failure(why, &error);
                Some(match lost.unbegun.1 {
                    Unbegun::CouldNotStart(StartFailure::Said) => MadeEnding::TaskNotBegun(why),
                    _ => MadeEnding::NotStarted(why),
                })
            }
        };
        if let Some(ending) = unbegun {
            let ranges = lost.unbegun.0.ranges();
            endings.extend(ranges.map(|range| (range, ending.clone())));
        }
        self.end(lost.chunk, endings);
        self.close(lost.chunk);
        if let Some(node) = &lost.excluded {
            self.submissions.exclude(node);
        }
        if !again.is_empty() {
            let header = self.next_header(1, SystemTime::now());
            self.request_files(ToFiles::Again(
                header,
                LostJobs {
                    from: lost.chunk,
                    jobs: again,
                    tries: lost.tries,
                },
            ));
        }
    }

    fn start_failure(&self, why: StartFailure, error: &str) -> Arc<str> {
        let path = self.setup.path.display();
        match why {
            StartFailure::FolderNotSeen => format!(
                "{error}: the run folder {path} is not there: name one on a file system that all nodes share (--run-dir)"
            ),
            StartFailure::FolderNotWritable => format!(
                "{error}: the run folder {path} cannot be written: name another one (--run-dir)"
            ),
            StartFailure::Said => error.to_owned(),
        }
        .into()
    }

    fn on_canceled(&mut self, canceled: &CanceledChunk, run: &mut RunContext) {
        let reason = match canceled.by {
            CanceledBy::Us => run.cancel.reason(),
            CanceledBy::Engine => Some(CancelReason::Engine),
        };
        let error: Arc<str> = match &canceled.host {
            Some(host) => format!("{host}: {}", canceled.state).into(),
            None => Arc::clone(&canceled.state),
        };
        let begun = canceled.begun.iter().map(|(seq, attempt)| {
            let ending = MadeEnding::Canceled {
                attempt: *attempt,
                reason,
                error: Arc::clone(&error),
            };
            ((*seq, *seq), ending)
        });
        let unbegun = canceled.unbegun.ranges();
        let unbegun = unbegun.map(|range| (range, MadeEnding::Skipped(reason)));
        self.end(canceled.chunk, begun.chain(unbegun).collect());
        self.close(canceled.chunk);
    }

    fn end(&mut self, chunk: u64, jobs: Vec<((u64, u64), MadeEnding)>) {
        if !jobs.is_empty() {
            self.request_files(ToFiles::End(chunk, jobs));
        }
    }

    fn close(&mut self, chunk: u64) {
        self.submissions.remove(chunk);
        self.files.ask(ToFiles::Close(chunk));
    }
}
