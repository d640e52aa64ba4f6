//! Finds the processes of a run that are still alive: those with the run's token in their environment,
//! which daemons in a new session and renamed programs have too, and those whose working directory is
//! in the run's folder, for programs started with a different environment.

use std::fmt;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::{Folder, kill};

/// The environment variable that marks the processes of one run.
pub(super) const TOKEN: &str = "PRUN_TEST_TOKEN";

/// How long its processes may take to exit after the run's end: exiting takes time on a loaded
/// machine.
const EXIT_TIMEOUT: Duration = Duration::from_secs(5);

/// The polling interval.
const POLL: Duration = Duration::from_millis(5);

/// A process that outlived its run.
#[derive(Clone, Debug)]
pub(crate) struct Left {
    /// Its process id.
    pub(crate) pid: i32,
    /// Its command line, as far as it can be read.
    pub(crate) command: String,
    state: char,
}

impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.pid, self.state, self.command)
    }
}

/// Whether a process exists and is not a zombie.
pub(crate) fn is_alive(pid: i32) -> bool {
    state(pid).is_some_and(|state| !matches!(state, 'Z' | 'X'))
}

/// The living processes of a run. Scans twice, because a process in the middle of its exec shows no
/// environment, and one that forks during the scan may be missed in both parent and child.
pub(super) fn find(token: &str, folder: &Folder) -> Vec<Left> {
    let found = scan(token, folder);
    if found.is_empty() {
        return scan(token, folder);
    }
    found
}

/// Formats the processes, one per line.
pub(super) fn listing(left: &[Left]) -> String {
    left.iter().map(|left| format!("  {left}\n")).collect()
}

/// Waits until no process is left; returns those that remain at the timeout.
pub(super) fn wait_for_exit(token: &str, folder: &Folder) -> Vec<Left> {
    let deadline = Instant::now() + EXIT_TIMEOUT;
    loop {
        let found = find(token, folder);
        if found.is_empty() || Instant::now() > deadline {
            return found;
        }
        thread::sleep(POLL);
    }
}

/// Kills all processes of a run, repeatedly, because one may fork while the others die.
pub(super) fn kill_all(token: &str, folder: &Folder) {
    let deadline = Instant::now() + EXIT_TIMEOUT;
    loop {
        let found = find(token, folder);
        if found.is_empty() || Instant::now() > deadline {
            return;
        }
        for left in found {
            kill(left.pid, libc::SIGKILL);
        }
        thread::sleep(POLL);
    }
}

/// The peak of a process's resident memory in bytes, while it is alive.
pub(super) fn peak_memory(pid: i32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1024)
}

fn scan(token: &str, folder: &Folder) -> Vec<Left> {
    let marker = format!("{TOKEN}={token}");
    fs::read_dir("/proc")
        .expect("the tests need /proc")
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|&pid| has_marker(pid, marker.as_bytes()) || is_inside(pid, &folder.root))
        .filter(|&pid| is_alive(pid))
        .map(|pid| Left {
            pid,
            command: command(pid),
            state: state(pid).unwrap_or('?'),
        })
        .collect()
}

fn has_marker(pid: i32, marker: &[u8]) -> bool {
    fs::read(format!("/proc/{pid}/environ"))
        .is_ok_and(|environ| environ.split(|&byte| byte == 0).any(|line| line == marker))
}

fn is_inside(pid: i32, root: &Path) -> bool {
    fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd.starts_with(root))
}

/// The state letter, which follows the name in parentheses; the name may contain parentheses.
fn state(pid: i32) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}

/// The command line of a process, or its short name while it has none: in the middle of its exec.
fn command(pid: i32) -> String {
    let read = |file: &str| fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
    let mut line = read("cmdline");
    if line.is_empty() {
        line = read("comm");
    }
    let words = line.split(|&byte| byte == 0).map(String::from_utf8_lossy);
    Vec::from_iter(words).join(" ").trim_end().to_owned()
}
