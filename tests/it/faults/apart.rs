//! Records have a way of their own: what becomes of standard output, and of prun, does not reach them.

use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use super::grounds::failing;
use crate::needs::{PID_NAMESPACE, needs};
use crate::stage::{Outcome, Running, Stage, is_alive, kill, rounds};

const SOON: Duration = Duration::from_secs(60);

/// All files that a run can leave.
const FILES: [&str; 8] = [
    "--joblog", "run.log", "--report", "r.html", "--junit", "x.xml", "--trace", "t.json",
];

/// More than the pipe to a reader holds, and less than what prun takes off a job's hands.
const LARGE: &str = "large: head -c 1000000 /dev/zero";

fn lines(log: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let whole = text
        .split_inclusive('\n')
        .filter(|line| line.ends_with('\n'));
    whole
        .map(|line| serde_json::from_str(line).expect("a whole line is JSON"))
        .collect()
}

/// The endings in a log: the name of the job, the status, and whether its output has arrived.
fn endings(log: &Path) -> Vec<(String, String, bool)> {
    let lines = lines(log);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let is_delivered = |end: &Value| {
        let told = |line: &&Value| line["type"] == "job_delivered" && line["seq"] == end["seq"];
        end["delivered"].is_null() || lines.iter().any(|line| told(&line))
    };
    let mut endings: Vec<_> = lines
        .iter()
        .filter(|line| line["type"] == "job_end")
        .map(|end| (text(&end["name"]), text(&end["status"]), is_delivered(end)))
        .collect();
    endings.sort();
    endings
}

fn wait_for_line(run: &mut Running, kind: &str, name: &str) {
    let log = run.dir().join("run.log");
    run.wait_until("the line in the log", |_| {
        let is_it = |line: &Value| line["type"] == kind && line["name"] == name;
        lines(&log).iter().any(is_it).then_some(())
    });
}

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
fn a_signal_while_nobody_reads_leaves_every_ending_on_record_and_whole_files() {
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
            .within(SOON)
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
        let expected = expected.map(|(name, how, told)| (name.to_owned(), how.to_owned(), told));
        assert_eq!(endings(&outcome.path("run.log")), expected, "{form:?}");
        let last = lines(&outcome.path("run.log"))
            .pop()
            .expect("there are lines");
        assert_eq!(last["type"], "run_end");
        assert_whole(&outcome);
    }
}

/// A run whose files take their time at the end.
fn slow(delay: Duration) -> Stage {
    let delay = delay.as_micros();
    let stage = failing(
        Stage::new(),
        &[&format!(
            "rename,renameat,renameat2,linkat:delay_enter={delay}"
        )],
    );
    stage
        .args(["--grace", "1"])
        .args(FILES)
        .args(["long: echo $PPID > prun; sleep 300", "longer: sleep 300"])
        .stdout_any()
        .within(SOON)
}

#[test]
fn a_second_signal_hurries_the_jobs_and_not_the_files() {
    if needs("strace") {
        let mut run = slow(Duration::from_millis(600))
            .stderr_any()
            .signal(libc::SIGINT)
            .start();
        let prun = run.wait_for_line_in("prun").parse().expect("a number");
        kill(prun, libc::SIGINT);
        wait_for_line(&mut run, "job_end", "long");
        wait_for_line(&mut run, "job_end", "longer");
        kill(prun, libc::SIGTERM);
        let outcome = run.finish();
        assert_eq!(endings(&outcome.path("run.log")).len(), 2);
        assert_whole(&outcome);
    }
}

#[test]
fn a_third_signal_gives_the_files_up_and_says_which() {
    if needs("strace") {
        let mut run = slow(Duration::from_secs(30))
            .stderr_has("prun: not written, because of a third signal: the JUnit report x.xml, the report r.html")
            .signal(libc::SIGINT)
            .start();
        let prun = run.wait_for_line_in("prun").parse().expect("a number");
        kill(prun, libc::SIGINT);
        wait_for_line(&mut run, "job_end", "long");
        wait_for_line(&mut run, "job_end", "longer");
        kill(prun, libc::SIGTERM);
        kill(prun, libc::SIGHUP);
        let outcome = run.finish();
        assert!(!outcome.path("r.html").exists());
    }
}

