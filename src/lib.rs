//! prun runs many commands at once, shows what matters, loses nothing, and tells the truth about
//! how each one ended.
//!
//! As a library it is an engine: [`process`] gives Rust what Python's `asyncio` subprocess module
//! gives Python. With the feature `cli` (on by default) the crate also holds the program `prun`,
//! in rooms that know only what is below them:
//!
//! ```text
//!               main                 5  a doorway
//!                |
//!               cli                  4  the command line, settled; wires the rest
//!              /    \
//!           run      sink            3  the doing; the telling (strangers to each other)
//!              \    /
//!         summary -- exit            2  the verdict, and its numbers
//!                |
//!         event    guard             1  what happened: the one language; who ends the jobs of a killed prun
//!              \    /
//!       process      plan            0  the engine; what is to be done (strangers)
//! ```
//!
//! A run walks through them once: the command line is settled, a source gives jobs, the runner
//! makes each an attempt and each attempt a process; facts come back as events, which every sink
//! tells and the summary adds up to an exit code.

pub mod process;

#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "cli")]
mod event;
#[cfg(feature = "cli")]
pub mod exit;
#[cfg(feature = "cli")]
mod guard;
#[cfg(feature = "cli")]
mod plan;
#[cfg(feature = "cli")]
mod run;
#[cfg(feature = "cli")]
mod sink;
#[cfg(feature = "cli")]
mod summary;

/// The README's own example, compiled and run with the others of this crate.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
