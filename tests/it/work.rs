//! `prun --work`: the jobs of another prun, and the journal of how they ended.

mod faults;
mod records;
mod refusals;

use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::stage::{Outcome, Stage};

/// The header of work, with some of its values changed.
fn header(changes: Value) -> Value {
    let mut header = json!({
        "type": "work", "v": 1, "run": "7f3a9c", "chunk": 7, "jobs": 1, "timeout_s": null,
        "grace_s": 5.0, "retries": 0, "retry_delay_s": 0.0, "output": "group", "together": false,
        "quiet": false, "log_dir": null, "read_unix_s": 1_700_000_000.0,
    });
    for (key, value) in changes.as_object().expect("changes are an object") {
        header[key] = value.clone();
    }
    header
}

/// The lines of work, with the end line.
fn work(changes: Value, jobs: &[Value]) -> String {
    let (header, end) = (header(changes), json!({"type": "end"}));
    let lines = std::iter::once(&header).chain(jobs).chain([&end]);
    lines.map(line).collect()
}

/// A line, in which the number of a job comes first.
fn line(value: &Value) -> String {
    let Some(seq) = value.get("seq") else {
        return format!("{value}\n");
    };
    let mut rest = value.clone();
    rest.as_object_mut().map(|rest| rest.remove("seq"));
    let rest = rest.to_string();
    format!("{{\"seq\":{seq},{}\n", &rest[1..])
}

fn job(seq: u64, cmd: &str) -> Value {
    json!({"seq": seq, "cmd": cmd, "cwd": "/"})
}

/// A run of this work.
fn stage(work: impl AsRef<[u8]>) -> Stage {
    Stage::new()
        .file("work", work)
        .args(["--work", "work", "journal"])
}

fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).expect("a line is JSON"))
        .collect()
}

fn journal(outcome: &Outcome) -> Vec<Value> {
    lines(&outcome.path("journal"))
}

fn of_type<'a>(journal: &'a [Value], kind: &str) -> Vec<&'a Value> {
    journal.iter().filter(|line| line["type"] == kind).collect()
}

/// The bytes of a stream of a job, from the lines of its output.
fn output(journal: &[Value], seq: u64, stream: &str) -> Vec<u8> {
    let of_type = of_type(journal, "output").into_iter();
    let pieces = of_type.filter(|line| line["seq"] == seq && line["stream"] == stream);
    let bytes = pieces.map(
        |line| match (line["text"].as_str(), line["base64"].as_str()) {
            (Some(text), None) => text.as_bytes().to_vec(),
            (None, Some(base64)) => BASE64_STANDARD.decode(base64).expect("it is base64"),
            _ => panic!("{line}"),
        },
    );
    bytes.collect::<Vec<_>>().concat()
}

#[test]
fn every_job_has_one_ending_with_its_number_and_its_key() {
    let key = "0123456789abcdef0123456789abcdef";
    let mut first = job(4711, "exit 3");
    first["key"] = key.into();
    let outcome = stage(work(json!({"jobs": 2}), &[first, job(7, "true")])).run();
    let journal = journal(&outcome);
    let mut ends: Vec<_> = of_type(&journal, "job_end")
        .iter()
        .map(|end| {
            (
                end["seq"].as_u64(),
                end["key"].as_str(),
                end["exit_code"].as_i64(),
            )
        })
        .collect();
    ends.sort_unstable();
    assert_eq!(
        ends,
        [(Some(7), None, Some(0)), (Some(4711), Some(key), Some(3))]
    );
    assert_eq!(
        journal.first().map(|line| &line["type"]),
        Some(&"run_start".into())
    );
    assert_eq!(
        journal.last().map(|line| &line["type"]),
        Some(&"run_end".into())
    );
}

#[test]
fn the_journal_begins_with_the_machine_and_the_task() {
    let outcome = stage(work(json!({}), &[]))
        .env("SLURM_ARRAY_JOB_ID", "12")
        .env("SLURM_ARRAY_TASK_ID", "7")
        .run();
    let start = &journal(&outcome)[0];
    assert_eq!(start["run_id"], "7f3a9c");
    assert_eq!(start["engine_job"], "12_7");
    assert_eq!(start["prun"], env!("CARGO_PKG_VERSION"));
    assert!(
        start["host"].as_str().is_some_and(|host| !host.is_empty()),
        "{start}"
    );
}

