//! What is to be started: program, arguments, environment, streams.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::num::NonZeroUsize;
use std::os::fd::{OwnedFd, RawFd};
use std::path::PathBuf;
use std::sync::Arc;

use super::environment::Environment;
use super::pty::TerminalSize;
use super::spool::SpoolOptions;

/// asyncio's default `limit`.
const DEFAULT_LIMIT: NonZeroUsize = NonZeroUsize::new(64 * 1024).expect("not zero");

/// A process to be started, as asyncio's `create_subprocess_exec` and `create_subprocess_shell`.
///
/// The streams are inherited unless said otherwise. A command can be spawned many times.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use prun::process::{Command, Stdio};
///
/// let mut process = Command::exec("echo").arg("hello").stdout(Stdio::Pipe).spawn().await?;
/// let (stdout, _) = process.communicate(None).await?;
/// assert_eq!(stdout.as_deref(), Some(b"hello\n".as_slice()));
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a command does nothing until it is spawned"]
pub struct Command {
    pub(super) program: OsString,
    pub(super) args: Vec<OsString>,
    pub(super) arg0: Option<OsString>,
    /// Ours, if there is none.
    pub(super) environment: Option<Environment>,
    /// One after the other, to that.
    pub(super) env: Vec<EnvChange>,
    pub(super) cwd: Option<PathBuf>,
    pub(super) stdin: Stdio,
    pub(super) stdout: Stdio,
    pub(super) stderr: Stdio,
    pub(super) limit: NonZeroUsize,
    pub(super) group: Group,
    pub(super) new_session: bool,
    pub(super) pass_fds: Vec<(Arc<OwnedFd>, RawFd)>,
    pub(super) kill_on_drop: KillOnDrop,
    pub(super) backend: Backend,
}

/// One change to the environment; later ones win.
#[derive(Clone, Debug)]
pub(super) enum EnvChange {
    Set(OsString, OsString),
    Remove(OsString),
    Clear,
}

impl EnvChange {
    /// The one variable that is changed.
    pub(super) fn name(&self) -> Option<&OsStr> {
        match self {
            Self::Set(name, _) | Self::Remove(name) => Some(name),
            Self::Clear => None,
        }
    }
}

/// Where a standard stream of the process leads.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum Stdio {
    /// To where ours leads; asyncio's `None`.
    #[default]
    Inherit,
    /// Through a pipe to a [`StreamReader`](super::StreamReader) or from a
    /// [`StreamWriter`](super::StreamWriter); read lazily.
    Pipe,
    /// To `/dev/null`; asyncio's `DEVNULL`.
    Null,
    /// To the same place as standard output, in true order of the writes; for standard error
    /// alone. asyncio's `STDOUT`.
    ToStdout,
    /// To this file, at its current position.
    File(Arc<File>),
    /// To this descriptor.
    Fd(Arc<OwnedFd>),
    /// Always drained in the background into a [`Spool`](super::Spool) of its own; for output
    /// alone. The process can never block on it.
    Capture(SpoolOptions),
    /// The same through a pseudo-terminal of this size, for programs that colour and arrange what
    /// they print for a person. Bytes come as they were written: a newline stays one.
    /// [`Process::resize_terminal`](super::Process::resize_terminal) gives it another size.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use prun::process::{Command, LEAK_GRACE, SpoolOptions, Stdio, TerminalSize};
    ///
    /// let size = TerminalSize { rows: 24, columns: 100 };
    /// let terminal = Stdio::Terminal(SpoolOptions::default(), size);
    /// let command = Command::shell("test -t 1 && echo terminal").stdout(terminal);
    /// let captured = command.spawn().await?.captured(LEAK_GRACE).await?;
    /// assert_eq!(captured.stdout.unwrap_or_default().into_bytes()?, b"terminal\n");
    /// # Ok(()) }
    /// ```
    Terminal(SpoolOptions, TerminalSize),
}

impl From<File> for Stdio {
    fn from(file: File) -> Self {
        Self::File(Arc::new(file))
    }
}

impl From<OwnedFd> for Stdio {
    fn from(fd: OwnedFd) -> Self {
        Self::Fd(Arc::new(fd))
    }
}

/// The process group of the new process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Group {
    /// Ours: the terminal's Ctrl-C reaches it.
    #[default]
    Inherit,
    /// A new one that it leads, so that it can be ended with all that it started.
    New,
    /// That of the process with this number.
    Join(u32),
}

/// What happens to a running process when its [`Process`](super::Process) is dropped. Its exit
/// status is collected in any case, so no zombie stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KillOnDrop {
    /// It goes on.
    #[default]
    No,
    /// It gets `SIGKILL`.
    Leader,
    /// Its process group gets `SIGKILL` (with [`Group::New`]; else the process alone).
    Group,
}

/// How the end of a process is learnt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Backend {
    /// By a pidfd in the runtime's poll loop, where the system has it, else as `Sigchld`.
    #[default]
    Pidfd,
    /// By `SIGCHLD`, then asking for each process: slower with many, and works on every Unix.
    Sigchld,
}

