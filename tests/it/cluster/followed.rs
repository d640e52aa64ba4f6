//! A run that another prun follows.

use std::path::Path;
use std::process::Command;

use super::lab::{Lab, client, lines, wait_for};
use super::{endings, lab, ok_jobs};
use crate::needs::{SLURM, needs};
use crate::stage::{Outcome, Stage, kill};

/// How many jobs these tests run.
const JOBS: u32 = 6;

/// Jobs that wait for the file `go`, all but the first.
fn waiting(stage: Stage) -> Stage {
    let job =
        "echo {} >>ran-{}; test {} = 1 || while ! test -e go; do sleep 0.1; done; echo out {}";
    let stage = stage.args(["--run-dir", "run", "--chunk", "2", "-j2", job, ":::"]);
    stage
        .args((1..=JOBS).map(|n| n.to_string()))
        .stdout_any()
        .stderr_any()
}

/// A run that follows the one in this folder.
fn follow(lab: &Lab, folder: &Path) -> Stage {
    let stage = lab.stage().args(["--json", "--follow"]).arg(folder);
    stage.stdout_any().stderr_any()
}

#[track_caller]
fn assert_told(outcome: &Outcome, ran_in: &Path) {
    assert_eq!(ok_jobs(outcome), JOBS as usize);
    for record in outcome.json() {
        let seq = &record["seq"];
        assert_eq!(record["stdout"], format!("out {seq}\n"));
        let ran = lines(&ran_in.join(format!("ran-{seq}")));
        assert_eq!(ran, [seq.to_string()], "once");
    }
}

#[test]
fn a_run_whose_client_was_killed_is_told_from_its_beginning() {
    if !needs(SLURM) {
        return;
    }
    let lab = Lab::shared();
    let mut run = waiting(lab.slurm()).leaves_processes().any_end().start();
    run.wait_for_file("ran-1");
    run.wait_for_file("run/whole");
    kill(client(&mut run), libc::SIGKILL);
    let dir = run.dir().to_owned();
    wait_for("the end of prun", || !lab::is_running(&mut run));
    let mut second = follow(lab, &dir.join("run")).start();
    second.wait_for_stdout("out 1");
    std::fs::write(dir.join("go"), "").expect("the folder is there");
    let outcome = second.finish();
    assert_told(&outcome, &dir);
    run.finish();
}

#[test]
fn a_run_that_has_ended_is_told_as_often_as_it_is_followed() {
    if !needs(SLURM) {
        return;
    }
    let lab = Lab::shared();
    let first = waiting(lab.slurm().file("go", "")).run();
    for _ in 0..2 {
        let outcome = follow(lab, &first.path("run")).run();
        assert_told(&outcome, first.dir());
    }
    assert!(first.path("run/run.json").exists(), "it is kept");
}

#[test]
fn a_detached_run_is_followed_later() {
    if !needs(SLURM) {
        return;
    }
    let lab = Lab::shared();
    let stage = waiting(lab.slurm().arg("--detach").file("go", ""));
    let detached = stage.stdout("[DIR]/run\n").leaves_processes().run();
    let outcome = follow(lab, &detached.path("run")).run();
    assert_told(&outcome, detached.dir());
}

#[test]
fn two_do_not_follow_the_same_run() {
    if !needs(SLURM) {
        return;
    }
    let lab = Lab::shared();
    let mut run = waiting(lab.slurm()).start();
    run.wait_for_file("run/run.json");
    let folder = run.dir().join("run");
    let refused = follow(lab, &folder)
        .stderr_has("is followed by prun")
        .stderr_has("on login");
    refused.stdout("").code(2).run();
    std::fs::write(run.dir().join("go"), "").expect("the folder is there");
    run.finish();
}

#[test]
fn what_was_not_submitted_is_submitted_by_the_one_who_follows() {
    if !needs(SLURM) {
        return;
    }
    let lab = Lab::shared();
    let mut run = waiting(lab.slurm().file("go", ""))
        .leaves_processes()
        .any_end();
    // As if prun were killed between writing the work and submitting it.
    run = run.script("bin/sbatch", "#!/bin/sh\nkill -KILL $PPID\n");
    let path = format!(
        "{}/bin:{}",
        run.dir().display(),
        std::env::var("PATH").unwrap_or_default()
    );
    let killed = run.env("PATH", path).run();
    assert!(killed.path("run/work/00000").exists());
    let outcome = follow(lab, &killed.path("run")).run();
    assert_told(&outcome, killed.dir());
}

#[test]
fn the_rest_of_a_stream_is_gone_with_its_client() {
    if !needs(SLURM) {
        return;
    }
    let lab = Lab::shared();
    let stage = lab.slurm().args(["--run-dir", "run"]).stdin_open();
    let mut run = stage
        .stdout_any()
        .stderr_any()
        .leaves_processes()
        .any_end()
        .start();
    run.write_stdin("touch first; echo a\n");
    run.wait_for_file("first");
    kill(client(&mut run), libc::SIGKILL);
    wait_for("the end of prun", || !lab::is_running(&mut run));
    let outcome = follow(lab, &run.dir().join("run")).code(2).run();
    assert_eq!(endings(&outcome), ["1 ok"]);
    run.finish();
}

#[test]
fn the_copy_of_prun_in_the_folder_follows_it_as_well() {
    if !needs(SLURM) {
        return;
    }
    let lab = Lab::shared();
    let first = waiting(lab.slurm().file("go", "")).run();
    let same = Command::new("cmp")
        .args([first.path("run/prun"), lab.folder().with_file_name("prun")])
        .status();
    assert!(same.is_ok_and(|status| status.success()));
    let stage = lab
        .stage_of(first.path("run/prun"))
        .args(["--json", "--follow"]);
    let outcome = stage.arg(first.path("run")).stdout_any().stderr_any().run();
    assert_told(&outcome, first.dir());
}
