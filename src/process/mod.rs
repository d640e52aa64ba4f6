//! The engine: child processes, as Python's `asyncio` subprocess module has them, on tokio.
//!
//! [`Command`] says what to start, [`Process`] is what runs, [`ProcessHandle`] is what may be
//! shared of it. The engine knows std, tokio and the operating system; it knows nothing of jobs,
//! plans or terminals. `sys` is the only file of the crate with `unsafe` in it.
//!
//! # A shell command and its result
//!
//! ```
//! use prun::process::{Command, Stdio};
//!
//! async fn run(line: &str) -> Result<(), Box<dyn std::error::Error>> {
//!     let mut process =
//!         Command::shell(line).stdout(Stdio::Pipe).stderr(Stdio::Pipe).spawn().await?;
//!     let (stdout, stderr) = process.communicate(None).await?;
//!     println!("[{line:?} exited with {:?}]", process.returncode());
//!     println!("[stdout]\n{}", String::from_utf8_lossy(&stdout.unwrap_or_default()));
//!     println!("[stderr]\n{}", String::from_utf8_lossy(&stderr.unwrap_or_default()));
//!     Ok(())
//! }
//! # #[tokio::main(flavor = "current_thread")] async fn main() { run("ls /nowhere").await.unwrap() }
//! ```
//!
//! # Several at once
//!
//! ```
//! # use prun::process::Command;
//! # async fn run(line: &str) -> Option<i32> {
//! #     Command::shell(line).spawn().await.ok()?.wait().await.ok().map(|exit| exit.returncode())
//! # }
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let codes = tokio::join!(run("sleep 0.1; exit 1"), run("sleep 0.1; exit 2"));
//! assert_eq!(codes, (Some(1), Some(2)));
//! # }
//! ```
//!
//! # A process controlled through its streams
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use prun::process::{Command, Stdio};
//!
//! let command = Command::exec("tr").args(["a-z", "A-Z"]);
//! let mut process = command.stdin(Stdio::Pipe).stdout(Stdio::Pipe).spawn().await?;
//! let mut stdin = process.take_stdin().expect("it is a pipe");
//! stdin.write_all("hello\n").await?;
//! stdin.close();
//! let line = process.stdout().expect("it is a pipe").read_line().await?;
//! assert_eq!(line, b"HELLO\n");
//! assert!(process.wait().await?.success());
//! # Ok(()) }
//! ```
//!
//! # Where it differs from asyncio
//!
//! * [`wait`](ProcessHandle::wait) returns when the process has ended, whatever holds its pipes.
//! * [`communicate`](Process::communicate) may be dropped and called again without losing a byte,
//!   and does not wait for ever for a pipe that another process holds.
//! * A line longer than the limit stays in the [`StreamReader`].
//! * [`spawn`](Command::spawn) never holds the runtime up, also where a program lies on a server that
//!   is gone: a thread of its own starts the processes.
//! * A whole process group can be ended ([`stop`](ProcessHandle::stop)), gently and then firmly.
//! * A status is never made up: one that somebody else collected is [`WaitError::StatusLost`].
//! * A signal never reaches a stranger that was given an old process's number.
//! * [`Stdio::Capture`] is drained in the background, and may be taken in [`Pieces`] on the way;
//!   [`Stdio::Pipe`] is read when asked. [`Stdio::Terminal`] captures through a pseudo-terminal.
//!
//! Every future here may be dropped at any moment; what that means is told at each.
//!
//! # From Python's names to these
//!
//! | asyncio | here |
//! |---|---|
//! | `create_subprocess_exec(p, *a)` | [`Command::exec`]`(p).args(a).spawn().await` |
//! | `create_subprocess_shell(cmd)` | [`Command::shell`]`(cmd).spawn().await` |
//! | `executable=` | `exec(binary)` with [`arg0`](Command::arg0), or [`shell_path`](Command::shell_path) |
//! | `limit=` | [`Command::limit`] |
//! | `PIPE`, `DEVNULL`, `STDOUT`, `None` | [`Stdio::Pipe`], [`Stdio::Null`], [`Stdio::ToStdout`], [`Stdio::Inherit`] |
//! | a file object, a descriptor | [`Stdio::File`], [`Stdio::Fd`] |
//! | `cwd=` | [`Command::current_dir`] |
//! | `env=` (replaces all) | [`Command::environment`] ([`Command::env`] adds one) |
//! | `start_new_session=`, `process_group=` | [`Command::new_session`], [`Command::process_group`] |
//! | `pass_fds=` | [`Command::pass_fd`] |
//! | `pid`, `returncode` | [`ProcessHandle::pid`], [`ProcessHandle::returncode`] |
//! | `stdin`, `stdout`, `stderr` | [`Process::stdin`], [`Process::stdout`], [`Process::stderr`] |
//! | `wait()` | [`ProcessHandle::wait`] |
//! | `communicate(x)` | [`Process::communicate`]`(Some(x))` |
//! | `send_signal`, `terminate`, `kill` | the same names on [`ProcessHandle`] |
//! | `ProcessLookupError` | [`Delivery::AlreadyExited`] |
//! | `asyncio.wait_for(x, t)` | [`wait_for()`]`(x, t)` |
//! | `StreamReader.read(n)`, `read()` | [`StreamReader::read`], [`StreamReader::read_to_end`] |
//! | `readline()`, `async for` | [`StreamReader::read_line`], [`StreamReader::lines`] |
//! | `readexactly(n)`, `readuntil(s)`, `at_eof()` | [`StreamReader::read_exactly`], [`StreamReader::read_until`], [`StreamReader::at_eof`] |
//! | `LimitOverrunError`, `IncompleteReadError` | [`ReadError::LimitOverrun`], [`ReadError::Incomplete`] |
//! | `StreamWriter.write`, `drain`, `close`, `wait_closed`, `is_closing` | the same names on [`StreamWriter`]; `write_eof` is `close` |
//! | `BrokenPipeError` | [`std::io::ErrorKind::BrokenPipe`]; ignored in `communicate` |
//! | `FileNotFoundError`, `PermissionError`, `OSError` | [`SpawnError`] and its [`SpawnErrorKind`] |
//! | `shlex.quote`, `shlex.join` | [`quote()`], [`join()`] |
//! | child watchers | not needed; [`ProcessHandle::backend`] tells which way is taken |
//! | `asyncio.run(main())` | `#[tokio::main]`, with its I/O and time drivers |

