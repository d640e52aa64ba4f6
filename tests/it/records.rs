//! The records of `--json`: one line per job.

mod shape;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};

use crate::stage::{Outcome, Stage};

/// A run with `--json`; its stderr is not checked.
fn with_json(args: &[&str]) -> Stage {
    Stage::new()
        .arg("--json")
        .args(args)
        .stdout_any()
        .stderr_any()
}

/// The bytes behind a key in base64.
fn decode(value: &Value) -> Vec<u8> {
    let text = value.as_str().expect("base64 is a text");
    BASE64_STANDARD.decode(text).expect("base64 can be decoded")
}

/// Seconds since the epoch.
fn now() -> f64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.expect("the clock is after the epoch").as_secs_f64()
}

#[test]
fn jobs_that_are_not_ok_are_found_by_one_query() {
    let outcome = with_json(&["echo a", "exit 3"]).code(1).run();
    let mut failed = outcome.json();
    failed.retain(|record| record["status"] != "ok");
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0]["cmd"], "exit 3");
}

#[test]
fn a_record_describes_a_successful_job() {
    let before = now();
    let outcome = with_json(&["-j1", "web: echo out; echo err >&2"])
        .stderr("")
        .run();
    let record = outcome.record(1);
    shape::check(&outcome);
    let dir = outcome.dir().to_str().unwrap();
    for (key, expected) in [
        ("name", json!("web")),
        ("cmd", json!("echo out; echo err >&2")),
        ("argv", json!(["/bin/sh", "-c", "echo out; echo err >&2"])),
        ("shell", json!(true)),
        ("args", json!([])),
        ("cwd", json!(dir)),
        ("status", json!("ok")),
        ("reason", Value::Null),
        ("exit_code", json!(0)),
        ("signal", Value::Null),
        ("error", Value::Null),
        ("attempts", json!(1)),
        ("slot", json!(1)),
        ("leaked", json!(false)),
        ("truncated", json!(false)),
        ("stdout", json!("out\n")),
        ("stderr", json!("err\n")),
        ("stdout_bytes", json!(4)),
        ("stderr_bytes", json!(4)),
        ("stdin_bytes", Value::Null),
        ("stdin_unread_bytes", Value::Null),
    ] {
        assert_eq!(record[key], expected, "{key}");
    }
    let start = record["start_unix_s"].as_f64().unwrap();
    assert!(before <= start && start <= now(), "{start}");
    let wall = record["wall_s"].as_f64().unwrap();
    assert!(
        wall > 0.0 && wall <= outcome.elapsed.as_secs_f64(),
        "{wall}"
    );
}

#[test]
fn a_record_comes_when_its_job_ends() {
    let mut run = with_json(&["echo a", "until [ -e go ]; do sleep 0.01; done"]).start();
    run.wait_for_stdout("\"stdout\":\"a\\n\"");
    run.wait_for_stdout("\"stdin_unread_bytes\":null}\n");
    std::fs::write(run.dir().join("go"), "").unwrap();
    assert_eq!(run.finish().json()[0]["seq"], 1);
}

#[test]
fn every_job_has_one_record() {
    let jobs = "true\nexit 1\nkill -9 $$\nnosuch-program\n".repeat(50);
    let outcome = with_json(&["-j8"]).stdin(jobs).code(1).run();
    let mut seen: Vec<_> = outcome
        .json()
        .iter()
        .map(|r| r["seq"].as_u64().unwrap())
        .collect();
    seen.sort_unstable();
    assert_eq!(seen, Vec::from_iter(1..=200));
    shape::check(&outcome);
}

#[test]
fn a_failed_job_has_its_code() {
    let outcome = with_json(&["exit 139"]).code(1).run();
    let record = outcome.record(1);
    shape::check(&outcome);
    assert_eq!(
        (&record["status"], &record["exit_code"]),
        (&json!("failed"), &json!(139))
    );
    assert_eq!(record["signal"], Value::Null);
}

#[test]
fn a_job_that_died_by_a_signal_has_its_name_and_no_code() {
    let outcome = with_json(&["-j1", "kill -SEGV $$", "kill -9 $$", "kill -USR1 $$"])
        .code(1)
        .run();
    shape::check(&outcome);
    for (seq, name) in [(1, "SIGSEGV"), (2, "SIGKILL"), (3, "SIGUSR1")] {
        let record = outcome.record(seq);
        assert_eq!(record["status"], "signaled");
        assert_eq!(record["signal"], name);
        assert_eq!(record["exit_code"], Value::Null);
    }
}

#[test]
fn a_timeout_has_its_record() {
    let outcome = with_json(&["-t", "0.2", "--grace", "0", "sleep 300"])
        .code(1)
        .run();
    shape::check(&outcome);
    let record = outcome.record(1);
    assert_eq!(
        (&record["status"], &record["signal"]),
        (&json!("timeout"), &json!("SIGKILL"))
    );
    assert!(record["wall_s"].as_f64().unwrap() >= 0.2);
}

