//! How jobs are divided into chunks: many at first, and then smaller ones, so that all tasks of the array
//! have something to do until the end.

use std::num::{NonZeroU32, NonZeroU64};
use std::time::Duration;

use crate::run::policy::Moment;

/// In so many rounds the jobs of an input of known length are shared.
const ROUNDS: u64 = 7;

/// How long the jobs of a stream are gathered for a chunk.
const GATHERED_FOR: Duration = Duration::from_secs(1);

/// The most jobs of a stream that are gathered.
const MOST_GATHERED: u64 = 10_000;

/// The most bytes of their work lines.
const MOST_GATHERED_BYTES: u64 = 8 << 20;

/// How jobs are divided into chunks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CutRules {
    /// How many tasks may run at once.
    pub(crate) tasks: NonZeroU32,
    /// The most chunks for which Slurm has numbers and memory.
    pub(crate) most_chunks: NonZeroU32,
    /// How many jobs a chunk has, if the user said so.
    pub(crate) jobs_per_chunk: Option<NonZeroU64>,
}

/// The sizes of the chunks of an input of known length, in the order of the input.
///
/// Each round has a chunk for every task, which share half of the jobs that are left; in the last round
/// all of them.
#[derive(Clone, Debug)]
pub(crate) struct ChunkSizes {
    rules: CutRules,
    /// The jobs of the rounds that follow.
    left: u64,
    rounds: u64,
    /// The jobs and the chunks that are left of this round.
    round: (u64, u64),
}

impl ChunkSizes {
    /// The sizes of the chunks of so many jobs.
    pub(crate) fn new(jobs: u64, rules: CutRules) -> Self {
        let rounds = u64::from(rules.most_chunks.get()) / u64::from(rules.tasks.get());
        Self {
            rules,
            left: jobs,
            rounds: rounds.clamp(1, ROUNDS),
            round: (0, 0),
        }
    }
}

impl Iterator for ChunkSizes {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        if let Some(jobs) = self.rules.jobs_per_chunk {
            let size = self.left.min(jobs.get());
            self.left -= size;
            return (size > 0).then_some(size);
        }
        if self.round.1 == 0 {
            let shared = match self.rounds {
                0 | 1 => self.left,
                _ => self.left.div_ceil(2),
            };
            let chunks = self.rules.tasks.min(self.rules.most_chunks);
            self.round = (shared, shared.min(chunks.get().into()));
            self.left -= shared;
            self.rounds = self.rounds.saturating_sub(1);
        }
        let (jobs, chunks) = self.round;
        if chunks == 0 {
            return None;
        }
        let size = jobs.div_ceil(chunks);
        self.round = (jobs - size, chunks - 1);
        Some(size)
    }
}

/// The jobs of a stream that have come and are not in a chunk yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Gathered {
    /// When the first of them came.
    pub(crate) since: Moment,
    pub(crate) jobs: u64,
    /// The length of their work lines.
    pub(crate) bytes: u64,
    /// Whether no other one follows.
    pub(crate) is_last: bool,
}

/// When gathered jobs become a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CutTime {
    Now,
    /// At this time, if nothing happens before.
    At(Moment),
    /// Once another chunk has ended.
    WhenFree,
}

impl Gathered {
    /// Whether no more jobs may be gathered.
    pub(crate) fn is_full(&self, rules: &CutRules) -> bool {
        let most = rules.jobs_per_chunk.map_or(MOST_GATHERED, NonZeroU64::get);
        self.jobs >= most || self.bytes >= MOST_GATHERED_BYTES
    }

