//! Child processes on tokio, modelled on Python's `asyncio` subprocess module.
//!
//! [`Command`] describes the process to start, [`Process`] is a running process, and [`ProcessHandle`]
//! is the part of it that can be shared. This module depends only on std, tokio and the operating
//! system; it knows nothing of jobs, plans or terminals.
//!
//! # Concurrent processes
//!
//! ```
//! # use prun::process::Command;
//! # #[tokio::main(flavor = "current_thread")] async fn main() {
//! let run = async |line| Command::shell(line).status().await.map(|exit| exit.returncode());
//! let (one, two) = tokio::join!(run("sleep 0.1; exit 1"), run("sleep 0.1; exit 2"));
//! assert_eq!((one.unwrap(), two.unwrap()), (1, 2));
//! # }
//! ```
//!
//! # Talking to a process
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use prun::process::{Command, Stdio};
//!
//! let mut command = Command::exec("tr");
//! command.args(["a-z", "A-Z"]).stdin(Stdio::Pipe).stdout(Stdio::Pipe);
//! let mut process = command.spawn().await?;
//! let (mut stdin, mut stdout) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
//! stdin.write("hello\n")?;
//! stdin.close();
//! assert_eq!(stdout.read_line().await?, b"HELLO\n");
//! assert!(process.wait().await?.success());
//! # Ok(()) }
//! ```
//!
//! # A pipeline
//!
//! The first process writes directly to the second; no byte passes through this program.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use prun::process::{Command, Stdio};
//!
//! let mut seq = Command::exec("seq").arg("1000").stdout(Stdio::Pipe).spawn().await?;
//! let numbers: Stdio = seq.stdout.take().unwrap().try_into()?;
//! let tail = Command::exec("tail").args(["-n", "1"]).stdin(numbers).output().await?;
//! assert_eq!(tail.stdout, b"1000\n");
//! assert!(seq.wait().await?.success());
//! # Ok(()) }
//! ```
//!
//! # Differences from asyncio
//!
//! | | asyncio | here |
//! |---|---|---|
//! | [`wait`](Process::wait) | 3.11 to 3.14: also waits for the ends of the pipes | until the process has ended, whoever holds its pipes |
//! | [`communicate`](Process::communicate), cancelled | loses the output read so far | may be called again; nothing is lost |
//! | …and another process holds a pipe | waits for the end of the pipe | returns 200 ms after the exit with [`leaked`](Output::leaked) set; with [`leak_grace`](Command::leak_grace)`(None)` it waits |
//! | …returns | two values, `None` for a stream that is not a pipe | [`Output`], including the exit status; empty for a stream that is not a pipe |
//! | output of a [`Pipe`](Stdio::Pipe) | is read ahead, up to twice the limit | is read on demand; [`Capture`](Stdio::Capture) is always drained |
//! | a line longer than the limit | is dropped by `readline` | stays in the [`StreamReader`] |
//! | writing after the pipe is closed | is silently ignored | is an error |
//! | a status that other code collected | is 255 | is [`WaitError::StatusLost`] |
//! | a signal to a process that has ended | `ProcessLookupError`, or nothing | [`Delivery::AlreadyExited`]; never reaches another process with the same process id |
//! | a process group | can be created | can be signalled, and [shut down](Process::shutdown) with `SIGTERM` and then `SIGKILL` |
//! | a running process that is dropped | is killed (from 3.13 on, as documented) | keeps running, and is reaped, unless [`kill_on_drop`](Command::kill_on_drop) is set |
//! | a file system that does not respond | blocks the event loop while it starts a program | blocks no other task: see [`spawn`](Command::spawn) |
//! | `user=` | keeps the supplementary groups | [`uid`](Command::uid) drops those of root, like std |
//! | a file that is neither a binary nor has a `#!` line | is an error | is [`SpawnErrorKind::NoShebang`] |
//!
//! Every future may be dropped at any time; each method documents its cancel safety.
//!
//! # Names in Python and here
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
//! | `close_fds=`, `pass_fds=` | [`Command::close_fds`], [`Command::pass_fd`] |
//! | `user=`, `group=`, `extra_groups=`, `umask=` | [`Command::uid`], [`Command::gid`], [`Command::groups`], [`Command::umask`] |
//! | `preexec_fn=`, `restore_signals=`, `pipesize=` | [`Command::pre_exec`], [`Command::restore_signals`], [`Command::pipe_size`] |
//! | `pid`, `returncode` | [`Process::pid`], [`Process::returncode`] |
//! | `stdin`, `stdout`, `stderr` | the fields of [`Process`] |
//! | `wait()` | [`Process::wait`] |
//! | `communicate(x)` | [`Process::communicate`]`(Some(x))`; [`Command::output`] also spawns |
//! | `send_signal`, `terminate`, `kill` | the same names on [`Process`] and [`ProcessHandle`] |
//! | `ProcessLookupError` | [`Delivery::AlreadyExited`] |
//! | `asyncio.wait_for(x, t)` | [`wait_for()`]`(x, t)` |
//! | `StreamReader.read(n)`, `read()` | [`StreamReader::read_chunk`], [`StreamReader::read_to_end`] |
//! | `readline()`, `async for` | [`StreamReader::read_line`], [`StreamReader::lines`] |
//! | `readexactly(n)`, `at_eof()` | [`StreamReader::read_exactly`], [`StreamReader::at_eof`] |
//! | `readuntil(s)`, `readuntil((s, t))` | [`StreamReader::read_until`], [`StreamReader::read_until_any`] |
//! | `LimitOverrunError`, `IncompleteReadError` | [`ReadError::LimitOverrun`], [`ReadError::Incomplete`] |
//! | `StreamWriter.write`, `drain`, `close`, `wait_closed`, `is_closing` | the same names on [`StreamWriter`]; `write_eof` is `close`, `transport.abort` is `abort` |
//! | `BrokenPipeError` | [`std::io::ErrorKind::BrokenPipe`]; ignored in `communicate` |
//! | `FileNotFoundError`, `PermissionError`, `OSError` | [`SpawnError`] and its [`SpawnErrorKind`] |
//! | `shlex.quote`, `shlex.join` | [`quote()`], [`join()`] |
//! | child watchers | not needed |
//! | `asyncio.run(main())` | `#[tokio::main]` |

