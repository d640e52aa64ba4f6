//! Who is next? Slots, and jobs that wait for another attempt; pure, without clock or process.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::num::NonZeroUsize;
use std::time::Duration;

use super::clock::Moment;
pub(crate) use super::resource_limit::Refusal;
use super::resource_limit::ResourceLimit;

/// The places for running jobs, and the queue of those that run again (`J`).
#[derive(Debug)]
pub(crate) struct Schedule<J> {
    limit: Option<NonZeroUsize>,
    running: usize,
    /// Slots that were given back; the lowest is given out first.
    free: BinaryHeap<Reverse<u32>>,
    /// The highest slot that was ever given out.
    highest: u32,
    waiting: BinaryHeap<Reverse<Waiting<J>>>,
    /// Between two starts, at least.
    delay: Duration,
    last_start: Option<Moment>,
    resource_limit: ResourceLimit,
    /// Whether any process was ever started.
    has_started: bool,
}

/// Ordered by time, then by the order of the jobs.
#[derive(Debug)]
struct Waiting<J> {
    due: Moment,
    seq: u64,
    job: J,
}

impl<J> Schedule<J> {
    /// Room for `limit` jobs at once, or for any number, each started `delay` after the last one.
    pub(crate) fn new(limit: Option<NonZeroUsize>, delay: Duration) -> Self {
        Self {
            limit,
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

    /// Whether one more job may run.
    pub(crate) fn has_room(&self) -> bool {
        self.limit.is_none_or(|limit| self.running < limit.get())
    }

    /// How many jobs run.
    pub(crate) fn running(&self) -> usize {
        self.running
    }

    /// Until when no job may start, because another one just did, or was refused.
    pub(crate) fn paused_until(&self, now: Moment) -> Option<Moment> {
        // A delay beyond what a clock can hold is none that anybody waits for.
        let next = self
            .last_start
            .and_then(|last| last.checked_add(self.delay));
        next.max(self.resource_limit.until())
            .filter(|next| *next > now)
    }

    /// Takes the lowest free slot for a start at this moment.
    pub(crate) fn take_slot(&mut self, now: Moment) -> u32 {
        self.last_start = Some(now);
        debug_assert!(self.has_room(), "a slot was taken beyond the limit");
        self.running += 1;
        match self.free.pop() {
            Some(Reverse(slot)) => slot,
            None => {
                self.highest += 1;
                self.highest
            }
        }
    }

    /// Gives the slot of an ended process back.
    pub(crate) fn release(&mut self, slot: u32) {
        self.resource_limit.relieved();
        self.give_back(slot);
    }

    /// A process was started.
    pub(crate) fn started(&mut self) {
        self.has_started = true;
        self.resource_limit.started();
    }

    /// The system refused the start in `slot`, which is given back, while `reached` processes ran.
    /// For good, no more than half of those run at once: jobs may want to start processes too.
    pub(crate) fn refused(&mut self, slot: u32, now: Moment, reached: usize) -> Refusal {
        self.give_back(slot);
        let refusal = self.resource_limit.refused(now, reached);
        if let Refusal::Later { limit } = refusal {
            self.limit = Some(self.limit.map_or(limit, |old| old.min(limit)));
        }
        refusal
    }

    /// Whether the system refused every start, and will go on so.
    pub(crate) fn cannot_begin(&self) -> bool {
        self.resource_limit.is_lasting() && !self.has_started
    }

    fn give_back(&mut self, slot: u32) {
        self.running -= 1;
        self.free.push(Reverse(slot));
    }

    /// Lets `job` wait until `due`; it holds no slot meanwhile.
    pub(crate) fn wait_until(&mut self, due: Moment, seq: u64, job: J) {
        self.waiting.push(Reverse(Waiting { due, seq, job }));
    }

    /// The first waiting job whose time has come.
    pub(crate) fn take_due(&mut self, now: Moment) -> Option<J> {
        let Reverse(first) = self.waiting.peek()?;
        if first.due > now {
            return None;
        }
        self.waiting.pop().map(|Reverse(waiting)| waiting.job)
    }

    /// When the next waiting job's time comes.
    pub(crate) fn next_due(&self) -> Option<Moment> {
        self.waiting.peek().map(|Reverse(first)| first.due)
    }

    /// All waiting jobs, which now will not run again.
    pub(crate) fn abandon_waiting(&mut self) -> impl Iterator<Item = J> + use<J> {
        let waiting = std::mem::take(&mut self.waiting).into_sorted_vec();
        waiting
            .into_iter()
            .rev()
            .map(|Reverse(waiting)| waiting.job)
    }

    /// Whether nothing runs and nothing waits.
    pub(crate) fn is_idle(&self) -> bool {
        self.running == 0 && self.waiting.is_empty()
    }
}

impl<J> PartialEq for Waiting<J> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl<J> Eq for Waiting<J> {}

impl<J> PartialOrd for Waiting<J> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<J> Ord for Waiting<J> {
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
    fn waiting_jobs_come_when_due_and_in_order() {
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
        assert_eq!(schedule.abandon_waiting().collect::<Vec<_>>(), ["later"]);
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
        fn no_slot_is_given_twice_and_none_beyond_the_limit(
            limit in 1usize..9,
            takes in prop::collection::vec(any::<(bool, u8)>(), 0..200),
        ) {
            let mut schedule = Schedule::<()>::new(NonZeroUsize::new(limit), Duration::ZERO);
            let now = Moment::ZERO;
            let mut held = BTreeSet::new();
            for (take, pick) in takes {
                if take && schedule.has_room() {
                    let slot = schedule.take_slot(now);
                    prop_assert!(held.insert(slot), "slot {slot} was given twice");
                    prop_assert!((1..=limit as u32).contains(&slot));
                } else if !held.is_empty() {
                    let slot = *held.iter().nth(usize::from(pick) % held.len()).unwrap();
                    held.remove(&slot);
                    schedule.release(slot);
                }
                prop_assert_eq!(schedule.running(), held.len());
                prop_assert_eq!(schedule.has_room(), held.len() < limit);
            }
        }
    }
}
