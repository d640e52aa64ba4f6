//! Random graphs of jobs, run without a process: what must hold whatever the jobs do.

use std::collections::{BTreeMap, BTreeSet};
use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::event::samples::failed;
use crate::event::{CancelReason, Status};
use crate::plan::Pool;
use crate::process::Signal;
use crate::run::policy::clock::Moment;
use crate::run::policy::{Cancel, HaltAfter, HaltMode, HaltRule, Schedule};

/// A job of a random graph.
#[derive(Clone, Debug)]
struct SimulatedJob {
    needs: Vec<u64>,
    weight: u32,
    pool: Option<u8>,
    is_service: bool,
    /// How many attempts fail before one succeeds.
    failures: u32,
    retries: u32,
}

/// How a job of the simulation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Ok,
    Failed,
    Skipped,
}

fn graph() -> impl Strategy<Value = Vec<SimulatedJob>> {
    let job = (
        prop::collection::vec(any::<prop::sample::Index>(), 0..4),
        1u32..5,
        prop::option::of(0u8..3),
        prop::bool::weighted(0.15),
        prop_oneof![6 => Just(0u32), 1 => 1u32..4],
        0u32..3,
    );
    let jobs = prop::collection::vec(job, 1..60);
    (jobs, any::<u64>()).prop_map(|(jobs, order)| {
        let count = jobs.len() as u64;
        // A random order in which no circle is possible, whatever the numbers are.
        let rank = |seq: u64| (seq.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ order).rotate_left(17);
        type Drawn = (Vec<prop::sample::Index>, u32, Option<u8>, bool, u32, u32);
        let build = |(at, drawn): (u64, Drawn)| {
            let (needs, weight, pool, is_service, failures, retries) = drawn;
            let seqs: BTreeSet<u64> = needs
                .iter()
                .map(|need| need.index(count as usize) as u64 + 1)
                .filter(|need| rank(*need) < rank(at))
                .collect();
            SimulatedJob {
                needs: seqs.into_iter().collect(),
                weight,
                pool: pool.filter(|_| !is_service),
                is_service,
                failures,
                retries: if is_service { 0 } else { retries },
            }
        };
        (1..).zip(jobs).map(build).collect()
    })
}

/// What ends a run early.
#[derive(Clone, Copy, Debug)]
enum EarlyEnd {
    Never,
    /// A signal after so many steps.
    Signal(usize),
    Deadline(usize),
    Halt(HaltRule),
}

fn early_end() -> impl Strategy<Value = EarlyEnd> {
    let mode = prop_oneof![Just(HaltMode::Now), Just(HaltMode::Soon)];
    let limit = (1u32..4).prop_map(|limit| NonZeroU32::new(limit).unwrap());
    let fail_fast = (mode, limit).prop_map(|(mode, limit)| {
        EarlyEnd::Halt(HaltRule {
            after: HaltAfter::Failures,
            limit,
            mode,
            reason: CancelReason::FailFast,
        })
    });
    let after = prop_oneof![Just(HaltAfter::Jobs), Just(HaltAfter::Successes)];
    prop_oneof![
        4 => Just(EarlyEnd::Never),
        1 => (0usize..150).prop_map(EarlyEnd::Signal),
        1 => (0usize..150).prop_map(EarlyEnd::Deadline),
        1 => fail_fast,
        1 => after.prop_map(|after| EarlyEnd::Halt(HaltRule::race(after))),
    ]
}

/// The state of a simulated run.
struct Simulation {
    jobs: Vec<SimulatedJob>,
    limit: usize,
    cancel: Cancel,
    dependencies: Dependencies<u64>,
    schedule: Schedule<u64>,
    attempts: BTreeMap<u64, u32>,
    running: BTreeMap<u64, u32>,
    services: BTreeMap<u64, u32>,
    ready_services: BTreeSet<u64>,
    fates: BTreeMap<u64, Fate>,
    /// The order of the starts of jobs.
    starts: Vec<u64>,
}

impl Simulation {
    fn job(&self, seq: u64) -> &SimulatedJob {
        &self.jobs[seq as usize - 1]
    }

    fn pool(index: u8) -> Arc<Pool> {
        Arc::new(Pool {
            name: format!("pool {index}").into(),
            limit: NonZeroU32::new(u32::from(index) + 1).unwrap(),
        })
    }

    fn release(&mut self, released: Vec<Released<u64>>) {
        for released in released {
            match released {
                Released::Failed(seq, _) => self.end(seq, Fate::Skipped),
                Released::Ready(seq) if self.job(seq).is_service => self.schedule.push_service(seq),
                Released::Ready(seq) => {
                    let job = self.job(seq);
                    let claim = SlotClaim {
                        seq,
                        length: Duration::ZERO,
                        weight: NonZeroU32::new(job.weight).unwrap(),
                        pool: job.pool.map(Self::pool),
                    };
                    self.schedule.ready.push(claim, seq);
                }
            }
        }
    }

