//! Slots, and jobs that wait for one, or for another attempt. Pure, without clock or process.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::num::NonZeroUsize;
use std::time::Duration;

use super::clock::Moment;
use super::graph::ReadyJobs;
pub(crate) use super::resource_limit::Refusal;
use super::resource_limit::ResourceLimit;
use super::slots::Slots;

/// The slots of running jobs, and the queue of jobs `J` that wait for another attempt.
#[derive(Debug)]
pub(crate) struct Schedule<J> {
    limit: Option<NonZeroUsize>,
    /// Whether the limit may have changed, so that no job starts before it is set again.
    awaits_limit: bool,
    /// The number of processes that the system allows, after it refused one.
    allowed: Option<NonZeroUsize>,
    slots: Slots,
    /// The jobs that may start as soon as there are slots for them.
    pub(crate) ready: ReadyJobs<J>,
    /// The services that are to start, which need no slot of the limit.
    services: VecDeque<J>,
    waiting: BinaryHeap<Reverse<WaitingJob<J>>>,
    /// The minimum time between two starts.
    delay: Duration,
    last_start: Option<Moment>,
    resource_limit: ResourceLimit,
    /// Whether a process was ever started.
    has_started: bool,
}

/// Ordered by time, then by the order of the jobs.
#[derive(Debug)]
struct WaitingJob<J> {
    due: Moment,
    seq: u64,
    job: J,
}

impl<J> Schedule<J> {
    /// Creates it for `limit` concurrent jobs, or any number, with `delay` between two starts.
    /// `is_fixed`: the limit will not be changed.
    pub(crate) fn new(limit: Option<NonZeroUsize>, is_fixed: bool, delay: Duration) -> Self {
        Self {
            slots: Slots::new(limit.filter(|_| is_fixed)),
            ready: ReadyJobs::default(),
            services: VecDeque::new(),
            limit,
            awaits_limit: false,
            allowed: None,
            delay,
            last_start: None,
            resource_limit: ResourceLimit::default(),
            has_started: false,
            waiting: BinaryHeap::new(),
        }
    }

    /// Whether another job may run.
    pub(crate) fn has_free_slot(&self) -> bool {
        !self.awaits_limit && self.free_slots() != Some(0)
    }

    /// Returns how many slots there are; `None` for no limit.
    pub(crate) fn most_slots(&self) -> Option<usize> {
        let limits = [self.limit, self.allowed].into_iter().flatten();
        limits.min().map(NonZeroUsize::get)
    }

    /// Returns how many slots are free; `None` for no limit.
    fn free_slots(&self) -> Option<usize> {
        let most = self.most_slots()?;
        Some(most.saturating_sub(self.slots.taken()))
    }

    /// Takes the next job that may start, with the number of slots that it takes; `starts` decides last.
    pub(crate) fn take_ready(&mut self, starts: impl FnOnce(u32) -> bool) -> Option<(J, u32)> {
        let (free, most) = (self.free_slots(), self.most_slots());
        self.ready.take(free, most, starts)
    }

    /// How many slots the jobs take that run, apart from services.
    pub(crate) fn taken_slots(&self) -> usize {
        self.slots.taken()
    }

    /// Adds a service that is to start.
    pub(crate) fn push_service(&mut self, job: J) {
        self.services.push_back(job);
    }

    /// Takes the next service that is to start.
    pub(crate) fn take_service(&mut self) -> Option<J> {
        self.services.pop_front()
    }

    /// Lets no job start until the limit is set again.
    pub(crate) fn await_limit(&mut self) {
        self.awaits_limit = true;
    }

    /// Sets the limit of concurrent jobs, for those that start later.
    pub(crate) fn set_limit(&mut self, limit: Option<NonZeroUsize>) {
        self.limit = limit;
    }

    /// Lets jobs start under the limit that was set last.
    pub(crate) fn go_on(&mut self) {
        self.awaits_limit = false;
    }

    /// Whether another job may run even if those that wait for another attempt ran, too.
    pub(crate) fn has_unclaimed_slot(&self) -> bool {
        let claimed = self.slots.taken() + self.waiting.len();
        self.limit.is_none_or(|limit| claimed < limit.get())
    }

    /// Returns how many jobs run, with services.
    pub(crate) fn running(&self) -> usize {
        self.slots.running()
    }

    /// Returns until when no job may start, because another one was just started or refused.
    pub(crate) fn paused_until(&self, now: Moment) -> Option<Moment> {
        // A delay that overflows the clock is ignored.
        let next = self
            .last_start
            .and_then(|last| last.checked_add(self.delay));
        next.max(self.resource_limit.until())
            .filter(|next| *next > now)
    }

