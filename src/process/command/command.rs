//! [`Command`]: program, arguments, environment and streams of a process to be started.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use super::attributes::{Attributes, Group};
use super::environment::Environment;
use super::stdio::Stdio;
use crate::os::EnvChange;

/// The default of [`Command::leak_grace`].
const LEAK_GRACE: Duration = Duration::from_millis(200);

/// asyncio's default `limit`.
const DEFAULT_LIMIT: NonZeroUsize = NonZeroUsize::new(64 * 1024).expect("not zero");

/// A builder for a process, like asyncio's `create_subprocess_exec` and `create_subprocess_shell`.
///
/// Like [`std::process::Command`], it can be spawned any number of times; it can also be cloned. By
/// default [`spawn`](Self::spawn) inherits the standard streams.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use prun::process::{Command, Stdio};
///
/// let mut command = Command::exec("tr");
/// command.args(["a-z", "A-Z"]).stdin(Stdio::Pipe).stdout(Stdio::Pipe);
/// let output = command.spawn().await?.communicate(Some(b"hello\n".to_vec())).await?;
/// assert_eq!(output.stdout, b"HELLO\n");
/// assert!(output.exit.success());
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Command {
    pub(crate) program: OsString,
    pub(crate) args: Vec<OsString>,
    pub(crate) arg0: Option<OsString>,
    /// The environment of the parent, if `None`.
    pub(crate) environment: Option<Environment>,
    /// Applied to that in order.
    pub(crate) env: Vec<EnvChange>,
    pub(crate) cwd: Option<PathBuf>,
    /// `None` is the default of the method that starts the process.
    pub(crate) stdin: Option<Stdio>,
    pub(crate) stdout: Option<Stdio>,
    pub(crate) stderr: Option<Stdio>,
    pub(crate) leak_grace: Option<Duration>,
    pub(crate) limit: NonZeroUsize,
    pub(crate) pipe_size: Option<usize>,
    pub(crate) changes: Attributes,
    pub(crate) kill_on_drop: KillOnDrop,
    pub(crate) backend: Backend,
}

/// What happens to a process when its [`Process`](crate::process::Process) is dropped. Its exit status is
/// collected in any case, so no zombie remains.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum KillOnDrop {
    /// The process keeps running.
    #[default]
    No,
    /// The process is sent `SIGKILL`.
    Leader,
    /// The process group is sent `SIGKILL`, even if the process itself has ended (with [`Group::New`] or
    /// in a new session; otherwise the process alone). To let the group live on, set [`No`](Self::No)
    /// with [`Process::kill_on_drop`](crate::process::Process::kill_on_drop) before the drop.
    ///
    /// Before Linux 6.9 the process stays a zombie from its end until the drop, so that the number of
    /// its group is not reused. On systems other than Linux the group is polled meanwhile, as in
    /// [`shutdown`](crate::process::ProcessHandle::shutdown).
    Group,
}

/// How the end of a process is detected.
#[doc(hidden)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Backend {
    /// By a pidfd in the runtime's event loop if the system has them, otherwise as `Sigchld`.
    #[default]
    Pidfd,
    /// By `SIGCHLD` and polling each process: slower with many processes, but works on every Unix.
    Sigchld,
}

impl Command {
    /// Constructs a command that runs `program` without a shell. A name without `/` is looked up in the
    /// `PATH` of the new process; one with `/` is relative to [`current_dir`](Self::current_dir).
    pub fn exec(program: impl Into<OsString>) -> Self {
        Self {
            program: program.into(),
            args: Vec::new(),
            arg0: None,
            environment: None,
            env: Vec::new(),
            cwd: None,
            stdin: None,
            stdout: None,
            stderr: None,
            leak_grace: Some(LEAK_GRACE),
            limit: DEFAULT_LIMIT,
            pipe_size: None,
            changes: Attributes::default(),
            kill_on_drop: KillOnDrop::No,
            backend: Backend::Pidfd,
        }
    }

    /// Constructs a command that runs a command line with `/bin/sh -c`. Quote untrusted words with
    /// [`quote`](crate::process::quote()). If a signal terminates a command within the shell, the shell
    /// exits with code 128+N.
    pub fn shell(line: impl Into<OsString>) -> Self {
        let mut shell = Self::exec("/bin/sh");
        shell.arg("-c").arg(line);
        shell
    }

    /// Replaces the program, keeping the arguments; of a [`shell`](Self::shell) command, the shell.
    pub fn shell_path(&mut self, program: impl Into<OsString>) -> &mut Self {
        self.program = program.into();
        self
    }

    /// Adds an argument.
    pub fn arg(&mut self, arg: impl Into<OsString>) -> &mut Self {
        self.args.push(arg.into());
        self
    }

