//! What GNU parallel, rush or a shell would read differently than prun.
//!
//! `syntax` checks the words of a template, and `braces` those in braces, with a table of the `placeholders`
//! of other programs.

mod braces;
mod placeholders;
mod syntax;

pub(crate) use syntax::{ForeignSyntaxError, check_foreign_syntax};
