//! Child processes for [tokio](https://docs.rs/tokio), as Python's `asyncio` has them: output that a
//! time limit does not lose, any number of waiters, whole process groups ended gently and then firmly,
//! streams that never block a process, and errors that name what is at fault.
//!
//! ```
//! use std::time::Duration;
//! use prun::process::{Command, Group, Scope, Stdio, wait_for};
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // One call: start it, collect both outputs, wait.
//! let output = Command::shell("echo out; echo err >&2; exit 3").output().await?;
//! assert_eq!((output.stdout.as_slice(), output.exit.code), (b"out\n".as_slice(), Some(3)));
//!
//! // A time limit, then what came until then.
//! let mut command = Command::shell("echo begun; sleep 600");
//! command.stdout(Stdio::Pipe).process_group(Group::New);
//! let mut process = command.spawn().await?;
//! let output = match wait_for(process.communicate(None), Duration::from_millis(200)).await {
//!     Ok(output) => output?,
//!     Err(_timeout) => {
//!         // SIGTERM to the shell and to all that it started, after two seconds SIGKILL.
//!         process.shutdown(Scope::Group, Duration::from_secs(2)).await?;
//!         process.communicate(None).await?
//!     }
//! };
//! assert_eq!(output.stdout, b"begun\n");
//! assert_eq!(output.exit.returncode(), -15);
//! # Ok(()) }
//! ```
//!
//! # In a project
//!
//! The package is `prun-cli`, the crate `prun`. Without the default feature `cli`, which is the program
//! `prun`, it needs little but tokio:
//!
//! ```toml
//! [dependencies]
//! prun-cli = { version = "0.1", default-features = false }
//! tokio = { version = "1", features = ["macros", "rt"] }
//! ```
//!
//! The runtime needs its I/O and its time driver, as `#[tokio::main]` and
//! [`enable_all`](tokio::runtime::Builder::enable_all) set them up. Any kind of runtime will do.
//!
//! # Pipe or capture
//!
//! | | [`Stdio::Pipe`](process::Stdio::Pipe) | [`Stdio::Capture`](process::Stdio::Capture) |
//! |---|---|---|
//! | read | when you ask: by [`StreamReader`](process::StreamReader), tokio's traits or `communicate` | always, in the background |
//! | a process that prints much | waits until you read | never waits |
//! | kept | in your memory | 64 KiB in memory, the rest in an unlinked file |
//! | to be had | at any time | when the process has ended, by [`captured`](process::Process::captured) |
//! | for | conversations, pipelines, output that is looked at as it comes | many processes, output of any size, nobody there to read |
//!
//! [`output`](process::Command::output) and [`communicate`](process::Process::communicate) collect
//! either.
//!
//! # More
//!
//! [`process`] has the whole: examples, what differs from asyncio, and Python's names beside these.

// The program, in rooms that know only what is below them:
//
//               main                 5  a doorway
//                |
//               cli                  4  the command line, settled; wires the rest
//              /    \
//           run      sink            3  the doing; the telling (strangers to each other)
//              \    /
//         summary -- exit            2  the verdict, and its numbers
//                |
//         event    guard             1  what happened: the one language; who ends the jobs of a killed prun
//              \    /
//       process      plan            0  the engine; what is to be done (strangers)
//
// A run walks through them once: the command line is settled, a source gives jobs, the runner
// makes each an attempt and each attempt a process; facts come back as events, which every sink
// tells and the summary adds up to an exit code.

#[cfg_attr(
    not(feature = "cli"),
    allow(dead_code, unused_imports, reason = "the program needs more of it")
)]
mod os;
#[cfg_attr(
    not(feature = "cli"),
    allow(dead_code, unused_imports, reason = "the program needs more of it")
)]
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

/// The README's own example, compiled and run with the others of this crate.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