impl Command {
    /// Runs `program` without a shell. A name without `/` is looked up in the `PATH` that the
    /// process will have; one with `/` is relative to [`current_dir`](Self::current_dir).
    pub fn exec(program: impl Into<OsString>) -> Self {
        Self {
            program: program.into(),
            args: Vec::new(),
            arg0: None,
            environment: None,
            env: Vec::new(),
            cwd: None,
            stdin: Stdio::Inherit,
            stdout: Stdio::Inherit,
            stderr: Stdio::Inherit,
            limit: DEFAULT_LIMIT,
            group: Group::Inherit,
            new_session: false,
            pass_fds: Vec::new(),
            kill_on_drop: KillOnDrop::No,
            backend: Backend::Pidfd,
        }
    }

    /// Runs a command line by `/bin/sh -c`. Use [`quote`](super::quote()) for words that come from
    /// elsewhere. A command that a signal ended inside the shell shows as the shell's code 128+N.
    pub fn shell(line: impl Into<OsString>) -> Self {
        Self::exec("/bin/sh").arg("-c").arg(line)
    }

    /// Uses another program as the shell, or in general another program with the same arguments.
    pub fn shell_path(mut self, program: impl Into<OsString>) -> Self {
        self.program = program.into();
        self
    }

    /// Adds one argument.
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Adds arguments.
    pub fn args<I>(mut self, args: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<OsString>,
    {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Sets argument 0, by default the program's name.
    pub fn arg0(mut self, name: impl Into<OsString>) -> Self {
        self.arg0 = Some(name.into());
        self
    }

    /// Starts from this environment in place of ours, whether it is named before or after changes.
    /// Where many processes are started, this is the faster way to give them variables.
    pub fn environment(mut self, environment: &Environment) -> Self {
        self.environment = Some(environment.clone());
        self
    }

    /// Sets a variable of the environment.
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.env.push(EnvChange::Set(name.into(), value.into()));
        self
    }

    /// Sets variables of the environment.
    pub fn envs<I, K, V>(mut self, variables: I) -> Self
    where
        I: IntoIterator<Item = (K, V)>,
        K: Into<OsString>,
        V: Into<OsString>,
    {
        let set = |(name, value): (K, V)| EnvChange::Set(name.into(), value.into());
        self.env.extend(variables.into_iter().map(set));
        self
    }

    /// Removes a variable of the environment.
    pub fn env_remove(mut self, name: impl Into<OsString>) -> Self {
        self.env.push(EnvChange::Remove(name.into()));
        self
    }

    /// Starts from an empty environment; variables that are set later count.
    pub fn env_clear(mut self) -> Self {
        self.env.push(EnvChange::Clear);
        self
    }

    /// Runs the process in `dir`.
    pub fn current_dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.cwd = Some(dir.into());
        self
    }

    /// Where standard input comes from.
    pub fn stdin(mut self, stdin: impl Into<Stdio>) -> Self {
        self.stdin = stdin.into();
        self
    }

    /// Where standard output goes.
    pub fn stdout(mut self, stdout: impl Into<Stdio>) -> Self {
        self.stdout = stdout.into();
        self
    }

    /// Where standard error goes.
    pub fn stderr(mut self, stderr: impl Into<Stdio>) -> Self {
        self.stderr = stderr.into();
        self
    }

    /// How far [`StreamReader::read_line`](super::StreamReader::read_line) and `read_until` look
    /// for the separator, in bytes; 64 KiB by default.
    pub fn limit(mut self, bytes: NonZeroUsize) -> Self {
        self.limit = bytes;
        self
    }

    /// The process group of the new process.
    pub fn process_group(mut self, group: Group) -> Self {
        self.group = group;
        self
    }

    /// Whether the process leads a session of its own, without a terminal, and with it a process
    /// group of its own. Spawning is slower: a fork in place of `posix_spawn`.
    pub fn new_session(mut self, yes: bool) -> Self {
        self.new_session = yes;
        self
    }

    /// Gives the process the descriptor `fd` under the number `number`, besides the three standard
    /// streams. Spawning is slower: a fork in place of `posix_spawn`.
    pub fn pass_fd(mut self, fd: impl Into<OwnedFd>, number: RawFd) -> Self {
        self.pass_fds.push((Arc::new(fd.into()), number));
        self
    }

    /// What happens to the running process when its [`Process`](super::Process) is dropped.
    pub fn kill_on_drop(mut self, policy: KillOnDrop) -> Self {
        self.kill_on_drop = policy;
        self
    }

    /// How the end of the process is learnt. There is no need to choose, but in tests.
    pub fn backend(mut self, backend: Backend) -> Self {
        self.backend = backend;
        self
    }

    /// Whether the process will lead a process group.
    pub(super) fn leads_group(&self) -> bool {
        self.group == Group::New || self.new_session
    }
}
