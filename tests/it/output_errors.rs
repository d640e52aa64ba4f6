//! Output that cannot be kept or written, and runs with more output than memory.

use std::time::Duration;

use crate::stage::{Running, Stage};

/// Far more than any of these runs needs, far less than the jobs would sleep.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// More memory than prun ever needs, for any number of jobs and any size of output.
const MAX_MEMORY: u64 = 16 << 20;

/// The error message for a full disk.
const DISK_FULL: &str = "prun: cannot write the output: No space left on device (os error 28)\n";

/// Closes the read end of stdout, then lets the jobs print.
fn close_reader(run: &mut Running) {
    run.close_stdout();
    std::fs::write(run.dir().join("go"), "").expect("the folder is there");
}

/// A job that prints some tenths of a second after the reader is gone. Several are needed: a process
/// that another test starts at this moment holds a copy of our end of the pipe until its exec.
fn print_later(tenths: u32) -> String {
    format!("until [ -e go ]; do sleep 0.01; done; sleep 0.{tenths}; echo b")
}

/// Closes the read end after the first output; other jobs print later.
fn reader_goes_away(options: &[&str], first: &str) {
    let mut run = Stage::new()
        .args(options)
        .args(["-j1", "echo a"])
        .args((1..10).map(print_later))
        .arg("touch late")
        .stdout_any()
        .stderr("")
        .signal(libc::SIGPIPE)
        .within(TIME_LIMIT)
        .start();
    run.wait_for_stdout(first);
    close_reader(&mut run);
    assert!(!run.finish().path("late").exists());
}

#[test]
fn prun_ends_silently_when_its_reader_goes_away() {
    reader_goes_away(&[], "a\n");
}

#[test]
fn prun_ends_silently_when_the_reader_of_its_records_goes_away() {
    reader_goes_away(&["--json"], "\"stdin_unread_bytes\":null}\n");
}

#[test]
fn prun_ends_when_its_reader_goes_away_although_sigpipe_is_ignored() {
    let mut run = Stage::new()
        .args(["-j1", "echo a"])
        .args((1..10).map(print_later))
        .in_shell("trap '' PIPE; exec \"$@\"")
        .stdout_any()
        .signal(libc::SIGPIPE)
        .within(TIME_LIMIT)
        .start();
    run.wait_for_stdout("a\n");
    close_reader(&mut run);
    run.finish();
}

#[test]
fn running_jobs_are_ended_when_the_reader_goes_away() {
    let mut run = Stage::new()
        .arg("echo a")
        .args((1..10).map(print_later))
        .arg("trap 'touch ended; exit' TERM; touch up; sleep 300 & wait")
        .stdout_any()
        .signal(libc::SIGPIPE)
        .within(TIME_LIMIT)
        .start();
    run.wait_for_stdout("a\n");
    run.wait_for_file("up");
    close_reader(&mut run);
    assert!(run.finish().path("ended").exists());
}

#[test]
fn a_full_disk_has_its_own_exit_code() {
    Stage::new()
        .arg("echo a")
        .in_shell("exec \"$@\" > /dev/full")
        // The job may have ended before, or may have been cancelled.
        .stderr_has(DISK_FULL)
        .code(3)
        .run();
}

#[test]
fn a_full_disk_is_reported_for_records_too() {
    Stage::new()
        .args(["--json", "true"])
        .in_shell("exec \"$@\" > /dev/full")
        .stderr(DISK_FULL)
        .code(3)
        .run();
}

#[test]
fn a_full_disk_comes_before_a_failed_job() {
    Stage::new()
        .args(["-j1", "exit 1", "echo a"])
        .in_shell("exec \"$@\" > /dev/full")
        .stderr_has(DISK_FULL)
        .code(3)
        .run();
}

#[test]
fn a_full_disk_ends_the_run() {
    let outcome = Stage::new()
        .args(["-j1", "echo a", "sleep 300", "touch started"])
        .in_shell("exec \"$@\" > /dev/full")
        .stderr_has(DISK_FULL)
        .code(3)
        .within(TIME_LIMIT)
        .run();
    assert!(!outcome.path("started").exists());
}

#[test]
fn a_full_disk_is_reported_for_help_too() {
    Stage::new()
        .arg("--help")
        .in_shell("exec \"$@\" > /dev/full")
        .stderr_any()
        .code(3)
        .run();
}

#[test]
fn messages_that_cannot_be_written_to_stderr_are_dropped() {
    Stage::new()
        .args(["-v", "-j1", "echo a", "echo b; exit 3"])
        .in_shell("exec \"$@\" 2> /dev/full")
        .stdout("a\nb\n")
        .code(1)
        .run();
}

#[test]
fn a_reader_of_stderr_that_goes_away_misses_nothing_of_the_jobs() {
    let mut run = Stage::new()
        .args([
            "-v",
            "-j1",
            "until [ -e go ]; do sleep 0.01; done; echo b; exit 3",
            "echo c",
        ])
        .stdout("b\nc\n")
        .stderr_any()
        .code(1)
        .start();
    run.wait_for_stderr("start");
    run.close_stderr();
    std::fs::write(run.dir().join("go"), "").unwrap();
    run.finish();
}

