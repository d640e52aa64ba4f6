//! The numbers of slots: which are taken, and by how many jobs. Pure.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::num::NonZeroUsize;

/// The slots of running jobs. A job takes one or several of them and is known by the first.
#[derive(Debug)]
pub(crate) struct Slots {
    running: usize,
    /// How many slots of the limit are taken.
    taken: usize,
    /// Released slots; the lowest is taken first.
    free: BinaryHeap<Reverse<u32>>,
    /// The highest slot ever taken.
    highest: u32,
    /// The slots that a job has taken besides its first.
    others: HashMap<u32, Vec<u32>>,
    services: ServiceNumbers,
}

/// The pairs of numbers of running services.
#[derive(Debug)]
struct ServiceNumbers {
    /// Where they begin: behind the slots, if the number of those is fixed.
    after: Option<u32>,
    taken: Vec<[u32; 2]>,
}

impl Slots {
    /// Creates it with no slot taken. `fixed`: jobs never take more slots than this.
    pub(crate) fn new(fixed: Option<NonZeroUsize>) -> Self {
        Self {
            running: 0,
            taken: 0,
            free: BinaryHeap::new(),
            highest: 0,
            others: HashMap::new(),
            services: ServiceNumbers {
                after: fixed.and_then(|fixed| u32::try_from(fixed.get()).ok()),
                taken: Vec::new(),
            },
        }
    }

    /// Returns how many jobs run, with services.
    pub(crate) fn running(&self) -> usize {
        self.running
    }

    /// Returns how many slots of the limit are taken.
    pub(crate) fn taken(&self) -> usize {
        self.taken
    }

    /// Takes the lowest free slots, and returns the first of them.
    pub(crate) fn take(&mut self, count: u32) -> u32 {
        self.running += 1;
        self.taken += count as usize;
        let slot = self.lowest();
        if count > 1 {
            let others = (1..count).map(|_| self.lowest()).collect();
            self.others.insert(slot, others);
        }
        slot
    }

    /// Takes two numbers for a service: none that a job may have.
    pub(crate) fn take_for_service(&mut self) -> [u32; 2] {
        self.running += 1;
        let numbers = match self.services.after {
            Some(after) => {
                let is_free =
                    |number: &u32| self.services.taken.iter().all(|[own, _]| own != number);
                let own = (after.saturating_add(1)..).step_by(2).find(is_free);
                let own = own.unwrap_or(u32::MAX - 1);
                [own, own + 1]
            }
            None => [self.lowest(), self.lowest()],
        };
        self.services.taken.push(numbers);
        numbers
    }

    /// Releases what a job or a service has taken.
    pub(crate) fn release(&mut self, slot: u32) {
        self.running -= 1;
        let services = &mut self.services;
        if let Some(index) = services.taken.iter().position(|[own, _]| *own == slot) {
            let numbers = services.taken.swap_remove(index);
            if services.after.is_none() {
                self.free.extend(numbers.map(Reverse));
            }
            return;
        }
        self.taken -= 1;
        self.free.push(Reverse(slot));
        if !self.others.is_empty() {
            let others = self.others.remove(&slot).unwrap_or_default();
            self.taken -= others.len();
            self.free.extend(others.into_iter().map(Reverse));
        }
    }

    fn lowest(&mut self) -> u32 {
        match self.free.pop() {
            Some(Reverse(slot)) => slot,
            None => {
                self.highest += 1;
                self.highest
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    #[test]
    fn the_numbers_of_a_service_are_behind_the_slots() {
        let mut slots = Slots::new(NonZeroUsize::new(2));
        assert_eq!(slots.take_for_service(), [3, 4]);
        assert_eq!(slots.take_for_service(), [5, 6]);
        assert_eq!(slots.take(2), 1);
        slots.release(3);
        assert_eq!(slots.take_for_service(), [3, 4]);
        assert_eq!((slots.running(), slots.taken()), (3, 2));
    }

    proptest! {
        #[test]
        fn no_slot_is_taken_twice_or_beyond_the_limit(
            limit in 1usize..9,
            takes in prop::collection::vec(any::<(u8, u8)>(), 0..200),
        ) {
            let mut slots = Slots::new(NonZeroUsize::new(limit));
            let mut held = BTreeMap::new();
            let mut numbers = BTreeSet::new();
            for (take, pick) in takes {
                let count = u32::from(take % 3) + 1;
                if take % 7 == 0 {
                    let [number, _] = slots.take_for_service();
                    prop_assert!(number as usize > limit);
                    prop_assert!(held.insert(number, 0).is_none(), "{number} was taken twice");
                } else if take % 2 == 0 && slots.taken() + count as usize <= limit {
                    let slot = slots.take(count);
                    prop_assert!(held.insert(slot, count).is_none(), "{slot} was taken twice");
                    prop_assert!((1..=limit as u32).contains(&slot));
                } else if !held.is_empty() {
                    let slot = *held.keys().nth(usize::from(pick) % held.len()).unwrap();
                    held.remove(&slot);
                    slots.release(slot);
                }
                numbers.clear();
                numbers.extend(held.keys().copied());
                numbers.extend(slots.others.values().flatten().copied());
                let taken: u32 = held.values().sum();
                let services = held.values().filter(|count| **count == 0).count();
                prop_assert_eq!(slots.taken(), taken as usize);
                prop_assert_eq!(slots.running(), held.len());
                prop_assert_eq!(numbers.len(), taken as usize + services);
            }
        }
    }
}
