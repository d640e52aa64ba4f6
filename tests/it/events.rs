//! `--json=events`: events as they happen.

use serde_json::Value;

use crate::stage::Stage;

fn events(stdout: &[u8]) -> Vec<Value> {
    let lines = stdout.split_inclusive(|byte| *byte == b'\n');
    let lines = lines.map(|line| serde_json::from_slice(line).expect("a line is JSON"));
    lines.collect()
}

/// The output on a stream, joined from its events.
fn joined_output(events: &[Value], stream: &str) -> String {
    let output = events.iter().filter(|event| event["stream"] == stream);
    output.filter_map(|event| event["text"].as_str()).collect()
}

#[test]
fn output_is_reported_while_its_job_runs() {
    let mut run = Stage::new()
        .args([
            "--json=events",
            "echo one; until test -e go; do sleep 0.01; done; echo two",
        ])
        .stdout_any()
        .start();
    run.wait_for_stdout("\"text\":\"one\\n\"}\n");
    std::fs::write(run.dir().join("go"), "").expect("the folder is writable");
    let events = events(&run.finish().stdout);
    let kinds: Vec<&str> = events
        .iter()
        .filter_map(|event| event["type"].as_str())
        .collect();
    let expected = [
        "run_start",
        "job_start",
        "output",
        "output",
        "job_end",
        "run_end",
    ];
    assert_eq!(kinds, expected);
    assert_eq!(joined_output(&events, "stdout"), "one\ntwo\n");
    assert!(events[4]["stdout"].is_null());
}

#[test]
fn a_character_that_was_written_in_two_pieces_is_whole() {
    let job = "printf 'a\\303'; until test -e go; do sleep 0.01; done; printf '\\251b\\n'";
    let mut run = Stage::new()
        .args(["--json=events", job])
        .stdout_any()
        .start();
    run.wait_for_stdout("\"text\":\"a\"}\n");
    std::fs::write(run.dir().join("go"), "").expect("the folder is writable");
    let events = events(&run.finish().stdout);
    assert_eq!(joined_output(&events, "stdout"), "aéb\n");
    assert!(events.iter().all(|event| event["text_base64"].is_null()));
}

#[test]
fn an_incomplete_character_is_reported_in_base64() {
    let outcome = Stage::new()
        .args(["--json=events", "printf 'a\\303'"])
        .stdout_any()
        .run();
    let events = events(&outcome.stdout);
    assert_eq!(joined_output(&events, "stdout"), "a\u{fffd}");
    let lost: Vec<&str> = events
        .iter()
        .filter_map(|event| event["text_base64"].as_str())
        .collect();
    assert_eq!(lost, ["ww=="]);
}

#[test]
fn nothing_of_much_output_is_lost() {
    let jobs = "seq 200000; seq 100000 >&2";
    let outcome = Stage::new()
        .args(["--json=events", jobs, jobs])
        .stdout_any()
        .run();
    let events = events(&outcome.stdout);
    let numbers = |last: u32| {
        (1..=last)
            .map(|number| format!("{number}\n"))
            .collect::<String>()
    };
    for seq in [1, 2] {
        let own: Vec<Value> = events
            .iter()
            .filter(|event| event["seq"] == seq)
            .cloned()
            .collect();
        assert!(joined_output(&own, "stdout") == numbers(200_000));
        assert!(joined_output(&own, "stderr") == numbers(100_000));
    }
}

#[test]
fn every_attempt_has_its_events() {
    let outcome = Stage::new()
        .args([
            "--json=events",
            "--retries",
            "1",
            "echo $PRUN_ATTEMPT; test $PRUN_ATTEMPT = 2",
        ])
        .stdout_any()
        .run();
    let actual: Vec<(String, Option<u64>)> = events(&outcome.stdout)
        .iter()
        .map(|event| {
            (
                event["type"].as_str().unwrap_or_default().to_owned(),
                event["attempt"].as_u64(),
            )
        })
        .collect();
    let expected = [
        ("run_start", None),
        ("job_start", Some(1)),
        ("output", Some(1)),
        ("job_retry", Some(1)),
        ("job_start", Some(2)),
        ("output", Some(2)),
        ("job_end", None),
        ("run_end", None),
    ];
    assert_eq!(
        actual,
        expected.map(|(kind, attempt)| (kind.to_owned(), attempt))
    );
}

#[test]
fn events_are_not_in_the_order_of_the_jobs() {
    Stage::new()
        .args(["--json=events", "-k", "touch never"])
        .stderr("prun: --json=events cannot be used with -k: events are written as they happen\n")
        .code(2)
        .run();
}

#[test]
fn json_of_jobs_is_the_default_form() {
    let outcome = Stage::new()
        .args(["--json=jobs", "echo a"])
        .stdout_any()
        .run();
    assert_eq!(outcome.record(1)["stdout"], "a\n");
}

#[test]
fn endless_output_is_reported_until_the_reader_goes_away() {
    let mut run = Stage::new()
        .args(["--json=events", "while echo y; do :; done"])
        .stdout_any()
        .stderr_any()
        .signal(libc::SIGPIPE)
        .start();
    run.wait_for_stdout("\"type\":\"output\"");
    run.close_stdout();
    run.finish();
}