#[test]
fn a_job_that_could_not_start_has_its_reason() {
    let jobs = "{\"argv\":[\"./nope\",\"x\"]}\n{\"cmd\":\"pwd\",\"cwd\":\"gone\"}\n{\"cmd\":\"true; true\",\"cwd\":\"file\"}\n";
    let outcome = with_json(&["-j1"])
        .file("file", "")
        .stdin(jobs)
        .code(1)
        .run();
    shape::check(&outcome);
    let dir = outcome.dir().display();
    for (seq, error) in [
        (1, "no such program: ./nope".to_owned()),
        (2, format!("cannot start in {dir}/gone: no such directory")),
        (3, format!("cannot start in {dir}/file: not a directory")),
    ] {
        let record = outcome.record(seq);
        assert_eq!(record["status"], "spawn_error");
        assert_eq!(record["error"], error);
        for key in ["exit_code", "signal", "pid", "user_s", "max_rss_bytes"] {
            assert_eq!(record[key], Value::Null, "{key}");
        }
        assert_eq!(record["attempts"], 1);
    }
    assert_eq!(outcome.record(1)["argv"], json!(["./nope", "x"]));
}

#[test]
fn canceled_and_skipped_jobs_have_their_records() {
    let mut run = with_json(&["-j1", "echo a; echo up > up; sleep 300", "echo b"])
        .signal(libc::SIGTERM)
        .start();
    run.wait_for_line_in("up");
    run.send(libc::SIGTERM);
    let outcome = run.finish();
    shape::check(&outcome);
    let canceled = outcome.record(1);
    assert_eq!(canceled["status"], "canceled");
    assert_eq!(canceled["stdout"], "a\n");
    let skipped = outcome.record(2);
    assert_eq!(skipped["status"], "skipped");
    assert_eq!(skipped["cmd"], "echo b");
    assert_eq!(skipped["attempts"], 0);
    assert_eq!(
        (&skipped["stdout"], &skipped["stdout_bytes"]),
        (&json!(""), &json!(0))
    );
    for key in [
        "exit_code",
        "signal",
        "slot",
        "pid",
        "start_unix_s",
        "queued_s",
        "wall_s",
    ] {
        assert_eq!(skipped[key], Value::Null, "{key}");
    }
}

#[test]
fn the_cpu_time_of_a_busy_job_is_reported() {
    let busy = "i=0; while [ $i -lt 200000 ]; do i=$((i + 1)); done";
    let outcome = with_json(&["-j1", busy, "sleep 0.3"]).run();
    let (busy, idle) = (outcome.record(1), outcome.record(2));
    let cpu =
        |record: &Value| record["user_s"].as_f64().unwrap() + record["sys_s"].as_f64().unwrap();
    assert!(cpu(&busy) > 0.02, "{busy}");
    assert!(cpu(&idle) < 0.2, "{idle}");
    assert!(idle["wall_s"].as_f64().unwrap() >= 0.3, "{idle}");
}

#[test]
fn the_memory_of_a_job_is_reported() {
    let large = "head -c 50000000 /dev/zero | tail -c 50000000 > /dev/null; wait";
    let outcome = with_json(&["-j1", "true", large]).run();
    let memory = |seq| outcome.record(seq)["max_rss_bytes"].as_u64().unwrap();
    assert!(memory(1) > 0);
    assert!(memory(2) > 40_000_000, "{}", memory(2));
}

#[test]
fn the_time_before_the_start_is_reported() {
    let outcome = with_json(&["-j1", "sleep 0.3", "true"]).run();
    let queued = |seq| outcome.record(seq)["queued_s"].as_f64().unwrap();
    assert!(queued(2) >= queued(1) + 0.3, "{} {}", queued(1), queued(2));
    let start = |seq| outcome.record(seq)["start_unix_s"].as_f64().unwrap();
    assert!(start(2) > start(1));
}

#[test]
fn a_record_describes_the_last_attempt() {
    let before = now();
    let job = "test $PRUN_ATTEMPT = 2 || { echo first; sleep 0.3; exit 1; }";
    let outcome = with_json(&["--retries", "1", "--retry-delay", "0.3", job]).run();
    let record = outcome.record(1);
    assert!(
        record["start_unix_s"].as_f64().unwrap() >= before + 0.6,
        "{record}"
    );
    assert_eq!(record["stdout"], "");
    assert!(record["queued_s"].as_f64().unwrap() <= outcome.elapsed.as_secs_f64() - 0.6);
}

#[test]
fn the_pid_is_that_of_the_process() {
    let outcome = with_json(&["echo $$"]).run();
    let record = outcome.record(1);
    assert_eq!(record["stdout"], format!("{}\n", record["pid"]));
}

