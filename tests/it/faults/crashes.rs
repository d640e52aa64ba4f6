//! `kill -9` at any moment, and `--resume` until all is done.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use crate::stage::{Outcome, Stage, rounds};

const TIME_LIMIT: Duration = Duration::from_secs(60);

/// How many jobs there are, each of which says that it ran, and then prints its number.
const JOBS: usize = 60;

/// The folder that all runs of one story have in common.
struct Story {
    dir: PathBuf,
    _kept: tempfile::TempDir,
}

impl Story {
    fn new() -> Self {
        let kept = tempfile::TempDir::with_prefix("prun-story-").expect("a folder can be made");
        let dir = std::fs::canonicalize(kept.path()).expect("it has a path");
        let jobs: String = (0..JOBS)
            .map(|n| format!("echo {n} >> ran; sleep 0.01; echo out {n}\n"))
            .collect();
        std::fs::write(dir.join("jobs"), jobs).expect("the folder is ours");
        Self { dir, _kept: kept }
    }

    fn run(&self) -> Stage {
        let path = |name: &str| self.dir.join(name).into_os_string();
        Stage::new()
            .args(["-j4".into(), "--resume".into(), "-C".into(), path("")])
            .args([
                "-f".into(),
                path("jobs"),
                "--joblog".into(),
                path("run.log"),
            ])
            .stdout_any()
            .stderr_any()
            .within(TIME_LIMIT)
    }

    fn ran(&self) -> Vec<usize> {
        let text = std::fs::read_to_string(self.dir.join("ran")).unwrap_or_default();
        text.lines().filter_map(|line| line.parse().ok()).collect()
    }

    /// The jobs that are on record as done.
    fn done(&self) -> BTreeSet<usize> {
        let ends = ends(&self.dir.join("run.log"));
        // A success counts when its output has arrived.
        let ends = ends.iter().filter(|end| end["delivered"].is_null());
        ends.map(number).collect()
    }
}

fn ends(log: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let whole = text
        .split_inclusive('\n')
        .filter(|line| line.ends_with('\n'));
    let lines = whole.map(|line| serde_json::from_str(line).expect("a whole line is JSON"));
    lines
        .filter(|line: &Value| line["type"] == "job_end")
        .collect()
}

/// The number of a job, by what its record says of its command.
fn number(end: &Value) -> usize {
    assert_eq!(end["status"], "ok", "{end}");
    let command = end["cmd"].as_str().expect("a text");
    command
        .split(' ')
        .nth(1)
        .and_then(|word| word.parse().ok())
        .expect("a number")
}

fn printed(outcome: &Outcome) -> BTreeSet<usize> {
    let text = String::from_utf8_lossy(&outcome.stdout);
    text.lines()
        .filter_map(|line| line.strip_prefix("out ")?.parse().ok())
        .collect()
}

#[test]
fn a_run_that_is_killed_again_and_again_does_every_job_and_loses_no_output() {
    for round in 0..rounds() {
        let story = Story::new();
        let mut told = BTreeSet::new();
        for kill in 0..3 {
            let done = story.done();
            let before = story.ran();
            if done.len() + 20 > JOBS {
                break;
            }
            let mut run = story.run().signal(libc::SIGKILL).leaves_processes().start();
            // Other moments in every round: as the first jobs start, in the midst, later.
            let moment = Duration::from_micros((round as u64 * 2741 + kill * 977) % 40_000);
            run.wait_until("the first jobs", |_| {
                (story.ran().len() > before.len()).then_some(())
            });
            let moment = run.elapsed() + moment;
            run.wait_until("its moment", |run| (run.elapsed() >= moment).then_some(()));
            run.send(libc::SIGKILL);
            // Its jobs are killed here, too: a run that finds one of them refuses to go on.
            let outcome = run.finish();
            told.extend(printed(&outcome));
            // What is on record was handed over before, and what was on record did not run again.
            let now = story.done();
            assert!(now.is_subset(&told), "{:?} are lost", now.difference(&told));
            let again = story.ran()[before.len()..].iter().any(|n| done.contains(n));
            assert!(!again, "a job that was done ran again");
        }
        let (done, before) = (story.done(), story.ran().len());
        told.extend(printed(&story.run().run()));
        assert_eq!(told.len(), JOBS, "output is lost");
        assert!(!story.ran()[before..].iter().any(|n| done.contains(n)));
        assert_eq!(story.ran().into_iter().collect::<BTreeSet<_>>().len(), JOBS);
        // The log is well-formed, and says that all is done.
        assert_eq!(story.done().len(), JOBS);
        story.run().stdout("").stderr("").run();
    }
}
