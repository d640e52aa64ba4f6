//! Combinations: random signals, every output form, every policy, with all files that a run can write,
//! and a reader that may have stopped reading. Every job that started has one ending in the log, and
//! every file is whole.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt as _;
use std::time::Duration;

use serde_json::Value;

use crate::stage::{Outcome, Stage, is_alive, rounds};

/// Far more than the grace and all that follows it.
const TIME_LIMIT: Duration = Duration::from_secs(90);

const FORMS: [&[&str]; 10] = [
    &[],
    &["-j1"],
    &["-k", "-j3"],
    &["-o", "line", "-j3"],
    &["-o", "none", "-j3"],
    &["-q", "-j3"],
    &["--json", "-j3"],
    &["--json", "-k", "-j3"],
    &["--json=events", "-j3"],
    &["--ci", "github", "-j3"],
];

const POLICIES: [&[&str]; 8] = [
    &[],
    &["--fail-fast"],
    &["--fail-fast=soon", "--max-fail", "2"],
    &["--race"],
    &["--deadline", "0.3"],
    &["-t", "0.2"],
    &["--retries", "2", "--retry-delay", "0.05"],
    &["--delay", "0.02"],
];

const JOBS: &str = "echo hello
head -c 400000 /dev/zero
exit 3
sleep 0.1; echo later
trap '' INT TERM; sleep 0.6
head -c 100000 /dev/zero >&2; exit 1
kill -SEGV $$
sleep 300 & sleep 300
trap 'echo tidied; exit 0' INT TERM HUP QUIT; sleep 300 & wait
/nonexistent/program
exec sleep 300
";

const STOPS: [i32; 4] = [libc::SIGINT, libc::SIGTERM, libc::SIGHUP, libc::SIGQUIT];

/// A deterministic random number generator: the same numbers in each round of every run of the tests.
struct Random(u64);

impl Random {
    /// Returns a number below `end` (splitmix64).
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) as usize % end
    }

    fn one_of<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    fn milliseconds(&mut self, end: usize) -> Duration {
        Duration::from_millis(self.below(end) as u64)
    }
}

#[test]
fn under_any_signals_every_job_has_one_ending_and_every_file_is_whole() {
    for round in 0..rounds() {
        let mut random = Random(round as u64);
        let (form, policy) = (random.one_of(&FORMS), random.one_of(&POLICIES));
        let is_read = random.below(2) == 0;
        let mut stage = Stage::new()
            .args([
                "--grace", "0.3", "--joblog", "run.log", "--report", "r.html",
            ])
            .args(["--junit", "x.xml", "--trace", "t.json"])
            .args(form)
            .args(policy)
            .args(["-f", "jobs"])
            .file("jobs", JOBS.repeat(2))
            .stdout_any()
            .stderr_any()
            .any_end()
            .within(TIME_LIMIT);
        if !is_read {
            stage = stage.hold_stdout();
        }
        let mut run = stage.start();
        for _ in 0..1 + random.below(2) {
            let pause = run.elapsed() + random.milliseconds(400);
            run.wait_until("a moment, or the end", |run| {
                (run.elapsed() >= pause || !is_alive(run.pid())).then_some(())
            });
            if random.below(4) == 0 {
                run.send(libc::SIGUSR1);
            }
            run.send(random.one_of(&STOPS));
        }
        run.wait_until("the end", |run| (!is_alive(run.pid())).then_some(()));
        let outcome = run.finish();
        let what = format!("round {round}: {form:?} {policy:?}, read: {is_read}");
        assert_reported(&outcome, &what);
    }
}

fn assert_reported(outcome: &Outcome, what: &str) {
    // If prun is killed before it handles signals, there is nothing to report.
    let log = std::fs::read_to_string(outcome.path("run.log")).unwrap_or_default();
    if log.is_empty() {
        assert!(outcome.status.signal().is_some(), "{what}");
        return;
    }
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line is JSON"))
        .collect();
    let mut jobs: BTreeMap<u64, [usize; 2]> = BTreeMap::new();
    for line in &lines {
        let counted = match line["type"].as_str() {
            Some("job_start") => 0,
            Some("job_end") => 1,
            _ => continue,
        };
        let seq = line["seq"].as_u64().expect("a number");
        jobs.entry(seq).or_default()[counted] += 1;
    }
    for (seq, [_, ends]) in &jobs {
        assert_eq!(*ends, 1, "{what}: job {seq}");
    }
    let last = lines.last().map(|line| line["type"].as_str().unwrap_or(""));
    assert!(
        matches!(last, Some("run_end" | "job_delivered")),
        "{what}: {last:?}"
    );
    assert!(
        outcome.read_text("r.html").trim_end().ends_with("</html>"),
        "{what}"
    );
    assert!(
        outcome
            .read_text("x.xml")
            .trim_end()
            .ends_with("</testsuites>"),
        "{what}"
    );
    let trace: Value = serde_json::from_str(&outcome.read_text("t.json")).expect("JSON");
    assert!(!trace.is_null(), "{what}");
    for entry in std::fs::read_dir(outcome.dir())
        .expect("it exists")
        .flatten()
    {
        let name = entry.file_name();
        assert!(
            !name.to_string_lossy().starts_with(".prun-"),
            "{what}: {name:?}"
        );
    }
}
