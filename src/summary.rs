//! A fold over the events of a run, and the verdict.

use crate::event::{Counts, Event, OutputLoss, Status};
use crate::exit::ExitCode;
use crate::process::Signal;

/// What a run's events add up to.
#[derive(Debug, Default)]
pub(crate) struct Summary {
    counts: Counts,
    stopped_by: Option<Signal>,
    input_failed: bool,
    output_lost: Option<OutputLoss>,
}

impl Summary {
    /// Takes one event in.
    pub(crate) fn fold(&mut self, event: &Event) {
        match event {
            Event::JobEnded(end) => {
                self.counts.add(end.status);
                if end.last.as_ref().is_some_and(|last| last.is_truncated()) {
                    self.lose_output(OutputLoss::NotWritten);
                }
            }
            Event::JobRetried(retry) if retry.attempt.is_truncated() => {
                self.lose_output(OutputLoss::NotWritten);
            }
            // The first signal is the one that prun ends by.
            Event::Stopped(stop) => {
                self.stopped_by.get_or_insert(stop.signal);
            }
            Event::InputFailed(_) => self.input_failed = true,
            Event::OutputFailed(loss) => self.lose_output(*loss),
            Event::JobStarted(_)
            | Event::JobRetried(_)
            | Event::Warned(_)
            | Event::RunEnded { .. } => {}
        }
    }

    /// Output that could not be written is told by its own code, whatever became of the jobs.
    pub(crate) fn lose_output(&mut self, loss: OutputLoss) {
        self.output_lost.get_or_insert(loss);
    }

    /// How many jobs ended in which way.
    pub(crate) fn counts(&self) -> Counts {
        self.counts
    }

    /// How prun ends: signal before lost output before a bad input before a failed job.
    pub(crate) fn verdict(&self) -> ExitCode {
        match (self.stopped_by, self.output_lost) {
            (Some(signal), _) => ExitCode::Signal(signal),
            (None, Some(OutputLoss::ReaderGone)) => ExitCode::Signal(Signal::PIPE),
            (None, Some(OutputLoss::NotWritten)) => ExitCode::OutputLost,
            (None, None) if self.input_failed => ExitCode::Usage,
            (None, None) if self.counts.total() > self.counts.of(Status::Ok) => ExitCode::JobFailed,
            (None, None) => ExitCode::Ok,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Stop;
    use std::time::Duration;

    fn verdict(events: &[Event]) -> ExitCode {
        let mut summary = Summary::default();
        events.iter().for_each(|event| summary.fold(event));
        summary.verdict()
    }

    fn stopped(signal: Signal) -> Event {
        Event::Stopped(Stop {
            signal,
            kill: false,
            running: 1,
            grace: Duration::ZERO,
        })
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
            verdict(&[input, output, stopped(Signal::INT)]),
            ExitCode::Signal(Signal::INT)
        );
    }

    #[test]
    fn the_first_signal_is_the_one_to_end_by() {
        let events = [stopped(Signal::INT), stopped(Signal::TERM)];
        assert_eq!(verdict(&events), ExitCode::Signal(Signal::INT));
    }

    #[test]
    fn a_reader_that_went_away_ends_prun_as_sigpipe_would() {
        let lost = Event::OutputFailed(OutputLoss::ReaderGone);
        assert_eq!(verdict(&[lost]), ExitCode::Signal(Signal::PIPE));
    }
}
