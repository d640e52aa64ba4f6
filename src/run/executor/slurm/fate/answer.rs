//! [`QueueAnswer`]: what Slurm says of each chunk.

use std::collections::HashMap;
use std::num::NonZeroU64;

use super::super::commands::TaskReport;

/// What Slurm says of each chunk.
pub(super) struct QueueAnswer {
    block_size: NonZeroU64,
    /// By the number of the chunk.
    listed: HashMap<u64, TaskReport>,
    /// By block: for all tasks that are not listed, since they were canceled before they began.
    canceled: HashMap<u64, TaskReport>,
}

impl QueueAnswer {
    /// Sorts the reports.
    pub(super) fn new(reports: Vec<TaskReport>, block_size: NonZeroU64) -> Self {
        let mut answer = Self {
            block_size,
            listed: HashMap::new(),
            canceled: HashMap::new(),
        };
        for report in reports {
            let is_refused = report.reason == "BadConstraints" && report.node.is_none();
            if is_refused && !report.state.is_alive() {
                // sbatch did not take it, and Slurm lists it nevertheless.
                continue;
            }
            let Some(index) = report.index else {
                answer.canceled.insert(report.block, report);
                continue;
            };
            let chunk = report.block * block_size.get() + index;
            // If there are several for one chunk, the one that tells most is right.
            let rank = |report: &TaskReport| (report.state.is_alive(), report.node.is_some());
            match answer.listed.get(&chunk) {
                Some(other) if rank(other) >= rank(&report) => {}
                _ => drop(answer.listed.insert(chunk, report)),
            }
        }
        answer
    }

    /// Takes the report of a chunk.
    pub(super) fn take(&mut self, chunk: u64) -> Option<TaskReport> {
        self.listed.remove(&chunk)
    }

    /// The report of a chunk that is not listed, if tasks of its block were canceled before they began.
    pub(super) fn canceled(&self, chunk: u64) -> Option<&TaskReport> {
        self.canceled.get(&(chunk / self.block_size))
    }
}
