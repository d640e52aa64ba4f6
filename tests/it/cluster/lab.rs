//! A laboratory: a cluster with Slurm on this machine, of hosts that see each other by a network alone.

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::shared::kill;
use crate::shared::sys::at_exit;
use crate::stage::{Running, Stage};

/// How long anything may take that a test waits for.
const PATIENCE: Duration = Duration::from_secs(60);

/// A cluster: the hosts `login`, `n1`, `n2`, …. Everything in its folder is seen by all of them.
pub(super) struct Lab {
    dir: PathBuf,
    keeper: Mutex<Option<Keeper>>,
}

impl Lab {
    /// The cluster that tests share which break nothing in it, up until the tests end.
    pub(super) fn shared() -> &'static Self {
        SHARED.get_or_init(|| {
            let lab = Self::with(&[("SLURM_NODE_CPUS", "16"), ("SLURM_NODE_MEM", "8000")]);
            at_exit(end_shared);
            lab
        })
    }

    /// A cluster for one test, until it is dropped.
    pub(super) fn own() -> Self {
        Self::with(&[])
    }

    /// The same, which soon notices that a node is gone.
    pub(super) fn attentive() -> Self {
        Self::with(&[("SLURM_NODE_TIMEOUT", "3")])
    }

    /// The same, with variables of `slurm-up`.
    pub(super) fn with(variables: &[(&str, &str)]) -> Self {
        // The sockets of the daemons have short paths.
        let folder = TempDir::with_prefix_in("prun-slurm-", "/tmp");
        let dir = folder.expect("a temporary folder can be made").keep();
        let keeper = Keeper::of(&dir);
        let said = dir.join("up.log");
        let log = || std::fs::File::create(&said).expect("the folder is ours");
        // A file, as daemons may keep the streams that they are given.
        let up = Command::new(script("slurm-up"))
            .arg(&dir)
            // A node that a busy machine keeps from answering is not gone.
            .env("SLURM_NODE_TIMEOUT", "60")
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log())
            .status();
        let is_up = up.expect("the script is there").success();
        assert!(is_up, "no cluster: {}", lines(&said).join("\n"));
        // The hosts do not see /tmp, where this program may be.
        let copied = std::fs::copy(env!("CARGO_BIN_EXE_prun"), dir.join("prun"));
        copied.expect("there is room for a copy of prun");
        Self {
            dir,
            keeper: Mutex::new(Some(keeper)),
        }
    }

    /// A run of prun on `login`, in a folder that all hosts share.
    pub(super) fn stage(&self) -> Stage {
        self.stage_of(self.program())
    }

    /// The path of prun on all hosts.
    pub(super) fn program(&self) -> PathBuf {
        self.dir.join("prun")
    }

    /// A run of another program there.
    pub(super) fn stage_of(&self, program: impl AsRef<Path>) -> Stage {
        let stage = Stage::inside(&self.dir.join("shared"), program.as_ref());
        let on: [&Path; 2] = [&self.dir.join("on"), "login".as_ref()];
        stage.under(on)
    }

    /// A run of prun on Slurm.
    pub(super) fn slurm(&self) -> Stage {
        self.stage().args(["--on", "slurm"])
    }

    /// Runs a command on a host to its end, and returns what it prints.
    #[track_caller]
    pub(super) fn on(&self, host: &str, command: &[&str]) -> String {
        let ran = self.try_on(host, command);
        ran.unwrap_or_else(|said| panic!("{command:?} on {host}: {said}"))
    }

    /// The same, if it succeeds; otherwise what it prints as errors.
    pub(super) fn try_on(&self, host: &str, command: &[&str]) -> Result<String, String> {
        let ran = Command::new(self.dir.join("on"))
            .arg(host)
            .args(command)
            .stdin(Stdio::null())
            .output()
            .expect("the script is there");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        match ran.status.success() {
            true => Ok(text(&ran.stdout)),
            false => Err(text(&ran.stderr)),
        }
    }

    /// Cuts, mends, crashes or boots a host, or stops or starts a daemon.
    #[track_caller]
    pub(super) fn node(&self, verb: &str, host: &str) {
        let done = Command::new(self.dir.join("node"))
            .args([verb, host])
            // Daemons keep the streams that they are given.
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        let done = done.expect("the script is there");
        assert!(done.success(), "{verb} {host}");
    }

    /// What squeue says of the runs of prun whose folders are below this one, one task in a line.
    pub(super) fn queue(&self) -> Vec<String> {
        let listed = self.on("login", &["squeue", "-h", "-r", "-o", "%j %t %N"]);
        listed.lines().map(str::to_owned).collect()
    }

    /// The number of calls that the controller has had.
    pub(super) fn calls(&self) -> u64 {
        let said = self.on("login", &["sdiag"]);
        let count = said.lines().filter_map(|line| {
            let (kind, rest) = line.trim().split_once('(')?;
            let of_users = [
                "REQUEST_SUBMIT_BATCH_JOB",
                "REQUEST_JOB_INFO",
                "REQUEST_KILL_JOB",
            ];
            let is_ours = of_users.iter().any(|name| kind.trim().starts_with(name));
            let count = rest.split_once("count:")?.1.split_whitespace().next()?;
            is_ours.then(|| count.parse::<u64>().expect("a number of calls"))
        });
        count.sum()
    }

    /// The folder that all hosts share.
    pub(super) fn folder(&self) -> PathBuf {
        self.dir.join("shared")
    }

    fn end(&self) {
        let mut keeper = self.keeper.lock().unwrap_or_else(PoisonError::into_inner);
        drop(keeper.take());
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.end();
    }
}

