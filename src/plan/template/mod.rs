//! A command with placeholders, filled with the values of each job.
//!
//! `placeholder` parses the braces, `scanner` and `scan_state` find out where in a script a shell does
//! not parse a value, `injection_rules` checks which commands may take one, and `script` is the script
//! with the values as its arguments.

mod injection_rules;
mod placeholder;
mod scan_state;
mod scanner;
mod script;
mod template;

pub(super) use placeholder::Width;
pub(crate) use placeholder::has_placeholder;
pub(super) use template::{Template, TemplateError, WORD_BYTES};
