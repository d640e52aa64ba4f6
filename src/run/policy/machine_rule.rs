//! Whether the machine may take another job: its load and its memory. Pure, without clock or files.

use std::collections::VecDeque;
use std::time::Duration;

use super::clock::Moment;
use crate::event::MachineLimit;

/// How long the threads of a job that was started may not be among those that run: it is not yet executed,
/// or waits for the disk. Meanwhile the job itself counts.
const SETTLING: Duration = Duration::from_millis(100);

/// How long to wait for a lower load or more memory.
const INTERVAL: Duration = Duration::from_secs(1);

/// What must hold for a job to start beside others.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct MachineRule {
    /// The most threads that run.
    pub(crate) load: Option<f64>,
    /// The least memory available, in bytes.
    pub(crate) memory: Option<u64>,
}

/// What the machine was found to be; only what is limited, and only where the system tells.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct MachineReading {
    /// How many threads run.
    pub(crate) load: Option<f64>,
    pub(crate) memory: Option<Memory>,
}

/// An amount of memory, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Memory {
    /// What programs can get without taking it from others.
    pub(crate) available: u64,
    pub(crate) total: u64,
}

impl Memory {
    /// Returns the lower of each.
    pub(crate) fn lower(self, other: Self) -> Self {
        Self {
            available: self.available.min(other.available),
            total: self.total.min(other.total),
        }
    }
}

/// Whether a job may start now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum StartDecision {
    Start,
    /// When the machine has been read.
    Read,
    /// Not before this moment.
    Wait(MachineLimit, Moment),
}

/// What is known of the machine between two starts.
#[derive(Debug, Default)]
pub(crate) struct MachineState {
    rule: MachineRule,
    /// When the last jobs were started, as long as they are settling.
    recent: VecDeque<Moment>,
    is_asked: bool,
    /// Whether something has changed since it was asked, so that the answer is not the last word.
    is_outdated: bool,
    last: Option<(StartDecision, Moment)>,
}

impl MachineState {
    pub(crate) fn new(rule: MachineRule) -> Self {
        Self {
            rule,
            ..Self::default()
        }
    }

    /// Decides on a start while `running` jobs run. One always runs.
    pub(crate) fn decide(&mut self, now: Moment, running: usize) -> StartDecision {
        if running == 0 || self.rule == MachineRule::default() {
            return StartDecision::Start;
        }
        match self.last {
            Some((StartDecision::Wait(limit, until), _)) if now < until => {
                StartDecision::Wait(limit, until)
            }
            Some((StartDecision::Start, at)) if now < at + SETTLING => StartDecision::Start,
            _ => StartDecision::Read,
        }
    }

    /// Handles a request for a reading; returns whether it is to be made.
    pub(crate) fn ask(&mut self) -> bool {
        !std::mem::replace(&mut self.is_asked, true)
    }

    /// Handles the reading that was asked for.
    pub(crate) fn read(&mut self, reading: MachineReading, now: Moment, running: usize) {
        self.is_asked = false;
        if std::mem::take(&mut self.is_outdated) {
            return;
        }
        while self.recent.front().is_some_and(|at| *at + SETTLING <= now) {
            self.recent.pop_front();
        }
        // Those that have ended are not known one by one, but they do not run.
        let settling = self.recent.len().min(running);
        let decision = match self.exceeded(reading, settling) {
            None => StartDecision::Start,
            Some(limit) => {
                let settled = self.recent.front().map(|at| *at + SETTLING);
                let settled = settled.filter(|_| matches!(limit, MachineLimit::Load { .. }));
                StartDecision::Wait(limit, settled.unwrap_or(now + INTERVAL))
            }
        };
        self.last = Some((decision, now));
    }

    /// Returns the limit that keeps a job from starting while so many are settling.
    fn exceeded(&self, reading: MachineReading, settling: usize) -> Option<MachineLimit> {
        if let (Some(limit), Some(load)) = (self.rule.load, reading.load) {
            #[expect(clippy::cast_precision_loss, reason = "there are few of them")]
            let now = load + settling as f64;
            if now > limit {
                return Some(MachineLimit::Load { now, limit });
            }
        }
        let (limit, memory) = (self.rule.memory?, reading.memory?);
        let available = memory.available;
        (available < limit).then_some(MachineLimit::Memory { available, limit })
    }

    /// Handles a start.
    pub(crate) fn started(&mut self, now: Moment) {
        if self.rule.load.is_some() {
            self.recent.push_back(now);
        }
        self.changed();
    }