    /// Adds arguments.
    pub fn args<I>(&mut self, args: I) -> &mut Self
    where
        I: IntoIterator,
        I::Item: Into<OsString>,
    {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Sets argument 0. The default is the name of the program.
    pub fn arg0(&mut self, name: impl Into<OsString>) -> &mut Self {
        self.arg0 = Some(name.into());
        self
    }

    /// Starts from this environment instead of the parent's, whether it is set before or after other
    /// changes. If many processes are started, this is the faster way to pass variables.
    pub fn environment(&mut self, environment: &Environment) -> &mut Self {
        self.environment = Some(environment.clone());
        self
    }

    /// Sets an environment variable.
    pub fn env(&mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> &mut Self {
        self.env.push(EnvChange::set(name, value));
        self
    }

    /// Sets environment variables.
    pub fn envs<I, K, V>(&mut self, variables: I) -> &mut Self
    where
        I: IntoIterator<Item = (K, V)>,
        K: Into<OsString>,
        V: Into<OsString>,
    {
        let set = |(name, value)| EnvChange::set(name, value);
        self.env.extend(variables.into_iter().map(set));
        self
    }

    /// Makes changes to environment variables.
    pub(crate) fn env_changes(&mut self, changes: &[EnvChange]) -> &mut Self {
        self.env.extend_from_slice(changes);
        self
    }

    /// Removes an environment variable.
    pub fn env_remove(&mut self, name: impl Into<OsString>) -> &mut Self {
        self.env.push(EnvChange::remove(name));
        self
    }

    /// Clears the environment; only variables set afterwards are passed.
    pub fn env_clear(&mut self) -> &mut Self {
        self.env.clear();
        self.environment = Some(Environment::default());
        self
    }

    /// Sets the working directory of the process.
    pub fn current_dir(&mut self, dir: impl Into<PathBuf>) -> &mut Self {
        self.cwd = Some(dir.into());
        self
    }

    /// Sets standard input.
    pub fn stdin(&mut self, stdin: impl Into<Stdio>) -> &mut Self {
        self.stdin = Some(stdin.into());
        self
    }

    /// Sets standard output.
    pub fn stdout(&mut self, stdout: impl Into<Stdio>) -> &mut Self {
        self.stdout = Some(stdout.into());
        self
    }

    /// Sets standard error.
    pub fn stderr(&mut self, stderr: impl Into<Stdio>) -> &mut Self {
        self.stderr = Some(stderr.into());
        self
    }

    /// Sets how far [`StreamReader::read_line`](crate::process::StreamReader::read_line) and `read_until`
    /// search for the separator, in bytes. The default is 64 KiB.
    pub fn limit(&mut self, bytes: NonZeroUsize) -> &mut Self {
        self.limit = bytes;
        self
    }

    /// Sets the capacity of each pipe of the process, in bytes; Python's `pipesize=`.
    ///
    /// Linux rounds it up to a power of two of at least a page, and limits it to
    /// `/proc/sys/fs/pipe-max-size` for users other than root. If it refuses the size, the spawn fails
    /// with [`SpawnErrorKind::Setup`](crate::process::SpawnErrorKind::Setup). Other systems ignore it.
    ///
    /// The default is the system's; a pipe whose output is [captured](Stdio::Capture) is enlarged if
    /// there is much output.
    pub fn pipe_size(&mut self, bytes: usize) -> &mut Self {
        self.pipe_size = Some(bytes);
        self
    }

    /// Sets how long [`communicate`](crate::process::Process::communicate) and
    /// [`captured`](crate::process::Process::captured) continue to read after the exit while another
    /// process holds a pipe of this one open. The default is 200 ms. After that the pipe counts as
    /// leaked, and the output up to then is returned. `None` waits for the end of the pipe, as asyncio
    /// does.
    pub fn leak_grace(&mut self, grace: impl Into<Option<Duration>>) -> &mut Self {
        self.leak_grace = grace.into();
        self
    }

    /// Sets what happens to the process when its [`Process`](crate::process::Process) is dropped.
    pub fn kill_on_drop(&mut self, policy: KillOnDrop) -> &mut Self {
        self.kill_on_drop = policy;
        self
    }

    /// Sets how the end of the process is detected. Only tests need it.
    #[doc(hidden)]
    pub fn backend(&mut self, backend: Backend) -> &mut Self {
        self.backend = backend;
        self
    }

    /// The three standard streams.
    pub(crate) fn stdio(&self) -> [&Stdio; 3] {
        [&self.stdin, &self.stdout, &self.stderr]
            .map(|stream| stream.as_ref().unwrap_or(&Stdio::Inherit))
    }

    /// Whether the process will lead a process group.
    pub(crate) fn leads_group(&self) -> bool {
        self.changes.group == Group::New || self.changes.new_session
    }
}