mod beside;
#[cfg(feature = "cli")]
mod blocking;
mod capture;
mod command;
mod communicate;
mod drains;
mod environment;
mod error;
mod exit;
#[cfg(feature = "cli")]
mod files;
mod group;
mod handle;
mod orphans;
mod pipe;
#[expect(
    clippy::module_inception,
    reason = "the room is named for its main type"
)]
mod process;
mod pty;
mod quote;
mod reader;
#[cfg(target_os = "linux")]
mod relay;
mod signal;
mod spawn;
mod spool;
#[cfg(feature = "cli")]
mod strangers;
mod sys;
#[cfg(feature = "cli")]
mod terminal;
mod wait_for;
mod watch;
mod writer;

#[cfg(feature = "cli")]
pub(crate) use beside::start_beside;
#[cfg(feature = "cli")]
pub(crate) use blocking::Blocking;
pub use capture::Pieces;
pub use command::{Backend, Command, Group, KillOnDrop, Stdio};
pub use communicate::{Captured, CommunicateError, LEAK_GRACE};
#[cfg(feature = "cli")]
pub(crate) use drains::has_closed_drains;
pub use environment::Environment;
pub use error::{SpawnError, SpawnErrorKind};
pub use exit::{ExitInfo, ResourceUsage, WaitError};
#[cfg(feature = "cli")]
pub(crate) use files::{Lock, close, folder, is_at, keeps_nothing, lock, sync};
#[cfg(feature = "cli")]
pub(crate) use group::{
    is_orphaned as group_is_orphaned, living_groups, signal_group, younger_siblings,
};
pub use handle::ProcessHandle;
pub use process::{LastLine, Process};
pub use pty::TerminalSize;
pub use quote::{join, quote};
pub use reader::{Lines, ReadError, StreamReader};
pub use signal::{Delivery, Scope, Signal, SignalError, reset_inherited_signals};
#[cfg(feature = "cli")]
pub(crate) use signal::{hold_signals, without_signals};
#[cfg(feature = "cli")]
pub(crate) use spawn::spawner::{Begun, aside};
pub use spawn::unborn::continue_stopped_spawns;
pub use spool::{Spool, SpoolOptions, SpoolReader};
#[cfg(feature = "cli")]
pub(crate) use strangers::reap_strangers;
#[cfg(feature = "cli")]
pub(crate) use sys::{argument_bytes_limit, close_from, map_shared, open_files_limit};
#[cfg(feature = "cli")]
pub(crate) use terminal::{Terminal, is_in_foreground};
pub use wait_for::{TimeoutError, wait_for};
pub use writer::StreamWriter;
#[cfg(feature = "cli")]
pub(crate) use writer::reader_gone;
