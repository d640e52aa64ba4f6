//! Storage of captured output: a little in memory, the rest in an unlinked file.
//!
//! Captured output must not be on the heap: a job may print more than there is memory, and a big heap
//! makes every later fork slower. One file serves all streams: waiting output costs no descriptors,
//! however much of it there is.
//!
//! [`Spool`] is one stream. Output that does not fit in memory is `segment`s of a `shared_file`, appended
//! by `writing`, with `splice` where the system can; `disk_threads` may wait for the disk. `spill` bounds
//! the memory of spools that were handed out, `from_file` makes a spool of an existing file, and `loss` is
//! the error for incomplete output.

mod disk_threads;
mod from_file;
mod loss;
mod options;
mod segment;
mod shared_file;
mod spill;
#[cfg(linux)]
mod splice;
mod spool;
mod writing;

pub(super) use disk_threads::{is_wanted, on_thread};
pub use loss::LostOutput;
pub use options::SpoolOptions;
pub use spool::{Spool, SpoolReader};
pub(super) use writing::Transfer;
