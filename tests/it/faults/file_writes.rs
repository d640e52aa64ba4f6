//! The job log and the other files are written even if standard output is not read, or prun is
//! signalled or killed.

use std::time::Duration;

use serde_json::Value;

use super::fixtures::{LARGE, endings, inject_faults, lines, wait_for_line};
use crate::needs::needs;
use crate::stage::{Outcome, Running, Stage, is_alive, kill, rounds};

const TIME_LIMIT: Duration = Duration::from_secs(60);

/// All files that a run can write.
const FILES: [&str; 8] = [
    "--joblog", "run.log", "--report", "r.html", "--junit", "x.xml", "--trace", "t.json",
];

fn assert_whole(outcome: &Outcome) {
    let report = outcome.read_text("r.html");
    assert!(report.trim_end().ends_with("</html>"), "a torn report");
    let junit = outcome.read_text("x.xml");
    assert!(
        junit.trim_end().ends_with("</testsuites>"),
        "a torn JUnit report"
    );
    let trace = outcome.read_text("t.json");
    serde_json::from_str::<Value>(&trace).expect("the trace is JSON");
    let left = std::fs::read_dir(outcome.dir()).expect("the folder is there");
    for entry in left.flatten() {
        let name = entry.file_name();
        assert!(
            !name.to_string_lossy().starts_with(".prun-"),
            "{name:?} was left"
        );
    }
}

#[test]
fn a_signal_while_nobody_reads_leaves_every_ending_in_the_log_and_whole_files() {
    for form in [
        &["-j1"][..],
        &["-j1", "--json"],
        &["-j1", "-k"],
        &["-j1", "-o", "line"],
    ] {
        let mut run = Stage::new()
            .args(["--grace", "1"])
            .args(form)
            .args(FILES)
            .args([LARGE, "bad: exit 3", "long: touch up; sleep 300"])
            .hold_stdout()
            .stdout_any()
            .stderr_any()
            .signal(libc::SIGINT)
            .within(TIME_LIMIT)
            .start();
        run.wait_for_file("up");
        run.send(libc::SIGINT);
        run.wait_until("the end", |run| (!is_alive(run.pid())).then_some(()));
        let outcome = run.finish();
        let expected = [
            ("bad", "failed", true),
            ("large", "ok", false),
            ("long", "canceled", true),
        ];
        let expected =
            expected.map(|(name, how, delivered)| (name.to_owned(), how.to_owned(), delivered));
        assert_eq!(endings(&outcome.path("run.log")), expected, "{form:?}");
        let last = lines(&outcome.path("run.log"))
            .pop()
            .expect("there are lines");
        assert_eq!(last["type"], "run_end");
        assert_whole(&outcome);
    }
}

/// A run that writes its files slowly at the end.
fn with_slow_files(delay: Duration) -> Stage {
    let delay = delay.as_micros();
    // The first call of each kind creates the trace at the start.
    let stage = inject_faults(
        Stage::new(),
        &[&format!(
            "rename,renameat,renameat2,linkat:delay_enter={delay}:when=2+"
        )],
    );
    stage
        .args(["--grace", "1"])
        .args(FILES)
        .args(["long: echo $PPID > prun; sleep 300", "longer: sleep 300"])
        .stdout_any()
        .within(TIME_LIMIT)
}

/// Interrupts such a run; returns prun's pid (not strace's) when the jobs have ended.
fn interrupt(run: &mut Running) -> i32 {
    let prun = run.wait_for_line_in("prun").parse().expect("a number");
    kill(prun, libc::SIGINT);
    wait_for_line(run, "job_end", "long");
    wait_for_line(run, "job_end", "longer");
    prun
}

#[test]
fn a_second_signal_kills_the_jobs_and_still_writes_the_files() {
    if needs("strace") {
        let mut run = with_slow_files(Duration::from_millis(600))
            .stderr_any()
            .signal(libc::SIGINT)
            .start();
        let prun = interrupt(&mut run);
        kill(prun, libc::SIGTERM);
        let outcome = run.finish();
        assert_eq!(endings(&outcome.path("run.log")).len(), 2);
        assert_whole(&outcome);
    }
}

#[test]
fn a_third_signal_abandons_the_files_and_names_them() {
    if needs("strace") {
        let mut run = with_slow_files(Duration::from_secs(30))
            .stderr_has("prun: not written because of a third signal: the JUnit report x.xml, the report r.html")
            .signal(libc::SIGINT)
            .start();
        let prun = interrupt(&mut run);
        kill(prun, libc::SIGTERM);
        kill(prun, libc::SIGHUP);
        let outcome = run.finish();
        assert!(!outcome.path("r.html").exists());
    }
}

#[test]
fn a_start_is_in_the_log_while_nobody_reads() {
    let mut run = Stage::new()
        .args([
            "--guard=never",
            "-j1",
            "--joblog",
            "run.log",
            LARGE,
            "long: touch up; sleep 300",
        ])
        .hold_stdout()
        .stdout_any()
        .signal(libc::SIGKILL)
        .leaves_processes()
        .within(TIME_LIMIT)
        .start();
    run.wait_for_file("up");
    wait_for_line(&mut run, "job_start", "long");
    let log = run.dir().join("run.log").into_os_string();
    run.send(libc::SIGKILL);
    run.wait_until("the death of prun", |run| {
        (!is_alive(run.pid())).then_some(())
    });
    let again = [
        "--resume".into(),
        "--joblog".into(),
        log,
        "touch never".into(),
    ];
    let refused = Stage::new()
        .args(again)
        .stderr_has("a job of an earlier run is still running: long")
        .code(2)
        .run();
    assert!(!refused.path("never").exists());
    run.finish();
}

#[test]
fn a_job_that_runs_when_prun_is_killed_at_once_is_not_run_twice() {
    for round in 0..rounds() {
        let jobs: String = (0..8)
            .map(|n| format!("echo {n} >> ran; sleep 300\n"))
            .collect();
        let mut run = Stage::new()
            .args(["-j8", "--joblog", "run.log", "-f", "jobs"])
            .file("jobs", jobs)
            .stderr_any()
            .signal(libc::SIGKILL)
            .leaves_processes()
            .within(TIME_LIMIT)
            .start();
        run.wait_for_file("ran");
        let moment = run.elapsed() + Duration::from_micros((round as u64 * 1709) % 8_000);
        run.wait_until("the moment of the signal", |run| {
            (run.elapsed() >= moment).then_some(())
        });
        run.send(libc::SIGKILL);
        let dir = run.dir().to_owned();
        // A child that is being started holds the lock until its exec.
        run.wait_until("the death of prun, which has the lock", |_| {
            let lock = std::fs::File::open(dir.join("run.log")).ok()?.try_lock();
            lock.is_ok().then_some(())
        });
        let path = |name: &str| dir.join(name).into_os_string();
        let before = std::fs::read(dir.join("ran")).expect("jobs ran");
        Stage::new()
            .args([
                "-j8".into(),
                "--joblog".into(),
                path("run.log"),
                "--resume".into(),
            ])
            .args(["-C".into(), path(""), "-f".into(), path("jobs")])
            .stderr_has("a job of an earlier run is still running: ")
            .code(2)
            .within(TIME_LIMIT)
            .run();
        let after = std::fs::read(dir.join("ran")).expect("jobs ran");
        assert!(
            after.len() <= before.len() + 16,
            "more than those that had begun"
        );
        run.finish();
    }
}