    /// Handles the end of a job, or anything else that makes the last reading old.
    pub(crate) fn changed(&mut self) {
        self.last = None;
        self.is_outdated = self.is_asked;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Moment = Duration::from_secs(10);

    fn with_load(limit: f64) -> MachineState {
        MachineState::new(MachineRule {
            load: Some(limit),
            memory: None,
        })
    }

    fn load(load: f64) -> MachineReading {
        MachineReading {
            load: Some(load),
            memory: None,
        }
    }

    fn memory(available: u64) -> MachineReading {
        let total = 1000;
        MachineReading {
            load: None,
            memory: Some(Memory { available, total }),
        }
    }

    #[test]
    fn one_job_always_runs() {
        let mut state = with_load(0.0);
        assert_eq!(state.decide(NOW, 0), StartDecision::Start);
        assert_eq!(state.decide(NOW, 1), StartDecision::Read);
        state.read(load(9.0), NOW, 1);
        assert_eq!(state.decide(NOW, 0), StartDecision::Start);
    }

    #[test]
    fn without_a_rule_nothing_is_read() {
        let mut state = MachineState::new(MachineRule::default());
        assert_eq!(state.decide(NOW, 5), StartDecision::Start);
    }

    #[test]
    fn each_start_needs_a_reading_of_its_own() {
        let mut state = with_load(4.0);
        state.read(load(1.0), NOW, 1);
        assert_eq!(state.decide(NOW, 1), StartDecision::Start);
        state.started(NOW);
        assert_eq!(state.decide(NOW, 2), StartDecision::Read);
        assert!(state.ask());
        assert!(!state.ask(), "one at a time");
        // Also if nothing was started: it is old.
        state.read(load(1.0), NOW, 2);
        assert_eq!(state.decide(NOW + SETTLING, 2), StartDecision::Read);
    }

    #[test]
    fn above_the_load_it_waits_a_second() {
        let mut state = with_load(4.0);
        state.read(load(4.0), NOW, 3);
        assert_eq!(state.decide(NOW, 3), StartDecision::Start, "not above it");
        state.read(load(5.0), NOW, 3);
        let (now, limit) = (5.0, 4.0);
        let wait = StartDecision::Wait(MachineLimit::Load { now, limit }, NOW + INTERVAL);
        assert_eq!(state.decide(NOW, 3), wait);
        assert_eq!(state.decide(NOW + INTERVAL, 3), StartDecision::Read);
    }

    #[test]
    fn jobs_that_were_just_started_count_until_their_threads_do() {
        let mut state = with_load(2.0);
        for _ in 0..3 {
            state.started(NOW);
        }
        state.read(load(0.0), NOW, 3);
        let (now, limit) = (3.0, 2.0);
        let wait = StartDecision::Wait(MachineLimit::Load { now, limit }, NOW + SETTLING);
        assert_eq!(state.decide(NOW, 3), wait);
        // They sleep, so the load stays low.
        let later = NOW + SETTLING;
        assert_eq!(state.decide(later, 3), StartDecision::Read);
        state.read(load(0.0), later, 3);
        assert_eq!(state.decide(later, 3), StartDecision::Start);
    }

    #[test]
    fn jobs_that_have_ended_do_not_count() {
        let mut state = with_load(2.0);
        for _ in 0..100 {
            state.started(NOW);
            state.changed();
        }
        state.read(load(0.0), NOW, 1);
        assert_eq!(state.decide(NOW, 1), StartDecision::Start);
    }

    #[test]
    fn an_end_is_a_reason_to_read_again_at_once() {
        let mut state = with_load(2.0);
        state.read(load(5.0), NOW, 3);
        state.changed();
        assert_eq!(state.decide(NOW, 2), StartDecision::Read);
        // It was read before the end.
        assert!(state.ask());
        state.changed();
        state.read(load(5.0), NOW, 1);
        assert_eq!(state.decide(NOW, 1), StartDecision::Read);
        assert!(state.ask());
        state.read(load(1.0), NOW, 1);
        assert_eq!(state.decide(NOW, 1), StartDecision::Start);
    }

    #[test]
    fn below_the_memory_it_waits() {
        let rule = MachineRule {
            load: None,
            memory: Some(500),
        };
        let mut state = MachineState::new(rule);
        state.read(memory(500), NOW, 1);
        assert_eq!(state.decide(NOW, 1), StartDecision::Start);
        state.started(NOW);
        state.read(memory(499), NOW, 2);
        let (available, limit) = (499, 500);
        let limit = MachineLimit::Memory { available, limit };
        let wait = StartDecision::Wait(limit, NOW + INTERVAL);
        assert_eq!(state.decide(NOW, 2), wait);
    }

    #[test]
    fn what_the_system_does_not_tell_keeps_nothing_from_starting() {
        let rule = MachineRule {
            load: Some(0.0),
            memory: Some(u64::MAX),
        };
        let mut state = MachineState::new(rule);
        state.read(MachineReading::default(), NOW, 1);
        assert_eq!(state.decide(NOW, 1), StartDecision::Start);
    }
}
