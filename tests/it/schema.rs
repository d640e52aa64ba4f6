//! The schema in `schema/prun.json`, and the records of real runs validated with it.

use serde_json::{Value, json};

use crate::stage::{Outcome, Stage};

/// The schema of one kind of record.
fn validator(kind: &str) -> jsonschema::Validator {
    let mut schema: Value =
        serde_json::from_str(include_str!("../../schema/prun.json")).expect("a schema is JSON");
    let object = schema.as_object_mut().expect("a schema is an object");
    object.remove("anyOf");
    object.insert("$ref".into(), json!(format!("#/$defs/{kind}")));
    jsonschema::validator_for(&schema).expect("the schema is valid")
}

/// Validates each line; returns the lines.
#[track_caller]
fn check(kind: &str, text: &[u8]) -> Vec<Value> {
    let validator = validator(kind);
    let text = std::str::from_utf8(text).expect("records are text");
    let lines = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line is JSON"));
    let lines: Vec<Value> = lines.collect();
    for line in &lines {
        let errors: Vec<String> = validator.iter_errors(line).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{errors:#?}\n{line:#}");
    }
    lines
}

/// Jobs with every ending except a signal to prun.
fn every_ending() -> Stage {
    let template = [
        "a: echo out; echo err >&2",
        "b: printf 'no text \\377'; exit 3",
        "kill -SEGV $$",
        "t: sleep 300",
        "./nosuch",
        "sleep 300",
        "true",
    ];
    let job = |line: &str| json!({ "cmd": line }).to_string();
    let name = |line: &str| {
        line.split_once(": ")
            .map(|(name, rest)| (name.to_owned(), rest.to_owned()))
    };
    let jobs = template.map(|line| match (line, name(line)) {
        (_, Some((name, cmd))) if name == "t" => {
            json!({"name": name, "cmd": cmd, "timeout": "0.1"}).to_string()
        }
        (_, Some((name, cmd))) => json!({"name": name, "cmd": cmd, "retries": 1}).to_string(),
        ("./nosuch", _) => json!({"argv": ["./nosuch"]}).to_string(),
        _ => job(line),
    });
    Stage::new()
        .args(["-j1", "--grace", "0", "--deadline", "2", "-f", "jobs.jsonl"])
        .file("jobs.jsonl", jobs.join("\n"))
        .in_shell("ulimit -c 0; program=$1; shift; exec \"$program\" $FORM \"$@\"")
        .stdout_any()
        .stderr_any()
        .code(124)
}

/// The statuses of those jobs, in the order of their endings.
const STATUSES: [&str; 7] = [
    "ok",
    "failed",
    "signaled",
    "timeout",
    "spawn_error",
    "skipped",
    "canceled",
];

fn statuses<'a>(records: impl Iterator<Item = &'a Value>) -> Vec<&'a str> {
    records
        .filter_map(|record| record["status"].as_str())
        .collect()
}

fn of_type<'a>(lines: &'a [Value], kind: &'a str) -> impl Iterator<Item = &'a Value> {
    lines.iter().filter(move |line| line["type"] == kind)
}

#[test]
fn records_of_jobs_match_the_schema() {
    let outcome = every_ending().env("FORM", "--json").run();
    let records = check("job", &outcome.stdout);
    assert_eq!(statuses(records.iter()), STATUSES);
    assert_eq!(records[1]["stdout_base64"], "bm8gdGV4dCD/");
}

#[test]
fn events_match_the_schema() {
    let outcome = every_ending().env("FORM", "--json=events").run();
    let events = check("event", &outcome.stdout);
    assert_eq!(statuses(of_type(&events, "job_end")), STATUSES);
    assert_eq!(events.first().expect("a run begins")["type"], "run_start");
    assert_eq!(events.last().expect("a run ends")["type"], "run_end");
    assert_eq!(of_type(&events, "job_retry").count(), 1);
    let lost = of_type(&events, "output").find(|event| event["seq"] == 2);
    assert_eq!(lost.expect("it printed")["text_base64"], "bm8gdGV4dCD/");
}

#[test]
fn a_job_log_matches_the_schema() {
    let outcome: Outcome = every_ending().env("FORM", "--joblog log").run();
    let lines = check("log", outcome.read_text("log").as_bytes());
    assert_eq!(statuses(of_type(&lines, "job_end")), STATUSES);
}

#[test]
fn the_schema_rejects_invalid_records() {
    let outcome = Stage::new().args(["--json", "true"]).stdout_any().run();
    let record = outcome.record(1);
    let job = validator("job");
    assert!(job.is_valid(&record));
    for (key, value) in [
        ("status", json!("done")),
        ("seq", json!(0)),
        ("signal", json!("SIGTERM")),
        ("stdout", json!(1)),
        ("more", json!(1)),
    ] {
        let mut wrong = record.clone();
        wrong[key] = value;
        assert!(!job.is_valid(&wrong), "{key}");
    }
    let mut wrong = record.clone();
    wrong.as_object_mut().expect("an object").remove("leaked");
    assert!(!job.is_valid(&wrong));
}
