//! Shared by the tests of the program and those of the engine.

pub(crate) mod needs;
pub(crate) mod sys;

pub(crate) use sys::{Held, kill};

/// How often a test of a race repeats its round: `PRUN_ROUNDS`, 20 by default.
pub(crate) fn rounds() -> usize {
    let Ok(text) = std::env::var("PRUN_ROUNDS") else {
        return 20;
    };
    text.parse()
        .unwrap_or_else(|_| panic!("PRUN_ROUNDS is not a number of rounds: {text}"))
}
