//! Thousands of processes at once, as far as the limits of the machine allow.

use std::fs;
use std::os::fd::OwnedFd;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use prun::process::Stdio;

use super::at::At;
use super::isolated::{isolated, name_of};
use super::procfs::children;
use crate::shared::needs::skip;

/// How many, unless a limit is lower.
const MANY: u64 = 5000;

/// Reserve for other processes: the threads of the tests, and the rest of the machine.
const ROOM: u64 = 1000;

/// The time limit for starting and ending them all.
const TEN_MINUTES: Duration = Duration::from_secs(600);

fn number_in(path: &str) -> Option<u64> {
    fs::read_to_string(path).ok()?.trim().parse().ok()
}

/// A soft limit of this process.
fn limit(name: &str) -> Option<u64> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The tightest `pids.max` of the control groups that this process is in.
fn cgroup_limit() -> Option<u64> {
    let own = fs::read_to_string("/proc/self/cgroup").ok()?;
    let limits = own.lines().flat_map(|line| {
        let path = line.rsplit(':').next().unwrap_or("/");
        let above = |path: &str| path.rfind('/').map(|at| path[..at].to_owned());
        let paths = std::iter::successors(Some(path.to_owned()), move |path| above(path));
        paths.flat_map(|path| {
            let roots = ["/sys/fs/cgroup", "/sys/fs/cgroup/pids"];
            roots.map(|root| format!("{root}{path}/pids.max"))
        })
    });
    limits.filter_map(|path| number_in(&path)).min()
}

/// Available memory in bytes, without swapping.
fn memory() -> Option<u64> {
    let info = fs::read_to_string("/proc/meminfo").ok()?;
    let line = info
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
}

/// How many processes are possible, and the tightest limit.
fn allowed() -> (u64, &'static str) {
    let less_room = |limit: Option<u64>| limit.map(|limit| limit.saturating_sub(ROOM));
    let limits = [
        (Some(MANY), "the test itself"),
        (less_room(limit("Max processes")), "ulimit -u"),
        (
            limit("Max open files").map(|limit| limit.saturating_sub(100)),
            "ulimit -n",
        ),
        (less_room(cgroup_limit()), "pids.max"),
        (less_room(number_in("/proc/sys/kernel/pid_max")), "pid_max"),
        (memory().map(|bytes| bytes / 2_000_000), "memory"),
    ];
    let known = limits
        .into_iter()
        .filter_map(|(limit, name)| Some((limit?, name)));
    known.min().expect("the test itself is a limit")
}

async fn play(at: At) {
    let (many, by) = allowed();
    if many < MANY {
        skip(&format!(
            "all but {many} of {MANY} processes, because of {by}"
        ));
    }
    let (reader, writer) = std::io::pipe().unwrap();
    // All wait for the end of one pipe, so that they end at the same time.
    let mut command = at.shell("read word; exit 7");
    command.stdin(OwnedFd::from(reader)).stdout(Stdio::Null);
    let mut processes = Vec::new();
    for _ in 0..many {
        processes.push(command.spawn().await.unwrap());
    }
    for process in &processes {
        assert_eq!(process.returncode(), None, "all live at once");
        assert_eq!(process.backend(), at.backend_here());
    }
    let waiting: Vec<_> = processes
        .iter()
        .map(|process| {
            let handle = process.handle();
            tokio::spawn(async move { handle.wait().await.unwrap().returncode() })
        })
        .collect();
    drop(writer);
    for one in waiting {
        assert_eq!(one.await.unwrap(), 7);
    }
    assert_eq!(children(), [0u32; 0], "no zombie among {many}");
}

fn crowd(at: At) {
    // One at a time: the limits are those of the machine.
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    // The soft limit of open files is often low where the hard one is not. The other tests have
    // priority: this many processes waking at once would occupy a small machine.
    let prelude = "ulimit -n $(ulimit -Hn) || true; exec nice -n 19 \"$0\" \"$@\"";
    isolated(&name_of(module_path!(), at), prelude, || {
        at.play_within(TEN_MINUTES, Box::pin(play(at)));
    });
}

// Ours (CPython starts a thread for each): 5,000 running at once, all waited for.
#[cfg(linux)]
#[test]
fn by_pidfd_on_one_thread() {
    crowd(At::PIDFD_ONE);
}

// The same, where the end of one process wakes all waiters.
#[test]
fn by_sigchld_on_one_thread() {
    crowd(At::SIGCHLD_ONE);
}
