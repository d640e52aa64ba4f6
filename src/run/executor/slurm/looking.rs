//! Reads the journals, and asks Slurm for its tasks.

use std::time::Duration;

use super::calls::{Call, CallError, CallKind};
use super::commands::{CancelScope, TaskReport, parse_reports, queue_command};
use super::files::ToFiles;
use super::slurm::{SlurmExecutor, StopState};
use crate::run::context::RunContext;
use crate::run::policy::Moment;

/// How long tasks whose jobs have ended may be listed as running before Slurm is asked again: at first, and
/// twice as long each time.
const LEFTOVER: Duration = Duration::from_millis(100);

/// How often Slurm is asked again before they are canceled: within three seconds.
const LEFTOVER_LOOKS: u32 = 5;

impl SlurmExecutor {
    /// Reads the journals and asks Slurm, if it is time.
    pub(super) fn look(&mut self, run: &RunContext) {
        let now = run.clock.now();
        let is_due = self.next_journals <= now || !self.look_again.is_empty();
        if is_due && !self.is_looking {
            self.is_looking = true;
            let again = std::mem::take(&mut self.look_again);
            self.files.ask(ToFiles::Look(again));
        }
        let asks = self.asked_at.is_none() && self.next_question() <= now;
        if asks {
            self.looks.asked(now);
            self.asked_at = Some(now);
            self.ask();
        }
    }

    /// When that is.
    pub(super) fn look_due(&self) -> Option<Moment> {
        let journals = (!self.is_looking).then_some(self.next_journals);
        let question = self.asked_at.is_none().then(|| self.next_question());
        journals.into_iter().chain(question).min()
    }

    pub(super) fn next_question(&self) -> Moment {
        let is_stopping = self.stop != StopState::No;
        self.looks.next(self.fates.running(), is_stopping)
    }

    pub(super) fn ask(&mut self) {
        self.calls.start(Call {
            kind: CallKind::Look,
            argv: queue_command(self.setup.user, &self.setup.run_id),
            script: Vec::new(),
        });
    }

    /// What Slurm has answered, if it has.
    pub(super) fn reports(&self, answer: Result<Vec<u8>, CallError>) -> Option<Vec<TaskReport>> {
        parse_reports(&answer.ok()?, &self.setup.run_id).ok()
    }

    /// Ends tasks that Slurm lists as running though their jobs have ended.
    pub(super) async fn end_leftovers(&mut self) {
        for look in 0..=LEFTOVER_LOOKS {
            self.ask();
            let answer = loop {
                let called = self.calls.next().await;
                if called.kind == CallKind::Look {
                    break called.result;
                }
            };
            let Some(reports) = self.reports(answer) else {
                return;
            };
            let mut states = reports.iter().map(|report| &report.state);
            if !states.any(|state| state.is_alive() && !state.is_completing()) {
                return;
            }
            if look == LEFTOVER_LOOKS {
                self.cancel(CancelScope::All);
                while self.calls.are_open() {
                    self.calls.next().await;
                }
            } else {
                tokio::time::sleep(LEFTOVER * 2_u32.pow(look)).await;
            }
        }
    }
}
