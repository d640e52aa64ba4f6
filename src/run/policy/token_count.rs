//! How many tokens of a jobserver a run holds. Pure.

/// Returns how many tokens jobs in so many slots take: whoever started prun has one for it, which is that
/// of its first job.
pub(crate) fn tokens_for(slots: usize) -> usize {
    slots.saturating_sub(1)
}

/// What is wrong with the tokens of a jobserver of our own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenDifference {
    None,
    /// So many are missing: those who had them were killed.
    Missing(usize),
    /// There are so many more: those who had them were not killed after all.
    Excess(usize),
}

/// Compares the tokens that nobody has with those that there are in all, while no job runs.
pub(crate) fn token_difference(all: usize, free: usize) -> TokenDifference {
    match (all.saturating_sub(free), free.saturating_sub(all)) {
        (0, 0) => TokenDifference::None,
        (0, excess) => TokenDifference::Excess(excess),
        (missing, _) => TokenDifference::Missing(missing),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_slot_needs_no_token() {
        assert_eq!([0, 1, 2, 9].map(tokens_for), [0, 0, 1, 8]);
    }

    #[test]
    fn tokens_of_a_killed_job_are_missing() {
        assert_eq!(token_difference(3, 3), TokenDifference::None);
        assert_eq!(token_difference(3, 1), TokenDifference::Missing(2));
        assert_eq!(token_difference(3, 4), TokenDifference::Excess(1));
    }
}
