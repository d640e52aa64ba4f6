//! Standard output and standard error.
//!
//! `console` is the only file that writes to them. `stream` is one of the two, with its write errors and the state of
//! its last line. `region` draws the live region, `sanitize` removes control sequences from the output of jobs, and
//! `colours` tracks the colours that output left on.

mod colours;
mod console;
mod region;
mod sanitize;
mod stream;

pub(super) use colours::Colours;
pub(crate) use console::Console;
