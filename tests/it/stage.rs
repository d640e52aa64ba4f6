//! The stage: a builder that sets one run of prun up, so that each test is one sentence.
//!
//! ```ignore
//! Stage::new().args(["echo a", "exit 3"]).stdout("a\n").stderr_has("exit 3").code(1).run();
//! ```
//!
//! What a test does not say is held to the strictest reading: nothing on stdout, nothing on stderr,
//! exit code 0, and an end within a minute. Whatever a test says, these hold after every run, or it
//! fails: no process of the run is left alive, no file is left in `TMPDIR`, the pipes are closed, a
//! terminal has its modes and its cursor back, and what prun said is true as far as it shows (`truth`).
//!
//! * [`Stage`] is the setting and the expectations. [`Stage::run`] plays it to the end.
//! * [`Stage::start`] gives a [`Running`], for tests that wait for a line, then send a signal or press keys.
//! * Both end in an [`Outcome`]: the bytes, the files in the folder, the JSON records, the memory.
//!
//! A run sees only the environment listed in [`Stage::of`], starts with every signal at its default and
//! none blocked, and is its own process group, so that the laptop and the CI see the same.

mod expect;
mod leftovers;
mod outcome;
mod running;
mod sys;
mod tap;
mod tests;
mod truth;
mod verdict;

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tempfile::TempDir;

pub(crate) use crate::shared::{Held, kill, rounds};
use expect::{End, Expectations, Text};
pub(crate) use leftovers::{Left, is_alive};
pub(crate) use outcome::Outcome;
pub(crate) use running::Running;

/// The bound of a run that names none: far above what any run needs on a loaded machine.
const MINUTE: Duration = Duration::from_secs(60);

/// The folder of one stage; it goes away with the last of stage, run and outcome.
#[derive(Clone)]
struct Folder {
    root: PathBuf,
    work: PathBuf,
    tmp: PathBuf,
    _kept: Arc<TempDir>,
}

impl Folder {
    fn new() -> Self {
        let kept = TempDir::with_prefix("prun-stage-").expect("a temporary folder can be made");
        // A symbolic link in the path would make prun's own idea of its folder differ from ours.
        let root = fs::canonicalize(kept.path()).expect("the fresh folder has a real path");
        let (work, tmp) = (root.join("work"), root.join("tmp"));
        fs::create_dir(&work).expect("the fresh folder can hold a folder");
        fs::create_dir(&tmp).expect("the fresh folder can hold a folder");
        Self {
            root,
            work,
            tmp,
            _kept: Arc::new(kept),
        }
    }
}

/// What the run has as its standard input.
enum Input {
    Null,
    Bytes(Vec<u8>),
    Open,
}

/// Where the run stands towards sessions and terminals.
#[derive(Clone, Copy)]
enum Place {
    Group,
    Session,
    Terminal { rows: u16, cols: u16 },
}

/// One run of prun, set up but not yet begun.
#[must_use = "a stage does nothing until it is run"]
pub(crate) struct Stage {
    folder: Folder,
    token: String,
    under: Vec<OsString>,
    program: OsString,
    args: Vec<OsString>,
    env: BTreeMap<OsString, OsString>,
    input: Input,
    place: Place,
    holds_stdout: bool,
    is_nonblocking: bool,
    leaves_processes: bool,
    within: Duration,
    expected: Expectations,
}

impl Stage {
    /// A run of prun in a fresh folder, with nothing on its command line.
    pub(crate) fn new() -> Self {
        Self::of(env!("CARGO_BIN_EXE_prun"))
    }

