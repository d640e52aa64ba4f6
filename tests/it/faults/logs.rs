//! Job logs that are unusable, locked, old, from another version or long; and clocks that jump.

use std::time::Duration;

use serde_json::Value;

use super::fixtures::inject_faults;
use crate::needs::needs;
use crate::stage::{Outcome, Stage, is_alive};

const TIME_LIMIT: Duration = Duration::from_secs(60);

/// A run that resumes from the log of another, in its folder.
fn resume(before: &Outcome) -> Stage {
    let dir = before.dir().to_str().expect("a temporary path is text");
    Stage::new().args(["-C", dir, "--joblog", &format!("{dir}/run.log"), "--resume"])
}

#[test]
fn a_daemon_that_a_job_left_does_not_hold_the_log() {
    let mut run = Stage::new()
        .args([
            "--joblog",
            "run.log",
            "setsid sleep 300 > /dev/null 2>&1 & echo a",
        ])
        .stdout("a\n")
        .leaves_processes()
        .start();
    // Another run can write the log while the daemon is alive.
    run.wait_until("the end", |run| (!is_alive(run.pid())).then_some(()));
    let log = run.dir().join("run.log").into_os_string();
    Stage::new()
        .args(["--joblog".into(), log, "echo b".into()])
        .stdout("b\n")
        .run();
    assert_eq!(run.finish().left.len(), 1);
}

/// Jobs that end in every way, and successfully once `mended` exists.
const JOBS: &str = r#"{"name":"fine","cmd":"echo fine"}
{"name":"failed","cmd":"echo failed; test -e mended"}
{"name":"dead","cmd":"echo dead; test -e mended || kill -9 $$"}
{"name":"slow","cmd":"echo slow; test -e mended || sleep 300","timeout":"100ms"}
{"name":"absent","argv":["./absent"]}
{"name":"canceled","cmd":"echo canceled; test -e mended || { echo up > up; sleep 300; }"}
{"name":"skipped","cmd":"echo skipped"}
"#;

#[test]
fn every_job_that_is_not_ok_runs_again() {
    let mut run = Stage::new()
        .args(["--json", "-j1", "-f", "jobs.jsonl", "--joblog", "run.log"])
        .file("jobs.jsonl", JOBS)
        .stdout_any()
        .stderr_has("1 ok, 1 failed, 1 timeout, 1 signaled, 1 spawn error, 1 canceled, 1 skipped")
        .signal(libc::SIGINT)
        .within(TIME_LIMIT)
        .start();
    run.wait_for_line_in("up");
    run.send(libc::SIGINT);
    let outcome = run.finish();
    std::fs::write(outcome.path("mended"), "").expect("the folder is writable");
    let jobs = outcome.path("jobs.jsonl");
    resume(&outcome)
        .args(["-j1".as_ref(), "-f".as_ref(), jobs.as_os_str()])
        .stdout("failed\ndead\nslow\ncanceled\nskipped\n")
        .stderr_has("absent (")
        .code(1)
        .run();
}

#[test]
fn a_log_without_locks_is_written_with_a_warning() {
    if needs("strace") {
        inject_faults(Stage::new(), &["flock:error=ENOLCK:when=1"])
            .args(["--joblog", "run.log", "echo ran"])
            .stdout("ran\n")
            .stderr(
                "prun: --joblog run.log: cannot be locked (No locks available (os error 37)): \
                 make sure that no other prun writes to it\n",
            )
            .run();
    }
}

#[test]
fn a_file_that_is_not_a_job_log_is_refused() {
    let refused = |before: &str, why: &str| {
        let outcome = Stage::new()
            .in_shell(&format!("{before}; exec \"$@\""))
            .args(["--joblog", "run.log", "--resume", "touch never"])
            .stderr(format!("prun: --joblog run.log: {why}\n"))
            .code(2)
            .within(TIME_LIMIT)
            .run();
        assert!(!outcome.path("never").exists());
    };
    let stream = "not a regular file, which --resume needs";
    refused("mkfifo run.log", stream);
    refused("mkfifo fifo; ln -s fifo run.log", stream);
    refused("mkdir run.log", "Is a directory (os error 21)");
}

