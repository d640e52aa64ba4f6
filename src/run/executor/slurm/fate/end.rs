//! How chunks end that do not end well.

use super::chunk::{ChunkFate, JournalState};
use super::verdict::{AfterLoss, CanceledBy, CanceledChunk, LostChunk, LostJob, Unbegun, Verdict};
use crate::record::LostAttempts;

/// A job that was lost so often after it had begun is not run again.
const MOST_LOSSES: u32 = 2;

/// So often jobs that cannot begin are submitted again, if no job of the run ends meanwhile.
const MOST_TRIES: u32 = 3;

/// A chunk that is gone. `has_progress`: jobs of the run have ended since it was opened.
pub(super) fn lost(
    chunk: u64,
    mut fate: ChunkFate,
    has_progress: bool,
    may_run_again: bool,
) -> LostChunk {
    let is_preempted = fate.is_preempted();
    let job = |(&seq, &attempt): (&u64, &u32)| {
        let before = fate.earlier.get(&seq).copied().unwrap_or_default();
        let losses = before.losses + u32::from(!is_preempted);
        let is_lost = !is_preempted && losses >= MOST_LOSSES;
        let next = match is_lost || !may_run_again {
            true => AfterLoss::Failed,
            false => AfterLoss::Again(LostAttempts {
                losses,
                attempts: attempt,
            }),
        };
        LostJob { seq, attempt, next }
    };
    let begun: Vec<LostJob> = fate.begun.iter().map(job).collect();
    let tries = match () {
        // Jobs that have begun are lost so often and no more, and any progress is a reason to go on.
        () if fate.has_begun || has_progress => 0,
        () if is_preempted => fate.tries,
        () => fate.tries + 1,
    };
    // A job may have begun, and its prun been killed before that was in the journal; not where Slurm first told
    // it to end.
    let may_have_begun =
        fate.may_run_on() || fate.journal == JournalState::Begun && !fate.is_ended_by_limit();
    let unbegun = if !may_run_again && may_have_begun {
        Unbegun::MayHaveBegun
    } else if tries > MOST_TRIES {
        Unbegun::CouldNotStart(fate.start_failure())
    } else {
        Unbegun::Again
    };
    for job in &begun {
        fate.open.remove(job.seq);
        fate.earlier.remove(&job.seq);
    }
    LostChunk {
        chunk,
        host: fate.machine(),
        state: fate.state(),
        excluded: fate.excluded(),
        begun,
        unbegun: (fate.open, unbegun),
        earlier: fate.earlier,
        tries,
    }
}

/// A chunk whose open jobs end with it.
pub(super) fn canceled(chunk: u64, mut fate: ChunkFate, by: CanceledBy) -> Verdict {
    let (host, state) = (fate.machine(), fate.state());
    for seq in fate.begun.keys() {
        fate.open.remove(*seq);
    }
    Verdict::Canceled(CanceledChunk {
        chunk,
        by,
        host,
        state,
        begun: fate.begun.into_iter().collect(),
        unbegun: fate.open,
    })
}
