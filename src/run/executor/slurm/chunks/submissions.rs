//! [`Submissions`]: which chunks are given to sbatch together, and when. Pure, without clock or process.

use std::collections::BTreeSet;
use std::num::{NonZeroU32, NonZeroU64};
use std::time::Duration;

use crate::run::policy::Moment;

/// The least time between two submissions.
const BETWEEN: Duration = Duration::from_secs(1);

/// The longest wait before a submission that was refused is tried again.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Chunks that are submitted as one array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wave {
    pub(crate) block: u64,
    /// Their numbers, in order.
    pub(crate) chunks: Vec<u64>,
    /// Their indices in the array.
    pub(crate) indices: Vec<u64>,
    /// How many of them may run at once.
    pub(crate) tasks: NonZeroU32,
    /// The nodes that they must not use.
    pub(crate) excluded: Option<String>,
}

/// The chunks that Slurm does not have yet.
#[derive(Debug)]
pub(crate) struct Submissions {
    /// How many chunks have the indices of one array.
    block_size: NonZeroU64,
    /// How many may run at once.
    tasks: NonZeroU32,
    ready: BTreeSet<u64>,
    /// Those for which sbatch runs.
    open: Option<Wave>,
    /// When the next one may start.
    not_before: Moment,
    /// How often in a row sbatch has refused.
    refused: u32,
    excluded: BTreeSet<String>,
    /// Whether any was taken.
    has_begun: bool,
}

impl Submissions {
    /// Creates it, without any chunk.
    pub(crate) fn new(block_size: NonZeroU64, tasks: NonZeroU32) -> Self {
        Self {
            block_size,
            tasks,
            ready: BTreeSet::new(),
            open: None,
            not_before: Moment::ZERO,
            refused: 0,
            excluded: BTreeSet::new(),
            has_begun: false,
        }
    }

    /// A chunk can be submitted.
    pub(crate) fn add(&mut self, chunk: u64) {
        self.ready.insert(chunk);
    }

    /// A chunk need not be submitted.
    pub(crate) fn remove(&mut self, chunk: u64) {
        self.ready.remove(&chunk);
    }

    /// The next submission must not use this node.
    pub(crate) fn exclude(&mut self, node: &str) {
        self.excluded.insert(node.to_owned());
    }

    /// How many chunks are not submitted.
    pub(crate) fn unsubmitted(&self) -> u64 {
        let open = self.open.as_ref().map_or(0, |wave| wave.chunks.len());
        (self.ready.len() + open) as u64
    }

    /// Whether there is nothing to submit, and sbatch does not run.
    pub(crate) fn is_idle(&self) -> bool {
        self.ready.is_empty() && self.open.is_none()
    }

    /// Whether Slurm has taken a chunk.
    pub(crate) fn has_begun(&self) -> bool {
        self.has_begun
    }

    /// Whether sbatch has refused what is tried again.
    pub(crate) fn was_refused(&self) -> bool {
        self.refused > 0
    }

    /// Begins a submission, if one may begin now. `unended` chunks were submitted and have not ended.
    pub(crate) fn next(&mut self, now: Moment, unended: u64) -> Option<&Wave> {
        if self.open.is_some() || now < self.not_before {
            return None;
        }
        let free = u64::from(self.tasks.get()).saturating_sub(unended);
        let tasks = NonZeroU32::new(u32::try_from(free).unwrap_or(u32::MAX))?;
        let first = *self.ready.first()?;
        let block = first / self.block_size;
        // Slurm itself lets no more than so many of an array run; beside another one there are only so many.
        let most = match unended {
            0 => u64::MAX,
            _ => free,
        };
        let chunks = self.ready.iter().copied();
        let chunks = chunks.take_while(|chunk| *chunk / self.block_size == block);
        let chunks: Vec<u64> = chunks
            .take(usize::try_from(most).unwrap_or(usize::MAX))
            .collect();
        for chunk in &chunks {
            self.ready.remove(chunk);
        }
        let excluded = std::mem::take(&mut self.excluded);
        let excluded: Vec<String> = excluded.into_iter().collect();
        let wave = Wave {
            block,
            indices: chunks
                .iter()
                .map(|chunk| *chunk % self.block_size)
                .collect(),
            chunks,
            tasks,
            excluded: (!excluded.is_empty()).then(|| excluded.join(",")),
        };
        Some(self.open.insert(wave))
    }

    /// Returns when the next one may begin, if only time is missing.
    pub(crate) fn due(&self, unended: u64) -> Option<Moment> {
        let is_wanted = self.open.is_none() && !self.ready.is_empty();
        let has_free = u64::from(self.tasks.get()) > unended;
        (is_wanted && has_free).then_some(self.not_before)
    }

