//! Replays of a job log.

use serde_json::{Value, json};

use crate::needs::needs;
use crate::readers::{junit, trace};
use crate::stage::{Outcome, Stage};

const LOG: [&str; 2] = ["--joblog", "run.log"];

/// Jobs with every ending.
const JOBS: &str = "a: printf 'out\\377\\n'; echo err >&2; exit 3\n\
    b: kill -9 $$\n\
    c: sleep 300\n\
    true\n\
    d: test -e f || { touch f; echo first; exit 1; }\n\
    nosuch-program x\n\
    {\"argv\":[\"./nope\"]}\n";

fn with_log() -> Stage {
    Stage::new().args(LOG).stdout_any().stderr_any()
}

/// A replay of this log; its messages are not checked.
fn replay(log: impl AsRef<[u8]>) -> Stage {
    Stage::new()
        .file("run.log", log)
        .args(["--replay", "run.log"])
        .stdout_any()
        .stderr_any()
}

fn with_every_ending() -> Stage {
    let jobs: Vec<String> = JOBS
        .lines()
        .map(|line| match line.starts_with('{') {
            true => line.to_owned(),
            false => match line.split_once(": ") {
                Some((name, cmd)) => json!({"name": name, "cmd": cmd}).to_string(),
                None => json!({"cmd": line}).to_string(),
            },
        })
        .collect();
    with_log()
        .args(["-t", "0.3", "--grace", "0", "--retries", "1"])
        .stdin(jobs.join("\n"))
        .code(1)
}

#[test]
fn the_records_are_those_of_the_run() {
    let run = with_every_ending().arg("--json").run();
    let replayed = replay(run.read("run.log")).arg("--json").code(1).run();
    assert_eq!(run.json().len(), 7);
    assert_eq!(run.json(), replayed.json());
}

#[test]
fn the_messages_are_those_of_the_run() {
    let run = with_every_ending().arg("-v").run();
    let replayed = replay(run.read("run.log")).arg("-v").code(1).run();
    assert_eq!(
        String::from_utf8_lossy(&replayed.stderr),
        String::from_utf8_lossy(&run.stderr)
    );
    assert_eq!(replayed.stdout, run.stdout);
}

#[test]
fn templates_keep_their_labels() {
    if !needs("python3") {
        return;
    }
    let run = with_log()
        .args([
            "-j1",
            "--junit",
            "run.xml",
            "test -e {} || exit 4",
            ":::",
            "a b",
            "c'd",
        ])
        .code(1)
        .run();
    let replayed = replay(run.read("run.log"))
        .args(["--junit", "run.xml"])
        .code(1)
        .run();
    assert_eq!(run.stderr, replayed.stderr);
    assert_eq!(
        names(&run),
        [
            "test -e {} || exit 4 ::: 'a b'",
            "test -e {} || exit 4 ::: 'c'\"'\"'d'"
        ]
    );
    assert_eq!(names(&run), names(&replayed));
}

/// The names of the test cases.
fn names(outcome: &Outcome) -> Vec<Value> {
    let report = junit(&outcome.path("run.xml"));
    let cases = report["cases"].as_array().expect("a list").iter();
    cases.map(|case| case["name"].clone()).collect()
}

