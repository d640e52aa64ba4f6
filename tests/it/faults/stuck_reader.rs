//! Standard output that is not read for a while, or that is closed.

use std::fs;
use std::time::Duration;

use crate::stage::{Running, Stage, is_alive};

const TIME_LIMIT: Duration = Duration::from_secs(60);

/// More memory than prun ever needs.
const MAX_MEMORY: u64 = 16 << 20;

/// The number of prun's children that have ended and were not reaped.
fn zombies(run: &Running) -> usize {
    let state = |pid: &i32| fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let children = run.children().into_iter();
    children.filter(|pid| state(pid).contains(") Z ")).count()
}

#[test]
fn jobs_are_reaped_while_nobody_reads() {
    let mut run = Stage::new()
        // The guard would be another child.
        .args(["-j4", "-t", "5m", "--guard=never"])
        .stdin("head -c 60000 /dev/zero\n".repeat(200))
        .hold_stdout()
        .stdout(vec![0; 60_000 * 200])
        .within(TIME_LIMIT)
        .start();
    // No job runs any more, and no zombie is left.
    let mut calm = 0;
    run.wait_until("no child", |run| {
        calm = if run.children().is_empty() {
            calm + 1
        } else {
            0
        };
        (calm > 100).then_some(())
    });
    assert_eq!(zombies(&run), 0);
    run.release_stdout();
    assert!(run.finish().peak_memory() < MAX_MEMORY);
}

#[test]
fn a_large_output_that_nobody_reads_needs_no_memory_and_is_whole() {
    let mut run = Stage::new()
        .args([
            "-j2",
            "head -c 200000000 /dev/zero; touch first",
            "head -c 1000 /dev/zero; touch second",
        ])
        .hold_stdout()
        .stdout(vec![0; 200_001_000])
        .within(TIME_LIMIT)
        .start();
    run.wait_for_file("first");
    run.wait_for_file("second");
    run.release_stdout();
    assert!(run.finish().peak_memory() < MAX_MEMORY);
}

#[test]
fn time_limits_run_while_nobody_reads() {
    let mut run = Stage::new()
        .args(["--grace", "0", "-t", "1"])
        .args([
            "head -c 1000000 /dev/zero",
            "trap 'touch timed-out' EXIT; echo $$ > up; sleep 300",
        ])
        .hold_stdout()
        .stdout_any()
        .stderr_any()
        .code(1)
        .within(TIME_LIMIT)
        .start();
    let job: i32 = run.wait_for_line_in("up").parse().unwrap();
    run.wait_until("the end of its time", |_| (!is_alive(job)).then_some(()));
    run.finish();
}

#[test]
fn one_signal_is_enough_while_nobody_reads() {
    for options in [
        &["-j1"][..],
        &["-k", "-j4"],
        &["-o", "line", "-j4"],
        &["-j4"],
        &["--json", "-j4"],
    ] {
        let mut run = Stage::new()
            .args(["--grace", "1"])
            .args(options)
            .stdin("head -c 100000 /dev/zero; echo x >> begun; sleep 0.2\n".repeat(300))
            .hold_stdout()
            .stdout_any()
            .stderr_any()
            .signal(libc::SIGINT)
            .within(TIME_LIMIT)
            .start();
        // The pipe and all that waits for it are full; most jobs have not started.
        let mut last = (0, Duration::ZERO);
        run.wait_until("a standstill", |run| {
            let begun = fs::read(run.dir().join("begun")).map_or(0, |text| text.len());
            if begun != last.0 {
                last = (begun, run.elapsed());
            }
            (begun > 0 && run.elapsed() - last.1 > Duration::from_secs(1)).then_some(())
        });
        run.send(libc::SIGINT);
        run.wait_until("the end", |run| (!is_alive(run.pid())).then_some(()));
        run.finish();
    }
}

#[test]
fn every_job_of_a_file_is_reported_when_a_signal_ends_the_run() {
    let mut run = Stage::new()
        .args(["--json", "-j1", "--grace", "0", "-f", "jobs"])
        .file(
            "jobs",
            [
                "echo up > up; sleep 300\n".to_owned(),
                "echo x\n".repeat(2000),
            ]
            .concat(),
        )
        .stdout_any()
        .stderr_has("── 2001 jobs: 1 canceled, 2000 skipped ([TIME])\n")
        .signal(libc::SIGINT)
        .within(TIME_LIMIT)
        .start();
    run.wait_for_line_in("up");
    run.send(libc::SIGINT);
    assert_eq!(run.finish().json().len(), 2001);
}

#[test]
fn a_closed_stdout_is_treated_as_unread() {
    Stage::new()
        .args(["-j1", "echo a", "exit 3"])
        .in_shell("exec \"$@\" >&-")
        .stderr_has("── 2 jobs: 1 ok, 1 failed ([TIME])\n")
        .code(1)
        .run();
}

#[test]
fn closed_standard_streams_damage_no_file() {
    // The first file that is opened could get the number of a standard stream, and receive its
    // output.
    let outcome = Stage::new()
        .args([
            "--joblog",
            "run.log",
            "-v",
            "-j1",
            "echo a; echo b >&2; cat",
            "exit 3",
        ])
        .in_shell("exec \"$@\" <&- >&- 2>&-")
        .code(1)
        .run();
    assert_eq!(outcome.read_text("run.log").lines().count(), 6);
}
