//! [`Verdict`]: what is decided of a chunk.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::record::LostAttempts;
use crate::run::executor::slurm::chunks::SeqSet;

/// What is decided of a chunk.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Verdict {
    /// What endings by cancellation in its journal are, for which nobody here has asked. Its reader goes on.
    Endings { chunk: u64, endings: UnaskedEndings },
    /// Its journal is to be looked for and read once more, and then
    /// [`Fates::looked`](super::Fates::looked) follows.
    LookAgain { chunk: u64 },
    /// All its jobs have ended, and its journal is not read any more.
    Over { chunk: u64 },
    /// It is gone, and jobs of it have not ended. Its journal is not read any more.
    Lost(LostChunk),
    /// It was canceled, and its open jobs with it. Its journal is not read any more.
    Canceled(CanceledChunk),
    /// The prun on the node could not write the journal: the run stops.
    JournalNotWritten { chunk: u64, host: Option<Arc<str>> },
    /// Tasks wait for this reason, perhaps for ever. Decided once for each reason.
    WaitsLong { reason: String },
}

/// What endings by cancellation are, for which nobody here has asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UnaskedEndings {
    /// prun stops now, and so they are those that it asks for.
    Ours,
    /// Somebody canceled the task in Slurm.
    Engine,
    /// No endings: the task ended for a reason that is not the user's, and these jobs are lost.
    Discarded,
}

/// A chunk that is gone with jobs of it that have not ended.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct LostChunk {
    pub(crate) chunk: u64,
    /// The machine, as it calls itself or as Slurm does.
    pub(crate) host: Option<Arc<str>>,
    /// What happened to it: the state of the task in the word of Slurm, for example.
    pub(crate) state: Arc<str>,
    /// The node that the next try must not use.
    pub(crate) excluded: Option<Arc<str>>,
    /// The jobs that had begun, in order.
    pub(crate) begun: Vec<LostJob>,
    /// The other jobs, and what becomes of them.
    pub(crate) unbegun: (SeqSet, Unbegun),
    /// What was lost of those before.
    pub(crate) earlier: BTreeMap<u64, LostAttempts>,
    /// How often in a row no job of them could begin; for [`Fates::open`](super::Fates::open).
    pub(crate) tries: u32,
}

impl LostChunk {
    /// Returns the jobs that run again in a new chunk, in the order in which they are to be in it: those
    /// that had begun come first.
    pub(crate) fn again(&self) -> impl Iterator<Item = (u64, LostAttempts)> + '_ {
        let begun = self.begun.iter().filter_map(|job| match job.next {
            AfterLoss::Again(lost) => Some((job.seq, lost)),
            AfterLoss::Failed => None,
        });
        let (seqs, unbegun) = &self.unbegun;
        let is_again = *unbegun == Unbegun::Again;
        let unbegun = seqs.iter().filter(move |_| is_again);
        begun.chain(unbegun.map(|seq| {
            let lost = self.earlier.get(&seq).copied().unwrap_or_default();
            (seq, lost)
        }))
    }

    /// Returns what happened, with the machine: `n2: NODE_FAIL`.
    pub(crate) fn error(&self) -> String {
        match &self.host {
            Some(host) => format!("{host}: {}", self.state),
            None => self.state.to_string(),
        }
    }
}

/// A job that had begun when its machine was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LostJob {
    pub(crate) seq: u64,
    /// The number of the attempt that was lost.
    pub(crate) attempt: u32,
    pub(crate) next: AfterLoss,
}

/// What becomes of a lost job that had begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AfterLoss {
    /// It runs again.
    Again(LostAttempts),
    /// It ends as failed, with the reason that it was lost.
    Failed,
}

/// What becomes of lost jobs that had not begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unbegun {
    /// They run.
    Again,
    /// Some may have begun on a node that is cut off, and none may run twice: they end as failed, with the
    /// reason that they were lost.
    MayHaveBegun,
    /// They end as not started, for this reason.
    CouldNotStart(StartFailure),
}

/// Why a task could not begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StartFailure {
    /// The run folder is not there on the node.
    FolderNotSeen,
    /// The run folder cannot be written on the node.
    FolderNotWritable,
    /// What the task said is in its `.err` file.
    Said,
}

/// A chunk that was canceled.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CanceledChunk {
    pub(crate) chunk: u64,
    pub(crate) by: CanceledBy,
    /// The machine, if it had one.
    pub(crate) host: Option<Arc<str>>,
    /// What happened to it.
    pub(crate) state: Arc<str>,
    /// The jobs that had begun, with the number of the attempt of which nothing is known any more.
    pub(crate) begun: Vec<(u64, u32)>,
    /// The other jobs.
    pub(crate) unbegun: SeqSet,
}

/// Who canceled a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CanceledBy {
    /// prun.
    Us,
    /// Somebody else, in Slurm.
    Engine,
}
