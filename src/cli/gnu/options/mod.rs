//! The options of GNU parallel: the `table` of all, those `refused` with a hint, how they are read
//! (`parse`), and their `values`.

mod parse;
mod refused;
mod table;
mod takes;
pub(super) mod values;

pub(super) use parse::{ParseError, parse};
pub(super) use table::{OptionEffect, Setting, options};