#[test]
fn a_log_of_another_version_is_refused() {
    let later = "{\"type\":\"run_start\",\"v\":2,\"boot_id\":\"x\"}\n";
    Stage::new()
        .file("run.log", later)
        .args(["--joblog", "run.log", "--resume", "touch never"])
        .stderr("prun: run.log:1: the job log was written by another version of prun: name a different file\n")
        .code(2)
        .run();
}

/// A log of this many jobs that are done, the last of which is `echo one` in `/`.
fn long_log(records: usize) -> Vec<u8> {
    let stage = Stage::new().args(["-C/", "--joblog", "run.log", "echo one"]);
    let one = stage.stdout("one\n").run().read_text("run.log");
    let is_end = |line: &&str| line.contains("job_end");
    let end: Value =
        serde_json::from_str(one.lines().find(is_end).expect("an ending")).expect("JSON");
    let key = end["key"].as_str().expect("a key");
    let line = one.lines().find(is_end).expect("an ending");
    let mut log = one.lines().next().expect("a beginning").to_owned() + "\n";
    for n in 1..records {
        log.push_str(&line.replace(key, &format!("{n:032x}")));
        log.push('\n');
    }
    (log + line + "\n").into_bytes()
}

#[test]
fn a_long_log_is_read_as_a_stream() {
    let log = long_log(100_000);
    assert!(log.len() > 40 << 20);
    let outcome = Stage::new()
        .file("run.log", log)
        .args(["-C/", "--joblog", "run.log", "--resume", "echo one"])
        .within(TIME_LIMIT)
        .run();
    assert!(
        outcome.peak_memory() < 24 << 20,
        "{}",
        outcome.peak_memory()
    );
}

/// A wall clock that jumps by an hour, back and forth, at each reading.
const JUMPING: &str = "#define _GNU_SOURCE
#include <dlfcn.h>
#include <time.h>
int clock_gettime(clockid_t id, struct timespec *now) {
    static int (*real)(clockid_t, struct timespec *);
    static int looks;
    if (!real) real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, \"clock_gettime\");
    int result = real(id, now);
    if (id == CLOCK_REALTIME) now->tv_sec += __sync_fetch_and_add(&looks, 1) % 2 ? 3600 : -3600;
    return result;
}
";

#[test]
fn a_clock_that_jumps_changes_no_duration_and_no_time_limit() {
    if !needs("cc") {
        return;
    }
    let script = "cc -shared -fPIC -o jumping.so jumping.c -ldl || exit 99
        LD_PRELOAD=$PWD/jumping.so \"$@\"";
    let outcome = Stage::new()
        .file("jumping.c", JUMPING)
        .in_shell(script)
        .args(["--json", "-j1", "-t", "50", "--joblog", "run.log"])
        .args(["sleep 0.3", "env -u LD_PRELOAD true", "sleep 0.3; date +%s"])
        .stdout_any()
        .within(TIME_LIMIT)
        .run();
    let records = outcome.json();
    let stamp = |line: &str| serde_json::from_str::<Value>(line).ok()?["t_unix_s"].as_f64();
    let log = outcome.read_text("run.log");
    let stamps: Vec<f64> = log.lines().filter_map(stamp).collect();
    let jumps = stamps
        .iter()
        .any(|stamp| (stamp - stamps[0]).abs() > 3000.0);
    assert!(jumps, "the clock did not jump: {stamps:?}");
    for record in records {
        let (wall, queued) = (record["wall_s"].as_f64(), record["queued_s"].as_f64());
        assert_eq!(record["status"], "ok");
        assert!(
            wall.is_some_and(|wall| (0.0..30.0).contains(&wall)),
            "{record}"
        );
        assert!(
            queued.is_some_and(|queued| (0.0..30.0).contains(&queued)),
            "{record}"
        );
    }
    // The log can be resumed.
    resume(&outcome)
        .args(["sleep 0.3", "env -u LD_PRELOAD true"])
        .within(TIME_LIMIT)
        .run();
}
