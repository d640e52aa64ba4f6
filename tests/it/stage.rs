//! The stage: a builder that sets up one run of prun, so that each test is one sentence.
//!
//! ```ignore
//! Stage::new().args(["echo a", "exit 3"]).stdout("a\n").stderr_has("exit 3").code(1).run();
//! ```
//!
//! By default a run must print nothing on stdout and on stderr, exit with code 0, and end within a
//! minute. After every run these must hold as well, or the test fails: no process of the run is alive,
//! no file is left in `TMPDIR`, the pipes are closed, the terminal has its modes and its cursor back,
//! and the records and the job log are consistent (`invariants`).
//!
//! * [`Stage`] holds the setup and the expectations. [`Stage::run`] runs to the end.
//! * [`Stage::start`] returns a [`Running`], for tests that wait for a line, then send a signal or
//!   press keys.
//! * Both return an [`Outcome`]: the bytes, the files in the folder, the JSON records, the memory.
//!
//! A run has only the environment set in [`Stage::of`], starts with every signal at its default and
//! none blocked, and is its own process group, so that it behaves the same on a laptop and in CI.

mod expect;
mod invariants;
mod leftovers;
mod outcome;
mod running;
mod sys;
mod tap;
mod tests;
mod verdict;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use tempfile::TempDir;

pub(crate) use crate::shared::{Held, kill, rounds};
use expect::{End, Expectations, Text};
pub(crate) use leftovers::{Left, is_alive};
pub(crate) use outcome::Outcome;
pub(crate) use running::Running;

/// The default time limit of a run: far above what any run needs on a loaded machine.
const DEFAULT_TIME_LIMIT: Duration = Duration::from_secs(60);

/// The folder of one stage. It is removed when stage, run and outcome are dropped.
#[derive(Clone)]
struct Folder {
    root: PathBuf,
    work: PathBuf,
    tmp: PathBuf,
    _temp_dir: Arc<TempDir>,
}

impl Folder {
    fn new(parent: &Path) -> Self {
        let temp_dir = TempDir::with_prefix_in("prun-stage-", parent);
        let temp_dir = temp_dir.expect("a temporary folder can be made");
        // With a symbolic link in the path, prun would report a different path for its folder.
        let root = fs::canonicalize(temp_dir.path()).expect("the fresh folder has a real path");
        let (work, tmp) = (root.join("work"), root.join("tmp"));
        fs::create_dir(&work).expect("the fresh folder can hold a folder");
        fs::create_dir(&tmp).expect("the fresh folder can hold a folder");
        Self {
            root,
            work,
            tmp,
            _temp_dir: Arc::new(temp_dir),
        }
    }
}

/// The standard input of the run.
enum Input {
    Null,
    Bytes(Vec<u8>),
    Open,
}

/// How the run is separated from the session of the tests.
#[derive(Clone, Copy)]
enum Isolation {
    Group,
    Session,
    Terminal { rows: u16, cols: u16 },
}

/// One run of prun, set up but not started.
#[must_use = "a stage does nothing until it is run"]
pub(crate) struct Stage {
    folder: Folder,
    token: String,
    under: Vec<OsString>,
    program: OsString,
    args: Vec<OsString>,
    env: BTreeMap<OsString, OsString>,
    input: Input,
    isolation: Isolation,
    holds_stdout: bool,
    is_nonblocking: bool,
    leaves_processes: bool,
    within: Duration,
    expected: Expectations,
}

impl Stage {
    /// A run of prun in a new folder, without arguments.
    pub(crate) fn new() -> Self {
        Self::of(env!("CARGO_BIN_EXE_prun"))
    }

    /// A run of another program: another runner to compare with, or a substitute for prun.
    pub(crate) fn of(program: impl AsRef<OsStr>) -> Self {
        Self::inside(&std::env::temp_dir(), program)
    }