static SHARED: OnceLock<Lab> = OnceLock::new();

extern "C" fn end_shared() {
    // What is static is not dropped.
    if let Some(lab) = SHARED.get() {
        lab.end();
    }
}

/// Takes a cluster down when it is dropped, and also if this process is killed.
struct Keeper(Child);

impl Keeper {
    fn of(dir: &Path) -> Self {
        // The read ends with this process, whatever ends it.
        let script_text = "cat >/dev/null; \"$0\" \"$1\"; rm -rf \"$1\"";
        let keeper = Command::new("setsid")
            .args(["sh", "-c", script_text])
            .args([script("slurm-down").as_path(), dir])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        Self(keeper.expect("setsid and a shell are there"))
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        // A cluster that does not go down is found by the next test of the same name.
        let _ = self.0.wait();
    }
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/cluster")
        .join(name)
}

/// The prun of a run on `login`, whose process is not that of the stage.
pub(super) fn client(run: &mut Running) -> i32 {
    run.wait_until("prun on the host", |run| {
        let is_prun = |pid: &i32| {
            let name = std::fs::read_to_string(format!("/proc/{pid}/comm"));
            name.is_ok_and(|name| name.trim_end() == "prun")
        };
        run.children().into_iter().find(is_prun)
    })
}

/// Sends a signal to that prun alone.
#[track_caller]
pub(super) fn send(run: &mut Running, signal: i32) {
    let pid = client(run);
    assert!(kill(pid, signal), "prun is there");
}

/// Waits until something is so.
#[track_caller]
pub(super) fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "waited too long for {what}");
        thread::sleep(Duration::from_millis(50));
    }
}

/// The lines of a file, if it is there.
pub(super) fn lines(path: &Path) -> Vec<String> {
    let mut text = String::new();
    if let Ok(mut file) = std::fs::File::open(path) {
        file.read_to_string(&mut text).expect("the file is text");
    }
    text.lines().map(str::to_owned).collect()
}

/// Whether the process of the stage has not ended, which is behind prun's own.
pub(super) fn is_running(run: &mut Running) -> bool {
    run.send(0)
}
