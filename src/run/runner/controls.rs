//! Handles requests from outside: cancels the run, suspends and continues it, and lists running jobs.

use std::time::Duration;

use super::runner::Runner;
use crate::event::{Cancellation, Cause, End, Event, Flow, OutputLoss};
use crate::os::process_group::is_orphaned;
use crate::process::Signal;
use crate::run::control::Control;
use crate::run::policy::{Escalation, Moment, Request};

/// How long prun waits for starts in progress before it stops. The same Ctrl-Z may have stopped one of
/// them, which is detected and continued after 0.2 s.
const START_WAIT: Duration = Duration::from_secs(2);

impl<T: FnMut(&Event) -> Flow> Runner<T> {
    pub(crate) fn on_control(&mut self, control: Control) -> Option<Escalation> {
        match control {
            Control::Signal(signal) => {
                let escalation = self.cancel.signal(signal, self.clock.now());
                match escalation {
                    Some(Escalation::Terminate) => {
                        self.cancel_run(Cause::Signal(signal), End::Gentle)
                    }
                    Some(Escalation::Kill) => self.cancel_run(Cause::Signal(signal), End::Killed),
                    None => {}
                    // Do not wait for the attempts to do it.
                    Some(Escalation::Exit) => {
                        self.drain_attempt_events();
                        self.running.signal(Signal::KILL);
                    }
                }
                return escalation;
            }
            Control::Suspend => self.suspend_soon(),
            Control::ShowRunning => {
                let running = self.running.list(self.clock.now());
                self.announce(&Event::Asked(running));
            }
            Control::JobLimit { limit, is_new } => {
                match limit {
                    Ok(limit) => self.schedule.set_limit(limit),
                    Err(why) if is_new => self.announce(&Event::Warned(why)),
                    Err(_) => {}
                }
                self.schedule.go_on();
            }
            Control::MachineRead(reading) => {
                let now = self.clock.now();
                if let Some(limits) = &mut self.start_limits {
                    limits.read(reading, now);
                }
            }
            Control::TokenCame => {
                if let Some(limits) = &mut self.start_limits {
                    limits.token_came();
                }
            }
            Control::ReaderGone => {
                // Output that is held back would grow without a reader.
                self.reader_gone = true;
                self.turn.send_replace(u64::MAX);
            }
            Control::OutputFailed(loss) => self.on_output_failed(loss),
            Control::RecordFailed { why, ends_run } => {
                self.announce(&Event::Warned(why));
                if ends_run {
                    self.on_output_failed(OutputLoss::NotWritten);
                }
            }
        }
        None
    }

    /// Handles output that cannot be written: cancels the run, unless standard output can still be
    /// written.
    pub(crate) fn on_output_failed(&mut self, loss: OutputLoss) {
        self.announce(&Event::OutputFailed(loss));
        if loss == OutputLoss::Stderr {
            return;
        }
        self.cancel.output_failed();
        self.send_request();
    }

    /// Stops the jobs and prun once the starts in progress have finished: their processes must be known.
    pub(crate) fn suspend_soon(&mut self) {
        // Nobody could continue an orphaned process group: the terminal ignores Ctrl-Z for it, too.
        if !is_orphaned() {
            let until = self.clock.now() + START_WAIT;
            self.suspending.get_or_insert(until);
        }
    }

    /// Stops the jobs and prun until prun is continued, if that is due; the clock is paused meanwhile.
    pub(crate) fn suspend_if_due(&mut self) {
        let is_starting = self.schedule.running() > self.running.count();
        let is_due = |until: &mut Moment| !is_starting || *until <= self.clock.now();
        if self.suspending.take_if(is_due).is_none() {
            return;
        }
        if is_starting {
            // A thread that waits for an exec cannot be stopped, so prun would not count as stopped, and
            // its parent would not take the terminal back.
            let text =
                "not suspended, because a program is still being started: press Ctrl-Z again";
            return self.announce(&Event::Warned(text.into()));
        }
        self.running.stop();
        self.announce(&Event::Suspended);
        self.clock.pause(|| Signal::STOP.raise());
        self.running.signal(Signal::CONT);
        self.announce(&Event::Continued);
    }

    /// Handles pending attempt events, so that processes that were just started are known.
    fn drain_attempt_events(&mut self) {
        while let Ok(event) = self.attempt_events.try_recv() {
            self.on_attempt(event);
        }
    }

    /// Returns until when to wait for the sinks, if only jobs that are not yet read are left.
    pub(crate) fn patience(&self) -> Option<Moment> {
        let since = self
            .backpressure
            .since()
            .filter(|_| self.schedule.is_idle())?;
        Some(since + self.cancel.patience(self.options.grace)?)
    }

    pub(crate) fn on_deadline(&mut self) {
        if self.cancel.deadline() {
            self.cancel_run(Cause::Deadline, End::Gentle);
        }
    }

    /// Returns what the policy does with running jobs.
    pub(crate) fn policy_end(&self) -> End {
        match self.cancel.request() {
            Request::Run => End::Awaited,
            Request::Terminate { .. } => End::Gentle,
            Request::Kill { .. } => End::Killed,
        }
    }

    /// Reports that the run is cancelled, and requests the attempts to end.
    pub(crate) fn cancel_run(&mut self, cause: Cause, end: End) {
        let (running, grace) = (self.schedule.running(), self.options.grace);
        self.announce(&Event::Canceled(Cancellation {
            cause,
            end,
            running,
            grace,
        }));
        self.send_request();
    }

    /// Sends the current request to the attempts.
    fn send_request(&mut self) {
        self.options.guard.ending();
        // The grace period and prun's patience are time limits, too.
        self.clock.watch();
        let request = self.cancel.request();
        self.requests.send_replace(request);
        self.own_requests.send_to_all(request);
    }
}
