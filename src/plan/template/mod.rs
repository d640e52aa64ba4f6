//! A command with placeholders, filled with the values of each job.
//!
//! `placeholder` parses the braces, `form` is the part of a value that they insert, `slot_assignment` what
//! they insert besides values; `variables` are those before a command, `job_name` is the name of each job, and `split` splits a line into words.
//! `scan` finds out where in a script a shell does not parse a value, and `script` is the script with the
//! values as its arguments. `foreign` rejects what other programs would read differently.

mod foreign;
mod form;
mod job_name;
mod placeholder;
mod scan;
mod script;
mod slot_assignment;
mod split;
mod template;
mod variables;

pub(super) use foreign::{ForeignSyntaxError, check_foreign_syntax};
pub(super) use form::PlaceholderForm;
pub(super) use job_name::{JobName, JobNameError};
pub(crate) use placeholder::has_placeholder;
pub(super) use placeholder::{Hole, Piece, PlaceholderScope, Width, pieces};
pub(crate) use slot_assignment::{KnownSlots, SlotAssignment};
pub(super) use template::{Template, TemplateError, WORD_BYTES};
pub(super) use variables::assignment;
