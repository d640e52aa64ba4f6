//! Slots, and jobs that wait for another attempt. Pure, without clock or process.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::num::NonZeroUsize;
use std::time::Duration;

use super::clock::Moment;
pub(crate) use super::resource_limit::Refusal;
use super::resource_limit::ResourceLimit;

/// The slots of running jobs, and the queue of jobs `J` that wait for another attempt.
#[derive(Debug)]
pub(crate) struct Schedule<J> {
    limit: Option<NonZeroUsize>,
    /// Whether the limit may have changed, so that no job starts before it is set again.
    awaits_limit: bool,
    /// The number of processes that the system allows, after it refused one.
    allowed: Option<NonZeroUsize>,
    running: usize,
    /// Released slots; the lowest is taken first.
    free: BinaryHeap<Reverse<u32>>,
    /// The highest slot ever taken.
    highest: u32,
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
    pub(crate) fn new(limit: Option<NonZeroUsize>, delay: Duration) -> Self {
        Self {
            limit,
            awaits_limit: false,
            allowed: None,
            delay,
            last_start: None,
            resource_limit: ResourceLimit::default(),
            has_started: false,
            running: 0,
            free: BinaryHeap::new(),
            highest: 0,
            waiting: BinaryHeap::new(),
        }
    }

    /// Whether another job may run.
    pub(crate) fn has_free_slot(&self) -> bool {
        let limits = [self.limit, self.allowed].into_iter().flatten();
        !self.awaits_limit && limits.min().is_none_or(|limit| self.running < limit.get())
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
        let claimed = self.running + self.waiting.len();
        self.limit.is_none_or(|limit| claimed < limit.get())
    }

    /// Returns how many jobs run.
    pub(crate) fn running(&self) -> usize {
        self.running
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

    /// Takes the lowest free slot for a start at `now`.
    pub(crate) fn take_slot(&mut self, now: Moment) -> u32 {
        self.last_start = Some(now);
        debug_assert!(self.has_free_slot(), "a slot was taken beyond the limit");
        self.running += 1;
        match self.free.pop() {
            Some(Reverse(slot)) => slot,
            None => {
                self.highest += 1;
                self.highest
            }
        }
    }

    /// Releases the slot of a process that has ended.
    pub(crate) fn release(&mut self, slot: u32) {
        self.resource_limit.relieved();
        self.free_slot(slot);
    }

    /// Handles a start that succeeded.
    pub(crate) fn started(&mut self) {
        self.has_started = true;
        self.resource_limit.started();
    }

    /// Handles a start in `slot` that the system refused while `reached` processes ran, and releases
    /// the slot. From then on at most half of those run at once: jobs may start processes too.
    pub(crate) fn refused(&mut self, slot: u32, now: Moment, reached: usize) -> Refusal {
        self.free_slot(slot);
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

    fn free_slot(&mut self, slot: u32) {
        self.running -= 1;
        self.free.push(Reverse(slot));
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
        waiting
            .into_iter()
            .rev()
            .map(|Reverse(waiting)| waiting.job)
    }

    /// Whether no job runs or waits.
    pub(crate) fn is_idle(&self) -> bool {
        self.running == 0 && self.waiting.is_empty()
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
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    #[test]
    fn waiting_jobs_are_taken_when_due_and_in_order() {
        let mut schedule = Schedule::new(None, Duration::ZERO);
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
        let mut schedule = Schedule::<()>::new(None, delay);
        let now = Moment::ZERO;
        assert_eq!(schedule.paused_until(now), None);
        schedule.take_slot(now);
        assert_eq!(schedule.paused_until(now), Some(now + delay));
        assert_eq!(schedule.paused_until(now + delay), None);
    }

    proptest! {
        #[test]
        fn no_slot_is_taken_twice_or_beyond_the_limit(
            limit in 1usize..9,
            takes in prop::collection::vec(any::<(bool, u8)>(), 0..200),
        ) {
            let mut schedule = Schedule::<()>::new(NonZeroUsize::new(limit), Duration::ZERO);
            let now = Moment::ZERO;
            let mut held = BTreeSet::new();
            for (take, pick) in takes {
                if take && schedule.has_free_slot() {
                    let slot = schedule.take_slot(now);
                    prop_assert!(held.insert(slot), "slot {slot} was taken twice");
                    prop_assert!((1..=limit as u32).contains(&slot));
                } else if !held.is_empty() {
                    let slot = *held.iter().nth(usize::from(pick) % held.len()).unwrap();
                    held.remove(&slot);
                    schedule.release(slot);
                }
                prop_assert_eq!(schedule.running(), held.len());
                prop_assert_eq!(schedule.has_free_slot(), held.len() < limit);
            }
        }
    }
}
