//! Blocks: an input that is cut between its records, each block the standard input of one job.
//!
//! `borders` finds where records meet, and `cutter` decides where a block ends: a state machine that
//! looks at bytes through a `Window` and reads nothing itself. `stream` cuts what can be read only once,
//! and `range` a regular file, by offsets; both are behind `reader`, which also adds the header. `content`
//! is where the bytes of a block are kept, within a budget of `memory`, and `block` is what a job has of
//! it. `jobs` makes the jobs, by the rules that `size` and `separator` parse.

mod block;
mod borders;
mod content;
mod cutter;
mod jobs;
mod memory;
mod range;
mod reader;
mod separator;
mod size;
mod stream;

pub(crate) use block::Block;
pub(crate) use content::Content;
pub(crate) use cutter::BlockLimit;
pub(super) use jobs::{BlockError, BlockJobs};
pub(crate) use jobs::{BlockInput, BlockRules};
pub(crate) use separator::{SeparatorError, parse_separator};
pub(crate) use size::{SizeError, parse_size};
