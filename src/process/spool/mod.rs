//! Where captured output is kept: a little in memory, the rest in a file that has no name.
//!
//! Captured output must not sit in the heap: a job may print more than there is memory, and a big
//! heap makes every later fork slower. One file is enough for all streams: what waits costs no
//! descriptors, however much of it there is.
//!
//! [`Spool`] is one stream. What does not fit into memory is `segment`s of a `shared_file`, added by
//! `writing`, which lets the system move the bytes by `splice` where it can; `threads` are those that
//! may wait for the disk. `held` counts what was handed out, `from_file` makes a spool of a file that is
//! there, and `loss` is the error of one that is not whole.

mod disk_threads;
mod from_file;
mod loss;
mod options;
mod segment;
mod shared_file;
mod spill;
#[cfg(linux)]
mod splice;
#[expect(
    clippy::module_inception,
    reason = "the chamber is named for its main type"
)]
mod spool;
mod writing;

pub(super) use disk_threads::{is_wanted, on_thread};
pub use loss::LostOutput;
pub use options::SpoolOptions;
pub use spool::{Spool, SpoolReader};
pub(super) use writing::Transfer;
