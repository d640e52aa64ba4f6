//! The command line as it was typed, and all that is said about it.
//!
//! `args` has each option once, with its `values`; help, manual page and completions (`generate`) are made
//! of that, with `help_sections` below the options. `hints` answers the options of other programs.

#[expect(
    clippy::module_inception,
    reason = "the chamber is named for its main type"
)]
mod args;
pub(super) mod generate;
mod help_sections;
mod hints;
mod values;

pub(super) use args::Args;
pub(super) use help_sections::SHAPES;
pub(super) use hints::{batch_hint, hint};
pub(super) use values::{
    CiMode, ColorMode, FailFastMode, Jobs, JsonMode, OutputMode, ProgressMode,
};
