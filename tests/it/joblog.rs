//! The job log, and resuming from it.

use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use crate::needs::{MOUNT_NAMESPACE, MOUNTS, needs};
use crate::stage::{Outcome, Stage};

const LOG: [&str; 2] = ["--joblog", "run.log"];
const RESUME: [&str; 3] = ["--joblog", "run.log", "--resume"];

/// A run that resumes from a log with these bytes.
fn resume(log: impl AsRef<[u8]>) -> Stage {
    Stage::new().file("run.log", log).args(RESUME)
}

/// The log of a run of these jobs, which may fail.
fn log_of(jobs: &[&str]) -> Vec<u8> {
    let script = "\"$@\"; true";
    let outcome = Stage::new()
        .args(LOG)
        .args(jobs)
        .in_shell(script)
        .stdout_any()
        .stderr_any()
        .run();
    outcome.read("run.log")
}

/// The lines of a log; checks that each is whole and an object with a type.
fn lines(outcome: &Outcome) -> Vec<serde_json::Value> {
    let text = outcome.read_text("run.log");
    assert!(
        text.is_empty() || text.ends_with('\n'),
        "a torn end: {text}"
    );
    let lines = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line is JSON"));
    lines
        .inspect(|line: &serde_json::Value| assert!(line["type"].is_string()))
        .collect()
}

// The jobs report on standard output. They set their own folder, because a resumed run has a different
// one.
const JOBS: [&str; 3] = ["-C/", "echo one", "echo two; test -e /nonexistent"];

#[test]
fn a_resumed_run_runs_the_jobs_that_are_not_done() {
    let log = log_of(&JOBS);
    let outcome = resume(log)
        .arg("-j1")
        .args(JOBS)
        .arg("echo three")
        .stdout("two\nthree\n")
        .args([""; 0])
        .stderr_any()
        .code(1);
    outcome.run();
}

#[test]
fn jobs_that_are_done_are_reported_as_ok_and_resumed() {
    let log = log_of(&["-C/", "echo one"]);
    let outcome = resume(log)
        .args(["--json", "-C/", "echo one"])
        .stdout_any()
        .run();
    let record = outcome.record(1);
    assert_eq!(
        (&record["status"], &record["reason"]),
        (&"ok".into(), &"resumed".into())
    );
    assert_eq!(
        (&record["attempts"], &record["pid"]),
        (&0.into(), &serde_json::Value::Null)
    );
}

#[test]
fn jobs_are_known_by_content_and_not_by_position() {
    let log = log_of(&["-C/", "-j1", "echo one", "echo two"]);
    resume(&log)
        .args(["-C/", "echo two", "x: echo one"])
        .stdout("")
        .run();
    resume(&log)
        .args(["-C/tmp", "echo two"])
        .stdout("two\n")
        .run();
    resume(&log)
        .args(["-C/", "-e", "A=b", "echo two"])
        .stdout("two\n")
        .run();
    resume(&log)
        .args(["-C/", "--shell=sh", "echo two"])
        .stdout("two\n")
        .run();
}

#[test]
fn the_same_job_twice_is_two_jobs() {
    let log = log_of(&["-C/", "echo one"]);
    resume(log)
        .args(["-C/", "-j1", "echo one", "echo one"])
        .stdout("one\n")
        .run();
}

#[test]
fn without_resume_everything_runs_and_the_log_grows() {
    let log = log_of(&["-C/", "echo one"]);
    let before = log.iter().filter(|byte| **byte == b'\n').count();
    let stage = Stage::new()
        .file("run.log", log)
        .args(LOG)
        .args(["-C/", "echo one"]);
    let outcome = stage.stdout("one\n").run();
    assert_eq!(lines(&outcome).len(), 2 * before);
}

#[test]
fn a_log_cut_anywhere_loses_no_job_and_skips_none_wrongly() {
    let log = log_of(&JOBS);
    let ends: Vec<usize> = log
        .iter()
        .enumerate()
        .filter(|(_, b)| **b == b'\n')
        .map(|(n, _)| n)
        .collect();
    // Around the ends of all lines, and some in between.
    let near = ends.iter().flat_map(|end| [end - 1, *end, end + 1]);
    for cut in near.chain((0..log.len()).step_by(211)) {
        let done = String::from_utf8_lossy(&log[..cut])
            .split_inclusive('\n')
            .any(|line| line.ends_with('\n') && line.contains("\"cmd\":\"echo one\""));
        let expected = if done { "two\n" } else { "one\ntwo\n" };
        let stage = resume(&log[..cut]).args(["-j1"]).args(JOBS);
        let outcome = stage.stdout(expected).stderr_any().code(1).run();
        lines(&outcome);
    }
}

