//! Whose output is reported as it arrives, if jobs are reported in their order. Pure.

use std::collections::BTreeSet;

/// How many jobs may have ended after the first that has not: their endings are held back, which takes
/// memory.
const MAX_AHEAD: usize = 100_000;

/// Tracks the first job that has not ended.
#[derive(Debug)]
pub(crate) struct OutputTurn {
    first: u64,
    /// The jobs after it that have ended.
    ended: BTreeSet<u64>,
}

impl OutputTurn {
    /// Creates it with no job ended.
    pub(crate) fn new() -> Self {
        let ended = BTreeSet::new();
        Self { first: 1, ended }
    }

    /// Returns the number of the job whose turn it is.
    pub(crate) fn first(&self) -> u64 {
        self.first
    }

    /// Whether so many jobs have ended after it that no more are to be started before it ends.
    pub(crate) fn is_far_ahead(&self) -> bool {
        self.ended.len() >= MAX_AHEAD
    }

    /// Records the end of a job, or the start of a service, whose end the others do not wait for. Returns
    /// whether it is now another job's turn.
    pub(crate) fn ended(&mut self, seq: u64) -> bool {
        if seq < self.first {
            return false;
        }
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
        for seq in 2..MAX_AHEAD as u64 + 2 {
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