    /// Takes the lowest free slots for a start at `now`, and returns the first of them.
    pub(crate) fn take_slots(&mut self, now: Moment, count: u32) -> u32 {
        self.last_start = Some(now);
        debug_assert!(
            self.free_slots().is_none_or(|free| free >= count as usize),
            "a slot was taken beyond the limit"
        );
        self.slots.take(count)
    }

    /// Takes two numbers for a service, which are none of the slots of the limit: its own, and one for what
    /// asks whether it is ready.
    pub(crate) fn take_service_slots(&mut self) -> [u32; 2] {
        self.slots.take_for_service()
    }

    /// Releases the slots of a process that has ended.
    pub(crate) fn release(&mut self, slot: u32) {
        self.resource_limit.relieved();
        self.slots.release(slot);
    }

    /// Handles a start that succeeded.
    pub(crate) fn started(&mut self) {
        self.has_started = true;
        self.resource_limit.started();
    }

    /// Handles a start in `slot` that the system refused while `reached` processes ran, and releases
    /// the slot. From then on at most half of those run at once: jobs may start processes too.
    pub(crate) fn refused(&mut self, slot: u32, now: Moment, reached: usize) -> Refusal {
        self.slots.release(slot);
        let refusal = self.resource_limit.refused(now, reached);
        if let Refusal::Later { limit } = refusal {
            self.allowed = Some(self.allowed.map_or(limit, |old| old.min(limit)));
        }
        refusal
    }

    /// Whether the system has refused every start, and will continue to.
    pub(crate) fn cannot_start(&self) -> bool {
        self.resource_limit.is_lasting() && !self.has_started
    }

    /// Queues `job` until `due`; it holds no slot meanwhile.
    pub(crate) fn wait_until(&mut self, due: Moment, seq: u64, job: J) {
        self.waiting.push(Reverse(WaitingJob { due, seq, job }));
    }

    /// Takes the first waiting job that is due.
    pub(crate) fn take_due(&mut self, now: Moment) -> Option<J> {
        let Reverse(first) = self.waiting.peek()?;
        if first.due > now {
            return None;
        }
        self.waiting.pop().map(|Reverse(waiting)| waiting.job)
    }

    /// Returns when the next waiting job is due.
    pub(crate) fn next_due(&self) -> Option<Moment> {
        self.waiting.peek().map(|Reverse(first)| first.due)
    }

    /// Takes all waiting jobs, which will not run again.
    pub(crate) fn take_waiting(&mut self) -> impl Iterator<Item = J> + use<J> {
        let waiting = std::mem::take(&mut self.waiting).into_sorted_vec();
        let waiting = waiting.into_iter().rev();
        let services = std::mem::take(&mut self.services);
        let ready = self.ready.take_all();
        let tried = waiting.map(|Reverse(waiting)| waiting.job);
        tried.chain(services).chain(ready)
    }

    /// Whether no job runs or waits, but for services that run.
    pub(crate) fn is_idle(&self) -> bool {
        self.slots.taken() == 0
            && self.waiting.is_empty()
            && self.services.is_empty()
            && self.ready.is_idle()
    }
}

impl<J> PartialEq for WaitingJob<J> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<J> Eq for WaitingJob<J> {}

impl<J> PartialOrd for WaitingJob<J> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<J> Ord for WaitingJob<J> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.due, self.seq).cmp(&(other.due, other.seq))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_jobs_are_taken_when_due_and_in_order() {
        let mut schedule = Schedule::new(None, true, Duration::ZERO);
        let now = Moment::ZERO;
        let later = now + Duration::from_secs(1);
        schedule.wait_until(later, 1, "later");
        schedule.wait_until(now, 3, "third");
        schedule.wait_until(now, 2, "second");
        assert_eq!(schedule.take_due(now), Some("second"));
        assert_eq!(schedule.take_due(now), Some("third"));
        assert_eq!(schedule.take_due(now), None);
        assert_eq!(schedule.next_due(), Some(later));
        assert_eq!(schedule.take_waiting().collect::<Vec<_>>(), ["later"]);
        assert!(schedule.is_idle());
    }

    #[test]
    fn a_start_is_followed_by_a_pause() {
        let delay = Duration::from_secs(2);
        let mut schedule = Schedule::<()>::new(None, true, delay);
        let now = Moment::ZERO;
        assert_eq!(schedule.paused_until(now), None);
        schedule.take_slots(now, 1);
        assert_eq!(schedule.paused_until(now), Some(now + delay));
        assert_eq!(schedule.paused_until(now + delay), None);
    }
}
