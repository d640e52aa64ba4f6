//! Whose output is told while it comes, when jobs are told in their order. Pure.

use std::collections::BTreeSet;

/// So many jobs may have ended behind the first that has not: those who tell hold their endings, which
/// take memory.
const MOST_AHEAD: usize = 100_000;

/// The first job that has not ended, by the endings of the others.
#[derive(Debug)]
pub(crate) struct OutputTurn {
    first: u64,
    /// Those behind it that have ended.
    ended: BTreeSet<u64>,
}

impl OutputTurn {
    /// Nothing has ended.
    pub(crate) fn new() -> Self {
        let ended = BTreeSet::new();
        Self { first: 1, ended }
    }

    /// The number of the job whose turn it is.
    pub(crate) fn first(&self) -> u64 {
        self.first
    }

    /// Whether so many have ended behind it that nothing more is to be started before it ends.
    pub(crate) fn is_far_ahead(&self) -> bool {
        self.ended.len() >= MOST_AHEAD
    }

    /// A job has ended. Whether that makes it another one's turn.
    pub(crate) fn ended(&mut self, seq: u64) -> bool {
        self.ended.insert(seq);
        let before = self.first;
        while self.ended.remove(&self.first) {
            self.first += 1;
        }
        self.first > before
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn it_is_far_ahead_until_the_first_has_ended() {
        let mut turn = OutputTurn::new();
        for seq in 2..MOST_AHEAD as u64 + 2 {
            assert!(!turn.is_far_ahead());
            turn.ended(seq);
        }
        assert!(turn.is_far_ahead());
        turn.ended(1);
        assert!(!turn.is_far_ahead());
    }

    proptest! {
        #[test]
        fn it_is_always_the_first_one_that_has_not_ended(order in Just((1..40u64).collect::<Vec<_>>()).prop_shuffle()) {
            let mut turn = OutputTurn::new();
            let mut ended = BTreeSet::new();
            for seq in order {
                let before = turn.first();
                let moved = turn.ended(seq);
                ended.insert(seq);
                let first = (1..).find(|seq| !ended.contains(seq)).unwrap();
                prop_assert_eq!(turn.first(), first);
                prop_assert_eq!(moved, first > before);
            }
        }
    }
}