#[test]
fn a_start_is_on_record_while_nobody_reads() {
    let mut run = Stage::new()
        .args([
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
        .within(SOON)
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
        .stderr_has("a job of an earlier run still runs: long")
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
            .within(SOON)
            .start();
        run.wait_for_file("ran");
        let moment = run.elapsed() + Duration::from_micros((round as u64 * 1709) % 8_000);
        run.wait_until("its moment", |run| (run.elapsed() >= moment).then_some(()));
        run.send(libc::SIGKILL);
        let dir = run.dir().to_owned();
        // A process that was being started has the lock until it has its own program.
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
            .stderr_has("a job of an earlier run still runs: ")
            .code(2)
            .within(SOON)
            .run();
        let after = std::fs::read(dir.join("ran")).expect("jobs ran");
        assert!(
            after.len() <= before.len() + 16,
            "more than those that had begun"
        );
        run.finish();
    }
}

/// A run that goes on from the log of another, in that one's folder.
fn again(before: &Outcome) -> Stage {
    let dir = before.dir().to_str().expect("a temporary path is text");
    Stage::new()
        .args(["-C", dir, "--joblog", &format!("{dir}/run.log"), "--resume"])
        .within(SOON)
}

const TWO: [&str; 2] = ["a: echo hello", "b: sleep 0.2"];

#[test]
fn a_success_whose_output_was_lost_is_not_done() {
    let lost = Stage::new()
        .in_shell("exec \"$@\" > /dev/full")
        .args(["--joblog", "run.log"])
        .args(TWO)
        .stderr_any()
        .code(3)
        .run();
    again(&lost).args(TWO).stdout("hello\n").run();
    again(&lost).args(TWO).stdout("").run();
}

#[test]
fn a_success_whose_output_could_not_be_kept_is_not_done() {
    let jobs = ["a: head -c 300000 /dev/zero", "b: true"];
    let lost = Stage::new()
        .in_shell("ulimit -f 8; exec \"$@\"")
        .args(["-j2", "--joblog", "run.log"])
        .args(jobs)
        .stdout_any()
        .stderr_any()
        .code(3)
        .run();
    again(&lost).args(jobs).stdout(vec![0; 300_000]).run();
}

#[test]
fn output_that_arrives_late_counts_from_then_on() {
    let mut run = Stage::new()
        .args(["-j2", "--joblog", "run.log", LARGE, "b: true"])
        .hold_stdout()
        .stdout(vec![0; 1_000_000])
        .within(SOON)
        .start();
    wait_for_line(&mut run, "job_end", "large");
    assert!(endings(&run.dir().join("run.log")).contains(&("large".into(), "ok".into(), false)));
    run.release_stdout();
    let outcome = run.finish();
    assert!(endings(&outcome.path("run.log")).contains(&("large".into(), "ok".into(), true)));
    again(&outcome).args(["-j2", LARGE, "b: true"]).run();
}

#[test]
fn the_last_attempt_on_record_decides() {
    let job = "a: test -e f";
    let stage = Stage::new()
        .file("f", "")
        .args(["--joblog", "run.log", job]);
    let outcome = stage.run();
    std::fs::remove_file(outcome.path("f")).expect("it is there");
    let dir = outcome
        .dir()
        .to_str()
        .expect("a temporary path is text")
        .to_owned();
    let log = format!("{dir}/run.log");
    // Its second run fails, and is killed as it waits for another try.
    let mut second = Stage::new()
        .args([
            "-C",
            &dir,
            "--retries",
            "2",
            "--retry-delay",
            "1h",
            "--joblog",
            &log,
            job,
        ])
        .signal(libc::SIGKILL)
        .within(SOON)
        .start();
    second.wait_until("the first attempt", |_| {
        let retried = |line: &Value| line["type"] == "job_retry";
        lines(Path::new(&log)).iter().any(retried).then_some(())
    });
    second.send(libc::SIGKILL);
    second.finish();
    again(&outcome).arg(job).stderr_any().code(1).run();
}

#[test]
fn a_job_that_was_killed_in_its_second_run_is_not_done() {
    let job = "a: echo x >> ran; test ! -e slow || exec sleep 300";
    let outcome = Stage::new().args(["--joblog", "run.log", job]).run();
    std::fs::write(outcome.path("slow"), "").expect("the folder is ours");
    let dir = outcome
        .dir()
        .to_str()
        .expect("a temporary path is text")
        .to_owned();
    let log = format!("{dir}/run.log");
    let mut second = Stage::new()
        .args(["-C", &dir, "--joblog", &log, job])
        .signal(libc::SIGKILL)
        .leaves_processes()
        .within(SOON)
        .start();
    second.wait_until("the second start", |_| {
        let starts = lines(Path::new(&log));
        let starts = starts.iter().filter(|line| line["type"] == "job_start");
        (starts.count() == 2).then_some(())
    });
    second.send(libc::SIGKILL);
    // What it left running is killed here.
    second.finish();
    std::fs::remove_file(outcome.path("slow")).expect("it is there");
    again(&outcome).arg(job).run();
    assert_eq!(outcome.read_text("ran"), "x\nx\nx\n");
}

#[test]
fn a_log_that_is_removed_or_replaced_during_the_run_is_told() {
    for taken in ["rm run.log", "mv run.log run.log.1; touch run.log"] {
        Stage::new()
            .args(["--joblog", "run.log", taken, "true"])
            .stderr_has("prun: the job log run.log was removed or replaced during the run")
            .code(3)
            .run();
    }
}

#[test]
fn a_log_on_a_file_system_that_cannot_bring_it_to_the_disk_is_written_with_a_warning() {
    if needs("strace") {
        let outcome = failing(Stage::new(), &["fdatasync:error=EINVAL"])
            .args(["--joblog", "run.log", "true"])
            .stderr_has("prun: the job log run.log cannot be brought to the disk: Invalid argument")
            .run();
        assert_eq!(endings(&outcome.path("run.log")).len(), 1);
    }
}

#[test]
fn a_number_that_another_namespace_gave_is_nobody_here() {
    if !needs(PID_NAMESPACE) {
        return;
    }
    // Without a /proc of its own it sees the numbers of the one outside, where they are others'.
    let killed = Stage::new()
        .in_shell(
            "unshare --user --map-root-user --pid --fork sh -c '\"$@\" & while ! test -e up; do sleep 0.02; done; kill -9 $!' sh \"$@\"",
        )
        .args(["--joblog", "run.log", "a: touch up; sleep 300"])
        .stderr_any()
        .within(SOON)
        .run();
    std::fs::remove_file(killed.path("up")).expect("it is there");
    let outcome = again(&killed)
        .args(["-t", "1", "a: touch up; sleep 300"])
        .stderr_any()
        .code(1)
        .run();
    drop(outcome);
    assert!(killed.path("up").exists(), "it runs again");
}