#[test]
fn the_log_is_for_its_owner_alone() {
    let outcome = Stage::new().args(LOG).arg("true").run();
    let mode = std::fs::metadata(outcome.path("run.log"))
        .expect("the log is there")
        .permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
}

#[test]
fn two_runs_cannot_write_one_log() {
    let job = "echo up > up; while ! test -e told; do sleep 0.02; done";
    let mut run = Stage::new().args(LOG).arg(job).start();
    run.wait_for_line_in("up");
    let log = run.dir().join("run.log");
    let log = log.to_str().expect("a temporary path is text");
    let refusal = format!(
        "prun: --joblog {log}: another prun is writing to it: wait until it exits, or name a different file\n"
    );
    Stage::new()
        .args(["--joblog", log, "touch never"])
        .stderr(refusal)
        .code(2)
        .run();
    std::fs::write(run.dir().join("told"), "").expect("the folder is writable");
    run.finish();
}

#[test]
fn a_job_that_an_earlier_killed_run_left_is_not_run_twice() {
    let job = "left: echo $$ > pid; while ! test -e told; do sleep 0.02; done";
    let mut run = Stage::new()
        .args(LOG)
        .args(["--guard=never", job])
        .leaves_processes()
        .signal(libc::SIGKILL)
        .start();
    let pid = run.wait_for_line_in("pid");
    let log = run.dir().join("run.log");
    // The start is in the log a moment after the process runs.
    run.wait_until("the start in the log", |_| {
        let text = std::fs::read_to_string(&log).ok()?;
        text.contains("job_start").then_some(())
    });
    let path = log.to_str().expect("a temporary path is text").to_owned();
    run.send(libc::SIGKILL);
    run.wait_until("the death of prun, which has the lock", |_| {
        let lock = std::fs::File::open(&log).ok()?.try_lock();
        lock.is_ok().then_some(())
    });
    let refusal = format!(
        "prun: {path}: a job of an earlier run is still running: left, process {pid}; terminate it or wait for it\n"
    );
    let again = Stage::new().args(["--joblog", &path, "--resume", "touch never"]);
    again
        .within(Duration::from_secs(60))
        .stderr(refusal)
        .code(2)
        .run();
    run.finish();
}

#[test]
fn the_log_has_a_failed_jobs_last_output_and_no_environment() {
    let outcome = Stage::new()
        .args(LOG)
        .args([
            "-e",
            "SECRET=s3cr3t",
            "head -c 100000 /dev/zero | tr '\\0' x; echo end; exit 3",
        ])
        .stdout_any()
        .stderr_any()
        .code(1)
        .run();
    let lines = lines(&outcome);
    let end = lines
        .iter()
        .find(|line| line["type"] == "job_end")
        .expect("there is an ending");
    let text = end["stdout"].as_str().expect("there is a text");
    assert_eq!(text.len(), 64 * 1024);
    assert!(text.ends_with("xend\n"));
    assert!(!outcome.read_text("run.log").contains("s3cr3t"));
}

#[test]
fn a_log_on_a_full_disk_exits_with_code_3_and_has_whole_lines_only() {
    if !needs(MOUNT_NAMESPACE) {
        return;
    }
    let jobs: String = (0..500).map(|n| format!("echo {n}\n")).collect();
    // A small file system in a mount namespace of its own.
    let script = "mkdir small && mount -t tmpfs -o size=8k tmpfs small || exit 99
        \"$@\"; code=$?; cat small/run.log > run.log; exit $code";
    let outcome = Stage::new()
        .args(["--joblog", "small/run.log", "-j4", "-f", "jobs.txt"])
        .file("jobs.txt", jobs)
        .under(MOUNTS)
        .in_shell(script)
        .stdout_any()
        .stderr_has("prun: cannot write the job log small/run.log: No space left on device")
        .code(3)
        .run();
    assert!(lines(&outcome).len() > 5);
}

#[test]
fn a_path_that_cannot_be_a_log_is_refused_before_anything_runs() {
    let refused = |path: &str, why: &str| {
        let stage = Stage::new().args(["--joblog", path, "--resume", "touch never"]);
        let outcome = stage
            .stderr(format!("prun: --joblog {path}: {why}\n"))
            .code(2)
            .run();
        assert!(!outcome.path("never").exists());
    };
    let stream = "not a regular file, which --resume needs";
    refused("/dev/null", stream);
    refused(".", "Is a directory (os error 21)");
    refused("no/such/folder", "No such file or directory (os error 2)");
}
