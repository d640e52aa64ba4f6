//! What people see of jobs that need each other, from a job log.

use serde_json::{Value, json};

use crate::ci::together;
use crate::graph_log::{Log, log, replay};
use crate::needs::needs;
use crate::readers::{case, junit, report_data, trace};
use crate::stage::{Outcome, Stage};

/// The end of the run on a terminal's pipe and in a log.
const END: &str = "── canceled because e2e failed: load\n\
                   ── skipped because e2e failed: deploy-a, deploy-b, announce, tag, publish and 1 more\n\
                   ── 14 jobs: 5 ok, 1 failed, 1 failed (allowed), 1 canceled, 6 skipped ([TIME])\n";

#[test]
fn jobs_that_did_not_run_are_told_by_their_cause_and_allowed_failures_as_such() {
    let digest = "── lint (exit 3, allowed, [TIME])\n   unused\n   $ run lint\n\
                  ── e2e (exit 1, [TIME])\n   not equal\n   $ run e2e\n";
    replay(log())
        .stderr(format!("unused\nnot equal\n{digest}{END}"))
        .run();
}

#[test]
fn a_service_that_ended_with_the_run_is_ok_and_told_so() {
    replay(log())
        .arg("-v")
        .stderr_has("── db (ended with the run, [TIME], cpu ")
        .stderr_has("── announce (skipped because e2e failed: exit 1)\n")
        .run();
}

/// The log of a vendor's CI, up to the digest.
fn ci_log(variable: &str) -> String {
    let outcome = together(replay(log()).env(variable, "true"))
        .stdout_any()
        .run();
    let log = String::from_utf8(outcome.stdout).expect("it is text");
    let (log, digest) = log
        .split_once("── 1 of 8 jobs failed, 1 failed (allowed):\n")
        .unwrap_or_else(|| panic!("no digest in {log}"));
    assert!(
        digest.contains("── skipped because e2e failed: deploy-a"),
        "{digest}"
    );
    log.to_owned()
}

/// The lines about the six jobs that were skipped.
fn skipped_lines() -> String {
    [
        "deploy-a", "deploy-b", "announce", "tag", "publish", "clean",
    ]
    .map(|name| format!("── {name} (skipped because e2e failed: exit 1)\n"))
    .concat()
}

#[test]
fn in_a_log_a_skipped_job_has_its_reason_and_an_allowed_failure_is_a_warning() {
    let marks = [
        (
            "GITHUB_ACTIONS",
            "::warning title=lint::exit 3, allowed, 4.0 s%0Aunused\n",
            "::error title=e2e::exit 1, 6.0 s%0Anot equal\n",
        ),
        (
            "TF_BUILD",
            "##vso[task.logissue type=warning]lint: exit 3, allowed, 4.0 s%0Aunused\n",
            "##vso[task.logissue type=error]e2e: exit 1, 6.0 s%0Anot equal\n",
        ),
        ("GITLAB_CI", "", ""),
        ("BUILDKITE", "", ""),
        ("TEAMCITY_VERSION", "", ""),
        ("CI", "", ""),
    ];
    for (variable, warning, error) in marks {
        let log = ci_log(variable);
        let lint = format!("── lint (exit 3, allowed, 4.0 s)\nunused\n{warning}");
        assert!(log.contains(&lint), "{variable}: {log}");
        let e2e = format!("── e2e (exit 1, 6.0 s)\nnot equal\n{error}");
        assert!(log.contains(&e2e), "{variable}: {log}");
        assert!(log.contains(&skipped_lines()), "{variable}: {log}");
        assert!(
            log.contains("── load (canceled because e2e failed: exit 1, 10.0 s)\n"),
            "{log}"
        );
        assert!(
            log.contains("── api (ended with the run, 19.0 s)\n"),
            "{variable}: {log}"
        );
    }
}

