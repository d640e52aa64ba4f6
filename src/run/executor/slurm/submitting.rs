//! Gives chunks to sbatch.

use super::calls::{Call, CallKind};
use super::commands::{Submission, SubmitRefusal};
use super::slurm::{SlurmExecutor, StopState};
use crate::event::{Event, OutputLoss};
use crate::run::context::RunContext;
use crate::run::policy::Moment;

impl SlurmExecutor {
    /// Gives chunks to sbatch, if it is time.
    pub(super) fn submit_chunks(&mut self, run: &mut RunContext) {
        if self.unwritten > 0 || self.open_requests > 0 || self.stop != StopState::No {
            return;
        }
        let unended = self.submitted();
        let Some(wave) = self.submissions.next(run.clock.now(), unended) else {
            return;
        };
        let setup = &self.setup;
        let submission = Submission {
            words: &setup.words,
            run_id: &setup.run_id,
            folder: &setup.path,
            block: wave.block,
            block_size: setup.block_size.get(),
            indices: &wave.indices,
            tasks: wave.tasks,
            cpus: setup.cpus,
            excluded: wave.excluded.as_deref(),
        };
        for chunk in &wave.chunks {
            self.fates.submitting(*chunk);
        }
        self.calls.start(Call {
            kind: CallKind::Submit,
            argv: submission.command(),
            script: submission.script(),
        });
    }

    /// When that is.
    pub(super) fn submit_due(&self) -> Option<Moment> {
        let may_submit =
            self.unwritten == 0 && self.open_requests == 0 && self.stop == StopState::No;
        let due = self.submissions.due(self.submitted());
        due.filter(|_| may_submit)
    }

    /// sbatch has not taken chunks. `is_answer`: Slurm said so.
    pub(super) fn on_refused(&mut self, why: &str, is_answer: bool, run: &mut RunContext) {
        let refused = SubmitRefusal::of(why.as_bytes());
        let had_begun = self.submissions.has_begun() || self.is_followed();
        let with_nodes = refused == SubmitRefusal::Nodes;
        let was_refused = self.submissions.was_refused();
        let (chunks, wait) = self.submissions.refused(run.clock.now(), with_nodes);
        for chunk in chunks {
            match self.fates.is_open(chunk) {
                true => self.fates.not_submitted(chunk),
                // Its jobs have ended with the run meanwhile.
                false => self.submissions.remove(chunk),
            }
        }
        let why = match refused {
            SubmitRefusal::ArraySize => {
                format!("{why} (write --chunk N with a larger N, so that there are fewer tasks)")
            }
            SubmitRefusal::Nodes | SubmitRefusal::Other => why.to_owned(),
        };
        if self.stop != StopState::No {
            return;
        }
        if is_answer && (!had_begun || refused == SubmitRefusal::ArraySize) {
            self.is_refused = !had_begun;
            run.announce(&Event::InputFailed(why.into()));
            if had_begun && run.on_output_failed(OutputLoss::NotWritten) {
                self.stop_all(run);
            }
        } else if !wait.is_zero() && !was_refused {
            run.warn(format!("{why}; trying again until Slurm takes it"));
        }
    }
}