    /// A run of a program whose folder is in this one.
    pub(crate) fn inside(parent: &Path, program: impl AsRef<OsStr>) -> Self {
        static STAGES: AtomicU64 = AtomicU64::new(0);
        let folder = Folder::new(parent);
        let nanos = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_nanos());
        let count = STAGES.fetch_add(1, Ordering::Relaxed);
        let token = format!("{}-{nanos}-{count}", std::process::id());
        let path = std::env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into());
        let env = BTreeMap::from([
            ("PATH".into(), path),
            ("HOME".into(), folder.work.clone().into()),
            ("LANG".into(), "C.UTF-8".into()),
            ("TMPDIR".into(), folder.tmp.clone().into()),
            (leftovers::TOKEN.into(), token.clone().into()),
        ]);
        Self {
            folder,
            token,
            under: Vec::new(),
            program: program.as_ref().into(),
            args: Vec::new(),
            env,
            input: Input::Null,
            isolation: Isolation::Group,
            holds_stdout: false,
            is_nonblocking: false,
            leaves_processes: false,
            within: DEFAULT_TIME_LIMIT,
            expected: Expectations::default(),
        }
    }

    /// Adds an argument, of any bytes.
    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().into());
        self
    }

    /// Adds arguments.
    pub(crate) fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.args
            .extend(args.into_iter().map(|arg| arg.as_ref().into()));
        self
    }

    /// Puts a command before the program: `["setpriv", "--reuid=65534"]`, `["strace", "-f"]`.
    /// [`Running::pid`], signals and memory are those of this command, unless it execs the
    /// program.
    pub(crate) fn under(mut self, argv: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.under
            .extend(argv.into_iter().map(|word| word.as_ref().into()));
        self
    }

    /// Runs `script` with `/bin/sh`, the program and its arguments being `"$@"`:
    /// `exec "$@" >/dev/full`, `ulimit -n 64; exec "$@"`, `trap '' HUP; exec "$@"`.
    pub(crate) fn in_shell(self, script: &str) -> Self {
        self.under(["/bin/sh", "-c", script, "sh"])
    }

    /// Sets an environment variable of the run.
    pub(crate) fn env(mut self, key: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.env.insert(key.as_ref().into(), value.as_ref().into());
        self
    }

    /// Removes an environment variable of the run.
    pub(crate) fn env_remove(mut self, key: impl AsRef<OsStr>) -> Self {
        self.env.remove(key.as_ref());
        self
    }

    /// The folder in which the run starts, for arguments that need absolute paths.
    pub(crate) fn dir(&self) -> &Path {
        &self.folder.work
    }

    /// Writes a file into the run's folder and creates its parent folders.
    pub(crate) fn file(self, path: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> Self {
        let path = self.create_parents(path.as_ref());
        fs::write(&path, bytes)
            .unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
        self
    }

    /// Writes `jobs.jsonl`, a job file of these jobs.
    pub(crate) fn jobs<'a>(self, jobs: impl IntoIterator<Item = &'a Value>) -> Self {
        let lines: String = jobs.into_iter().map(|job| format!("{job}\n")).collect();
        self.file("jobs.jsonl", lines)
    }

    /// Writes an executable file. A shell writes it: a descriptor open for writing in this process
    /// could be inherited by the child of another test, and executing the file would fail with
    /// ETXTBSY.
    pub(crate) fn script(self, path: impl AsRef<Path>, text: &str) -> Self {
        let path = self.create_parents(path.as_ref());
        let written = Command::new("/bin/sh")
            .args(["-c", "printf %s \"$1\" >\"$0\" && chmod 755 \"$0\""])
            .args([path.as_os_str(), text.as_ref()])
            .status();
        let is_written = written.is_ok_and(|status| status.success());
        assert!(is_written, "cannot write {}", path.display());
        self
    }

    /// Returns the absolute path of a file to create; creates its parent folders.
    fn create_parents(&self, path: &Path) -> PathBuf {
        let path = self.folder.work.join(path);
        let parent = path.parent().expect("a file stands in a folder");
        fs::create_dir_all(parent)
            .unwrap_or_else(|error| panic!("cannot make {}: {error}", parent.display()));
        path
    }

    /// Writes these bytes to the run's stdin, then closes it. The default stdin is `/dev/null`.
    pub(crate) fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.input = Input::Bytes(bytes.into());
        self
    }

    /// Keeps a pipe open as the run's stdin, for [`Running::write_stdin`] and [`Running::close_stdin`].
    pub(crate) fn stdin_open(mut self) -> Self {
        self.input = Input::Open;
        self
    }

    /// Does not read the run's stdout until [`Running::release_stdout`]: a stuck reader.
    pub(crate) fn hold_stdout(mut self) -> Self {
        self.holds_stdout = true;
        self
    }

    /// Makes the run's three streams non-blocking, as another process that shares them may have
    /// done.
    pub(crate) fn nonblocking(mut self) -> Self {
        self.is_nonblocking = true;
        self
    }

    /// Starts the run in a new session: no terminal, and an orphaned process group.
    pub(crate) fn new_session(mut self) -> Self {
        self.isolation = Isolation::Session;
        self
    }

    /// Gives the run a terminal of this size as stdin, stdout, stderr and controlling terminal, in
    /// a session that it leads. Its output is then in `screen`, and stdout and stderr are empty.
    pub(crate) fn pty(mut self, rows: u16, cols: u16) -> Self {
        self.isolation = Isolation::Terminal { rows, cols };
        self.env
            .entry("TERM".into())
            .or_insert_with(|| "xterm-256color".into());
        self
    }

    /// Expects exactly this on stdout. In all expected texts, `[DIR]` matches the run's folder,
    /// `[PID]` a number and `[TIME]` a duration as prun prints it (`0.2 s`, `1m05s`).
    pub(crate) fn stdout(mut self, text: impl AsRef<[u8]>) -> Self {
        self.expected.stdout = Text::Exactly(text.as_ref().into());
        self
    }

    /// Expects this somewhere on stdout. May be repeated: all are expected, in any order.
    pub(crate) fn stdout_has(mut self, text: impl AsRef<[u8]>) -> Self {
        self.expected.stdout.add(text.as_ref());
        self
    }

    /// Accepts any stdout.
    pub(crate) fn stdout_any(mut self) -> Self {
        self.expected.stdout = Text::Has(Vec::new());
        self
    }

    /// Expects exactly this on stderr.
    pub(crate) fn stderr(mut self, text: impl AsRef<[u8]>) -> Self {
        self.expected.stderr = Text::Exactly(text.as_ref().into());
        self
    }

    /// Expects this somewhere on stderr. May be repeated: all are expected, in any order.
    pub(crate) fn stderr_has(mut self, text: impl AsRef<[u8]>) -> Self {
        self.expected.stderr.add(text.as_ref());
        self
    }

    /// Accepts any stderr.
    pub(crate) fn stderr_any(mut self) -> Self {
        self.expected.stderr = Text::Has(Vec::new());
        self
    }

    /// Expects this somewhere in the terminal's output. The rest of it is not checked.
    pub(crate) fn screen_has(mut self, text: impl AsRef<[u8]>) -> Self {
        self.expected.screen.add(text.as_ref());
        self
    }

    /// Expects this exit code.
    pub(crate) fn code(mut self, code: i32) -> Self {
        self.expected.end = End::Code(code);
        self
    }

    /// Accepts any exit code and any signal; see [`Outcome::status`].
    pub(crate) fn any_end(mut self) -> Self {
        self.expected.end = End::Any;
        self
    }

    /// Expects death by this signal, which differs from exit code 128 + n.
    pub(crate) fn signal(mut self, signal: i32) -> Self {
        self.expected.end = End::Signal(signal);
        self
    }

    /// Sets the time limit. After it all processes of the run are killed and the test fails.
    pub(crate) fn within(mut self, bound: Duration) -> Self {
        self.within = bound;
        self
    }

    /// Expects the run to last at least this long.
    pub(crate) fn not_before(mut self, least: Duration) -> Self {
        self.expected.not_before = least;
        self
    }

    /// Allows processes to outlive the run. They are listed in [`Outcome::left`], then killed.
    pub(crate) fn leaves_processes(mut self) -> Self {
        self.leaves_processes = true;
        self
    }

    /// Starts the run, for a test that interacts with it.
    #[track_caller]
    pub(crate) fn start(self) -> Running {
        Running::start(self)
    }

    /// Runs to the end and checks all expectations.
    #[track_caller]
    pub(crate) fn run(self) -> Outcome {
        self.start().finish()
    }

    /// The command line that is executed.
    fn argv(&self) -> impl Iterator<Item = &OsString> {
        let program = std::iter::once(&self.program);
        self.under.iter().chain(program).chain(&self.args)
    }

    /// The command, without its standard streams and its session.
    fn command(&self) -> Command {
        let mut argv = self.argv();
        let mut command = Command::new(argv.next().expect("the program is always a word"));
        command
            .args(argv)
            .env_clear()
            .envs(&self.env)
            .current_dir(self.dir());
        command
    }
}
