//! The system calls per job: fails when a change adds one to each job.

use std::collections::BTreeMap;
use std::fs;

use crate::needs::needs;
use crate::stage::Stage;

/// System calls per job of the thread that runs the jobs, with both streams captured: two pipes, the
/// process and its pidfd, registering and removing them, two reads, and those of `posix_spawn` itself.
/// How often the loop wakes depends on the machine, hence more than 33.
const BUDGET: u64 = 40;

/// The system calls of that thread for this many jobs, as counted by strace.
fn system_calls(jobs: usize) -> String {
    let outcome = Stage::new()
        .args(["-j2", "-a", "numbers", "/bin/true"])
        .file("numbers", "1\n".repeat(jobs))
        .under(["strace", "-c", "-o", "counts"])
        .run();
    outcome.read_text("counts")
}

/// The number of calls with this name, or of all calls with `total`.
fn number_of(name: &str, counts: &str) -> u64 {
    let mut lines = counts.lines();
    let line = lines.find(|line| line.split_whitespace().last() == Some(name));
    let number = line.and_then(|line| line.split_whitespace().nth(3));
    number.and_then(|number| number.parse().ok()).expect(name)
}

#[test]
fn a_job_costs_a_fixed_number_of_system_calls_and_opens_no_file() {
    if !needs("strace") {
        return;
    }
    let (few, many) = (system_calls(50), system_calls(250));
    let each = (number_of("total", &many) - number_of("total", &few)) / 200;
    assert!((10..=BUDGET).contains(&each), "{each} for each job");
    assert_eq!(number_of("openat", &few), number_of("openat", &many));
}

/// The threads of a process by name, and whether `SIGCHLD` would wake each.
fn woken_by_sigchld(pid: i32) -> BTreeMap<String, bool> {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).expect("it runs");
    let status = |thread: fs::DirEntry| fs::read_to_string(thread.path().join("status")).ok();
    let statuses = threads.flatten().filter_map(status);
    let read = statuses.filter_map(|status| {
        let field = |name| {
            Some(
                status
                    .lines()
                    .find_map(|line| line.strip_prefix(name))?
                    .trim(),
            )
        };
        let blocked = u64::from_str_radix(field("SigBlk:")?, 16).ok()?;
        let is_open = blocked >> (libc::SIGCHLD - 1) & 1 == 0;
        Some((field("Name:")?.to_owned(), is_open))
    });
    read.collect()
}

#[test]
fn the_end_of_a_job_wakes_only_the_thread_that_waits_for_it() {
    let mut run = Stage::new().stdin_open().start();
    let threads = [
        ("prun", true),
        ("prun-reader", false),
        ("prun-writer", false),
    ];
    let expected = threads.map(|(name, woken)| (name.to_owned(), woken)).into();
    run.wait_until("threads that SIGCHLD does not wake", |run| {
        (woken_by_sigchld(run.pid()) == expected).then_some(())
    });
    run.close_stdin();
    run.finish();
}
