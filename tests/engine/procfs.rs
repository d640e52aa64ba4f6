//! Information from /proc: living processes, zombies, and open descriptors.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Deref;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use super::at::MINUTE;

/// The interval between polls.
const POLL: Duration = Duration::from_millis(2);

/// One process, distinguished from a later one with the same id.
#[derive(Clone, Copy, Debug)]
pub(super) struct Life {
    pid: u32,
    born: u64,
}

/// The fields of `/proc/PID/stat`.
struct Stat {
    state: char,
    parent: u32,
    group: u32,
    session: u32,
    born: u64,
}

impl Stat {
    fn of(pid: u32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name is in parentheses and may contain any character.
        let fields: Vec<_> = stat.rsplit_once(") ")?.1.split(' ').collect();
        Some(Self {
            state: fields[0].chars().next()?,
            parent: fields[1].parse().ok()?,
            group: fields[2].parse().ok()?,
            session: fields[3].parse().ok()?,
            born: fields[19].parse().ok()?,
        })
    }
}

impl Life {
    /// The process that has this id now.
    #[track_caller]
    pub(super) fn of(pid: u32) -> Self {
        let stat = Stat::of(pid).unwrap_or_else(|| panic!("there is no process {pid}"));
        Self {
            pid,
            born: stat.born,
        }
    }

    /// Whether this is its id.
    pub(super) fn has(&self, pid: u32) -> bool {
        self.pid == pid
    }

    fn stat(&self) -> Option<Stat> {
        Stat::of(self.pid).filter(|stat| stat.born == self.born)
    }

    /// Whether it exists, alive or as a zombie.
    pub(super) fn is_there(&self) -> bool {
        self.stat().is_some()
    }

    /// Whether it is alive: a zombie is not.
    pub(super) fn is_alive(&self) -> bool {
        self.stat()
            .is_some_and(|stat| !matches!(stat.state, 'Z' | 'X'))
    }

    fn kill(&self) {
        if self.is_there() {
            crate::shared::kill(self.pid.cast_signed(), libc::SIGKILL);
        }
    }

    /// Whether it was stopped by a signal.
    pub(super) fn is_stopped(&self) -> bool {
        self.stat().is_some_and(|stat| stat.state == 'T')
    }
}

/// A process that is killed when the test ends, however it ends.
#[derive(Debug)]
pub(super) struct Doomed(Life);

impl Doomed {
    /// The process whose id was printed as a line.
    #[track_caller]
    pub(super) fn from_line(line: &[u8]) -> Self {
        let line = str::from_utf8(line).expect("a number is text");
        let pid = line.trim().parse();
        Self(Life::of(
            pid.unwrap_or_else(|_| panic!("no number: {line:?}")),
        ))
    }
}

impl Deref for Doomed {
    type Target = Life;

    fn deref(&self) -> &Life {
        &self.0
    }
}

impl Drop for Doomed {
    fn drop(&mut self) {
        self.0.kill();
    }
}

/// Whether `pid` is a zombie that this process should have reaped.
pub(super) fn is_our_zombie(pid: u32) -> bool {
    let ours = |stat: Stat| stat.state == 'Z' && stat.parent == std::process::id();
    Stat::of(pid).is_some_and(ours)
}

/// The process group and the session of a process.
#[track_caller]
pub(super) fn group_and_session(pid: u32) -> (u32, u32) {
    let stat = Stat::of(pid).unwrap_or_else(|| panic!("there is no process {pid}"));
    (stat.group, stat.session)
}

/// The children of this process, including zombies.
pub(super) fn children() -> Vec<u32> {
    let pids = fs::read_dir("/proc").expect("the tests need /proc");
    pids.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|&pid| Stat::of(pid).is_some_and(|stat| stat.parent == std::process::id()))
        .collect()
}

/// The open descriptors of this process, and what they refer to.
pub(super) fn descriptors() -> BTreeMap<i32, PathBuf> {
    let numbers = fs::read_dir("/proc/self/fd").expect("the tests need /proc");
    let numbers: Vec<i32> = numbers
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    // The descriptor with which they were listed is closed by now.
    let leads = |number| {
        Some((
            number,
            fs::read_link(format!("/proc/self/fd/{number}")).ok()?,
        ))
    };
    numbers.into_iter().filter_map(leads).collect()
}

/// Waits until `holds` returns `true`, without a runtime.
#[track_caller]
pub(super) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + MINUTE;
    while !holds() {
        assert!(Instant::now() < deadline, "never came: {what}");
        thread::sleep(POLL);
    }
}

/// Waits until `holds` returns `true`, while the other futures of the runtime continue.
pub(super) async fn soon(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + MINUTE;
    while !holds() {
        assert!(Instant::now() < deadline, "never came: {what}");
        tokio::time::sleep(POLL).await;
    }
}
