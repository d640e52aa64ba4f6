//! Every output format reports the same about every job.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::needs::needs;
use crate::readers::{junit, report_data, trace};
use crate::stage::{Outcome, Stage};

/// What all formats report of each job: its label, status, exit code, signal, attempts, seconds, bytes
/// of memory, and its slices in the trace.
type Facts = BTreeMap<u64, Value>;

fn number(value: &Value) -> u64 {
    match value {
        Value::String(text) => text.parse().expect("a number is written"),
        value => value.as_u64().expect("this is a number"),
    }
}

/// From the JSON records, with which all others are compared. The labels are those of the report,
/// since records have none.
fn from_json(outcome: &Outcome) -> Facts {
    let by_job = outcome.json().into_iter().map(|job| {
        let facts = ["status", "attempts", "max_rss_bytes"].map(|key| job[key].clone());
        (number(&job["seq"]), json!(facts))
    });
    by_job.collect()
}

fn from_junit(suite: &Value) -> Facts {
    let cases = suite["cases"].as_array().expect("this is a list").iter();
    let by_job = cases.map(|case| {
        let facts = &case["properties"];
        let status = facts["status"].clone();
        let expected = match status.as_str().expect("a status is a word") {
            "ok" => "ok",
            "canceled" | "skipped" => "skipped",
            "spawn_error" => "error",
            _ => "failure",
        };
        assert_eq!(case["outcome"], expected, "{case}");
        let memory = match &facts["max_rss_bytes"] {
            Value::Null => Value::Null,
            bytes => json!(number(bytes)),
        };
        let facts = json!([status, number(&facts["attempts"]), memory]);
        (number(&case["properties"]["seq"]), facts)
    });
    by_job.collect()
}

fn from_report(data: &Value) -> Facts {
    let jobs = data["jobs"].as_array().expect("this is a list").iter();
    let by_job = jobs.map(|job| {
        let tries = job["tries"].as_array().expect("this is a list").len() as u64;
        assert_eq!(tries, number(&job["attempts"]), "{job}");
        (
            number(&job["seq"]),
            json!([job["status"], job["attempts"], job["rss"]]),
        )
    });
    by_job.collect()
}

/// Only jobs that had an attempt: the others have no slice.
fn from_trace(events: &[Value]) -> Facts {
    let mut by_job = Facts::new();
    for slice in events.iter().filter(|event| event["ph"] == "X") {
        let args = &slice["args"];
        let facts = json!([args["status"], args["attempt"], args["max_rss_bytes"]]);
        // The last slice of a job counts; slices are in order.
        by_job.insert(number(&args["seq"]), facts);
    }
    by_job
}

#[track_caller]
fn assert_formats_agree(stage: Stage, code: Option<i32>) -> Outcome {
    let stage = stage
        .args(["--json", "--junit", "run.xml", "--trace", "run.json"])
        .args(["--report", "run.html", "--joblog", "run.log"])
        .stdout_any()
        .stderr_any();
    let stage = code.into_iter().fold(stage, Stage::code);
    let outcome = stage.run();
    compare(&outcome);
    let code = outcome.status.code();
    if let Some(code) = code {
        let ok = from_json(&outcome).values().all(|facts| facts[0] == "ok");
        assert_eq!(ok, code == 0);
    }
    // The replay is the same.
    let again = Stage::new()
        .file("run.log", outcome.read("run.log"))
        .args(["--replay", "run.log", "--json", "--junit", "run.xml"])
        .args(["--trace", "run.json", "--report", "run.html"])
        .stdout_any()
        .stderr_any();
    let again = code.into_iter().fold(again, Stage::code).run();
    compare(&again);
    assert_eq!(from_json(&outcome), from_json(&again));
    outcome
}

fn compare(outcome: &Outcome) {
    let jobs = from_json(outcome);
    assert_eq!(from_junit(&junit(&outcome.path("run.xml"))), jobs);
    assert_eq!(from_report(&report_data(&outcome.path("run.html"))), jobs);
    let mut started = jobs;
    started.retain(|_, facts| number(&facts[1]) > 0);
    assert_eq!(from_trace(&trace(&outcome.path("run.json"))), started);
}

#[test]
fn json_junit_trace_report_and_the_exit_code_agree_on_every_job() {
    if !needs("python3") {
        return;
    }
    let jobs = "{\"name\":\"a\",\"cmd\":\"echo a\"}\n\
        {\"cmd\":\"exit 3\",\"retries\":2}\n\
        {\"cmd\":\"kill -9 $$\"}\n\
        {\"cmd\":\"sleep 300\",\"timeout\":\"0.2s\"}\n\
        {\"argv\":[\"./nope\"]}\n\
        {\"cmd\":\"test -e f || { touch f; exit 1; }\",\"retries\":1}\n"
        .to_owned()
        + &"{\"cmd\":\"test $(($PRUN_SEQ % 3)) -gt 0\"}\n".repeat(60);
    let outcome = assert_formats_agree(
        Stage::new().args(["-j3", "--grace", "0"]).stdin(jobs),
        Some(1),
    );
    assert_eq!(outcome.json().len(), 66);
}

#[test]
fn they_agree_if_all_jobs_are_ok() {
    if !needs("python3") {
        return;
    }
    assert_formats_agree(Stage::new().stdin("true\n".repeat(20)), Some(0));
    assert_formats_agree(Stage::new().stdin(""), Some(0));
}

#[test]
fn they_agree_if_the_run_was_cut_short() {
    if !needs("python3") {
        return;
    }
    let jobs = "true\nsleep 300\nsleep 300\ntrue\n";
    assert_formats_agree(
        Stage::new().args(["-j2", "--deadline", "0.5"]).stdin(jobs),
        Some(124),
    );
    let jobs = "until [ -e b ]; do sleep 0.01; done; exit 1\ntouch b; sleep 300\ntrue\n";
    assert_formats_agree(
        Stage::new().args(["-j2", "--fail-fast"]).stdin(jobs),
        Some(1),
    );
}
