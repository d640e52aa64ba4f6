//! What becomes of each chunk.
//!
//! [`Fates`] hears what is found in the journals, what Slurm says and how time passes, and answers with
//! [`Verdict`]s: each job of each chunk gets one ending, or one new chunk. `chunk` is what is known of one
//! chunk, `answer` what Slurm
//! says of each, and `end` how those end that do not end well. Nothing here reads a file or a clock.

mod answer;
mod chunk;
mod end;
mod fates;
#[cfg(test)]
mod tests;
mod verdict;

pub(crate) use fates::Fates;
pub(crate) use verdict::{
    AfterLoss, CanceledBy, CanceledChunk, LostChunk, StartFailure, UnaskedEndings, Unbegun, Verdict,
};