    /// Ends what waits, once nothing may start any more.
    fn end_waiting(&mut self) {
        let mut waiting: Vec<u64> = self.schedule.take_waiting().collect();
        waiting.extend(self.dependencies.take_all().map(|(seq, _)| seq));
        for seq in waiting {
            self.end(seq, Fate::Skipped);
        }
    }

    /// Ends a job that has run.
    fn end_after(&mut self, seq: u64, fate: Fate) {
        self.end(seq, fate);
        let status = match fate {
            Fate::Ok => Status::Ok,
            Fate::Failed | Fate::Skipped => Status::Failed,
        };
        self.cancel.job_ended(status, false);
    }

    fn end(&mut self, seq: u64, fate: Fate) {
        let before = self.fates.insert(seq, fate);
        assert_eq!(before, None, "job {seq} ended twice");
        let released = match fate {
            Fate::Ok => self.dependencies.satisfy(seq),
            Fate::Failed | Fate::Skipped => self
                .dependencies
                .fail(seq, Arc::new(failed(&format!("{seq}: exit 1")))),
        };
        self.release(released);
    }

    /// Starts what may start, and checks what must hold then.
    fn start(&mut self) {
        if !self.cancel.may_start() {
            return;
        }
        while let Some(service) = self.schedule.take_service() {
            self.check_needs(service);
            let [slot, _] = self.schedule.take_service_slots();
            self.services.insert(service, slot);
        }
        while self.schedule.has_free_slot() {
            let Some((seq, slots)) = self.schedule.take_ready(|_| true) else {
                break;
            };
            if self
                .dependencies
                .failed(self.job(seq).needs.clone())
                .is_some()
            {
                if let Some(pool) = self.job(seq).pool {
                    self.schedule.ready.leave(&Self::pool(pool));
                }
                self.end(seq, Fate::Skipped);
                continue;
            }
            self.check_needs(seq);
            assert_eq!(slots, self.job(seq).weight.min(self.limit as u32));
            let slot = self.schedule.take_slots(Moment::ZERO, slots);
            self.running.insert(seq, slot);
            *self.attempts.entry(seq).or_default() += 1;
            self.starts.push(seq);
        }
        let weights = self
            .running
            .keys()
            .map(|seq| self.job(*seq).weight as usize);
        let taken: usize = weights.map(|weight| weight.min(self.limit)).sum();
        assert!(taken <= self.limit, "more slots are taken than there are");
        for pool in 0..3 {
            let members = self.running.keys().map(|seq| self.job(*seq).pool);
            let members = members.filter(|of| *of == Some(pool)).count();
            assert!(members <= usize::from(pool) + 1, "pool {pool} is overfull");
        }
    }

    fn check_needs(&self, seq: u64) {
        for need in &self.job(seq).needs {
            let is_met = match self.job(*need).is_service {
                true => self.ready_services.contains(need),
                false => self.fates.get(need) == Some(&Fate::Ok),
            };
            assert!(is_met, "job {seq} was started before job {need}");
        }
    }

    /// Lets something happen: a job ends, a service is ready, or ends too early.
    fn happen(&mut self, pick: usize, breaks: bool) {
        let starting = self.services.keys().copied();
        let starting = starting.filter(|service| !self.ready_services.contains(service));
        let choices: Vec<u64> = self.running.keys().copied().chain(starting).collect();
        let Some(seq) = choices.get(pick % choices.len().max(1)).copied() else {
            return;
        };
        if self.job(seq).is_service {
            if self.job(seq).failures > 0 && breaks {
                let slot = self.services.remove(&seq).unwrap();
                self.schedule.release(slot);
                return self.end_after(seq, Fate::Failed);
            }
            self.ready_services.insert(seq);
            let released = self.dependencies.satisfy(seq);
            return self.release(released);
        }
        let slot = self.running.remove(&seq).unwrap();
        self.schedule.release(slot);
        let job = self.job(seq).clone();
        if let Some(pool) = job.pool {
            self.schedule.ready.leave(&Self::pool(pool));
        }
        match self.attempts[&seq] {
            attempt if attempt > job.failures => self.end_after(seq, Fate::Ok),
            attempt if attempt > job.retries || !self.cancel.may_start() => {
                self.end_after(seq, Fate::Failed);
            }
            _ => {
                let claim = SlotClaim {
                    seq,
                    length: Duration::MAX,
                    weight: NonZeroU32::new(job.weight).unwrap(),
                    pool: job.pool.map(Self::pool),
                };
                self.schedule.ready.push(claim, seq);
            }
        }
    }

