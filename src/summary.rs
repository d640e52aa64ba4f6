//! Folds the events of a run into its exit code.

use crate::event::{Cause, Counts, Event, OutputLoss, Status};
use crate::exit::ExitCode;
use crate::process::Signal;

/// The summary of a run's events.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    counts: Counts,
    canceled_by: Option<Signal>,
    deadline_passed: bool,
    winner: Option<u8>,
    /// The exit code of the last job that ended.
    last_code: u8,
    /// The failures, and the exit code of the last job, when enough jobs had ended.
    halted: Option<(u64, u8)>,
    input_failed: bool,
    output_lost: Option<OutputLoss>,
}

impl Summary {
    /// Adds one event.
    pub(crate) fn fold(&mut self, event: &Event) {
        match event {
            Event::JobEnded(end) => {
                self.counts.add(end.status, end.is_allowed_failure());
                self.last_code = end.last.as_ref().map_or(0, |last| last.shell_code());
                if end.last.as_ref().is_some_and(|last| last.is_truncated()) {
                    self.lose_output(OutputLoss::NotWritten);
                }
            }
            Event::JobRetried(retry) if retry.attempt.is_truncated() => {
                self.lose_output(OutputLoss::NotWritten);
            }
            Event::Canceled(stop) => match stop.cause {
                // prun re-raises the first signal.
                Cause::Signal(signal) => {
                    self.canceled_by.get_or_insert(signal);
                }
                Cause::Deadline => self.deadline_passed = true,
                Cause::Race { code } => self.winner = Some(code),
                Cause::FailFast => {
                    self.halted.get_or_insert((self.failures(), self.last_code));
                }
            },
            Event::InputFailed(_) => self.input_failed = true,
            Event::OutputFailed(loss) => self.lose_output(*loss),
            Event::RunStarted { .. }
            | Event::InputEnded { .. }
            | Event::Suspended
            | Event::Continued
            | Event::JobStarted(_)
            | Event::JobPrinted(_)
            | Event::JobRetried(_)
            | Event::JobsWaited(_)
            | Event::Warned(_)
            | Event::Asked(_)
            | Event::RunEnded { .. } => {}
        }
    }

    /// Records that output could not be written, which has its own exit code, whatever the jobs' status.
    pub(crate) fn lose_output(&mut self, loss: OutputLoss) {
        self.output_lost.get_or_insert(loss);
    }

    /// Returns how many jobs ended with which status.
    pub(crate) fn counts(&self) -> Counts {
        self.counts
    }

    /// Returns how many jobs failed by themselves, and were not allowed to.
    pub(crate) fn failures(&self) -> u64 {
        self.counts.failures()
    }

    /// Returns the failures, and the exit code of the last job, when enough jobs had ended for the run to
    /// end early.
    pub(crate) fn halted(&self) -> Option<(u64, u8)> {
        self.halted
    }

    /// Returns the exit code. The order of precedence is: a signal, lost output, bad input, the
    /// deadline, a race's winner, a failed job.
    pub(crate) fn verdict(&self) -> ExitCode {
        match (self.canceled_by, self.output_lost, self.winner) {
            (Some(signal), ..) => ExitCode::Signal(signal),
            (None, Some(OutputLoss::ReaderGone), _) => ExitCode::Signal(Signal::PIPE),
            (None, Some(OutputLoss::NotWritten | OutputLoss::Stderr), _) => ExitCode::OutputLost,
            _ if self.input_failed => ExitCode::Usage,
            _ if self.deadline_passed => ExitCode::DeadlinePassed,
            (None, None, Some(code)) => ExitCode::Winner(code),
            _ if self.counts.total() > self.counts.of(Status::Ok) + self.counts.allowed() => {
                ExitCode::JobFailed
            }
            _ => ExitCode::Ok,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Cancellation, End};
    use std::time::Duration;

    fn verdict(events: &[Event]) -> ExitCode {
        let mut summary = Summary::default();
        events.iter().for_each(|event| summary.fold(event));
        summary.verdict()
    }

    fn canceled_by(cause: Cause) -> Event {
        Event::Canceled(Cancellation {
            cause,
            end: End::Gentle,
            running: 1,
            grace: Duration::ZERO,
        })
    }

    fn signaled(signal: Signal) -> Event {
        canceled_by(Cause::Signal(signal))
    }

    #[test]
    fn the_deadline_comes_before_the_winner() {
        let race = canceled_by(Cause::Race { code: 7 });
        assert_eq!(verdict(std::slice::from_ref(&race)), ExitCode::Winner(7));
        let deadline = canceled_by(Cause::Deadline);
        assert_eq!(verdict(&[race, deadline]), ExitCode::DeadlinePassed);
    }

    #[test]
    fn no_jobs_at_all_is_a_success() {
        assert_eq!(verdict(&[]), ExitCode::Ok);
    }

    #[test]
    fn a_signal_comes_before_lost_output_before_bad_input() {
        let input = Event::InputFailed("jobs.txt:1: bad".into());
        let output = Event::OutputFailed(OutputLoss::NotWritten);
        assert_eq!(verdict(std::slice::from_ref(&input)), ExitCode::Usage);
        assert_eq!(
            verdict(&[input.clone(), output.clone()]),
            ExitCode::OutputLost
        );
        assert_eq!(
            verdict(&[input, output, signaled(Signal::INT)]),
            ExitCode::Signal(Signal::INT)
        );
    }

    #[test]
    fn the_first_signal_is_re_raised() {
        let events = [signaled(Signal::INT), signaled(Signal::TERM)];
        assert_eq!(verdict(&events), ExitCode::Signal(Signal::INT));
    }

    #[test]
    fn a_closed_reader_ends_prun_with_sigpipe() {
        let lost = Event::OutputFailed(OutputLoss::ReaderGone);
        assert_eq!(verdict(&[lost]), ExitCode::Signal(Signal::PIPE));
    }
}