#[test]
fn in_the_junit_report_a_skipped_job_has_its_reason_and_an_allowed_failure_is_skipped() {
    if !needs("python3") {
        return;
    }
    let outcome = replay(log())
        .args(["--junit", "run.xml"])
        .stderr_any()
        .run();
    let report = junit(&outcome.path("run.xml"));
    let skipped = |name: &str, status: &str, message: &str| {
        let case = case(&report, name);
        let actual = [&case["outcome"], &case["type"], &case["message"]];
        assert_eq!(actual, [&json!("skipped"), &json!(status), &json!(message)]);
    };
    skipped("tag", "skipped", "skipped because e2e failed: exit 1");
    skipped("load", "canceled", "canceled because e2e failed: exit 1");
    skipped("lint", "failed", "failed, allowed: exit 3");
    assert_eq!(case(&report, "lint")["err"], "unused\n");
    assert_eq!(case(&report, "e2e")["outcome"], "failure");
    assert_eq!(case(&report, "db")["outcome"], "ok");
    let counts = &report["counts"];
    assert_eq!(
        [
            &counts["tests"],
            &counts["failures"],
            &counts["errors"],
            &counts["skipped"]
        ],
        [&json!(14), &json!(1), &json!(0), &json!(8)]
    );
}

/// The arrows of a trace, by the names of the slices that they connect, with the time between their ends.
fn arrows(events: &[Value]) -> Vec<(String, String, u64)> {
    let of_kind = |kind: &str| {
        events
            .iter()
            .filter(|event| event["ph"] == kind)
            .collect::<Vec<_>>()
    };
    let slices = of_kind("X");
    let number = |event: &Value, key: &str| {
        event[key]
            .as_u64()
            .unwrap_or_else(|| panic!("{key} of {event}"))
    };
    // The slice in which an event is, as a viewer finds it.
    let around = |event: &Value| {
        let inside = |slice: &&&Value| {
            let (ts, start) = (number(event, "ts"), number(slice, "ts"));
            slice["tid"] == event["tid"] && start <= ts && ts < start + number(slice, "dur")
        };
        let found: Vec<_> = slices.iter().filter(inside).collect();
        assert_eq!(found.len(), 1, "{event}");
        found[0]["name"].as_str().expect("a name").to_owned()
    };
    let (begins, ends) = (of_kind("s"), of_kind("f"));
    assert_eq!(begins.len(), ends.len());
    let mut arrows: Vec<_> = begins
        .iter()
        .map(|begin| {
            let pairs: Vec<_> = ends.iter().filter(|end| end["id"] == begin["id"]).collect();
            assert_eq!(pairs.len(), 1, "{begin}");
            assert_eq!(pairs[0]["bp"], "e");
            let took = number(pairs[0], "ts") - number(begin, "ts");
            (around(begin), around(pairs[0]), took)
        })
        .collect();
    arrows.sort();
    arrows
}

#[test]
fn the_trace_has_an_arrow_from_each_needed_job_to_each_that_needs_it() {
    if !needs("python3") {
        return;
    }
    let outcome = replay(log())
        .args(["--trace", "run.json"])
        .stderr_any()
        .run();
    let actual = arrows(&trace(&outcome.path("run.json")));
    let actual: Vec<_> = actual
        .iter()
        .map(|(from, to, took)| (from.as_str(), to.as_str(), *took))
        .collect();
    // From the end of a job, but from the start of a service.
    assert_eq!(
        actual,
        [
            ("api", "e2e", 11_999_999),
            ("api", "load", 7_989_999),
            ("api", "test", 1_989_999),
            ("build", "api", 10_001),
            ("build", "test", 2_000_001),
            ("db", "api", 11_909_999),
        ]
    );
}

#[test]
fn a_hundred_thousand_arrows_need_no_memory() {
    // 200 jobs, and 500 that need all of them.
    let mut log = Log::default();
    let names: Vec<String> = (0..200).map(|n| format!("first-{n}")).collect();
    for name in &names {
        log.ran(name, (1, 0.0, 1.0), json!({}));
    }
    for n in 0..500 {
        log.ran(
            &format!("second-{n}"),
            (2, 1.0, 1.0),
            json!({"needs": names}),
        );
    }
    let outcome = replay(log.text())
        .args(["--trace", "run.json"])
        .code(0)
        .run();
    let text = outcome.read_text("run.json");
    assert_eq!(text.matches("\"ph\":\"s\"").count(), 100_000);
    assert_eq!(text.matches("\"ph\":\"f\"").count(), 100_000);
    let peak = outcome.peak_memory();
    assert!(peak < 20 << 20, "{peak} bytes, the file has {}", text.len());
}