#[test]
fn output_to_a_closed_stderr_is_lost_and_the_run_continues() {
    let mut run = Stage::new()
        .args([
            "-j1",
            "echo a >&2",
            // Several jobs: see `print_later`.
            "until [ -e go ]; do sleep 0.01; done; for i in 1 2 3 4 5; do echo b >&2; sleep 0.1; done; \
             echo b; exit 3",
            "echo c",
        ])
        .stdout("b\nc\n")
        .stderr_any()
        .code(3)
        .start();
    run.wait_for_stderr("a\n");
    run.close_stderr();
    std::fs::write(run.dir().join("go"), "").unwrap();
    run.finish();
}

/// Files may not grow: output that does not fit in memory cannot be kept.
const NO_FILE_GROWS: &str = "ulimit -f 0; exec \"$@\"";

#[test]
fn output_that_cannot_be_kept_is_reported() {
    let outcome = Stage::new()
        .args([
            "--json",
            "-j1",
            "head -c 1048576 /dev/zero | tr '\\0' x",
            "echo small",
        ])
        .in_shell(NO_FILE_GROWS)
        .stdout_any()
        .stderr("prun: 983040 bytes of output could not be kept: File too large (os error 27)\n")
        .code(3)
        .run();
    let record = outcome.record(1);
    assert_eq!(record["truncated"], true);
    assert_eq!(record["status"], "ok");
    assert_eq!(record["stdout_bytes"], 1_048_576);
    let kept = record["stdout"].as_str().unwrap();
    assert!(kept.len() >= 65_536 && kept.bytes().all(|byte| byte == b'x'));
    assert_eq!(outcome.record(2)["stdout"], "small\n");
    assert_eq!(outcome.record(2)["truncated"], false);
}

#[test]
fn output_that_was_kept_in_part_is_shown() {
    let outcome = Stage::new()
        .args(["seq -w 0 99999999 | head -c 1048576", "true"])
        .in_shell(NO_FILE_GROWS)
        .stdout_any()
        .stderr_has("could not be kept")
        .code(3)
        .run();
    let whole: String = (0..=10_000)
        .map(|number| format!("{number:08}\n"))
        .collect();
    assert!(outcome.stdout.len() >= 65_536);
    assert!(whole.as_bytes().starts_with(&outcome.stdout[..65_536]));
}

#[test]
fn an_attempt_that_lost_output_is_reported_although_the_next_is_whole() {
    let job = "test $PRUN_ATTEMPT = 2 || { head -c 100000 /dev/zero; exit 1; }";
    Stage::new()
        .args(["--json", "--retries", "1", job])
        .in_shell(NO_FILE_GROWS)
        .stdout_any()
        .stderr_has("could not be kept")
        .code(3)
        .run();
}

#[test]
fn small_output_needs_no_space_for_large_output() {
    Stage::new()
        .arg("head -c 65536 /dev/zero")
        .in_shell(NO_FILE_GROWS)
        .stdout(vec![0; 65_536])
        .run();
}

#[test]
fn no_file_of_output_has_a_name() {
    let mut run = Stage::new()
        .arg("head -c 5000000 /dev/zero; touch up; until [ -e go ]; do sleep 0.01; done")
        .stdout(vec![0; 5_000_000])
        .start();
    run.wait_for_file("up");
    let tmp = run
        .dir()
        .parent()
        .expect("the folder is next to it")
        .join("tmp");
    assert_eq!(std::fs::read_dir(tmp).unwrap().count(), 0);
    std::fs::write(run.dir().join("go"), "").unwrap();
    run.finish();
}

#[test]
fn a_gibibyte_of_output_needs_no_memory() {
    let outcome = Stage::new()
        .args(["head -c 1073741824 /dev/zero", "true"])
        .in_shell("exec \"$@\" > /dev/null")
        .run();
    assert!(
        outcome.peak_memory() < MAX_MEMORY,
        "{}",
        outcome.peak_memory()
    );
}

#[test]
fn ten_thousand_jobs_need_no_memory() {
    let outcome = Stage::new().stdin("true\n".repeat(10_000)).run();
    assert!(
        outcome.peak_memory() < MAX_MEMORY,
        "{}",
        outcome.peak_memory()
    );
}

#[test]
fn jobs_that_are_faster_than_the_reader_need_no_memory() {
    let mut run = Stage::new()
        .arg("-j4")
        .stdin("head -c 60000 /dev/zero; echo x >> ended\n".repeat(1000))
        .hold_stdout()
        .stdout_any()
        .start();
    // While nobody reads, the jobs block at some point: the memory is bounded.
    let mut last = 0;
    let mut since = Duration::ZERO;
    run.wait_until("the jobs to block", |run| {
        let ended = std::fs::read(run.dir().join("ended")).map_or(0, |text| text.len() / 2);
        if ended != last {
            (last, since) = (ended, run.elapsed());
        }
        (ended > 0 && run.elapsed() - since > Duration::from_millis(500)).then_some(())
    });
    assert!(last < 500, "{last} jobs ended although nobody reads");
    run.release_stdout();
    let outcome = run.finish();
    assert_eq!(outcome.stdout.len(), 60_000_000);
    assert!(
        outcome.peak_memory() < MAX_MEMORY,
        "{}",
        outcome.peak_memory()
    );
}
