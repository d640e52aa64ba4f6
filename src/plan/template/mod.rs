//! A command with placeholders, filled by the values of each job.
//!
//! `placeholder` knows what braces mean, `scanner` and `scan_state` find where a value is sound in a text
//! for a shell, `injection_rules` which commands may have one, and `script` is that text with the values
//! behind it.

mod injection_rules;
mod placeholder;
mod scan_state;
mod scanner;
mod script;
#[expect(
    clippy::module_inception,
    reason = "the chamber is named for its main type"
)]
mod template;

pub(super) use placeholder::Width;
pub(super) use template::{Template, TemplateError, WORD_BYTES};
