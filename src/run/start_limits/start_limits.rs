//! All that may keep a job from starting although a slot is free.

use std::io;

use tokio::sync::mpsc::UnboundedSender;

use super::jobserver::Jobserver;
use super::machine::{Machine, MachineReader};
use crate::event::MachineLimit;
use crate::run::control::Control;
use crate::run::policy::{MachineReading, MachineRule, MachineState, Moment, StartDecision};

/// The limits of a run's starts, and what keeps the next job from starting now.
#[derive(Debug, Default)]
pub(crate) struct StartLimits {
    machine: Option<(MachineState, MachineReader)>,
    jobserver: Option<Jobserver>,
    /// How many slots the jobs take that run or are about to.
    slots: usize,
    wait: Option<StartWait>,
    /// What the next job waited for when that was known last.
    limit: Option<MachineLimit>,
}

/// Why the next job does not start now.
#[derive(Clone, Copy, Debug, PartialEq)]
enum StartWait {
    /// The machine is being read: a message tells.
    Reading,
    /// It is to be asked again at a time.
    Machine(MachineLimit, Moment),
    /// A message tells when to try again.
    Token,
}

/// What is settled of the limits before the run begins.
#[derive(Debug, Default)]
pub(crate) struct StartLimitSettings {
    pub(crate) machine: Option<(Machine, MachineRule)>,
    pub(crate) jobserver: Option<Jobserver>,
}

impl StartLimitSettings {
    /// Starts what sends messages to `control`; `None` if there are no limits.
    pub(crate) fn start(
        self,
        control: &UnboundedSender<Control>,
    ) -> io::Result<Option<StartLimits>> {
        let Self { machine, jobserver } = self;
        if machine.is_none() && jobserver.is_none() {
            return Ok(None);
        }
        let mut limits = StartLimits::default();
        if let Some((machine, rule)) = machine {
            let reader = MachineReader::start(machine, rule, control.clone())?;
            limits.machine = Some((MachineState::new(rule), reader));
        }
        if let Some(mut jobserver) = jobserver {
            jobserver.listen(control.clone())?;
            limits.jobserver = Some(jobserver);
        }
        Ok(Some(limits))
    }
}

impl StartLimits {
    /// Handles whatever has happened since jobs were started last: those that run take `slots` now.
    pub(crate) fn update(&mut self, slots: usize) {
        self.wait = None;
        if slots < self.slots {
            if let Some((state, _)) = &mut self.machine {
                state.changed();
            }
            if let Some(jobserver) = &mut self.jobserver {
                jobserver.keep_for(slots);
            }
        }
        self.slots = slots;
    }

    /// Whether a job that takes `weight` slots starts now beside those that run. If so, it has its tokens.
    /// If not, [`until`](Self::until) or a message tells when to ask again.
    pub(crate) fn start(&mut self, now: Moment, weight: usize) -> bool {
        self.wait = self.obstacle(now, weight);
        if self.wait.is_some() {
            return false;
        }
        self.slots += weight;
        if let Some((state, _)) = &mut self.machine {
            state.started(now);
        }
        true
    }

    fn obstacle(&mut self, now: Moment, weight: usize) -> Option<StartWait> {
        if let Some((state, reader)) = &mut self.machine {
            match state.decide(now, self.slots) {
                StartDecision::Start => {}
                StartDecision::Read => {
                    if state.ask() {
                        reader.ask();
                    }
                    return Some(StartWait::Reading);
                }
                StartDecision::Wait(limit, until) => return Some(StartWait::Machine(limit, until)),
            }
        }
        let jobserver = self.jobserver.as_mut()?;
        let has_tokens = jobserver.take_for(self.slots + weight);
        // One always runs, with the tokens that there are.
        (!has_tokens && self.slots > 0).then_some(StartWait::Token)
    }

    /// Handles a reading that was asked for.
    pub(crate) fn read(&mut self, reading: MachineReading, now: Moment) {
        if let Some((state, _)) = &mut self.machine {
            state.read(reading, now, self.slots);
        }
    }

    /// Handles the message that a token may have come.
    pub(crate) fn token_came(&mut self) {
        if let Some(jobserver) = &mut self.jobserver {
            jobserver.came();
        }
    }

    /// Returns when to ask again, if no message tells it.
    pub(crate) fn until(&self) -> Option<Moment> {
        match self.wait {
            Some(StartWait::Machine(_, until)) => Some(until),
            Some(StartWait::Reading | StartWait::Token) | None => None,
        }
    }

    /// Returns what the next job waits for. While the machine is being read that is what it was.
    pub(crate) fn limit(&mut self) -> Option<MachineLimit> {
        self.limit = match self.wait {
            None => None,
            Some(StartWait::Reading) => self.limit,
            Some(StartWait::Machine(limit, _)) => Some(limit),
            Some(StartWait::Token) => Some(MachineLimit::Jobserver),
        };
        self.limit
    }
}
