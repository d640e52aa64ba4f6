//! How much of the run hangs on a job: its own time and that of the longest chain of jobs after it.
//!
//! Starting the job with the longest remaining chain first is the rule of the longest processing time,
//! extended to jobs that need each other (the critical path method).

use std::collections::HashMap;
use std::time::Duration;

/// A job with the time that it took before, if that is known.
#[derive(Clone, Debug)]
pub(crate) struct Timed {
    pub(crate) seq: u64,
    pub(crate) needs: Vec<u64>,
    pub(crate) time: Option<Duration>,
}

/// Returns the time of each job together with the longest chain of jobs that need it, in the same order.
/// A job without a known time counts as long as the longest that is known: it may be long, and should not
/// be the last to start. Jobs that need each other in a circle have only their own time.
pub(crate) fn remaining_times(jobs: &[Timed]) -> Vec<Duration> {
    let known = jobs.iter().filter_map(|job| job.time);
    let longest = known.max().unwrap_or_default();
    let index: HashMap<u64, usize> = jobs.iter().map(|job| job.seq).zip(0..).collect();
    let own = |job: &Timed| job.time.unwrap_or(longest);
    let mut remaining: Vec<Duration> = jobs.iter().map(own).collect();
    // How many jobs that need it are not settled yet.
    let mut users = vec![0_usize; jobs.len()];
    let needs = |at: usize| {
        let needs: &[u64] = &jobs[at].needs;
        needs.iter().filter_map(|need| index.get(need).copied())
    };
    (0..jobs.len())
        .flat_map(needs)
        .for_each(|at| users[at] += 1);
    let mut settled: Vec<usize> = (0..jobs.len()).filter(|at| users[*at] == 0).collect();
    while let Some(at) = settled.pop() {
        for need in needs(at) {
            let chain = own(&jobs[need]).saturating_add(remaining[at]);
            remaining[need] = remaining[need].max(chain);
            users[need] -= 1;
            if users[need] == 0 {
                settled.push(need);
            }
        }
    }
    remaining
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::policy::graph::{ReadyJobs, SlotClaim};
    use proptest::prelude::*;
    use std::num::NonZeroU32;

    fn remaining(jobs: &[(&[u64], Option<u64>)]) -> Vec<u64> {
        let jobs: Vec<Timed> = jobs
            .iter()
            .zip(1..)
            .map(|((needs, time), seq)| Timed {
                seq,
                needs: needs.to_vec(),
                time: time.map(Duration::from_secs),
            })
            .collect();
        let remaining = remaining_times(&jobs);
        remaining.iter().map(Duration::as_secs).collect()
    }

    #[test]
    fn without_needs_it_is_the_time_of_the_job() {
        assert_eq!(remaining(&[(&[], Some(3)), (&[], Some(5))]), [3, 5]);
    }

    #[test]
    fn the_longest_chain_of_jobs_that_need_it_is_added() {
        let jobs: &[(&[u64], _)] = &[
            (&[], Some(1)),
            (&[1], Some(2)),
            (&[1], Some(7)),
            (&[2, 3], Some(4)),
            (&[], Some(9)),
        ];
        assert_eq!(remaining(jobs), [12, 6, 11, 4, 9]);
    }

    #[test]
    fn a_job_without_a_known_time_counts_as_the_longest() {
        assert_eq!(
            remaining(&[(&[], None), (&[], Some(5)), (&[], Some(2))]),
            [5, 5, 2]
        );
        assert_eq!(remaining(&[(&[], None), (&[], None)]), [0, 0]);
    }

    #[test]
    fn a_circle_ends() {
        assert_eq!(remaining(&[(&[2], Some(1)), (&[1], Some(2))]), [1, 2]);
    }

    proptest! {
        #[test]
        fn the_longest_first_are_done_within_the_bound_of_the_rule(
            times in prop::collection::vec(1u64..1000, 200),
            limit in 1usize..17,
        ) {
            let timed: Vec<Timed> = times
                .iter()
                .zip(1..)
                .map(|(time, seq)| Timed { seq, needs: Vec::new(), time: Some(Duration::from_secs(*time)) })
                .collect();
            let lengths = remaining_times(&timed);
            let mut ready = ReadyJobs::default();
            for (job, length) in timed.iter().zip(lengths) {
                let claim = SlotClaim { seq: job.seq, length, weight: NonZeroU32::MIN, pool: None };
                ready.push(claim, job.seq);
            }
            // Each slot takes the next job when it is free.
            let mut slots = vec![0; limit];
            while let Some((seq, _)) = ready.take(None, None, |_| true) {
                let slot = slots.iter_mut().min().unwrap();
                *slot += times[seq as usize - 1];
            }
            let makespan = slots.into_iter().max().unwrap();
            // No order is shorter than the mean of the slots or the longest job; this one is at most
            // 4/3 − 1/3m of the shortest, and on so many jobs within 5 % of that lower bound.
            let total: u64 = times.iter().sum();
            let lower = total.div_ceil(limit as u64).max(*times.iter().max().unwrap());
            prop_assert!(makespan * 100 <= lower * 105, "{makespan} of at least {lower}");
        }
    }
}
