//! Child processes for [tokio](https://docs.rs/tokio), modelled on Python's `asyncio`: output that
//! survives a timeout, any number of waiters, shutdown of whole process groups with `SIGTERM` and then
//! `SIGKILL`, streams that never block a process, and errors that name the cause.
//!
//! ```
//! use std::time::Duration;
//! use prun::process::{Command, Group, Scope, Stdio, wait_for};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // One call: spawn it, collect both outputs, wait.
//! let output = Command::shell("echo out; echo err >&2; exit 3").output().await?;
//! assert_eq!((output.stdout.as_slice(), output.exit.code), (b"out\n".as_slice(), Some(3)));
//!
//! // A time limit, and the output up to then.
//! let mut command = Command::shell("echo begun; sleep 600");
//! command.stdout(Stdio::Pipe).process_group(Group::New);
//! let mut process = command.spawn().await?;
//! let output = match wait_for(process.communicate(None), Duration::from_millis(200)).await {
//!     Ok(output) => output?,
//!     Err(_timeout) => {
//!         // SIGTERM to the shell and its descendants, SIGKILL after two seconds.
//!         process.shutdown(Scope::Group, Duration::from_secs(2)).await?;
//!         process.communicate(None).await?
//!     }
//! };
//! assert_eq!(output.stdout, b"begun\n");
//! assert_eq!(output.exit.returncode(), -15);
//! # Ok(()) }
//! ```
//!
//! # Installation
//!
//! The package is named `prun-cli`, the crate `prun`. Without the default feature `cli`, which builds
//! the program `prun`, it has few dependencies besides tokio:
//!
//! ```toml
//! [dependencies]
//! prun-cli = { version = "0.1", default-features = false }
//! tokio = { version = "1", features = ["macros", "rt"] }
//! ```
//!
//! It works with any flavor of runtime. The runtime needs the I/O and time drivers, which
//! `#[tokio::main]` and [`enable_all`](tokio::runtime::Builder::enable_all) enable.
//!
//! # Pipe or capture
//!
//! | | [`Stdio::Pipe`](process::Stdio::Pipe) | [`Stdio::Capture`](process::Stdio::Capture) |
//! |---|---|---|
//! | read | on demand, with [`StreamReader`](process::StreamReader), tokio's traits or `communicate` | always, in the background |
//! | a process with much output | blocks until it is read | never blocks |
//! | stored | in your memory | 64 KiB in memory, the rest in an unlinked file |
//! | available | at any time | after the process has ended, from [`captured`](process::Process::captured) |
//! | use it for | conversations, pipelines, output that is processed as it arrives | many processes, output of any size, no reader |
//!
//! [`output`](process::Command::output) and [`communicate`](process::Process::communicate) support
//! both.
//!
//! # More
//!
//! [`process`] has more examples, the differences from asyncio, and a table of Python's names.

#![cfg_attr(
    not(feature = "cli"),
    allow(dead_code, unused_imports, reason = "the program needs more of it")
)]

// The program, in layers that know only the layers below them:
//
//               main                 6  the entry point
//                |
//               cli                  5  the command line and settings; connects the rest
//              /    \
//           run      sink            4  running the jobs; output and reports (they do not know each other)
//              \    /
//      record, summary, exit         3  the JSON of a run; its result; the exit codes
//                |
//         event    guard             2  what happened in a run; the process that ends the jobs of a killed prun
//              \    /
//       process      plan            1  the engine; the jobs to run (they do not know each other)
//              \    /
//                os                  0  what the system provides; all unsafe code
//
// The data of a run passes through them once: the command line becomes settings, a source yields jobs,
// the runner makes attempts of each job and a process of each attempt; the results return as events,
// which every sink handles and the summary adds up to an exit code.

mod os;
pub mod process;

#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
#[cfg(feature = "cli")]
mod event;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod exit;
#[cfg(feature = "cli")]
mod guard;
#[cfg(feature = "cli")]
mod plan;
#[cfg(feature = "cli")]
mod record;
#[cfg(feature = "cli")]
mod run;
#[cfg(feature = "cli")]
mod sink;
#[cfg(feature = "cli")]
mod summary;

/// The example in the README, compiled and run with the other doc tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
