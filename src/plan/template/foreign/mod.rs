//! What GNU parallel, rush or a shell would read differently than prun.
//!
//! `syntax` checks the words of a template, with `placeholders` for the braces.

mod placeholders;
mod syntax;

pub(crate) use syntax::{ForeignSyntaxError, check_foreign_syntax};
