//! Jobs made from a template and its values.
//!
//! `values` reads one source of values, `combine` makes products, links and batches of them.

#[expect(
    clippy::module_inception,
    reason = "the chamber is named for its main type"
)]
mod arguments;
mod combine;
mod values;

pub(super) use arguments::Arguments;
pub(crate) use arguments::{ArgumentsError, BatchSize, Rules, TypedCommands, divide};
pub(crate) use values::ValueSource;
