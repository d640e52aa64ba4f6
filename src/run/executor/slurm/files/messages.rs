//! What the run and the thread of its files tell each other.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::folder::RunFolderError;
use crate::event::{CancelReason, Event};
use crate::record::{LostAttempts, WorkHeader};
use crate::run::executor::journal::{JournalItem, UnaskedMode};
use crate::run::executor::slurm::chunks::SeqSet;

/// What the thread is asked for. It does one thing after the other.
pub(crate) enum ToFiles {
    /// Keep these work lines, which are in no chunk yet.
    Gather(Vec<u8>),
    /// Make chunks of so many of those each, in order, with numbers in a row from that of the header on.
    Cut(WorkHeader, Vec<u64>),
    /// Make a chunk of jobs of another one.
    Again(WorkHeader, LostJobs),
    /// Note that the input has ended, and all of it is in chunks.
    SetWhole,
    /// Read what is new in the journals; the chunks are those for which that was asked.
    Look(Vec<u64>),
    /// Go on with a journal in which endings by cancellation are of this kind.
    GoOn(u64, UnaskedMode),
    /// Make endings for jobs of a chunk of which the journal has none.
    End(u64, Vec<(JobRange, MadeEnding)>),
    /// Read the journal of a chunk no more.
    Close(u64),
    /// Find the chunks of a run that has begun.
    Find,
    /// Remove the run folder, or leave it, and end.
    Finish { remove: bool },
}

/// Jobs that run again in a new chunk.
pub(crate) struct LostJobs {
    /// The chunk in which they were.
    pub(crate) from: u64,
    /// Their numbers, in the order in which they are to run.
    pub(crate) jobs: Vec<(u64, LostAttempts)>,
    /// For [`Fates::open`](super::super::fate::Fates::open).
    pub(crate) tries: u32,
}

/// The first and the last number of jobs in a row.
pub(crate) type JobRange = (u64, u64);

/// An ending that is in no journal.
#[derive(Clone, Debug)]
pub(crate) enum MadeEnding {
    /// It was never started.
    Skipped(Option<CancelReason>),
    /// It could not be started, for this reason.
    NotStarted(Arc<str>),
    /// Its task could not begin: as that said, or if it said nothing, for this reason.
    TaskNotBegun(Arc<str>),
    /// This attempt was lost, and another one follows.
    LostAndAgain { attempt: u32, error: Arc<str> },
    /// This attempt was lost, and the job with it.
    Lost { attempt: u32, error: Arc<str> },
    /// This attempt was canceled, and nothing more is known of it.
    Canceled {
        attempt: u32,
        reason: Option<CancelReason>,
        error: Arc<str>,
    },
}

/// What the thread answers.
pub(crate) enum FromFiles {
    /// So many bytes of work lines are kept.
    Gathered(usize),
    /// A chunk was written.
    Written(FoundChunk),
    /// A chunk could not be written: its jobs end.
    NotWritten,
    /// All is done of a request for chunks or endings.
    Done,
    /// A chunk of a run that had begun.
    Found(FoundChunk),
    /// All chunks were found. `is_whole`: they have all of the input.
    AllFound { is_whole: bool },
    /// Something was read from the journal of a chunk.
    Read(u64, JournalItem),
    /// The journal of a chunk cannot be read, for this reason.
    Damaged(u64, Arc<str>),
    /// All journals were read, as for these chunks was asked.
    Looked(Vec<u64>),
    /// A job ended, or its attempt, as was asked.
    Made(Event),
    /// The folder was removed, or left; the text is a warning.
    Finished(Result<Option<String>, RunFolderError>),
    /// A file cannot be written: no more chunks are.
    Failed(Arc<str>),
}

/// A chunk in the run folder.
pub(crate) struct FoundChunk {
    pub(crate) chunk: u64,
    pub(crate) jobs: SeqSet,
    /// What was lost of its jobs before.
    pub(crate) earlier: BTreeMap<u64, LostAttempts>,
    pub(crate) tries: u32,
}
