//! The JUnit report, as a CI server reads it.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

use serde_json::{Value, json};

use crate::needs::needs;
use crate::readers::{case, junit};
use crate::stage::{Outcome, Stage};

/// A run that writes a report; its messages are not checked.
fn with_report() -> Stage {
    Stage::new()
        .args(["--junit", "run.xml"])
        .stdout_any()
        .stderr_any()
}

fn report(outcome: &Outcome) -> Value {
    junit(&outcome.path("run.xml"))
}

#[test]
fn every_job_is_a_test_case_with_command_time_and_output() {
    if !needs("python3") {
        return;
    }
    let outcome = with_report()
        .args(["web: echo out; echo err >&2; sleep 0.2", "echo '<&\"]]>'"])
        .run();
    let report = report(&outcome);
    let dir = outcome.dir().to_str().unwrap();
    assert_eq!(report["counts"]["tests"], 2);
    let web = case(&report, "web");
    assert_eq!(
        (&web["out"], &web["err"]),
        (&json!("out\n"), &json!("err\n"))
    );
    assert_eq!(web["outcome"], "ok");
    assert!(web["time"].as_f64().unwrap() >= 0.2);
    for (name, value) in [
        ("seq", "1"),
        ("command", "echo out; echo err >&2; sleep 0.2"),
        ("cwd", dir),
        ("status", "ok"),
        ("attempts", "1"),
    ] {
        assert_eq!(web["properties"][name], value, "{name}");
    }
    assert_eq!(case(&report, "echo '<&\"]]>'")["out"], "<&\"]]>\n");
}

#[test]
fn a_failure_has_its_reason() {
    if !needs("python3") {
        return;
    }
    let outcome = with_report()
        .args(["-t", "0.2", "--grace", "0"])
        .stdin("a: exit 3\nb: kill -9 $$\nc: sleep 300\nd: nosuch-program\n")
        .code(1)
        .run();
    let report = report(&outcome);
    for (name, status, message) in [
        ("a", "failed", "exit 3"),
        ("b", "signaled", "killed by SIGKILL"),
        ("c", "timeout", "timed out after 0.2 s"),
        ("d", "failed", "exit 127, no such program: nosuch-program"),
    ] {
        let case = case(&report, name);
        assert_eq!(case["outcome"], "failure", "{name}");
        assert_eq!(
            (&case["type"], &case["message"]),
            (&json!(status), &json!(message))
        );
    }
    assert_eq!(case(&report, "a")["text"], "exit 3\n$ exit 3");
}

#[test]
fn a_job_that_could_not_start_is_an_error() {
    if !needs("python3") {
        return;
    }
    let outcome = with_report()
        .stdin("{\"argv\":[\"./nope\"]}\n")
        .code(1)
        .run();
    let report = report(&outcome);
    let case = case(&report, "./nope");
    assert_eq!(
        (&case["outcome"], &case["type"]),
        (&json!("error"), &json!("spawn_error"))
    );
    assert!(
        case["message"]
            .as_str()
            .unwrap()
            .starts_with("could not start: ")
    );
}

#[test]
fn attempts_before_a_success_are_flaky_and_those_before_a_failure_are_reruns() {
    if !needs("python3") {
        return;
    }
    let outcome = with_report()
        .args(["--retries", "2"])
        .args(["a: test -e f || { touch f; echo first; exit 1; }; echo last"])
        .args(["b: echo $PRUN_ATTEMPT >&2; exit $PRUN_ATTEMPT"])
        .code(1)
        .run();
    let report = report(&outcome);
    let (a, b) = (case(&report, "a"), case(&report, "b"));
    assert_eq!(
        a["reruns"],
        json!([["flakyFailure", "exit 1", "first\n", null]])
    );
    assert_eq!((&a["outcome"], &a["out"]), (&json!("ok"), &json!("last\n")));
    let reruns = json!([
        ["rerunFailure", "exit 1", null, "1\n"],
        ["rerunFailure", "exit 2", null, "2\n"],
    ]);
    assert_eq!(b["reruns"], reruns);
    assert_eq!(
        (&b["message"], &b["err"]),
        (&json!("exit 3"), &json!("3\n"))
    );
}

#[test]
fn jobs_that_were_canceled_or_never_started_are_skipped() {
    if !needs("python3") {
        return;
    }
    let outcome = with_report()
        .args(["-j2", "--fail-fast"])
        .stdin("a: until [ -e b ]; do sleep 0.01; done; exit 1\nb: touch b; sleep 300\nc: true\n")
        .code(1)
        .run();
    let report = report(&outcome);
    assert_eq!(case(&report, "a")["outcome"], "failure");
    for (name, status) in [("b", "canceled"), ("c", "skipped")] {
        let case = case(&report, name);
        assert_eq!(
            (&case["outcome"], &case["type"]),
            (&json!("skipped"), &json!(status))
        );
        assert_eq!(case["message"], format!("{status} (fail_fast)"));
    }
}

