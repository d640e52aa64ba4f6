//! How jobs become chunks, and these become job arrays. Pure, without file or process.
//!
//! `gathering` holds jobs that are in no chunk yet, `cut` divides them, and `submissions` decides which chunks
//! are given to Slurm together. `seqs` is a set of numbers of jobs.

mod cut;
mod gathering;
mod seqs;
mod submissions;

pub(super) use cut::{ChunkSizes, CutRules, CutTime, Gathered};
pub(super) use gathering::Gathering;
pub(super) use seqs::SeqSet;
pub(super) use submissions::Submissions;
