//! The guard: a small process that ends every job's process group when prun is gone, whatever
//! killed it.
//!
//! [`Guarding`] is prun's side, which starts the process and ends it; attempts tell a [`Guard`]
//! what they start. `table` is the memory that prun writes and the process reads, `program` what
//! the process does, and `cleanup` decides, without clock or process, whom it signals. The room
//! knows the engine alone.

mod cleanup;
mod guarding;
mod program;
mod table;

pub(crate) use guarding::{Guard, Guarding, Wanted};
pub(crate) use program::{guard, is_asked};
