//! What is shown of the jobs: what standard output is for (`form`), how their output is handled (`output`),
//! and how the run looks (`display`).

mod display;
mod form;
mod output;

pub(super) use display::{View, display, step_summary};
pub(super) use form::FormError;
pub(in crate::cli) use form::OutputForm;
pub(super) use output::{OutputRules, PAGERS, terminal};
