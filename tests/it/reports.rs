//! The report: an HTML page, checked in Chromium.

use serde_json::{Value, json};

use crate::needs::{BROWSER, needs};
use crate::readers::{browser, report_data};
use crate::stage::{Outcome, Stage};

/// A run that writes a report; its messages are not checked.
fn with_report() -> Stage {
    Stage::new()
        .args(["--report", "run.html"])
        .stdout_any()
        .stderr_any()
}

fn open_in_browser(outcome: &Outcome, scene: &str) -> Value {
    browser(&outcome.path("run.html"), scene)
}

#[test]
fn the_page_sorts_filters_zooms_and_reacts_to_the_keyboard() {
    if !needs("python3") || !needs(BROWSER) {
        return;
    }
    let outcome = with_report()
        .args(["-j2", "--retries", "1", "--retry-delay", "0.2"])
        .stdin("slow: sleep 1.5\nbad: sleep 0.3; exit 3\nquick: sleep 0.05\n")
        .code(1)
        .run();
    let seen = open_in_browser(&outcome, "works");
    assert_eq!(seen["messages"], json!([]), "on the console");
    assert_eq!(seen["requests"], json!([]), "of other files");
    assert_eq!(seen["first"], json!(["slow", "bad", "quick"]));
    assert_eq!(seen["first_sort"], json!([["#", "ascending"]]));
    assert_eq!(seen["by_time"], json!(["slow", "bad", "quick"]));
    assert_eq!(seen["time_sort"], json!([["Time", "descending"]]));
    assert_eq!(seen["by_time_again"], json!(["quick", "bad", "slow"]));
    assert_eq!(seen["time_sort_again"], json!([["Time", "ascending"]]));
    assert_eq!(seen["filtered"], json!(["quick"]));
    assert_eq!(seen["shown"], "1 of 1 job shown, 3 in total");
    assert_eq!(seen["failed"], json!(["bad"]));
    assert_eq!(seen["pressed"], "true");
    assert_eq!(seen["longer"], json!(["slow"]));
    assert_eq!(seen["zoom"], json!([2.0, 8.0, 4.0, 1.0]));
    let hovered = seen["hovered"].as_str().unwrap();
    assert!(
        hovered.starts_with("bad: failed, slot 2, from 0."),
        "{hovered}"
    );
    assert!(hovered.ends_with(" sleep 0.3; exit 3"), "{hovered}");
    // Two jobs were ok, the third had two attempts with one wait between them, and one job waited
    // for a slot.
    let [ok, bad, off, wait, critical] = [0, 1, 2, 3, 4].map(|n| seen["bars"][n].as_u64().unwrap());
    assert_eq!([ok, bad, off, critical], [2, 2, 0, 1]);
    assert!(wait >= 2, "{wait}");
    let stretch = seen["stretch"][1].as_str().unwrap();
    assert!(stretch.contains("only slow was running ("), "{stretch}");
    assert_eq!(
        seen["caption"],
        "All jobs of the run. Click a column heading to sort."
    );
    assert_eq!(
        (&seen["unnamed"], &seen["unreachable"]),
        (&json!(0), &json!(0))
    );
}

#[test]
fn names_and_output_stay_text() {
    if !needs("python3") || !needs(BROWSER) {
        return;
    }
    let outcome = with_report()
        .arg("-j1")
        .stdin(
            "{\"name\":\"<img src=x onerror=alert(1)>\",\"cmd\":\"echo '</script><script>alert(2)</script>'; exit 1\"}\n\
             {\"name\":\"a\\u2028b\",\"cmd\":\"printf '\\\\033[1;31mred\\\\033[0m \\\\033[38;5;208;4morange\\\\033[m\\\\033]0;x\\\\007<b>\\\\000\\\\n'; exit 2\"}\n\
             {\"name\":\"&lt;b&gt;<!--\",\"cmd\":\"true\"}\n",
        )
        .code(1)
        .run();
    let seen = open_in_browser(&outcome, "is_text");
    assert_eq!(seen["messages"], json!([]), "on the console");
    let labels = json!([
        "<img src=x onerror=alert(1)>",
        "a\\u{2028}b",
        "&lt;b&gt;<!--"
    ]);
    assert_eq!(seen["labels"], labels);
    let output = json!([
        "</script><script>alert(2)</script>\n",
        "red orange<b>\\x00\n"
    ]);
    assert_eq!(seen["output"], output);
    assert_eq!(
        seen["elements"],
        json!([0, 2, 0, 0, 0]),
        "the page's own two scripts only"
    );
    let spans = json!([
        ["red", "s1 f1", "", ""],
        ["orange", "s4", "rgb(255, 135, 0)", ""]
    ]);
    assert_eq!(seen["spans"], spans);
    assert_eq!(seen["alert"], Value::Null);
    assert_eq!(seen["broken"], false);
    assert_eq!(seen["refused"], true, "by the page's own policy");
}

