//! The names of jobs and their numbers, at a cost of 24 bytes per named job.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasher, RandomState};

/// The names seen so far, as 128-bit hashes: two different names collide in one of 10^38 pairs, less
/// often than memory errors occur.
#[derive(Default)]
pub(crate) struct JobNames {
    numbers: HashMap<[u64; 2], u64>,
    halves: [RandomState; 2],
}

impl JobNames {
    /// Adds the name of the job with this number; returns false if another job has it.
    pub(crate) fn take(&mut self, name: &str, seq: u64) -> bool {
        let hash = self.hash(name);
        match self.numbers.entry(hash) {
            // In a second pass over the same file the job has it already.
            Entry::Occupied(taken) => *taken.get() == seq,
            Entry::Vacant(free) => {
                free.insert(seq);
                true
            }
        }
    }

    /// Returns the number of the job with this name.
    pub(crate) fn seq(&self, name: &str) -> Option<u64> {
        self.numbers.get(&self.hash(name)).copied()
    }

    fn hash(&self, name: &str) -> [u64; 2] {
        self.halves.each_ref().map(|half| half.hash_one(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_be_taken_by_one_job() {
        let mut names = JobNames::default();
        assert!(names.take("api", 1));
        assert!(names.take("web", 2));
        assert!(!names.take("api", 3));
        assert!(names.take("api", 1));
        assert_eq!((names.seq("api"), names.seq("web")), (Some(1), Some(2)));
        assert_eq!(names.seq("db"), None);
    }

    #[test]
    fn the_two_halves_of_a_hash_differ() {
        let [high, low] = JobNames::default().hash("api");
        assert_ne!(high, low);
    }
}