#[test]
fn the_files_are_those_of_the_run() {
    if !needs("python3") {
        return;
    }
    let files = ["--junit", "run.xml", "--trace", "run.json"];
    let run = with_every_ending().args(files).run();
    let replayed = replay(run.read("run.log")).args(files).code(1).run();
    let report = |outcome: &Outcome| {
        let mut report = junit(&outcome.path("run.xml"));
        for case in report["cases"].as_array_mut().unwrap() {
            // The log has microseconds, and the report rounds to milliseconds.
            case["time"] = Value::Null;
        }
        report
    };
    assert_eq!(report(&run), report(&replayed));
    let slices = |outcome: &Outcome| {
        let mut events = trace(&outcome.path("run.json"));
        events.retain(|event| event["ph"] == "X");
        events
            .iter()
            .map(|event| event["args"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(slices(&run).len(), 13);
    assert_eq!(slices(&run), slices(&replayed));
}

#[test]
fn a_replay_ends_as_the_run_did() {
    let mut run = with_log().arg("touch a; sleep 300").signal(2).start();
    run.wait_for_file("a");
    run.send(2);
    // The signal was sent to that run; the replay exits with its code.
    replay(run.finish().read("run.log")).code(130).run();
    let late = with_log()
        .args(["--deadline", "0.2", "sleep 300"])
        .code(124);
    replay(late.run().read("run.log")).code(124).run();
    let race = with_log().args(["--race", "exit 7", "sleep 300"]).code(7);
    replay(race.run().read("run.log")).code(7).run();
    let wrong = with_log()
        .stdin("{\"cmd\":\"true\"}\n{\"cdm\":\"true\"}\n")
        .code(2);
    replay(wrong.run().read("run.log"))
        .stderr_has("prun: stdin:2:6: unknown key `cdm`")
        .code(2)
        .run();
}

#[test]
fn a_log_cut_after_any_line_reports_every_job_once() {
    let run = with_every_ending().run();
    let log = run.read_text("run.log");
    let ends: Vec<usize> = log.match_indices('\n').map(|(at, _)| at + 1).collect();
    for cut in &ends[..ends.len() - 1] {
        let log = &log[..*cut];
        let started = log.matches("\"type\":\"job_start\"").count();
        let outcome = replay(log)
            .args(["--json", "-q"])
            .in_shell("\"$@\"; true")
            .run();
        let mut seqs: Vec<u64> = outcome
            .json()
            .iter()
            .map(|record| record["seq"].as_u64().unwrap())
            .collect();
        seqs.sort_unstable();
        let once = seqs.windows(2).all(|pair| pair[0] < pair[1]);
        assert!(once && seqs.len() <= started + 1, "{seqs:?} of {log}");
        let words = String::from_utf8_lossy(&outcome.stderr);
        assert!(words.contains("the log ends before the run: "), "{words}");
    }
}

#[test]
fn wrong_values_are_errors_of_a_replay_too() {
    let log = with_log().arg("true").run().read("run.log");
    for (options, message) in [
        (["-C", "nowhere"], "prun: -C nowhere: no such directory\n"),
        (["-u", "A=b"], "prun: -u A=b: the name of a variable "),
    ] {
        replay(&log).args(options).stderr_has(message).code(2).run();
    }
}

#[test]
fn an_incomplete_last_line_is_skipped_and_the_log_is_not_changed() {
    let run = with_log().args(["-j1", "exit 3"]).code(1).run();
    let mut log = run.read("run.log");
    log.extend_from_slice(b"{\"type\":\"job_st");
    let replayed = replay(&log).code(1).run();
    assert_eq!(replayed.stderr, run.stderr);
    assert_eq!(replayed.read("run.log"), log);
}

#[test]
fn of_several_runs_the_last_one_is_replayed() {
    let stage = with_log().args(["-j1", "exit 3"]).code(1).run();
    let log = stage.read("run.log");
    let replayed = with_log()
        .file("run.log", log)
        .args(["-j1", "exit 4"])
        .code(1);
    let outcome = replay(replayed.run().read("run.log"))
        .arg("--json")
        .code(1)
        .run();
    assert_eq!(outcome.json().len(), 1);
    assert_eq!(outcome.record(1)["exit_code"], 4);
}

#[test]
fn the_end_of_a_long_output_and_its_length_are_kept() {
    let run = with_log()
        .args(["--json", "seq 100000; exit 1"])
        .code(1)
        .run();
    let replayed = replay(run.read("run.log")).arg("--json").code(1).run();
    let (run, replayed) = (run.record(1), replayed.record(1));
    assert_eq!(run["stdout_bytes"], replayed["stdout_bytes"]);
    let tail = replayed["stdout"].as_str().unwrap();
    assert_eq!(tail.len(), 64 * 1024);
    assert!(run["stdout"].as_str().unwrap().ends_with(tail));
    let run = with_log().args(["--json", "echo a"]).run();
    let replayed = replay(run.read("run.log")).arg("--json").run();
    assert_eq!(replayed.record(1)["stdout"], Value::Null);
    assert_eq!(replayed.record(1)["stdout_bytes"], 2);
}

#[test]
fn a_log_that_cannot_be_replayed_is_an_error_before_any_output() {
    for (log, why) in [
        (
            "",
            "prun: --replay run.log: it contains no run: name a file written by --joblog\n",
        ),
        (
            "{\"type\":\"run_start\",\"v\":1,\"t_unix_s\":1.5}\nx\n",
            "prun: run.log:2: damaged job log: ",
        ),
        (
            "{\"type\":\"run_start\",\"v\":1,\"t_unix_s\":1.5}\n{\"type\":\"warning\",\"t_unix_s\":1.5,\"text\":\"a\"}\n{\"type\":\"b\"}\n",
            "prun: run.log:3: damaged job log: unknown type \"b\", of a later version?; ",
        ),
        (
            "{\"type\":\"run_start\",\"v\":1,\"t_unix_s\":-1}\n",
            "prun: run.log:1: damaged job log: -1 s is not a length of time",
        ),
        (
            "{\"type\":\"run_start\",\"v\":1,\"t_unix_s\":1e9}\n{\"type\":\"run_end\",\"t_unix_s\":1e9,\"wall_s\":1e300}\n",
            "prun: run.log:2: damaged job log: ",
        ),
    ] {
        replay(log).stdout("").stderr_has(why).code(2).run();
    }
    Stage::new()
        .args(["--replay", "gone"])
        .stderr("prun: --replay gone: No such file or directory (os error 2)\n")
        .code(2)
        .run();
}

#[test]
fn no_file_overwrites_the_log() {
    replay("{\"type\":\"run_start\",\"v\":1,\"t_unix_s\":1}\n")
        .args(["--junit", "./run.log"])
        .stderr("prun: --junit ./run.log: --replay reads the same file: name a different one\n")
        .code(2)
        .run();
    with_log()
        .args(["--report", "run.log", "true"])
        .stderr("prun: --report run.log: --joblog writes the same file: name a different one\n")
        .code(2)
        .run();
}
