//! [`SeqSet`]: a set of numbers of jobs.

/// A set of numbers of jobs. Numbers in a row take one range, however many they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SeqSet {
    /// The first and the last number of each range, in order; no two ranges touch.
    ranges: Vec<(u64, u64)>,
}

impl SeqSet {
    /// Returns the number of numbers.
    #[cfg(test)]
    pub(crate) fn len(&self) -> u64 {
        self.ranges
            .iter()
            .map(|(first, last)| last - first + 1)
            .sum()
    }

    /// Whether it has no number.
    pub(crate) fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// Returns the smallest number.
    pub(crate) fn first(&self) -> Option<u64> {
        self.ranges.first().map(|range| range.0)
    }

    /// Returns the largest number.
    pub(crate) fn last(&self) -> Option<u64> {
        self.ranges.last().map(|range| range.1)
    }

    /// Returns the numbers in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        self.ranges.iter().flat_map(|&(first, last)| first..=last)
    }

    /// Returns the first and the last number of each range of numbers in a row, in order.
    pub(crate) fn ranges(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.ranges.iter().copied()
    }

    /// Whether it has this number.
    pub(crate) fn contains(&self, seq: u64) -> bool {
        let at = self.not_before(seq);
        self.ranges.get(at).is_some_and(|range| range.0 <= seq)
    }

    /// The index of the first range that does not end before this number.
    fn not_before(&self, seq: u64) -> usize {
        self.ranges.partition_point(|range| range.1 < seq)
    }

    /// Adds a number, and returns whether it is new. Fast for numbers that come in order.
    pub(crate) fn insert(&mut self, seq: u64) -> bool {
        let at = self.not_before(seq);
        if self.ranges.get(at).is_some_and(|range| range.0 <= seq) {
            return false;
        }
        let follows = at > 0 && self.ranges[at - 1].1 + 1 == seq;
        let precedes = self.ranges.get(at).is_some_and(|range| seq + 1 == range.0);
        match (follows, precedes) {
            (true, true) => {
                self.ranges[at - 1].1 = self.ranges[at].1;
                self.ranges.remove(at);
            }
            (true, false) => self.ranges[at - 1].1 = seq,
            (false, true) => self.ranges[at].0 = seq,
            (false, false) => self.ranges.insert(at, (seq, seq)),
        }
        true
    }

    /// Removes a number, and returns whether it was there.
    pub(crate) fn remove(&mut self, seq: u64) -> bool {
        let at = self.not_before(seq);
        let Some((first, last)) = self.ranges.get(at).copied() else {
            return false;
        };
        if first > seq {
            return false;
        }
        match (first == seq, last == seq) {
            (true, true) => drop(self.ranges.remove(at)),
            (true, false) => self.ranges[at].0 = seq + 1,
            (false, true) => self.ranges[at].1 = seq - 1,
            (false, false) => {
                self.ranges[at].1 = seq - 1;
                self.ranges.insert(at + 1, (seq + 1, last));
            }
        }
        true
    }
}

impl FromIterator<u64> for SeqSet {
    fn from_iter<I: IntoIterator<Item = u64>>(seqs: I) -> Self {
        let mut set = Self::default();
        set.extend(seqs);
        set
    }
}

impl Extend<u64> for SeqSet {
    fn extend<I: IntoIterator<Item = u64>>(&mut self, seqs: I) {
        for seq in seqs {
            self.insert(seq);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_million_numbers_in_a_row_take_one_range() {
        let set: SeqSet = (1..=1_000_000).collect();
        assert_eq!(set.ranges, [(1, 1_000_000)]);
        assert_eq!(set.len(), 1_000_000);
    }

    proptest! {
        #[test]
        fn it_is_a_set(steps in prop::collection::vec((any::<bool>(), 1u64..40), 0..200)) {
            let (mut set, mut expected) = (SeqSet::default(), BTreeSet::new());
            for (adds, seq) in steps {
                match adds {
                    true => prop_assert_eq!(set.insert(seq), expected.insert(seq)),
                    false => prop_assert_eq!(set.remove(seq), expected.remove(&seq)),
                }
                prop_assert!(set.iter().eq(expected.iter().copied()));
                prop_assert!((0..41).all(|seq| set.contains(seq) == expected.contains(&seq)));
                prop_assert_eq!(set.len(), expected.len() as u64);
                prop_assert_eq!(set.first(), expected.first().copied());
                prop_assert_eq!(set.last(), expected.last().copied());
                prop_assert!(set.ranges.windows(2).all(|pair| pair[0].1 + 1 < pair[1].0));
            }
        }
    }
}
