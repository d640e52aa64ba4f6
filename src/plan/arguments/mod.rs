//! Jobs made from a template and its values.
//!
//! `values` reads one source of values, `combine` makes products, links and batches of them.

mod arguments;
mod combine;
mod values;

pub(super) use arguments::Arguments;
pub(crate) use arguments::{ArgumentsError, BatchSize, Rules, TypedCommands, divide};
pub(super) use values::Values;
pub(crate) use values::{ValueError, ValueSource};
