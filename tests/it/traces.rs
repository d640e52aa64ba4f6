//! The trace of a run, for Perfetto and chrome://tracing.

use serde_json::{Value, json};

use crate::needs::needs;
use crate::readers::{report_data, trace};
use crate::stage::{Outcome, Stage};

/// A run that writes a trace; its messages are not checked.
fn with_trace() -> Stage {
    Stage::new()
        .args(["--trace", "run.json"])
        .stdout_any()
        .stderr_any()
}

fn events(outcome: &Outcome) -> Vec<Value> {
    trace(&outcome.path("run.json"))
}

/// The events of one kind.
fn of_kind<'a>(events: &'a [Value], kind: &str) -> Vec<&'a Value> {
    events.iter().filter(|event| event["ph"] == kind).collect()
}

#[test]
fn every_attempt_is_a_slice_in_the_row_of_its_slot() {
    if !needs("python3") {
        return;
    }
    let outcome = with_trace()
        .args(["-j1", "--retries", "1"])
        .args(["a: sleep 0.2; exit 3", "echo b"])
        .code(1)
        .run();
    let events = events(&outcome);
    let slices = of_kind(&events, "X");
    let actual: Vec<_> = slices
        .iter()
        .map(|slice| json!([slice["name"], slice["tid"], slice["args"]["attempt"]]))
        .collect();
    assert_eq!(
        actual,
        [
            json!(["a", 1, 1]),
            json!(["a", 1, 2]),
            json!(["echo b", 1, 1])
        ]
    );
    let a = slices[0];
    assert!(a["dur"].as_u64().unwrap() >= 200_000, "{a}");
    for (key, value) in [
        ("seq", json!(1)),
        ("command", json!("sleep 0.2; exit 3")),
        ("status", json!("failed")),
        ("exit_code", json!(3)),
        ("signal", Value::Null),
    ] {
        assert_eq!(a["args"][key], value, "{key}");
    }
    assert!(a["args"]["max_rss_bytes"].as_u64().unwrap() > 0);
    assert!(a["args"]["user_s"].as_f64().is_some() && a["args"]["sys_s"].as_f64().is_some());
    let whole = outcome.read_text("run.json");
    assert!(whole.starts_with("[\n{") && whole.ends_with("}\n]\n"));
}

#[test]
fn rows_have_names_and_a_curve_counts_the_running_jobs() {
    if !needs("python3") {
        return;
    }
    let outcome = with_trace()
        .args([
            "-j2",
            "until [ -e b ]; do sleep 0.01; done",
            "touch b; sleep 0.1",
        ])
        .run();
    let events = events(&outcome);
    let names: Vec<_> = of_kind(&events, "M")
        .iter()
        .filter(|event| event["name"] != "thread_sort_index")
        .map(|event| event["args"]["name"].clone())
        .collect();
    assert_eq!(names, ["prun", "slot 1", "slot 2"]);
    let curve: Vec<_> = of_kind(&events, "C")
        .iter()
        .map(|event| event["args"]["running jobs"].as_u64().unwrap())
        .collect();
    assert_eq!(curve, [1, 2, 1, 0]);
}

#[test]
fn a_trace_is_whole_up_to_the_moment_in_which_prun_is_killed() {
    if !needs("python3") {
        return;
    }
    let mut run = with_trace()
        .file(
            "run.json",
            "something old that is much longer than a trace of no job",
        )
        .args(["-j2", "echo a", "touch b; exec sleep 300"])
        .signal(9)
        .leaves_processes()
        .start();
    run.wait_for_stdout("a");
    run.wait_for_file("b");
    run.wait_until("two starts and an end", |run| {
        let text = std::fs::read_to_string(run.dir().join("run.json")).ok()?;
        (text.matches("\"ph\":\"C\"").count() == 3).then_some(())
    });
    run.send(9);
    let outcome = run.finish();
    let events = events(&outcome);
    assert_eq!(of_kind(&events, "X").len(), 1);
}

#[test]
fn an_attempt_without_a_successor_is_reported_once() {
    if !needs("python3") {
        return;
    }
    let mut run = with_trace()
        .args([
            "-j1",
            "--retries",
            "1",
            "--retry-delay",
            "60",
            "touch a; exit 1",
        ])
        .signal(2)
        .start();
    run.wait_until("the end of the attempt", |run| {
        let text = std::fs::read_to_string(run.dir().join("run.json")).ok()?;
        text.contains("\"ph\":\"X\"").then_some(())
    });
    run.send(2);
    assert_eq!(of_kind(&events(&run.finish()), "X").len(), 1);
}

#[test]
fn two_files_of_a_run_cannot_have_the_same_path() {
    Stage::new()
        .args(["--trace", "./a", "--junit", "a", "echo ran"])
        .stderr("prun: --trace ./a: --junit writes the same file: name a different one\n")
        .code(2)
        .run();
}

#[test]
fn output_in_the_order_of_the_jobs_changes_no_trace() {
    if !needs("python3") {
        return;
    }
    let outcome = with_trace()
        .args(["-k", "-j2"])
        .args([
            "until [ -e b ]; do sleep 0.01; done; sleep 0.3; echo a",
            "touch b; echo b",
        ])
        .stdout("a\nb\n")
        .run();
    let events = events(&outcome);
    let seqs: Vec<_> = of_kind(&events, "X")
        .iter()
        .map(|slice| slice["args"]["seq"].as_u64().unwrap())
        .collect();
    assert_eq!(seqs, [2, 1], "as they ended");
}

#[test]
fn a_clock_that_is_set_during_the_run_moves_nothing() {
    let outcome = Stage::new()
        .args([
            "-j1",
            "--joblog",
            "log",
            "a: sleep 0.1",
            "b: sleep 0.1",
            "c: true",
        ])
        .run();
    // From the second job on the clock is an hour behind.
    let lines = outcome.read_text("log");
    let set_back = |line: &str| {
        let mut line: Value = serde_json::from_str(line).expect("a line is JSON");
        if line["seq"].as_u64().is_some_and(|seq| seq > 1) {
            for key in ["t_unix_s", "start_unix_s"] {
                if let Some(time) = line[key].as_f64() {
                    line[key] = (time - 3600.0).into();
                }
            }
        }
        format!("{line}\n")
    };
    let log: String = lines.lines().map(set_back).collect();
    let outcome = Stage::new()
        .file("log", log)
        .args([
            "--replay",
            "log",
            "--trace",
            "trace",
            "--report",
            "page.html",
        ])
        .run();
    let trace: Value = serde_json::from_str(&outcome.read_text("trace")).expect("it is JSON");
    let slices = trace
        .as_array()
        .expect("an array")
        .iter()
        .filter(|event| event["ph"] == "X");
    let starts: Vec<u64> = slices
        .map(|slice| slice["ts"].as_u64().expect("a time"))
        .collect();
    assert_eq!(starts.len(), 3);
    assert!(
        starts[0] + 100_000 <= starts[1] && starts[1] + 100_000 <= starts[2],
        "{starts:?}"
    );
    assert!(starts[2] - starts[0] < 1_000_000_000, "{starts:?}");
    let page = report_data(&outcome.path("page.html"));
    let start = |job: usize| page["jobs"][job]["tries"][0][1].as_f64().expect("a time");
    assert!(start(0) < start(1) && start(1) < start(2), "{page}");
}