// `command` describes the process, `spawn` starts it (on the `spawn_thread` if that may hang), and
// `program` determines which file is executed, or why none can be. A running process is a `process`, whose
// `handle` can be shared; its streams are in `stream`, captured output is in `spool`, and `reap` collects
// the exit statuses that nobody waits for. `communicate`, `run` and `wait_for` are built on these. `error`
// says why a start failed, `exit` how a process ended, and `drivers` checks the tokio runtime.

mod command;
mod communicate;
mod drivers;
mod error;
mod exit;
mod handle;
mod process;
mod program;
mod quote;
mod reap;
mod run;
mod spawn;
mod spawn_thread;
mod spool;
mod stream;
mod wait_for;

#[doc(hidden)]
pub use crate::os::reset_inherited_signals;
pub use crate::os::{ParseSignalError, Signal, TerminalSize};
pub use command::{Backend, Command, Environment, Group, KillOnDrop, Stdio};
pub use communicate::{Captured, CommunicateError, Output};
pub use error::{Driver, InvalidFd, InvalidStdio, Shortage, SpawnError, SpawnErrorKind};
pub use exit::{ExitInfo, ResourceUsage, WaitError};
pub(crate) use handle::Escalate;
pub use handle::{Delivery, ProcessHandle, Scope, ShutdownError, SignalError};
pub use process::{LastLine, Process};
pub(crate) use quote::append_quoted;
pub use quote::{join, quote};
pub(crate) use reap::reap_orphans;
pub use run::RunError;
#[doc(hidden)]
pub use spawn_thread::continue_stopped_spawns;
pub(crate) use spawn_thread::{SpawnStart, run_on_spawn_thread};
pub use spool::{LostOutput, Spool, SpoolOptions, SpoolReader};
pub(crate) use stream::{FileSender, has_closed_leaked_pipes, reader_gone};
pub use stream::{LinePiece, Lines, Pieces, ReadError, StreamReader, StreamWriter};
pub use wait_for::{TimeoutError, wait_for};
