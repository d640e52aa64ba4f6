//! What arrives from Slurm and from the files, and what follows from it.

use std::sync::Arc;

use super::calls::{CallError, CallKind, Called};
use super::commands::{CancelScope, submitted_job};
use super::files::FromFiles;
use super::look_times::LookTimes;
use super::slurm::{SlurmExecutor, StopState};
use crate::event::{Event, JobEnd, OutputLoss};
use crate::run::context::RunContext;
use crate::run::executor::journal::JournalItem;

impl SlurmExecutor {
    /// Handles the end of a call.
    pub(super) fn on_called(&mut self, called: Called, run: &mut RunContext) {
        let now = run.clock.now();
        match (called.kind, called.result) {
            (CallKind::Submit, Ok(answer)) if submitted_job(&answer).is_some() => {
                let is_first = !self.submissions.has_begun();
                for chunk in self.submissions.taken(now) {
                    self.fates.submitted(chunk, now);
                }
                self.looks.submitted(now);
                self.next_journals = now;
                if is_first && !self.is_followed() {
                    run.warn(format!(
                        "submitted to Slurm as prun-{}, in {}",
                        self.setup.run_id,
                        self.setup.path.display()
                    ));
                }
                if self.stop != StopState::No {
                    // It was taken after the others were canceled.
                    self.cancel(CancelScope::All);
                }
            }
            (CallKind::Submit, Ok(answer)) => {
                let answer = String::from_utf8_lossy(&answer);
                self.on_refused(
                    &format!("sbatch: not understood: {}", answer.trim()),
                    true,
                    run,
                );
            }
            (CallKind::Submit, Err(error)) => {
                let is_answer = !matches!(error, CallError::NoAnswer { .. });
                self.on_refused(&error.to_string(), is_answer, run);
            }
            (CallKind::Look, answer) => {
                let Some(asked_at) = self.asked_at.take() else {
                    return;
                };
                // A question that fails is no news.
                if let Some(reports) = self.reports(answer) {
                    self.fates.queue_answered(asked_at, reports);
                }
            }
            (CallKind::Cancel, Err(error)) => run.warn(error.to_string()),
            (CallKind::Cancel, Ok(_)) => {}
        }
    }

    /// Handles an answer of the files.
    pub(super) fn on_files(&mut self, answer: FromFiles, run: &mut RunContext) {
        let now = run.clock.now();
        match answer {
            FromFiles::Gathered(bytes) => self.kept(bytes),
            FromFiles::Written(found) => {
                self.unwritten = self.unwritten.saturating_sub(1);
                self.submissions.add(found.chunk);
                let jobs = found.jobs;
                self.fates
                    .open(found.chunk, jobs, found.earlier, found.tries);
            }
            FromFiles::NotWritten => self.unwritten = self.unwritten.saturating_sub(1),
            FromFiles::Found(found) => {
                self.next_chunk = self.next_chunk.max(found.chunk + 1);
                self.found(found.jobs.last().unwrap_or_default());
                let jobs = found.jobs;
                self.fates
                    .open(found.chunk, jobs, found.earlier, found.tries);
                self.fates.submitted(found.chunk, now);
            }
            FromFiles::AllFound { is_whole } => {
                self.open_requests -= 1;
                self.report_found(run);
                if !is_whole {
                    let why = "the input was not read to its end: the prun that read it was ended";
                    run.announce(&Event::InputFailed(why.into()));
                }
            }
            FromFiles::Done => self.open_requests -= 1,
            FromFiles::Read(chunk, found) => {
                self.looks.heard(now);
                self.on_found(chunk, found, run);
            }
            FromFiles::Damaged(chunk, why) => self.fates.damaged(chunk, why),
            FromFiles::Looked(again) => {
                self.is_looking = false;
                self.next_journals = now + LookTimes::between_journals(self.fates.running());
                for chunk in again {
                    self.fates.looked(chunk);
                }
            }
            FromFiles::Made(event) => self.tell(event, run),
            FromFiles::Failed(why) => {
                run.warn(&*why);
                if run.on_output_failed(OutputLoss::NotWritten) {
                    self.stop_all(run);
                }
            }
            FromFiles::Finished(_) => {}
        }
    }

    /// Handles what was found in the journal of a chunk.
    fn on_found(&mut self, chunk: u64, found: JournalItem, run: &mut RunContext) {
        let counts = match &found {
            JournalItem::Begun(host) => {
                self.fates.journal_begun(chunk, host.clone());
                false
            }
            JournalItem::Held => {
                self.fates.holds(chunk);
                false
            }
            JournalItem::Ended => {
                self.fates.run_ended(chunk);
                false
            }
            JournalItem::Told(Event::JobStarted(start)) => {
                let counts = self.fates.job_begun(chunk, start.job.seq, start.attempt);
                if counts {
                    self.running.insert(start.job.seq, Arc::clone(start));
                }
                counts
            }
            JournalItem::Told(Event::JobEnded(end)) => self.fates.job_ended(chunk, end.job.seq),
            JournalItem::Told(event) => event.seq().is_none_or(|seq| self.fates.owns(chunk, seq)),
        };
        if let (JournalItem::Told(event), true) = (found, counts) {
            self.tell(event, run);
        }
    }

    /// Tells what happened to a job.
    fn tell(&mut self, event: Event, run: &mut RunContext) {
        match event {
            Event::JobEnded(end) => {
                self.running.remove(&end.job.seq);
                let end: JobEnd = Arc::unwrap_or_clone(end);
                let end = run.conclude(end);
                let code = end.last.as_ref().map_or(1, |last| last.shell_code());
                if run.count_end(&end, code, self.running.len()) {
                    self.stop_all(run);
                }
            }
            Event::JobPrinted(_) if run.reader_gone => {
                if !run.cancel.is_ending() && run.on_output_failed(OutputLoss::ReaderGone) {
                    self.stop_all(run);
                }
            }
            event => {
                if let (Event::JobRetried(_), Some(seq)) = (&event, event.seq()) {
                    self.running.remove(&seq);
                }
                run.announce(&event);
            }
        }
    }
}
