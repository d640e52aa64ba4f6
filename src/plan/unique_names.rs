//! The check that no two jobs have one name, at the price of 16 bytes a named job.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

/// The names given so far, as hashes of 128 bits: two different names collide in one of 10^38
/// pairs, less often than a memory chip errs.
#[derive(Default)]
pub(super) struct UniqueNames {
    seen: HashSet<u128>,
    halves: [RandomState; 2],
}

impl UniqueNames {
    /// Takes a name; false when somebody has it already.
    pub(super) fn take(&mut self, name: &str) -> bool {
        let [high, low] = self.halves.each_ref().map(|half| half.hash_one(name));
        self.seen.insert(u128::from(high) << 64 | u128::from(low))
    }

    /// Forgets all names but keeps their memory, for a second reading of the same file.
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
