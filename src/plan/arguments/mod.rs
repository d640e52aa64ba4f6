//! Jobs made from a template and its values.
//!
//! `values` reads one source of values, `linked` combines some one to one, and `combine` makes products
//! and batches of them.

mod arguments;
mod combine;
mod linked;
mod values;

pub(super) use arguments::Arguments;
pub(crate) use arguments::{ArgumentsError, BatchSize, Rules, TypedCommands, TypedList, divide};
pub(super) use values::Values;
pub(crate) use values::{ValueError, ValueSource};
