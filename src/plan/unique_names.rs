//! The check for duplicate job names, at a cost of 16 bytes per named job.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

/// The names seen so far, as 128-bit hashes: two different names collide in one of 10^38 pairs, less
/// often than memory errors occur.
#[derive(Default)]
pub(super) struct UniqueNames {
    seen: HashSet<u128>,
    halves: [RandomState; 2],
}

impl UniqueNames {
    /// Adds a name; returns false if it is a duplicate.
    pub(super) fn take(&mut self, name: &str) -> bool {
        let [high, low] = self.halves.each_ref().map(|half| half.hash_one(name));
        self.seen.insert(u128::from(high) << 64 | u128::from(low))
    }

    /// Forgets all names but keeps the allocation, for a second pass over the same file.
    pub(super) fn clear(&mut self) {
        self.seen.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_be_taken_once() {
        let mut names = UniqueNames::default();
        assert!(names.take("api"));
        assert!(names.take("web"));
        assert!(!names.take("api"));
        names.clear();
        assert!(names.take("api"));
    }

    #[test]
    fn the_two_halves_of_a_hash_differ() {
        let names = UniqueNames::default();
        let [high, low] = names.halves.each_ref().map(|half| half.hash_one("api"));
        assert_ne!(high, low);
    }
}
