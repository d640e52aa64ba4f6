//! Processes dropped while they ran: they are reaped, at no cost while they run.

use std::fs;
use std::time::Duration;

use prun::process::{Backend, Stdio};

use super::at::{At, engine_test, isolated_test};
use super::procfs::{Life, descriptors, soon};
use crate::shared::rounds;

/// How often the thread that reaps dropped processes has gone to sleep.
fn sleeps() -> Option<u64> {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    let ours = tasks.flatten().map(|task| task.path()).find(|task| {
        let name = fs::read_to_string(task.join("comm"));
        name.is_ok_and(|name| name == "prun-orphans\n")
    });
    let status = fs::read_to_string(ours?.join("status")).unwrap();
    let count = status
        .lines()
        .find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    count.unwrap().trim().parse().ok()
}

// Ours: pidfds report the ends.
isolated_test!(
    dropped_processes_cost_nothing_while_they_run,
    "",
    |at: At| async move {
        if at.backend_here() == Backend::Sigchld {
            // Without pidfds they are polled.
            return;
        }
        let mut handles = Vec::new();
        for _ in 0..50 {
            let process = at.command("sleep").arg("60").spawn().await.unwrap();
            handles.push(process.handle());
        }
        // The thread has taken over all.
        soon("the thread", || sleeps().is_some()).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
        let before = sleeps().unwrap();
        tokio::time::sleep(Duration::from_millis(500)).await;
        let woken = sleeps().unwrap() - before;
        assert!(woken <= 1, "woken {woken} times, and nothing happened");
        handles.iter().for_each(|handle| drop(handle.kill()));
    }
);

// Ours: a process that is dropped while others are waited for is waited for, too.
engine_test!(
    a_dropped_process_is_reaped_while_others_run,
    |at: At| async move {
        let long = at.command("sleep").arg("60").spawn().await.unwrap();
        let handle = long.handle();
        drop(long);
        for _ in 0..rounds() {
            let mut command = at.shell("read x");
            let mut process = command.stdin(Stdio::Pipe).spawn().await.unwrap();
            let life = Life::of(process.pid());
            let stdin = process.stdin.take();
            drop(process);
            drop(stdin);
            soon("its reaping", || !life.is_there()).await;
        }
        handle.kill().unwrap();
        assert_eq!(handle.wait().await.unwrap().returncode(), -9);
    }
);

// Ours: when the last of them has ended, the thread holds no resources either.
isolated_test!(
    waiting_for_dropped_processes_keeps_no_descriptor,
    "",
    |at: At| async move {
        let drop_one = || async move {
            let process = at.command("sleep").arg("0.05").spawn().await.unwrap();
            let life = Life::of(process.pid());
            drop(process);
            soon("its reaping", || !life.is_there()).await;
        };
        // The first one opens the runtime's own descriptors.
        let process = at.command("true").spawn().await.unwrap();
        process.wait().await.unwrap();
        let before = descriptors();
        drop_one().await;
        soon("the closing", || descriptors() == before).await;
    }
);

// Ours: no process is lost if it exceeds the open file limit.
isolated_test!(
    dropped_processes_are_reaped_without_a_free_descriptor,
    "ulimit -n 64",
    |at: At| async move {
        let process = at.command("sleep").arg("0.05").spawn().await.unwrap();
        let life = Life::of(process.pid());
        let mut used = Vec::new();
        while let Ok(file) = fs::File::open("/dev/null") {
            used.push(file);
        }
        drop(process);
        // One descriptor for the check itself.
        used.pop();
        soon("its reaping", || !life.is_there()).await;
    }
);