#[test]
fn bytes_that_are_not_text_come_in_base64_too() {
    let outcome = with_json(&["printf 'a\\377\\nb\\303'; printf '\\200' >&2"]).run();
    let record = outcome.record(1);
    assert_eq!(record["stdout"], "a\u{fffd}\nb\u{fffd}");
    assert_eq!(record["stderr"], "\u{fffd}");
    assert_eq!(decode(&record["stdout_base64"]), b"a\xff\nb\xc3");
    assert_eq!(decode(&record["stderr_base64"]), b"\x80");
    assert_eq!(
        (&record["stdout_bytes"], &record["stderr_bytes"]),
        (&json!(5), &json!(1))
    );
}

#[test]
fn words_that_are_not_text_come_in_base64_too() {
    let outcome = with_json(&["-j1"])
        .stdin(b"printf %s a\xff\n/bin/echo plain\n")
        .run();
    let record = outcome.record(1);
    assert_eq!(record["cmd"], "printf %s a\u{fffd}");
    let words = record["argv_base64"].as_array().expect("argv_base64");
    let words: Vec<_> = words.iter().map(decode).collect();
    assert_eq!(words, [&b"/bin/sh"[..], b"-c", b"printf %s a\xff"]);
    assert_eq!(decode(&record["stdout_base64"]), b"a\xff");
    shape::check_added(&outcome, &["stdout_base64", "argv_base64"]);
}

#[test]
fn a_folder_whose_name_is_not_text_is_in_base64_too_also_in_a_replay() {
    let is_whole = |outcome: &Outcome| {
        let record = outcome.record(1);
        let text = record["cwd"].as_str().expect("a string");
        assert!(text.ends_with("/d\u{fffd}"), "{text}");
        assert!(decode(&record["cwd_base64"]).ends_with(b"/d\xff"));
    };
    let script = "dir=$(printf 'd\\377'); mkdir \"$dir\" && cd \"$dir\" && exec \"$@\"";
    let args = ["--json", "--joblog", "../run.log", "exit 3"];
    let run = Stage::new().in_shell(script).args(args);
    let outcome = run.stdout_any().stderr_any().code(1).run();
    is_whole(&outcome);
    let log = outcome.path("run.log");
    let replay = ["--json".as_ref(), "--replay".as_ref(), log.as_os_str()];
    let again = Stage::new().args(replay).stdout_any().stderr_any();
    is_whole(&again.code(1).run());
}

#[test]
fn text_stays_text() {
    let text = "tab\there \"quoted\" back\\slash é 漢字 🦀 \u{1b}[31m\u{0}\u{7f}\n";
    let outcome = with_json(&["cat text"]).file("text", text).run();
    let record = outcome.record(1);
    assert_eq!(record["stdout"], text);
    assert!(record.get("stdout_base64").is_none());
}

#[test]
fn a_character_is_never_cut() {
    // Three bytes each, so that the end of a buffer falls at every position of a character.
    let text = format!("x{}", "漢".repeat(300_000));
    let outcome = with_json(&["cat text"]).file("text", &text).run();
    assert_eq!(outcome.record(1)["stdout"], text);
}

#[test]
fn a_large_output_is_streamed() {
    let size = 100 << 20;
    let outcome = with_json(&[&format!("head -c {size} /dev/zero | tr '\\0' x")])
        .in_shell("\"$@\" > record & wait $!")
        .stdout("")
        .run();
    let record = outcome.read("record");
    assert!(record.len() > size && record.ends_with(b"}\n"));
    let end = String::from_utf8_lossy(&record[record.len() - 100..]);
    assert!(end.contains(&format!("\"stdout_bytes\":{size},")), "{end}");
}

#[test]
fn a_large_output_needs_no_memory() {
    // Bytes that are not UTF-8 are written twice: as text and in base64.
    let outcome = with_json(&["head -c 100000000 /dev/zero | tr '\\0' '\\377'"])
        .in_shell("exec \"$@\" > /dev/null")
        .stdout("")
        .run();
    assert!(
        outcome.peak_memory() < 16 << 20,
        "{}",
        outcome.peak_memory()
    );
}

#[test]
fn the_environment_is_in_no_record() {
    let jobs = "{\"cmd\":\"true\",\"env\":{\"SECRET\":\"s3cr3t\"}}";
    let outcome = with_json(&["-e", "OTHER=s3cr3t"])
        .stdin(jobs)
        .env("THIRD", "s3cr3t")
        .run();
    assert!(!String::from_utf8_lossy(&outcome.stdout).contains("s3cr3t"));
}

#[test]
fn the_digest_is_printed_besides_the_records() {
    Stage::new()
        .args(["--json", "exit 3"])
        .stdout_has("\"exit_code\":3,")
        .stderr("── exit 3 (exit 3, [TIME])\n   $ exit 3\n── 1 job: 1 failed ([TIME])\n")
        .code(1)
        .within(Duration::from_secs(30))
        .run();
}
