//! The order in which jobs can start.

use crate::plan::job::Job;

/// Returns the level of each job, from 1: each needs only jobs of lower levels. The needs of the jobs have
/// their numbers in this order, from 1, and no cycle.
pub(crate) fn levels(jobs: &[Job]) -> Vec<usize> {
    let needed = |job: &Job| -> Vec<usize> {
        let indexes = job.needs().iter().map(|need| need.seq as usize - 1);
        indexes.filter(|index| *index < jobs.len()).collect()
    };
    let mut dependents = vec![Vec::new(); jobs.len()];
    let mut waits_for = vec![0; jobs.len()];
    for (index, job) in jobs.iter().enumerate() {
        for other in needed(job) {
            dependents[other].push(index);
            waits_for[index] += 1;
        }
    }
    let mut levels = vec![1; jobs.len()];
    let mut ready: Vec<usize> = (0..jobs.len())
        .filter(|index| waits_for[*index] == 0)
        .collect();
    while let Some(index) = ready.pop() {
        for dependent in std::mem::take(&mut dependents[index]) {
            levels[dependent] = levels[dependent].max(levels[index] + 1);
            waits_for[dependent] -= 1;
            if waits_for[dependent] == 0 {
                ready.push(dependent);
            }
        }
    }
    levels
}
