//! Jobs whose node, task, daemon or controller is lost: each is told once, and runs again.

use std::path::Path;

use super::lab::{Lab, lines, wait_for};
use super::{endings, ok_jobs};
use crate::needs::{SLURM, needs};
use crate::stage::{Outcome, Running, Stage};

/// How many jobs these tests run.
const JOBS: u32 = 8;

/// A run of jobs on both nodes that note that they began, and wait for the file `go` if it is their first try.
fn waiting(lab: &Lab, on: &str) -> Running {
    let job = "#!/bin/sh
        echo \"$1 $(hostname)\" >>ran-$1
        while test $(wc -l <ran-$1) = 1 && ! test -e go; do sleep 0.1; done
        ";
    let stage = lab.stage().script("job", job);
    let stage = stage.args(["--on", on, "--json", "--chunk", "1", "./job", "{}", ":::"]);
    let stage = stage.args((1..=JOBS).map(|n| n.to_string()));
    let mut run = begun(stage);
    run.wait_until("a job on each node", |run| {
        let hosts = ["n1", "n2"].map(|host| ran(run.dir()).iter().any(|line| line.ends_with(host)));
        (hosts == [true, true]).then_some(())
    });
    run
}

fn begun(stage: Stage) -> Running {
    stage.stdout_any().stderr_any().any_end().start()
}

/// All lines that the jobs have written.
fn ran(folder: &Path) -> Vec<String> {
    let all = (1..=JOBS).flat_map(|number| lines(&folder.join(format!("ran-{number}"))));
    all.collect()
}

/// Lets the jobs end, and checks that each is told once, and is ok.
#[track_caller]
fn assert_all_ok(run: Running) -> Outcome {
    std::fs::write(run.dir().join("go"), "").expect("the folder is there");
    let outcome = run.finish();
    let said = String::from_utf8_lossy(&outcome.stderr).into_owned();
    assert_eq!(ok_jobs(&outcome), JOBS as usize, "{said}");
    assert_eq!(outcome.status.code(), Some(0), "{said}");
    outcome
}

#[test]
fn the_jobs_of_a_node_that_crashed_run_again() {
    if !needs(SLURM) {
        return;
    }
    let lab = Lab::attentive();
    let mut run = waiting(&lab, "slurm");
    lab.node("crash", "n2");
    run.wait_for_stderr("n2: NODE_FAIL");
    let outcome = assert_all_ok(run);
    let again = ran(outcome.dir()).len() - JOBS as usize;
    assert!(again >= 1, "the lost ones ran twice");
}

#[test]
fn the_jobs_of_a_node_that_was_cut_off_are_told_once() {
    if !needs(SLURM) {
        return;
    }
    let lab = Lab::attentive();
    let mut run = waiting(&lab, "slurm");
    lab.node("cut", "n2");
    run.wait_for_stderr("n2: NODE_FAIL");
    lab.node("mend", "n2");
    assert_all_ok(run);
}

#[test]
fn jobs_outlive_the_daemon_of_their_node() {
    if !needs(SLURM) {
        return;
    }
    let lab = Lab::own();
    let run = waiting(&lab, "slurm");
    lab.node("stop", "n2");
    let outcome = assert_all_ok(run);
    assert_eq!(ran(outcome.dir()).len(), JOBS as usize, "none ran twice");
}

#[test]
fn jobs_outlive_the_process_of_slurm_that_watches_them() {
    if !needs(SLURM) {
        return;
    }
    let lab = Lab::own();
    let run = waiting(&lab, "slurm");
    lab.on("n2", &["pkill", "-KILL", "slurmstepd"]);
    let outcome = assert_all_ok(run);
    assert_eq!(ran(outcome.dir()).len(), JOBS as usize, "none ran twice");
    wait_for("an empty queue", || lab.queue().is_empty());
}

#[test]
fn the_jobs_of_a_prun_that_was_killed_on_its_node_run_again() {
    if !needs(SLURM) {
        return;
    }
    let lab = Lab::own();
    let mut run = waiting(&lab, "slurm");
    lab.on("n2", &["pkill", "-KILL", "-f", "prun --work"]);
    run.wait_for_stderr("n2: FAILED");
    assert_all_ok(run);
}

#[test]
fn a_job_that_must_not_run_twice_fails_with_its_node() {
    if !needs(SLURM) {
        return;
    }
    let lab = Lab::own();
    let mut run = waiting(&lab, "slurm:--no-requeue");
    lab.on("n2", &["pkill", "-KILL", "-f", "prun --work"]);
    run.wait_until("the end of a job", |run| {
        let told = run.stdout_text();
        told.contains("\"lost\"").then_some(())
    });
    std::fs::write(run.dir().join("go"), "").expect("the folder is there");
    let outcome = run.finish();
    assert_eq!(outcome.status.code(), Some(1));
    assert_eq!(ran(outcome.dir()).len(), JOBS as usize, "none ran twice");
    let ends = endings(&outcome);
    assert_eq!(ends.len(), JOBS as usize, "{ends:?}");
    let lost = ends.iter().filter(|end| end.ends_with(" failed lost"));
    assert!(lost.count() >= 1, "{ends:?}");
    let records = outcome.json();
    let lost = records.iter().find(|record| record["reason"] == "lost");
    let error = lost.expect("one is lost")["error"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    assert!(error.contains("n2") && error.contains("FAILED"), "{error}");
}

#[test]
fn a_controller_that_is_away_loses_no_job() {
    if !needs(SLURM) {
        return;
    }
    let lab = Lab::own();
    let run = waiting(&lab, "slurm");
    lab.node("stop", "slurmctld");
    std::fs::write(run.dir().join("go"), "").expect("the folder is there");
    std::thread::sleep(std::time::Duration::from_secs(3));
    lab.node("start", "slurmctld");
    let outcome = assert_all_ok(run);
    assert_eq!(ran(outcome.dir()).len(), JOBS as usize, "none ran twice");
}