#[test]
fn all_bytes_of_the_output_are_in_the_journal() {
    let bytes: Vec<u8> = (0..200_000_u32)
        .map(|n| (n.wrapping_mul(n) / 7) as u8)
        .collect();
    let text = "a€é".repeat(40_000);
    let outcome = stage(work(
        json!({}),
        &[
            job(1, "cat \"$HOME\"/bytes; cat \"$HOME\"/text >&2"),
            job(2, "printf 'é€' | tail -c 4"),
        ],
    ))
    .file("bytes", &bytes)
    .file("text", &text)
    .run();
    let journal = journal(&outcome);
    assert!(output(&journal, 1, "stdout") == bytes);
    assert!(output(&journal, 1, "stderr") == text.as_bytes());
    assert_eq!(output(&journal, 2, "stdout"), &"é€".as_bytes()[1..]);
    let is_short = |line: &&&Value| {
        line["text"]
            .as_str()
            .is_none_or(|text| text.len() <= 64 * 1024)
    };
    let pieces = of_type(&journal, "output");
    assert_eq!(pieces.iter().filter(is_short).count(), pieces.len());
}

#[test]
fn the_output_of_an_attempt_stands_right_before_its_end() {
    let again =
        json!({"seq": 1, "cmd": "echo $PRUN_ATTEMPT; sleep 0.1; exit 1", "cwd": "/", "retries": 1});
    let jobs = [again, job(2, "echo a; sleep 0.1; echo b >&2")];
    let outcome = stage(work(json!({"jobs": 2}), &jobs)).run();
    let journal = journal(&outcome);
    for (at, line) in journal.iter().enumerate() {
        if line["type"] == "output" {
            let mut rest = journal[at..].iter();
            let end = rest
                .find(|line| line["type"] != "output")
                .expect("it is not the last");
            let attempt = end["attempt"].as_u64().or(end["attempts"].as_u64());
            assert_eq!(
                (end["seq"].as_u64(), attempt),
                (line["seq"].as_u64(), line["attempt"].as_u64())
            );
            assert!(
                end["stdout"].is_null() && end["status"].is_string(),
                "{end}"
            );
        }
    }
    assert_eq!(of_type(&journal, "job_retry").len(), 1);
    assert_eq!(output(&journal, 1, "stdout"), b"1\n2\n");
}

#[test]
fn output_comes_while_the_job_runs_if_that_is_wanted() {
    let jobs = [job(
        1,
        "echo early; while ! test -e \"$HOME\"/go; do sleep 0.01; done; echo late",
    )];
    let mut run = stage(work(json!({"output": "line"}), &jobs)).start();
    let path = run.dir().join("journal");
    run.wait_until("the first line of output", |_| {
        (output(&lines(&path), 1, "stdout") == b"early\n").then_some(())
    });
    std::fs::write(run.dir().join("go"), "").expect("the folder can be written");
    assert_eq!(
        output(&journal(&run.finish()), 1, "stdout"),
        b"early\nlate\n"
    );
}

#[test]
fn no_output_is_written_that_nobody_wants() {
    let jobs = [job(1, "echo ok"), job(2, "echo bad; exit 1")];
    let quiet = journal(&stage(work(json!({"quiet": true}), &jobs)).run());
    assert_eq!(output(&quiet, 1, "stdout"), b"");
    assert_eq!(output(&quiet, 2, "stdout"), b"bad\n");
    let none = journal(&stage(work(json!({"output": "none"}), &jobs)).run());
    assert!(of_type(&none, "output").is_empty());
}

#[test]
fn the_settings_of_the_work_hold_for_its_jobs() {
    let jobs = [
        job(1, "echo $PRUN_RUN_ID $PRUN_SEQ; sleep 60"),
        json!({"seq": 2, "cmd": "sleep 0.4; exit 1", "cwd": "/", "timeout": 0.0, "retries": 0}),
    ];
    let changes = json!({"timeout_s": 0.2, "retries": 1, "grace_s": 1.0});
    let journal = journal(&stage(work(changes, &jobs)).run());
    let ends = of_type(&journal, "job_end");
    assert_eq!(
        (&ends[0]["status"], &ends[0]["attempts"]),
        (&"timeout".into(), &2.into())
    );
    assert_eq!(
        (&ends[1]["status"], &ends[1]["attempts"]),
        (&"failed".into(), &1.into())
    );
    assert_eq!(output(&journal, 1, "stdout"), b"7f3a9c 1\n7f3a9c 1\n");
}

#[test]
fn the_files_of_a_log_directory_have_the_numbers_of_the_run() {
    let stage = Stage::new();
    let dir = stage.dir().join("logs");
    let changes = json!({"log_dir": dir.to_str()});
    let outcome = stage
        .file("logs/.keep", "")
        .file("work", work(changes, &[job(4711, "echo a")]))
        .args(["--work", "work", "journal"])
        .run();
    let end = of_type(&journal(&outcome), "job_end")[0].clone();
    let path = end["stdout_path"].as_str().expect("it has a path");
    assert!(path.contains("/4711"), "{path}");
    assert_eq!(std::fs::read(path).expect("the job wrote it"), b"a\n");
}
