//! Reads what a prun on another machine writes of its jobs, while it does.
//!
//! [`JournalTail`] reads one journal from where it stopped, and gives the events of its jobs as they are for
//! this run. `lines` reads whole lines of a file that grows, and `returned` puts together what belongs to
//! an attempt.

mod lines;
mod returned;
mod tail;
#[cfg(test)]
mod tests;

pub(crate) use lines::JournalError;
pub(crate) use tail::{JournalItem, JournalTail, TailSettings, UnaskedMode};
