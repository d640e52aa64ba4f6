//! Standard output and standard error, as what is written there.
//!
//! `console` is the only file that touches them. A `stream` is one of them: whose bytes go through it, how
//! they end, and whether they arrive. `region` is the part of the screen that is drawn again and again,
//! `sanitize` keeps a job's output from driving the terminal, and `colours` knows which it left on.

mod colours;
#[expect(
    clippy::module_inception,
    reason = "the chamber is named for its main type"
)]
mod console;
mod region;
mod sanitize;
mod stream;

pub(super) use colours::Colours;
pub(crate) use console::Console;
