//! Who of a run is still alive: every process that carries the run's token in its environment, as
//! daemons in sessions of their own and renamed programs do too, or that stands in the run's folder,
//! for those that were started with another environment.

use std::fmt;
use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use super::{Folder, kill};

/// The variable that marks the processes of one run.
pub(super) const TOKEN: &str = "PRUN_TEST_TOKEN";

/// How long after the run's end its processes may take to die: dying takes time on a loaded machine.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often we look again.
const POLL: Duration = Duration::from_millis(5);

/// A process that outlived its run.
#[derive(Clone, Debug)]
pub(crate) struct Left {
    /// Its number.
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

/// Whether a process is there and not a zombie.
pub(crate) fn is_alive(pid: i32) -> bool {
    state(pid).is_some_and(|state| !matches!(state, 'Z' | 'X'))
}

/// The living processes of a run. We look twice, because a process in the middle of its exec shows
/// no environment, and one that forks while we read the folder may show up in neither half.
pub(super) fn find(token: &str, folder: &Folder) -> Vec<Left> {
    let found = look(token, folder);
    if found.is_empty() {
        return look(token, folder);
    }
    found
}

/// The left ones as lines of a report.
pub(super) fn told(left: &[Left]) -> String {
    left.iter().map(|left| format!("  {left}\n")).collect()
}

/// Waits until nobody is left, and returns who is left when the patience ends.
pub(super) fn settle(token: &str, folder: &Folder) -> Vec<Left> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let found = find(token, folder);
        if found.is_empty() || Instant::now() > deadline {
            return found;
        }
        thread::sleep(POLL);
    }
}

/// Kills all of a run, again and again, for one of them may fork while the others die.
pub(super) fn kill_all(token: &str, folder: &Folder) {
    let deadline = Instant::now() + PATIENCE;
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

/// The peak of a process's resident memory in bytes, as long as it is alive.
pub(super) fn peak_memory(pid: i32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1024)
}

fn look(token: &str, folder: &Folder) -> Vec<Left> {
    let marker = format!("{TOKEN}={token}");
    fs::read_dir("/proc")
        .expect("the tests need /proc")
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|&pid| carries(pid, marker.as_bytes()) || stands_in(pid, &folder.root))
        .filter(|&pid| is_alive(pid))
        .map(|pid| Left {
            pid,
            command: command(pid),
            state: state(pid).unwrap_or('?'),
        })
        .collect()
}

fn carries(pid: i32, marker: &[u8]) -> bool {
    fs::read(format!("/proc/{pid}/environ"))
        .is_ok_and(|environ| environ.split(|&byte| byte == 0).any(|line| line == marker))
}

fn stands_in(pid: i32, root: &Path) -> bool {
    fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd.starts_with(root))
}

/// The letter after the name, which stands in parentheses and may itself hold some.
fn state(pid: i32) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}

/// The words of a process, or its short name where it has none: in the middle of its exec.
fn command(pid: i32) -> String {
    let read = |file: &str| fs::read(format!("/proc/{pid}/{file}")).unwrap_or_default();
    let mut line = read("cmdline");
    if line.is_empty() {
        line = read("comm");
    }
    let words = line.split(|&byte| byte == 0).map(String::from_utf8_lossy);
    Vec::from_iter(words).join(" ").trim_end().to_owned()
}