    /// Slurm has taken the chunks that were submitted last, and they are returned.
    pub(crate) fn taken(&mut self, now: Moment) -> Vec<u64> {
        (self.refused, self.has_begun) = (0, true);
        self.not_before = now + BETWEEN;
        self.open.take().map_or_else(Vec::new, |wave| wave.chunks)
    }

    /// Slurm has refused them: they are tried again later, and returned with the time until then.
    /// `with_nodes`: because of the nodes that they must not use; then without that, and soon.
    pub(crate) fn refused(&mut self, now: Moment, with_nodes: bool) -> (Vec<u64>, Duration) {
        let wave = self.open.take();
        let was_excluding = wave.as_ref().is_some_and(|wave| wave.excluded.is_some());
        let wait = match with_nodes && was_excluding {
            true => Duration::ZERO,
            false => {
                let wait = BETWEEN * 2_u32.saturating_pow(self.refused);
                self.refused += 1;
                wait.min(LONGEST_WAIT)
            }
        };
        self.not_before = now + wait;
        let chunks = wave.map_or_else(Vec::new, |wave| wave.chunks);
        self.ready.extend(&chunks);
        (chunks, wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn submissions(block_size: u64, tasks: u32, chunks: std::ops::Range<u64>) -> Submissions {
        let mut submissions = Submissions::new(
            NonZeroU64::new(block_size).unwrap(),
            NonZeroU32::new(tasks).unwrap(),
        );
        chunks.for_each(|chunk| submissions.add(chunk));
        submissions
    }

    fn s(seconds: u64) -> Moment {
        Duration::from_secs(seconds)
    }

    #[test]
    fn all_that_is_ready_is_one_array_of_which_so_many_run() {
        let mut submissions = submissions(10, 3, 0..7);
        let wave = submissions.next(s(0), 0).unwrap();
        assert_eq!(
            (wave.block, wave.indices.len(), wave.tasks.get()),
            (0, 7, 3)
        );
        assert!(submissions.next(s(5), 0).is_none(), "sbatch runs");
        assert_eq!(submissions.taken(s(5)), (0..7).collect::<Vec<_>>());
        assert!(submissions.is_idle() && submissions.has_begun());
    }

    #[test]
    fn a_second_array_waits_until_so_many_may_run() {
        let mut submissions = submissions(4, 3, 0..9);
        assert_eq!(submissions.next(s(0), 0).unwrap().chunks, [0, 1, 2, 3]);
        submissions.taken(s(0));
        assert_eq!(submissions.due(3), None);
        assert!(submissions.next(s(5), 3).is_none());
        let wave = submissions.next(s(5), 1).unwrap().clone();
        assert_eq!(
            (wave.block, wave.indices, wave.tasks.get()),
            (1, vec![0, 1], 2)
        );
        submissions.taken(s(5));
        assert_eq!(submissions.due(1), Some(s(6)));
        assert!(submissions.next(s(5), 0).is_none(), "one a second");
        assert_eq!(submissions.next(s(6), 0).unwrap().chunks, [6, 7]);
    }

    #[test]
    fn a_refused_submission_is_tried_again_after_longer_and_longer() {
        let mut submissions = submissions(10, 3, 0..2);
        let mut now = s(0);
        for seconds in [1, 2, 4, 8, 16, 32, 60, 60] {
            assert_eq!(submissions.next(now, 0).unwrap().chunks, [0, 1]);
            let (chunks, wait) = submissions.refused(now, false);
            assert_eq!((chunks, wait), (vec![0, 1], s(seconds)));
            assert!(submissions.next(now, 0).is_none());
            now = submissions.due(0).unwrap();
        }
        submissions.next(now, 0).unwrap();
        submissions.taken(now);
        submissions.add(2);
        submissions.next(now + s(1), 0).unwrap();
        assert_eq!(submissions.refused(now, false).1, s(1));
    }

    #[test]
    fn a_node_is_excluded_once_and_not_if_slurm_refuses_that() {
        let mut submissions = submissions(10, 3, 0..1);
        submissions.exclude("n2");
        submissions.exclude("n1");
        let wave = submissions.next(s(0), 0).unwrap();
        assert_eq!(wave.excluded.as_deref(), Some("n1,n2"));
        assert_eq!(submissions.refused(s(0), true).1, s(0));
        assert_eq!(submissions.next(s(0), 0).unwrap().excluded, None);
        assert_eq!(submissions.refused(s(0), true).1, s(1));
    }
}
