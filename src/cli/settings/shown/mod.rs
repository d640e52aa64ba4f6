//! What is shown of the jobs: what standard output is for (`form`), how their output is handled (`output`),
//! and how the run looks (`display`); `shown` is the last two together.

mod display;
mod form;
mod output;
mod shown;

pub(super) use display::{View, display, step_summary};
pub(super) use form::FormError;
pub(in crate::cli) use form::OutputForm;
pub(super) use output::PAGERS;
pub(super) use shown::Shown;