    /// Returns when they become a chunk, while so many chunks have not ended.
    pub(crate) fn cut_time(&self, now: Moment, unended: u64, rules: &CutRules) -> CutTime {
        let due = self.since + GATHERED_FOR;
        if unended >= rules.tasks.get().into() {
            return CutTime::WhenFree;
        }
        match self.is_full(rules) || self.is_last || now >= due {
            true => CutTime::Now,
            false => CutTime::At(due),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Reverse;
    use std::collections::BinaryHeap;

    use proptest::prelude::*;

    use super::*;

    fn rules(tasks: u32, most_chunks: u32, jobs_per_chunk: u64) -> CutRules {
        CutRules {
            tasks: NonZeroU32::new(tasks).unwrap(),
            most_chunks: NonZeroU32::new(most_chunks).unwrap(),
            jobs_per_chunk: NonZeroU64::new(jobs_per_chunk),
        }
    }

    fn sizes(jobs: u64, rules: CutRules) -> Vec<u64> {
        ChunkSizes::new(jobs, rules).collect()
    }

    proptest! {
        #[test]
        fn chunks_are_not_empty_nor_too_many_and_have_all_jobs(
            jobs in 0u64..100_000,
            tasks in 1u32..1500,
            most in 1u32..5000,
        ) {
            let sizes = sizes(jobs, rules(tasks, most, 0));
            prop_assert_eq!(sizes.iter().sum::<u64>(), jobs);
            prop_assert!(sizes.len() <= most as usize);
            prop_assert!(sizes.iter().all(|size| *size > 0));
            // They get smaller; in the last two rounds they are the same, but for what cannot be shared.
            prop_assert!(sizes.is_sorted_by(|one, next| one + 1 >= *next));
        }

        #[test]
        fn a_chunk_has_as_many_jobs_as_the_user_says(jobs in 0u64..10_000, each in 1u64..200) {
            let sizes = sizes(jobs, rules(10, 7, each));
            prop_assert_eq!(sizes.len() as u64, jobs.div_ceil(each));
            prop_assert_eq!(sizes.iter().sum::<u64>(), jobs);
            let all_but_last = sizes.split_last().map_or(&[][..], |(_, others)| others);
            prop_assert!(all_but_last.iter().all(|size| *size == each));
        }
    }

    #[test]
    fn seven_rounds_share_half_of_what_is_left() {
        let each_round = [500, 250, 125, 63, 31, 16, 15];
        let halved = sizes(1000, rules(1, 1001, 0));
        assert_eq!(halved, each_round);
    }

    #[test]
    fn there_are_fewer_rounds_if_slurm_has_not_so_many_numbers() {
        assert_eq!(sizes(100, rules(10, 29, 0)).len(), 20);
        assert_eq!(sizes(100, rules(10, 9, 0)).len(), 9);
        assert_eq!(sizes(3, rules(10, 1001, 0)), [1, 1, 1]);
    }

    /// The time that jobs take in chunks, over the time that they would take if none had to wait.
    fn makespan(times: &[f64], tasks: usize, sizes: &[u64]) -> f64 {
        // In microseconds, which have an order.
        let mut free: BinaryHeap<Reverse<u64>> = vec![Reverse(0); tasks].into();
        let (mut rest, mut end) = (times, 0);
        for size in sizes {
            let (chunk, others) = rest.split_at(*size as usize);
            rest = others;
            let Reverse(from) = free.pop().expect("there is a task");
            let until = from + (chunk.iter().sum::<f64>() * 1e6) as u64;
            end = end.max(until);
            free.push(Reverse(until));
        }
        end as f64 / 1e6 / (times.iter().sum::<f64>() / tasks as f64)
    }

    /// Numbers between 0 and 1 that are always the same.
    fn uniform() -> impl FnMut() -> f64 {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        move || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            ((state >> 11) as f64 + 1.0) / (1_u64 << 53) as f64
        }
    }

    #[test]
    fn tasks_end_at_nearly_the_same_time_whatever_the_jobs_take() {
        let mut random = uniform();
        let mut lognormal = || {
            let normal = (-2.0 * random().ln()).sqrt() * (std::f64::consts::TAU * random()).cos();
            10.0 * (normal - 0.5).exp()
        };
        let times: Vec<f64> = (0..100_000).map(|_| lognormal()).collect();
        let halving = makespan(&times, 100, &sizes(100_000, rules(100, 1001, 0)));
        let equal = makespan(&times, 100, &[1000; 100]);
        assert!(halving <= 1.1 && halving < equal, "{halving} {equal}");
        let longer: Vec<f64> = (0..100_000).map(|n| f64::from(n) / 5000.0).collect();
        let halving = makespan(&longer, 100, &sizes(100_000, rules(100, 1001, 0)));
        assert!(halving <= 1.1, "{halving}");
    }

    #[test]
    fn jobs_of_a_stream_are_cut_after_a_second_or_when_they_are_many() {
        let rules = rules(2, 1001, 0);
        let gathered = Gathered {
            since: Duration::from_secs(5),
            jobs: 10,
            bytes: 1000,
            is_last: false,
        };
        let (now, due) = (Duration::from_millis(5500), Duration::from_secs(6));
        assert_eq!(gathered.cut_time(now, 1, &rules), CutTime::At(due));
        assert_eq!(gathered.cut_time(due, 1, &rules), CutTime::Now);
        assert_eq!(gathered.cut_time(due, 2, &rules), CutTime::WhenFree);
        for more in [
            Gathered {
                jobs: 10_000,
                ..gathered
            },
            Gathered {
                bytes: 8 << 20,
                ..gathered
            },
            Gathered {
                is_last: true,
                ..gathered
            },
        ] {
            assert_eq!(more.cut_time(now, 1, &rules), CutTime::Now);
            assert_eq!(more.cut_time(now, 2, &rules), CutTime::WhenFree);
        }
    }
}
