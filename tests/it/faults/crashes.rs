//! `kill -9` at any moment, and `--resume` until all jobs are done.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use crate::stage::{Outcome, Stage, rounds};

const TIME_LIMIT: Duration = Duration::from_secs(60);

/// The number of jobs. Each appends its number to `ran`, then prints it.
const JOBS: usize = 60;

/// The folder that all runs of a scenario share.
struct Scenario {
    dir: PathBuf,
    _temp_dir: tempfile::TempDir,
}

impl Scenario {
    fn new() -> Self {
        let temp_dir = tempfile::TempDir::with_prefix("prun-story-").expect("a folder can be made");
        let dir = std::fs::canonicalize(temp_dir.path()).expect("it has a path");
        let jobs: String = (0..JOBS)
            .map(|n| format!("echo {n} >> ran; sleep 0.01; echo out {n}\n"))
            .collect();
        std::fs::write(dir.join("jobs"), jobs).expect("the folder is writable");
        Self {
            dir,
            _temp_dir: temp_dir,
        }
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

    /// The jobs that are done according to the log.
    fn done(&self) -> BTreeSet<usize> {
        let ends = ends(&self.dir.join("run.log"));
        // A success counts once its output is delivered.
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

/// The number of a job, from the command in its log line.
fn number(end: &Value) -> usize {
    assert_eq!(end["status"], "ok", "{end}");
    let command = end["cmd"].as_str().expect("a string");
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
fn a_run_that_is_killed_repeatedly_does_every_job_and_loses_no_output() {
    for round in 0..rounds() {
        let scenario = Scenario::new();
        let mut seen = BTreeSet::new();
        for kill in 0..3 {
            let done = scenario.done();
            let before = scenario.ran();
            if done.len() + 20 > JOBS {
                break;
            }
            let mut run = scenario
                .run()
                .signal(libc::SIGKILL)
                .leaves_processes()
                .start();
            // A different moment in each round: as the first jobs start, in the middle,
            // later.
            let moment = Duration::from_micros((round as u64 * 2741 + kill * 977) % 40_000);
            run.wait_until("the first jobs", |_| {
                (scenario.ran().len() > before.len()).then_some(())
            });
            let moment = run.elapsed() + moment;
            run.wait_until("the moment of the signal", |run| {
                (run.elapsed() >= moment).then_some(())
            });
            run.send(libc::SIGKILL);
            // The stage kills its jobs, too: a run refuses to resume while one of them is
            // alive.
            let outcome = run.finish();
            seen.extend(printed(&outcome));
            // Jobs that are done in the log had been printed before, and did not run again.
            let now = scenario.done();
            assert!(now.is_subset(&seen), "{:?} are lost", now.difference(&seen));
            let again = scenario.ran()[before.len()..]
                .iter()
                .any(|n| done.contains(n));
            assert!(!again, "a job that was done ran again");
        }
        let (done, before) = (scenario.done(), scenario.ran().len());
        seen.extend(printed(&scenario.run().run()));
        assert_eq!(seen.len(), JOBS, "output is lost");
        assert!(!scenario.ran()[before..].iter().any(|n| done.contains(n)));
        assert_eq!(
            scenario.ran().into_iter().collect::<BTreeSet<_>>().len(),
            JOBS
        );
        // The log is well-formed, and all jobs are done in it.
        assert_eq!(scenario.done().len(), JOBS);
        scenario.run().stdout("").stderr("").run();
    }
}
