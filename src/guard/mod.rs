//! The guard: a small process that ends every job's process group when prun is gone, whatever
//! killed it.
//!
//! [`Guarding`] is prun's side, which starts and ends the guard process; attempts record what they start
//! with a [`Guard`]. `table` is the shared memory that prun writes and the process reads, `program` is the
//! code of the process, and `cleanup` decides, without a clock or processes, which groups it signals. This
//! module depends only on the engine.

mod cleanup;
mod guarding;
mod program;
mod table;

pub(crate) use guarding::{Guard, Guarding, Wanted};
pub(crate) use program::{guard, is_asked};
