//! Handles requests from outside: cancels the run, suspends and continues it, and lists running jobs.

use super::runner::Runner;
use crate::event::{Cause, End, Event, OutputLoss};
use crate::process::Signal;
use crate::run::control::Control;
use crate::run::executor::Executor;
use crate::run::policy::{Escalation, Moment};

impl<E: Executor> Runner<'_, E> {
    /// Handles a request from outside. Returns how a signal escalates the cancellation.
    pub(super) fn on_control(&mut self, control: Control) -> Option<Escalation> {
        match control {
            Control::Signal(signal) if self.executor.outlives(signal, &mut self.run) => {
                self.run.leave(signal);
                return Some(Escalation::Exit);
            }
            Control::Signal(signal) => {
                let escalation = self.run.cancel.signal(signal, self.run.clock.now());
                match escalation {
                    Some(Escalation::Terminate) => {
                        self.cancel_run(Cause::Signal(signal), End::Gentle)
                    }
                    Some(Escalation::Kill) => self.cancel_run(Cause::Signal(signal), End::Killed),
                    None => {}
                    // Do not wait for the attempts to do it.
                    Some(Escalation::Exit) => self.executor.abandon(&mut self.run),
                }
                return escalation;
            }
            Control::Suspend => self.run.suspend_soon(),
            Control::ShowRunning => {
                let running = self.executor.list(self.run.clock.now());
                self.run.announce(&Event::Asked(running));
            }
            Control::JobLimit { .. } | Control::MachineRead(_) | Control::TokenCame => {
                self.executor.control(control, &mut self.run);
            }
            Control::ReaderGone => self.run.on_reader_gone(),
            Control::OutputFailed(loss) => self.on_output_failed(loss),
            Control::RecordFailed { why, ends_run } => {
                self.run.warn(why);
                if ends_run {
                    self.on_output_failed(OutputLoss::NotWritten);
                }
            }
        }
        None
    }

    fn on_output_failed(&mut self, loss: OutputLoss) {
        if self.run.on_output_failed(loss) {
            self.executor.request(&self.run);
        }
    }

    /// Stops the jobs and prun until prun is continued, if that is due; the clock is paused meanwhile.
    pub(super) fn suspend_if_due(&mut self) {
        if self.run.suspending.is_none() {
            return;
        }
        let is_starting = self.executor.is_starting();
        let is_due = |until: &mut Moment| !is_starting || *until <= self.run.clock.now();
        if self.run.suspending.take_if(is_due).is_none() {
            return;
        }
        if is_starting {
            // A thread that waits for an exec cannot be stopped, so prun would not count as stopped, and
            // its parent would not take the terminal back.
            let text =
                "not suspended, because a program is still being started: press Ctrl-Z again";
            return self.run.warn(text);
        }
        self.executor.stop(&mut self.run);
        self.run.announce(&Event::Suspended);
        self.run.clock.pause(|| Signal::STOP.raise());
        self.executor.go_on();
        self.run.announce(&Event::Continued);
    }

    /// Returns until when to wait for the sinks, if only jobs that are not yet read are left.
    pub(super) fn patience(&self) -> Option<Moment> {
        let since = self.run.backpressure.since();
        let since = since.filter(|_| self.executor.is_idle())?;
        Some(since + self.run.cancel.patience(self.run.options.grace)?)
    }

    pub(super) fn on_deadline(&mut self) {
        if self.run.cancel.deadline() {
            self.cancel_run(Cause::Deadline, End::Gentle);
        }
    }

    /// Reports that the run is cancelled, and has the attempts ended.
    fn cancel_run(&mut self, cause: Cause, end: End) {
        self.run.cancel_run(cause, end, self.executor.running());
        self.executor.request(&self.run);
    }
}