    /// The same for another program: a peer to compare with, or a stand-in.
    pub(crate) fn of(program: impl AsRef<OsStr>) -> Self {
        static STAGES: AtomicU64 = AtomicU64::new(0);
        let folder = Folder::new();
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
            place: Place::Group,
            holds_stdout: false,
            is_nonblocking: false,
            leaves_processes: false,
            within: MINUTE,
            expected: Expectations::default(),
        }
    }

    /// One more argument, of any bytes.
    pub(crate) fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.args.push(arg.as_ref().into());
        self
    }

    /// More arguments.
    pub(crate) fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.args
            .extend(args.into_iter().map(|arg| arg.as_ref().into()));
        self
    }

    /// Puts words before the program: `["setpriv", "--reuid=65534"]`, `["strace", "-f"]`.
    /// [`Running::pid`], signals and memory are those of the first word, unless it execs the program.
    pub(crate) fn under(mut self, words: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.under
            .extend(words.into_iter().map(|word| word.as_ref().into()));
        self
    }

    /// Runs `script` with `/bin/sh`, the program and its arguments being `"$@"`:
    /// `exec "$@" >/dev/full`, `ulimit -n 64; exec "$@"`, `trap '' HUP; exec "$@"`.
    pub(crate) fn in_shell(self, script: &str) -> Self {
        self.under(["/bin/sh", "-c", script, "sh"])
    }

    /// Sets a variable of the run's environment.
    pub(crate) fn env(mut self, key: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Self {
        self.env.insert(key.as_ref().into(), value.as_ref().into());
        self
    }

    /// Takes a variable out of the run's environment.
    pub(crate) fn env_remove(mut self, key: impl AsRef<OsStr>) -> Self {
        self.env.remove(key.as_ref());
        self
    }

    /// The folder the run starts in, for arguments that need whole paths.
    pub(crate) fn dir(&self) -> &Path {
        &self.folder.work
    }

    /// Writes a file, and the folders above it, into the run's folder.
    pub(crate) fn file(self, path: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> Self {
        let path = self.place_for(path.as_ref());
        fs::write(&path, bytes)
            .unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
        self
    }

    /// Writes a file that can be executed. A shell writes it: were it ever open in this process, a
    /// child that another test starts could hold it open for writing, and its execution would fail.
    pub(crate) fn script(self, path: impl AsRef<Path>, text: &str) -> Self {
        let path = self.place_for(path.as_ref());
        let written = Command::new("/bin/sh")
            .args(["-c", "printf %s \"$1\" >\"$0\" && chmod 755 \"$0\""])
            .args([path.as_os_str(), text.as_ref()])
            .status();
        let is_written = written.is_ok_and(|status| status.success());
        assert!(is_written, "cannot write {}", path.display());
        self
    }

    /// The whole path of a file to be, the folders above it being made.
    fn place_for(&self, path: &Path) -> PathBuf {
        let path = self.folder.work.join(path);
        let above = path.parent().expect("a file stands in a folder");
        fs::create_dir_all(above)
            .unwrap_or_else(|error| panic!("cannot make {}: {error}", above.display()));
        path
    }

    /// Feeds these bytes to the run's stdin, then closes it. Without this, stdin is `/dev/null`.
    pub(crate) fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.input = Input::Bytes(bytes.into());
        self
    }

    /// Keeps a pipe open as the run's stdin, for [`Running::write_stdin`] and [`Running::close_stdin`].
    pub(crate) fn stdin_open(mut self) -> Self {
        self.input = Input::Open;
        self
    }

    /// Reads nothing from the run's stdout until [`Running::release_stdout`]: a reader that is stuck.
    pub(crate) fn hold_stdout(mut self) -> Self {
        self.holds_stdout = true;
        self
    }

    /// Makes the run's three streams non-blocking, as a neighbour that shares them may have.
    pub(crate) fn nonblocking(mut self) -> Self {
        self.is_nonblocking = true;
        self
    }

    /// Starts the run in a session of its own: no terminal, and an orphaned process group.
    pub(crate) fn new_session(mut self) -> Self {
        self.place = Place::Session;
        self
    }

    /// Gives the run a terminal of this size as stdin, stdout, stderr and controlling terminal, in a
    /// session that it leads. What it prints is then on the screen, and stdout and stderr are empty.
    pub(crate) fn pty(mut self, rows: u16, cols: u16) -> Self {
        self.place = Place::Terminal { rows, cols };
        self.env
            .entry("TERM".into())
            .or_insert_with(|| "xterm-256color".into());
        self
    }

    /// Expects exactly this on stdout. `[DIR]` stands for the run's folder, `[PID]` for a number and
    /// `[TIME]` for a duration as prun prints it (`0.2 s`, `1m05s`), here and in all expected text.
    pub(crate) fn stdout(mut self, text: impl AsRef<[u8]>) -> Self {
        self.expected.stdout = Text::Exactly(text.as_ref().into());
        self
    }

    /// Expects this somewhere on stdout. Said several times, all are expected, in any order.
    pub(crate) fn stdout_has(mut self, text: impl AsRef<[u8]>) -> Self {
        self.expected.stdout.add(text.as_ref());
        self
    }

    /// Expects nothing in particular of stdout.
    pub(crate) fn stdout_any(mut self) -> Self {
        self.expected.stdout = Text::Has(Vec::new());
        self
    }

    /// Expects exactly this on stderr.
    pub(crate) fn stderr(mut self, text: impl AsRef<[u8]>) -> Self {
        self.expected.stderr = Text::Exactly(text.as_ref().into());
        self
    }

    /// Expects this somewhere on stderr. Said several times, all are expected, in any order.
    pub(crate) fn stderr_has(mut self, text: impl AsRef<[u8]>) -> Self {
        self.expected.stderr.add(text.as_ref());
        self
    }

    /// Expects nothing in particular of stderr.
    pub(crate) fn stderr_any(mut self) -> Self {
        self.expected.stderr = Text::Has(Vec::new());
        self
    }

    /// Expects this somewhere in what the terminal got. Nothing else is asked of a screen.
    pub(crate) fn screen_has(mut self, text: impl AsRef<[u8]>) -> Self {
        self.expected.screen.add(text.as_ref());
        self
    }

    /// Expects this exit code.
    pub(crate) fn code(mut self, code: i32) -> Self {
        self.expected.end = End::Code(code);
        self
    }

    /// Any exit code and any signal will do; the outcome has it.
    pub(crate) fn any_end(mut self) -> Self {
        self.expected.end = End::Any;
        self
    }

    /// Expects a death by this signal, which is not the same as the exit code 128 + n.
    pub(crate) fn signal(mut self, signal: i32) -> Self {
        self.expected.end = End::Signal(signal);
        self
    }

    /// The hard bound: when it is passed all processes of the run are killed and the test fails.
    pub(crate) fn within(mut self, bound: Duration) -> Self {
        self.within = bound;
        self
    }

    /// Expects the run to last at least this long.
    pub(crate) fn not_before(mut self, least: Duration) -> Self {
        self.expected.not_before = least;
        self
    }

    /// Allows processes to outlive the run. They are named in [`Outcome::left`], and then killed.
    pub(crate) fn leaves_processes(mut self) -> Self {
        self.leaves_processes = true;
        self
    }

    /// Begins the run, for a test that has something to do while it lasts.
    #[track_caller]
    pub(crate) fn start(self) -> Running {
        Running::start(self)
    }

    /// Plays the run to its end and holds it to all that was expected.
    #[track_caller]
    pub(crate) fn run(self) -> Outcome {
        self.start().finish()
    }

    /// The words that are executed.
    fn words(&self) -> impl Iterator<Item = &OsString> {
        let program = std::iter::once(&self.program);
        self.under.iter().chain(program).chain(&self.args)
    }

    /// The command, but for its three standard streams and its place.
    fn command(&self) -> Command {
        let mut words = self.words();
        let mut command = Command::new(words.next().expect("the program is always a word"));
        command
            .args(words)
            .env_clear()
            .envs(&self.env)
            .current_dir(self.dir());
        command
    }
}
