//! What a command line names as its input.
//!
//! `inputs` is its form, determined by the syntax alone, and `blocks` how an input is cut with `--pipe`.

mod blocks;
mod inputs;

pub(super) use inputs::{Input, InputError, columns, separator};