/// A log of this many jobs in eight slots, of which every hundredth failed.
fn log(jobs: u32) -> String {
    let mut log = String::from("{\"type\":\"run_start\",\"t_unix_s\":1795342438.0,\"v\":1}\n");
    for seq in 1..=jobs {
        let start = 1_795_342_438.0 + f64::from(seq) * 0.05;
        let wall = 0.3 + f64::from(seq % 97) / 1000.0;
        let (status, code) = if seq % 100 == 0 {
            ("failed", 3)
        } else {
            ("ok", 0)
        };
        let end = json!({
            "type": "job_end", "t_unix_s": start + wall, "seq": seq, "name": format!("job-{seq}"),
            "cmd": format!("./work --number {seq} --with some --more words"), "argv": ["sh"], "shell": true,
            "cwd": "/w", "status": status, "exit_code": code, "attempts": 1, "slot": seq % 8 + 1, "pid": seq,
            "start_unix_s": start, "queued_s": 0.01, "wall_s": wall, "user_s": 0.2, "sys_s": 0.01,
            "max_rss_bytes": 1_000_000 + seq * 1000, "stdout": "some output\n".repeat(20), "stdout_bytes": 240,
            "v": 1, "args": [], "leaked": false, "truncated": false, "stderr": "", "stderr_bytes": 0,
        });
        log += &format!("{end}\n");
    }
    let end = 1_795_342_439.0 + f64::from(jobs) * 0.05;
    let wall = f64::from(jobs) * 0.05;
    log += &format!("{{\"type\":\"run_end\",\"t_unix_s\":{end},\"wall_s\":{wall}}}\n");
    log
}

#[test]
fn ten_thousand_jobs_are_usable_within_two_seconds() {
    if !needs("python3") || !needs(BROWSER) {
        return;
    }
    let outcome = with_report()
        .file("run.log", log(10_000))
        .args(["--replay", "run.log"])
        .code(1)
        .run();
    let is_quick = |seen: &Value| {
        let mut steps = ["ready", "sort", "filter", "zoom"].into_iter();
        steps.all(|step| seen[step].as_u64().unwrap() < 2000)
    };
    // The fastest of several measurements: the machine may be slow at times.
    let mut seen = open_in_browser(&outcome, "crowd");
    for _ in 0..4 {
        if is_quick(&seen) {
            break;
        }
        seen = open_in_browser(&outcome, "crowd");
    }
    assert!(is_quick(&seen), "{seen}");
    assert_eq!(seen["messages"], json!([]), "on the console");
    assert_eq!(seen["bars"], 10_000);
    let found = (1..=10_000)
        .filter(|n: &u32| n.to_string().contains("77"))
        .count();
    assert_eq!(
        seen["shown"],
        format!("200 of {found} jobs shown, 10000 in total")
    );
    assert_eq!(seen["rows"], found, "on paper all of them");
}

#[test]
fn the_page_suits_both_themes_a_phone_and_paper() {
    if !needs("python3") || !needs(BROWSER) {
        return;
    }
    let jobs: String = (1..40)
        .map(|n| format!("job-{n}: sleep 0.0{}; test $(({n} % 9)) -gt 0 || {{ printf '\\033[31mnot so\\033[0m\\n' >&2; exit 1; }}\n", n % 10))
        .collect();
    let outcome = with_report().arg("-j6").stdin(jobs).code(1).run();
    let seen = open_in_browser(&outcome, "looks");
    assert_eq!(
        (&seen["light"], &seen["dark"]),
        (&json!("rgb(255, 255, 255)"), &json!("rgb(20, 23, 26)"))
    );
    assert_eq!(seen["phone"], 390, "nothing must be scrolled sideways");
    assert!(seen["paper"].as_u64().unwrap() > 10_000, "bytes of PDF");
}

#[test]
fn an_interrupted_run_leaves_a_whole_page() {
    let jobs = "a: echo begun; touch a; sleep 300\nb: true\n";
    let mut run = with_report().arg("-j1").stdin(jobs).signal(2).start();
    run.wait_for_file("a");
    assert!(!run.dir().join("run.html").exists());
    run.send(2);
    let data = report_data(&run.finish().path("run.html"));
    let mut actual: Vec<_> = data["jobs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|job| {
            [&job["label"], &job["status"], &job["reason"]].map(|text| text.as_str().unwrap())
        })
        .collect();
    actual.sort_unstable();
    assert_eq!(
        actual,
        [["a", "canceled", "signal"], ["b", "skipped", "signal"]]
    );
    let note = data["end"]["notes"][0].as_str().unwrap();
    assert!(note.starts_with("SIGINT: cancelling 1 job"), "{note}");
    let outcome = with_report()
        .args(["-j1", "--deadline", "0.2"])
        .stdin(jobs)
        .code(124)
        .run();
    let data = report_data(&outcome.path("run.html"));
    assert_eq!(
        data["end"]["notes"][0].as_str().unwrap().split(':').next(),
        Some("deadline exceeded")
    );
}

#[test]
fn output_in_the_page_is_limited() {
    let outcome = with_report()
        .arg("-j2")
        .args(["sh", "-c", "seq 20000; seq 20000 >&2; exit 1", "sh", ":::"])
        .args((0..300).map(|n| n.to_string()))
        .code(1)
        .run();
    let data = report_data(&outcome.path("run.html"));
    let jobs = data["jobs"].as_array().unwrap();
    let kept =
        |job: &Value| job["out"].as_str().unwrap().len() + job["err"].as_str().unwrap().len();
    assert_eq!(kept(&jobs[0]), 32 * 1024);
    assert_eq!(jobs.iter().map(kept).sum::<usize>(), 8 * 1024 * 1024);
    let whole: usize = (1..=20_000).map(|n: u32| n.to_string().len() + 1).sum();
    assert_eq!(jobs[299]["out_cut"], whole);
    let peak = outcome.peak_memory();
    assert!(peak < 20 << 20, "{peak} bytes");
}
