//! The end of a run before its time, and its pauses: what reaches the runner from outside, and
//! what it asks of the attempts then.

use std::time::Duration;

use super::runner::Runner;
use crate::event::{Cause, End, Event, Flow, OutputLoss, Stop};
use crate::os::process_group::is_orphaned;
use crate::process::Signal;
use crate::run::control::Control;
use crate::run::policy::Moment;
use crate::run::policy::{Escalation, Request};

/// How long prun waits for starts that are going on before it is stopped. The same Ctrl-Z may have
/// stopped one of them, which is found and continued after 0.2 s.
const START_WAIT: Duration = Duration::from_secs(2);

impl<T: FnMut(&Event) -> Flow> Runner<T> {
    pub(crate) fn on_control(&mut self, control: Control) -> Escalation {
        match control {
            Control::Signal(signal) => {
                let escalation = self.cancel.signal(signal, self.clock.now());
                match escalation {
                    Escalation::First => self.stop(Cause::Signal(signal), End::Gentle),
                    Escalation::Second => self.stop(Cause::Signal(signal), End::Killed),
                    Escalation::Echo => {}
                    // Nobody waits for the attempts to do it.
                    Escalation::Third => {
                        self.take_arrivals();
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
            Control::ReaderGone => {
                // Held output would grow without anybody to read it.
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
        Escalation::Echo
    }

    /// What was printed cannot be told: nothing more is started, and what runs is ended, unless
    /// standard output can still be written.
    pub(crate) fn on_output_failed(&mut self, loss: OutputLoss) {
        self.announce(&Event::OutputFailed(loss));
        if loss == OutputLoss::Stderr {
            return;
        }
        self.cancel.output_failed();
        self.pass_on();
    }

    /// Stops the jobs and prun when the starts that are going on are over: what runs must be known.
    pub(crate) fn suspend_soon(&mut self) {
        // Nobody could continue us: the terminal's own rule for such a group is to ignore it.
        if !is_orphaned() {
            let until = self.clock.now() + START_WAIT;
            self.suspending.get_or_insert(until);
        }
    }

    /// Stops the jobs and prun, until somebody continues prun, if it is time to; all clocks stand
    /// still meanwhile.
    pub(crate) fn suspend_if_due(&mut self) {
        let is_starting = self.schedule.running() > self.running.count();
        let is_due = |until: &mut Moment| !is_starting || *until <= self.clock.now();
        if self.suspending.take_if(is_due).is_none() {
            return;
        }
        if is_starting {
            // A thread that waits for an exec cannot be stopped, and whoever waits for our stop would
            // wait for it: the terminal would be nobody's.
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

    /// Learns of the processes that have just started, before something is done to all.
    fn take_arrivals(&mut self) {
        while let Ok(event) = self.arrivals.try_recv() {
            self.on_attempt(event);
        }
    }

    /// Until when the jobs that are not read yet may wait to be told, if only those are left.
    pub(crate) fn patience(&self) -> Option<Moment> {
        let (_, since) = self.full.as_ref().filter(|_| self.schedule.is_idle())?;
        Some(*since + self.cancel.patience(self.options.grace)?)
    }

    pub(crate) fn on_deadline(&mut self) {
        if self.cancel.deadline() {
            self.stop(Cause::Deadline, End::Gentle);
        }
    }

    /// What the policy asks of the jobs that run.
    pub(crate) fn policy_end(&self) -> End {
        match self.cancel.request() {
            Request::Run => End::Awaited,
            Request::Stop { .. } => End::Gentle,
            Request::Kill { .. } => End::Killed,
        }
    }

    /// Tells that the run ends before its time, and asks the attempts to end.
    pub(crate) fn stop(&mut self, cause: Cause, end: End) {
        let (running, grace) = (self.schedule.running(), self.options.grace);
        self.announce(&Event::Stopped(Stop {
            cause,
            end,
            running,
            grace,
        }));
        self.pass_on();
    }

    /// Passes what is asked of the attempts on to them.
    fn pass_on(&mut self) {
        self.options.guard.ending();
        // The grace and prun's patience are limits, too.
        self.clock.watch();
        self.requests.send_replace(self.cancel.request());
    }
}
