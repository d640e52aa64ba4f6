//! Jobs in another order, or some of them.

use crate::plan::job::Job;

/// Gives the needs of jobs their new numbers: `new` has that of each old number, from 1, and 0 for a job
/// that is left out. A need of such a job is dropped.
pub(crate) fn renumber<'j>(jobs: impl IntoIterator<Item = &'j mut Job>, new: &[u64]) {
    for job in jobs {
        let Some(scheduling) = &mut job.scheduling else {
            continue;
        };
        scheduling.needs.retain_mut(|need| {
            let index = usize::try_from(need.seq)
                .ok()
                .and_then(|seq| seq.checked_sub(1));
            need.seq = index.and_then(|index| new.get(index)).copied().unwrap_or(0);
            need.seq > 0
        });
    }
}