/// A real run with every ending that only jobs with needs have.
fn real() -> Stage {
    let jobs = [
        json!({"name": "build", "cmd": "true"}),
        json!({"name": "lint", "cmd": "echo unused >&2; exit 3", "allow_failure": true, "needs": ["build"]}),
        json!({"name": "api", "cmd": "exec sleep 300", "service": true, "ready": "true"}),
        json!({"name": "idle", "cmd": "exec sleep 300", "service": true, "needs": ["build"]}),
        json!({"name": "test", "cmd": "sleep 0.1", "needs": ["lint", "api"], "pool": "db", "weight": 2}),
        json!({"name": "e2e", "cmd": "exit 4", "needs": ["test"], "pool": "db"}),
        json!({"name": "deploy", "cmd": "true", "needs": ["e2e"]}),
        json!({"name": "announce", "cmd": "true", "needs": ["deploy"]}),
    ];
    let lines: String = jobs.iter().map(|job| format!("{job}\n")).collect();
    Stage::new()
        .file("jobs.jsonl", lines)
        .args(["-j2", "-f", "jobs.jsonl", "--joblog", "run.log"])
        .code(1)
}

#[test]
fn a_replay_tells_the_same_of_a_graph_as_the_run() {
    let run = real().arg("-v").stderr_any().run();
    let replayed = replay(run.read_text("run.log"))
        .arg("-v")
        .stderr_any()
        .run();
    let text = |outcome: &Outcome| String::from_utf8_lossy(&outcome.stderr).into_owned();
    assert_eq!(text(&replayed), text(&run));
    for part in [
        "── lint (exit 3, allowed, ",
        "── api (ended with the run, ",
        "── idle (ended with the run, ",
        "── skipped because e2e failed: deploy, announce\n",
        "── 8 jobs: 4 ok, 1 failed, 1 failed (allowed), 2 skipped (",
    ] {
        assert!(text(&run).contains(part), "{part} in {}", text(&run));
    }
}

#[test]
fn the_files_about_a_graph_are_the_same_after_a_replay() {
    if !needs("python3") {
        return;
    }
    let files = [
        "--trace", "run.json", "--report", "run.html", "--junit", "run.xml",
    ];
    let run = real().args(files).stderr_any().run();
    let replayed = replay(run.read_text("run.log"))
        .args(files)
        .stderr_any()
        .run();
    let jobs = |outcome: &Outcome| {
        let mut data = report_data(&outcome.path("run.html"));
        for job in data["jobs"].as_array_mut().expect("jobs") {
            // The log has microseconds.
            for key in ["tries", "wall", "cpu", "queued"] {
                job[key] = Value::Null;
            }
        }
        data["jobs"].clone()
    };
    assert_eq!(jobs(&replayed), jobs(&run));
    let arrows = |outcome: &Outcome| {
        let arrows = arrows(&trace(&outcome.path("run.json"))).into_iter();
        arrows.map(|(from, to, _)| (from, to)).collect::<Vec<_>>()
    };
    assert_eq!(arrows(&replayed), arrows(&run));
    let expected = [
        ("api", "test"),
        ("build", "idle"),
        ("build", "lint"),
        ("lint", "test"),
        ("test", "e2e"),
    ];
    let expected = expected.map(|(from, to)| (from.to_owned(), to.to_owned()));
    assert_eq!(arrows(&run), expected);
    let cases = |outcome: &Outcome| {
        let mut report = junit(&outcome.path("run.xml"));
        for case in report["cases"].as_array_mut().expect("cases") {
            case["time"] = Value::Null;
        }
        report["cases"].clone()
    };
    assert_eq!(cases(&replayed), cases(&run));
}