#[test]
fn every_byte_becomes_legal_xml() {
    if !needs("python3") {
        return;
    }
    let all: Vec<u8> = (0..=255).collect();
    let outcome = with_report()
        .file("all", &all)
        .file("noncharacters", "\u{fffe}\u{ffff}")
        .args(["bytes: cat all", "b: cat noncharacters"])
        .args(["c: printf '\\033[31mred\\033[0m\\ta\\r\\nb\\033]0;c'"])
        .run();
    let report = report(&outcome);
    assert_eq!(case(&report, "c")["out"], "red\ta\nb\\x1b]0;c");
    assert_eq!(case(&report, "b")["out"], "\\u{fffe}\\u{ffff}");
    let bytes = case(&report, "bytes")["out"].as_str().unwrap();
    assert!(bytes.starts_with("\\x00\\x01"), "{bytes}");
}

#[test]
fn a_long_output_is_cut_to_its_end_with_a_note() {
    if !needs("python3") {
        return;
    }
    let outcome = with_report().arg("a: seq 100000; echo end >&2").run();
    let report = report(&outcome);
    let whole: String = (1..=100_000).map(|n| format!("{n}\n")).collect();
    let cut = whole.len() - 64 * 1024;
    let expected = format!("[prun: {cut} earlier bytes omitted]\n{}", &whole[cut..]);
    assert_eq!(case(&report, "a")["out"], expected);
    assert_eq!(case(&report, "a")["err"], "end\n");
}

#[test]
fn many_long_outputs_need_no_memory() {
    if !needs("python3") {
        return;
    }
    let outcome = with_report()
        .arg("-j2")
        .args([
            "sh",
            "-c",
            "head -c 65536 /dev/zero | tr '\\0' x",
            "sh",
            ":::",
        ])
        .args((0..150).map(|n| n.to_string()))
        .run();
    assert_eq!(report(&outcome)["counts"]["tests"], 150);
    let peak = outcome.peak_memory();
    assert!(peak < 18 << 20, "{peak} bytes");
}

#[test]
fn the_report_is_there_when_it_is_whole_and_not_before() {
    if !needs("python3") {
        return;
    }
    let outcome = with_report()
        .file("run.xml", "old")
        .args(["cat run.xml", "true"])
        .stdout("old")
        .run();
    assert_eq!(report(&outcome)["counts"]["tests"], 2);
    let meta = outcome.path("run.xml").metadata().unwrap();
    assert_eq!(meta.permissions().mode() & 0o777, 0o644);
}

#[test]
fn a_link_is_followed_and_stays() {
    if !needs("python3") {
        return;
    }
    let stage = with_report().file("real/run.xml", "old");
    std::os::unix::fs::symlink("real/run.xml", stage.dir().join("run.xml")).unwrap();
    let outcome = stage.arg("true").run();
    assert_eq!(report(&outcome)["counts"]["tests"], 1);
    assert!(outcome.path("run.xml").is_symlink());
}

#[test]
fn an_interrupted_run_leaves_a_whole_report() {
    if !needs("python3") {
        return;
    }
    let jobs = "a: echo begun; touch a; sleep 300\nb: true\n";
    let mut run = with_report().arg("-j1").stdin(jobs).signal(2).start();
    run.wait_for_file("a");
    run.send(2);
    let outcome = run.finish();
    let interrupted = report(&outcome);
    assert_eq!(case(&interrupted, "a")["message"], "canceled (signal)");
    assert_eq!(case(&interrupted, "b")["message"], "skipped (signal)");
    assert_eq!(case(&interrupted, "a")["out"], "begun\n");
    let outcome = with_report()
        .args(["-j1", "--deadline", "0.2"])
        .stdin(jobs)
        .code(124)
        .run();
    let late = report(&outcome);
    assert_eq!(case(&late, "a")["message"], "canceled (deadline)");
    assert_eq!(case(&late, "b")["message"], "skipped (deadline)");
}

#[test]
fn a_path_that_cannot_be_used_is_found_before_anything_runs() {
    for (path, why) in [
        ("gone/run.xml", "No such file or directory (os error 2)"),
        (".", "Is a directory (os error 21)"),
        ("gone/", "not a file name"),
    ] {
        Stage::new()
            .args(["--junit", path, "echo ran"])
            .stderr(format!("prun: --junit {path}: {why}\n"))
            .code(2)
            .run();
    }
    Stage::new().args(["--junit", "/dev/null", "true"]).run();
    let null = std::fs::metadata("/dev/null").unwrap();
    assert_eq!(null.mode() & 0o170000, 0o020000, "it is a device still");
}

#[test]
fn a_report_that_cannot_be_written_is_an_error_and_the_run_continues() {
    let outcome = Stage::new()
        .args(["-j1", "--junit", "out/run.xml"])
        .file("out/other", "")
        .args(["rm -r out", "echo a", "exit 3"])
        .stdout("a\n")
        .stderr_has("prun: cannot write the JUnit report out/run.xml: ")
        .stderr_has("── 3 jobs: 2 ok, 1 failed")
        .code(3)
        .run();
    assert!(!outcome.path("out").exists());
}

#[test]
fn a_dry_run_writes_none() {
    let outcome = with_report().args(["-n", "ls"]).stdout("ls\n").run();
    assert!(!outcome.path("run.xml").exists());
}
