//! Where jobs of a cluster run, and how many at once.

use std::collections::BTreeSet;

use super::lab::{Lab, lines, wait_for};
use super::ok_jobs;
use crate::needs::{SLURM, needs};

#[test]
fn every_job_runs_once_and_on_all_hosts() {
    if !needs(SLURM) {
        return;
    }
    let lab = Lab::shared();
    let stage = lab
        .stage()
        .args(["--on", "slurm:--exclusive", "--json", "--chunk", "4"]);
    let stage = stage.args(["echo {} >>ran-{}; sleep 0.2", ":::"]);
    let outcome = stage
        .args((1..=24).map(|n: u32| n.to_string()))
        .stdout_any()
        .stderr_any()
        .run();
    assert_eq!(ok_jobs(&outcome), 24);
    for number in 1..=24 {
        assert_eq!(
            lines(&outcome.path(format!("ran-{number}"))),
            [number.to_string()]
        );
    }
    let records = outcome.json();
    let hosts = records.iter().filter_map(|record| record["host"].as_str());
    assert_eq!(hosts.collect::<BTreeSet<_>>(), BTreeSet::from(["n1", "n2"]));
}

#[test]
fn no_more_jobs_run_at_once_than_j_says() {
    if !needs(SLURM) {
        return;
    }
    let lab = Lab::shared();
    for (on, jobs, most) in [("slurm", "3", 3), ("slurm:-c 2", "5", 4)] {
        let stage = lab
            .stage()
            .args(["--on", on, "-j", jobs, "--json", "--chunk", "2"]);
        let command =
            "mkdir -p now; touch now/{}; ls now | wc -l >>counts-{}; sleep 0.3; rm now/{}";
        let stage = stage.args([command, ":::"]);
        let outcome = stage
            .args((1..=12).map(|n: u32| n.to_string()))
            .stdout_any()
            .stderr_any()
            .run();
        assert_eq!(ok_jobs(&outcome), 12);
        let counts = (1..=12).flat_map(|number| lines(&outcome.path(format!("counts-{number}"))));
        let counts: Vec<usize> = counts
            .map(|count| count.parse().expect("a count"))
            .collect();
        assert_eq!(
            counts.iter().max(),
            Some(&most),
            "{on} -j {jobs}: {counts:?}"
        );
    }
}

#[test]
fn a_task_with_several_cpus_runs_as_many_jobs_at_once() {
    if !needs(SLURM) {
        return;
    }
    let lab = Lab::shared();
    // One task: each job waits for the other.
    let stage = lab
        .stage()
        .args(["--on", "slurm:-c 2", "-j2", "--chunk", "2"]);
    let wait = "while ! test -e b; do sleep 0.05; done; echo a";
    let stage = stage.args([wait, "touch b; echo b"]);
    stage.stdout_has("a\n").stdout_has("b\n").stderr_any().run();
}

#[test]
fn jobs_of_a_stream_run_before_it_ends() {
    if !needs(SLURM) {
        return;
    }
    let lab = Lab::shared();
    let mut run = lab.slurm().stdin_open().stdout_any().stderr_any().start();
    run.write_stdin("echo first\n");
    run.wait_for_stdout("first\n");
    run.write_stdin("echo second\n");
    run.wait_for_stdout("second\n");
    run.close_stdin();
    run.finish();
}

#[test]
fn the_controller_is_asked_at_most_three_times_for_a_chunk() {
    if !needs(SLURM) {
        return;
    }
    let lab = Lab::own();
    let before = lab.calls();
    let stage = lab
        .slurm()
        .args(["--json", "--chunk", "1", "-j4", "sleep 0.5; echo {}", ":::"]);
    let outcome = stage
        .args((1..=12).map(|n: u32| n.to_string()))
        .stdout_any()
        .stderr_any()
        .run();
    assert_eq!(ok_jobs(&outcome), 12);
    let calls = lab.calls() - before;
    assert!((1..=36).contains(&calls), "{calls} calls for 12 chunks");
}

#[test]
fn a_job_that_waits_in_the_queue_says_why_if_it_may_be_for_ever() {
    if !needs(SLURM) {
        return;
    }
    let lab = Lab::own();
    let stage = lab
        .stage()
        .args(["--on", "slurm:--nodelist=n1", "echo done"]);
    lab.on(
        "login",
        &[
            "scontrol",
            "update",
            "NodeName=n1",
            "State=DRAIN",
            "Reason=test",
        ],
    );
    let mut run = stage.stdout("done\n").stderr_any().start();
    run.wait_for_stderr("ReqNodeNotAvail");
    lab.on(
        "login",
        &["scontrol", "update", "NodeName=n1", "State=RESUME"],
    );
    run.finish();
}

#[test]
fn nothing_is_left_of_a_run() {
    if !needs(SLURM) {
        return;
    }
    let lab = Lab::own();
    let outcome = lab
        .slurm()
        .args(["echo a", "exit 1"])
        .stdout("a\n")
        .stderr_any()
        .code(1)
        .run();
    let left: Vec<_> = std::fs::read_dir(outcome.dir())
        .expect("the folder is there")
        .collect();
    assert!(left.is_empty(), "{left:?}");
    wait_for("an empty queue", || lab.queue().is_empty());
    for host in ["login", "n1", "n2"] {
        let processes = lab.on(host, &["ps", "-e", "-o", "args"]);
        assert!(!processes.contains("--work"), "{host}: {processes}");
    }
}
