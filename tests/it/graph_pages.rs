//! The report about jobs that need each other, in Chromium.

use serde_json::{Value, json};

use crate::graph_log::{Log, log, replay};
use crate::needs::{BROWSER, needs};
use crate::readers::{browser, report_data};
use crate::stage::Outcome;

fn with_report(log: String) -> Outcome {
    let outcome = replay(log).args(["--report", "run.html"]).stderr_any();
    outcome.run()
}

#[test]
fn the_report_has_how_each_job_was_scheduled() {
    let data = report_data(&with_report(log()).path("run.html"));
    let job = |name: &str| {
        let mut jobs = data["jobs"].as_array().expect("jobs").iter();
        jobs.find(|job| job["label"] == name).expect("the job")
    };
    let test = job("test");
    assert_eq!(
        [&test["needs"], &test["pool"], &test["weight"]],
        [&json!(["build", "api"]), &json!("db"), &json!(2)]
    );
    assert_eq!(
        [&job("lint")["may_fail"], &job("lint")["allowed"]],
        [true, true]
    );
    assert_eq!(job("api")["service"], true);
    assert_eq!(job("tag")["cause"], json!(["e2e", "exit 1"]));
    let keys = job("docs").as_object().expect("an object");
    for key in [
        "needs", "pool", "weight", "may_fail", "allowed", "service", "cause",
    ] {
        assert!(!keys.contains_key(key), "{key} of a plain job");
    }
}

#[test]
fn the_report_shows_the_critical_path_the_arrows_and_what_was_skipped_and_why() {
    if !needs("python3") || !needs(BROWSER) {
        return;
    }
    let seen = browser(&with_report(log()).path("run.html"), "graph");
    assert_eq!(seen["messages"], json!([]), "on the console");
    assert_eq!(
        seen["path"],
        json!([
            "build 12.0 s, 39 %",
            "api 2.0 s, 6 % (service, until the next one started; needs build)",
            "test 10.0 s, 32 % (needs api)",
            "e2e 6.0 s, 19 % (in pool db after test)",
        ])
    );
    let rule = seen["rule"].as_str().expect("a text");
    assert!(
        rule.ends_with(
            "These 4 steps took 30.0 s, 96 % of the run; between them 0.020 s, 0 % passed."
        ),
        "{rule}"
    );
    assert_eq!(seen["marks"], 4, "on the timeline");
    assert_eq!(seen["stretch"], 0, "instead of the critical stretch");
    assert_eq!(seen["services"], 2);
    // The services are in rows below the three slots.
    assert_eq!(seen["service_rows"], json!([4, 5]));
    assert_eq!(
        seen["hovered"],
        "test: ok, slot 1, from 14.0 s for 10.0 s; needs build, api; pool db; weight 2. run test"
    );
    assert_eq!(seen["hovered_arrows"], json!([2, 0]));
    // With the keyboard: the first job, then by start, then to another row and back.
    let keys = seen["keys"].as_array().expect("texts").iter();
    let keys: Vec<&str> = keys
        .filter_map(|text| text.as_str()?.split(':').next())
        .collect();
    assert_eq!(keys, ["build", "lint", "db", "lint", "build"]);
    assert_eq!(seen["keys_arrows"], json!([0, 2]), "to what needs build");
    assert_eq!(seen["pressed"], "e2e", "by the button of its step");
    assert_eq!(seen["focus"], "timeline");
    assert_eq!(
        seen["causes"],
        json!([
            "e2e failed: exit 1: 6 skipped, 1 canceled\ndeploy-a\ndeploy-b\nannounce\ntag\npublish\nclean\nload"
        ])
    );
    assert_eq!(
        seen["statuses"],
        json!([
            "5 ok",
            "1 failed (allowed)",
            "1 failed",
            "6 skipped",
            "1 canceled"
        ])
    );
    assert_eq!(
        seen["allowed"],
        json!(["lint"]),
        "by the button of its status"
    );
    assert_eq!(
        seen["facts"],
        json!(["needs build, api; pool db; weight 2"])
    );
    assert_eq!(seen["unnamed"], 0, "buttons");
}

#[test]
fn the_critical_path_of_any_run_is_a_chain_without_overlaps() {
    if !needs("python3") || !needs(BROWSER) {
        return;
    }
    let seen = browser(&with_report(log()).path("run.html"), "paths");
    assert_eq!(seen["broken"], json!([]));
    assert!(seen["steps"].as_u64().expect("a number") > 1000, "{seen}");
    // Few services of random runs start because of what their users wait for.
    for (why, least) in [
        ("need", 10),
        ("slot", 10),
        ("pool", 10),
        ("retry", 10),
        ("user", 1),
    ] {
        assert!(
            seen[why].as_u64().expect("a number") >= least,
            "{why}: {seen}"
        );
    }
}

#[test]
fn ten_thousand_jobs_that_need_others_are_usable_within_two_seconds() {
    if !needs("python3") || !needs(BROWSER) {
        return;
    }
    let mut log = Log::default();
    for n in 0..10_000_u32 {
        let needs: Vec<String> = [8, 16, 40, 100]
            .iter()
            .filter_map(|before| Some(format!("job-{}", n.checked_sub(*before)?)))
            .collect();
        let start = f64::from(n / 8);
        let wall = 0.5 + f64::from(n % 97) / 200.0;
        log.ran(
            &format!("job-{n}"),
            (n % 8 + 1, start, wall),
            json!({"needs": needs}),
        );
    }
    let outcome = replay(log.text())
        .args(["--report", "run.html"])
        .code(0)
        .run();
    let page = outcome.path("run.html");
    let is_quick = |seen: &Value| {
        let mut steps = ["ready", "sort", "filter", "zoom", "choose"].into_iter();
        steps.all(|step| seen[step].as_u64().expect("a time") < 2000)
    };
    // The fastest of several measurements: the machine may be slow at times.
    let mut seen = browser(&page, "crowd");
    for _ in 0..4 {
        if is_quick(&seen) {
            break;
        }
        seen = browser(&page, "crowd");
    }
    assert!(is_quick(&seen), "{seen}");
    assert_eq!(seen["messages"], json!([]), "on the console");
    assert_eq!(
        seen["path_rows"], 51,
        "fifty steps and the number of the others"
    );
}

#[test]
fn the_report_of_a_graph_suits_both_themes_and_a_phone() {
    if !needs("python3") || !needs(BROWSER) {
        return;
    }
    let seen = browser(&with_report(log()).path("run.html"), "looks");
    assert_eq!(seen["phone"], 390, "nothing must be scrolled sideways");
}
