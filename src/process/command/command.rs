//! What is to be started: program, arguments, environment, streams.

use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use super::attributes::{Attributes, Group};
use super::environment::{EnvChange, Environment};
use super::stdio::Stdio;

/// The default of [`Command::leak_grace`].
const LEAK_GRACE: Duration = Duration::from_millis(200);

/// asyncio's default `limit`.
const DEFAULT_LIMIT: NonZeroUsize = NonZeroUsize::new(64 * 1024).expect("not zero");

/// A process to be started, as asyncio's `create_subprocess_exec` and `create_subprocess_shell`.
///
/// A builder, as [`std::process::Command`]; it can be spawned many times, and cloned.
/// [`spawn`](Self::spawn) inherits the standard streams unless told otherwise.
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
    /// Ours, if there is none.
    pub(crate) environment: Option<Environment>,
    /// One after the other, to that.
    pub(crate) env: Vec<EnvChange>,
    pub(crate) cwd: Option<PathBuf>,
    /// None is the default of whatever starts it.
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
/// collected in any case, so no zombie stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum KillOnDrop {
    /// It goes on.
    #[default]
    No,
    /// It gets `SIGKILL`.
    Leader,
    /// Its process group gets `SIGKILL`, also what is left of it when the process itself has ended
    /// (with [`Group::New`] or in a new session; else the process alone). To let that live on, say
    /// [`No`](Self::No) by [`Process::kill_on_drop`](crate::process::Process::kill_on_drop) before the drop.
    ///
    /// Before Linux 6.9 the process stays a zombie from its end until the drop, so that the number of
    /// its group is not given to others. On other systems its group is followed meanwhile, as in
    /// [`stop`](crate::process::ProcessHandle::stop).
    Group,
}

/// How the end of a process is learnt.
#[doc(hidden)]
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

    /// Runs a command line by `/bin/sh -c`. Use [`quote`](crate::process::quote()) for words that come from
    /// elsewhere. A command that a signal ended inside the shell shows as the shell's code 128+N.
    pub fn shell(line: impl Into<OsString>) -> Self {
        let mut shell = Self::exec("/bin/sh");
        shell.arg("-c").arg(line);
        shell
    }

    /// Uses another program as the shell, or in general another program with the same arguments.
    pub fn shell_path(&mut self, program: impl Into<OsString>) -> &mut Self {
        self.program = program.into();
        self
    }

    /// Adds one argument.
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

    /// Sets argument 0, by default the program's name.
    pub fn arg0(&mut self, name: impl Into<OsString>) -> &mut Self {
        self.arg0 = Some(name.into());
        self
    }

    /// Starts from this environment in place of ours, whether it is named before or after changes.
    /// Where many processes are started, this is the faster way to give them variables.
    pub fn environment(&mut self, environment: &Environment) -> &mut Self {
        // What was cleared before is ours, or another one that this one stands in for.
        let cleared = |change: &EnvChange| matches!(change, EnvChange::Clear);
        if let Some(at) = self.env.iter().rposition(cleared) {
            self.env.drain(..=at);
        }
        self.environment = Some(environment.clone());
        self
    }

    /// Sets a variable of the environment.
    pub fn env(&mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> &mut Self {
        self.env.push(EnvChange::Set(name.into(), value.into()));
        self
    }

    /// Sets variables of the environment.
    pub fn envs<I, K, V>(&mut self, variables: I) -> &mut Self
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
    pub fn env_remove(&mut self, name: impl Into<OsString>) -> &mut Self {
        self.env.push(EnvChange::Remove(name.into()));
        self
    }

    /// Starts from an empty environment; variables that are set later count.
    pub fn env_clear(&mut self) -> &mut Self {
        self.env.push(EnvChange::Clear);
        self
    }

    /// Runs the process in `dir`.
    pub fn current_dir(&mut self, dir: impl Into<PathBuf>) -> &mut Self {
        self.cwd = Some(dir.into());
        self
    }

    /// Where standard input comes from.
    pub fn stdin(&mut self, stdin: impl Into<Stdio>) -> &mut Self {
        self.stdin = Some(stdin.into());
        self
    }

    /// Where standard output goes.
    pub fn stdout(&mut self, stdout: impl Into<Stdio>) -> &mut Self {
        self.stdout = Some(stdout.into());
        self
    }

    /// Where standard error goes.
    pub fn stderr(&mut self, stderr: impl Into<Stdio>) -> &mut Self {
        self.stderr = Some(stderr.into());
        self
    }

    /// How far [`StreamReader::read_line`](crate::process::StreamReader::read_line) and `read_until` look
    /// for the separator, in bytes; 64 KiB by default.
    pub fn limit(&mut self, bytes: NonZeroUsize) -> &mut Self {
        self.limit = bytes;
        self
    }

    /// How many bytes each pipe of the process can hold; Python's `pipesize=`. Linux makes it a power of
    /// two of at least a page, and others than root may have up to `/proc/sys/fs/pipe-max-size`; what it
    /// refuses is an error of the start ([`SpawnErrorKind::Setup`](crate::process::SpawnErrorKind::Setup)). On
    /// other systems nothing is changed.
    ///
    /// By default it is what the system gives, and a pipe whose output is [captured](Stdio::Capture) gets
    /// more when there is much.
    pub fn pipe_size(&mut self, bytes: usize) -> &mut Self {
        self.pipe_size = Some(bytes);
        self
    }

    /// How long [`communicate`](crate::process::Process::communicate) and
    /// [`captured`](crate::process::Process::captured) go on reading after the exit while another process
    /// holds a pipe of this one open: 200 ms by default. Then the pipe counts as leaked, and what
    /// came until then is the output. `None` waits for the end of the pipe, as asyncio does.
    pub fn leak_grace(&mut self, grace: impl Into<Option<Duration>>) -> &mut Self {
        self.leak_grace = grace.into();
        self
    }

    /// What happens to the process when its [`Process`](crate::process::Process) is dropped.
    pub fn kill_on_drop(&mut self, policy: KillOnDrop) -> &mut Self {
        self.kill_on_drop = policy;
        self
    }

    /// How the end of the process is learnt. There is no need to choose, but in tests.
    #[doc(hidden)]
    pub fn backend(&mut self, backend: Backend) -> &mut Self {
        self.backend = backend;
        self
    }

    /// What the standard streams are.
    pub(crate) fn stdio(&self) -> [&Stdio; 3] {
        [&self.stdin, &self.stdout, &self.stderr]
            .map(|stream| stream.as_ref().unwrap_or(&Stdio::Inherit))
    }

    /// Whether the process will lead a process group.
    pub(crate) fn leads_group(&self) -> bool {
        self.changes.group == Group::New || self.changes.new_session
    }
}
