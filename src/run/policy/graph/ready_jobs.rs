//! Jobs that may start, in their order, until there are slots for them and room in their pools.
//!
//! The longest comes first, and of equally long ones the first of the input. A job that needs more slots
//! than are free keeps later ones from starting, so that its turn comes; one whose pool is full is passed
//! over until another job of the pool ends.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashMap};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use crate::event::Awaited;
use crate::plan::Pool;

/// What a job claims to run.
#[derive(Clone, Debug)]
pub(crate) struct SlotClaim {
    pub(crate) seq: u64,
    /// How long it and the jobs after it are known to take; zero if the order is that of the input.
    pub(crate) length: Duration,
    /// How many slots it takes; as many as there are if that is less.
    pub(crate) weight: NonZeroU32,
    pub(crate) pool: Option<Arc<Pool>>,
}

/// The place of a job in the order.
type Place = (Reverse<Duration>, u64);

/// The jobs `J` that may start.
#[derive(Debug)]
pub(crate) struct ReadyJobs<J> {
    ready: BTreeMap<Place, Claimant<J>>,
    pools: HashMap<Arc<str>, UsedPool<J>>,
    /// How many wait in the pools.
    passed_over: usize,
}

#[derive(Debug)]
struct Claimant<J> {
    claim: SlotClaim,
    job: J,
}

#[derive(Debug)]
struct UsedPool<J> {
    running: u32,
    passed_over: BTreeMap<Place, Claimant<J>>,
}

impl<J> Default for ReadyJobs<J> {
    fn default() -> Self {
        Self {
            ready: BTreeMap::new(),
            pools: HashMap::new(),
            passed_over: 0,
        }
    }
}

impl SlotClaim {
    fn place(&self) -> Place {
        (Reverse(self.length), self.seq)
    }

    /// How many slots it takes if there are `most` at all.
    fn slots(&self, most: Option<usize>) -> u32 {
        let most = most.and_then(|most| u32::try_from(most).ok());
        most.map_or(self.weight.get(), |most| self.weight.get().min(most.max(1)))
    }
}

impl<J> ReadyJobs<J> {
    /// Adds a job that may start.
    pub(crate) fn push(&mut self, claim: SlotClaim, job: J) {
        self.ready.insert(claim.place(), Claimant { claim, job });
    }

    /// Takes the first job that `free` slots of `most` are enough for, with the number of slots that it
    /// takes; `None` for no limit. `starts` decides last. It has a place in its pool from now on.
    pub(crate) fn take(
        &mut self,
        free: Option<usize>,
        most: Option<usize>,
        starts: impl FnOnce(u32) -> bool,
    ) -> Option<(J, u32)> {
        loop {
            let first = self.ready.first_entry()?;
            let claim = &first.get().claim;
            if let Some(pool) = &claim.pool {
                let used = self.pools.entry(Arc::clone(&pool.name)).or_default();
                if used.running >= pool.limit.get() {
                    let (place, claimant) = first.remove_entry();
                    used.passed_over.insert(place, claimant);
                    self.passed_over += 1;
                    continue;
                }
            }
            let slots = claim.slots(most);
            if free.is_some_and(|free| free < slots as usize) || !starts(slots) {
                return None;
            }
            let Claimant { claim, job } = first.remove();
            if let Some(pool) = &claim.pool
                && let Some(used) = self.pools.get_mut(&pool.name)
            {
                used.running += 1;
            }
            return Some((job, slots));
        }
    }

    /// Handles a job of a pool that runs no more, even if it will be tried again.
    pub(crate) fn leave(&mut self, pool: &Pool) {
        let Some(used) = self.pools.get_mut(&pool.name) else {
            return;
        };
        used.running -= 1;
        if let Some((place, claimant)) = used.passed_over.pop_first() {
            self.passed_over -= 1;
            self.ready.insert(place, claimant);
        }
    }

    /// Whether no job may start, but for those whose pool is full.
    pub(crate) fn is_empty(&self) -> bool {
        self.ready.is_empty()
    }

    /// How many wait because their pool is full.
    pub(crate) fn passed_over(&self) -> usize {
        self.passed_over
    }

    /// Whether there are none at all.
    pub(crate) fn is_idle(&self) -> bool {
        self.ready.is_empty() && self.passed_over == 0
    }

    /// The jobs that wait for slots or for their pool, and for what, if there are `most` slots.
    pub(crate) fn waiting(&self, most: Option<usize>) -> impl Iterator<Item = (&J, Awaited)> {
        let heavy = self.ready.values().take(1).filter_map(move |first| {
            let slots = first.claim.slots(most);
            (slots > 1).then_some((&first.job, Awaited::Slots(slots)))
        });
        let pools = self.pools.iter().flat_map(|(name, used)| {
            let jobs = used.passed_over.values();
            jobs.map(|claimant| (&claimant.job, Awaited::Pool(Arc::clone(name))))
        });
        heavy.chain(pools)
    }

    /// Takes all of them.
    pub(crate) fn take_all(&mut self) -> impl Iterator<Item = J> + use<J> {
        let mut all = std::mem::take(&mut self.ready);
        for used in self.pools.values_mut() {
            all.append(&mut used.passed_over);
        }
        self.passed_over = 0;
        all.into_values().map(|claimant| claimant.job)
    }
}

impl<J> Default for UsedPool<J> {
    fn default() -> Self {
        Self {
            running: 0,
            passed_over: BTreeMap::new(),
        }
    }
}