    fn is_over(&self) -> bool {
        self.schedule.is_idle() && self.dependencies.is_idle()
    }
}

/// Runs a graph to its end, reading a job whenever nothing else may start.
fn simulate(
    jobs: Vec<SimulatedJob>,
    limit: usize,
    picks: &[(usize, bool)],
    early: EarlyEnd,
) -> Simulation {
    let mut simulation = Simulation {
        cancel: Cancel::new(match early {
            EarlyEnd::Halt(rule) => Some(rule),
            _ => None,
        }),
        schedule: Schedule::new(NonZeroUsize::new(limit), true, Duration::ZERO),
        dependencies: Dependencies::default(),
        attempts: BTreeMap::new(),
        running: BTreeMap::new(),
        services: BTreeMap::new(),
        ready_services: BTreeSet::new(),
        fates: BTreeMap::new(),
        starts: Vec::new(),
        limit,
        jobs,
    };
    let mut read = 0;
    let mut picks = picks.iter().cycle();
    // Every step ends an attempt, reads a job or makes a service ready.
    for step in 0..10_000 {
        match early {
            EarlyEnd::Signal(at) if at == step => {
                simulation.cancel.signal(Signal::INT, Moment::ZERO);
            }
            EarlyEnd::Deadline(at) if at == step => drop(simulation.cancel.deadline()),
            _ => {}
        }
        if !simulation.cancel.may_start() {
            simulation.end_waiting();
        }
        simulation.start();
        let wants_job = simulation.schedule.has_free_slot() && simulation.schedule.ready.is_empty();
        let (pick, breaks) = *picks.next().unwrap();
        if read < simulation.jobs.len() && (wants_job || pick % 3 == 0) {
            read += 1;
            let seq = read as u64;
            let job = simulation.job(seq).clone();
            let added = Added {
                seq,
                needs: &job.needs,
                is_service: job.is_service,
            };
            if !simulation.cancel.may_start() {
                simulation.end(seq, Fate::Skipped);
                continue;
            }
            let mut released = simulation.dependencies.add(added, seq);
            if read == simulation.jobs.len() {
                released.extend(simulation.dependencies.want_unneeded_services());
            }
            simulation.release(released);
        } else if read == simulation.jobs.len() && simulation.is_over() {
            return simulation;
        } else {
            simulation.happen(pick, breaks);
        }
    }
    panic!("the run does not end: {:?}", simulation.fates);
}

proptest! {
    #[test]
    fn no_job_starts_before_its_needs_and_every_job_ends_once(
        jobs in graph(),
        limit in 1usize..6,
        picks in prop::collection::vec((0usize..1000, any::<bool>()), 1..50),
        early in early_end(),
    ) {
        let mut simulation = simulate(jobs, limit, &picks, early);
        let left: BTreeSet<u64> = simulation.dependencies.take_all().map(|(seq, _)| seq).collect();
        for seq in 1..=simulation.jobs.len() as u64 {
            let job = simulation.job(seq);
            let runs = simulation.services.contains_key(&seq);
            let told = simulation.fates.contains_key(&seq);
            let ways = usize::from(runs) + usize::from(told) + usize::from(left.contains(&seq));
            prop_assert_eq!(ways, 1, "job {} has {} endings", seq, ways);
            prop_assert!(job.is_service || told);
            // What did not run had a reason.
            let is_early = !simulation.cancel.may_start();
            if simulation.fates.get(&seq) == Some(&Fate::Skipped) && !is_early {
                let is_bad = |need: &u64| {
                    matches!(simulation.fates.get(need), Some(Fate::Failed | Fate::Skipped))
                };
                prop_assert!(job.needs.iter().any(is_bad), "job {} was skipped for nothing", seq);
            }
        }
    }

    #[test]
    fn a_heavy_job_starts_before_all_that_came_after_it(
        before in 0usize..5,
        after in 1usize..20,
        limit in 2usize..6,
        picks in prop::collection::vec((0usize..1000, any::<bool>()), 1..50),
    ) {
        let job = |weight| SimulatedJob {
            needs: Vec::new(),
            weight,
            pool: None,
            is_service: false,
            failures: 0,
            retries: 0,
        };
        let mut jobs = vec![job(1); before];
        jobs.push(job(limit as u32 + 1));
        jobs.extend(vec![job(1); after]);
        let simulation = simulate(jobs, limit, &picks, EarlyEnd::Never);
        let expected: Vec<u64> = (1..=(before + 1 + after) as u64).collect();
        prop_assert_eq!(simulation.starts, expected);
    }
}
