//! How a run on a cluster is ended.

use super::lab::{Lab, client, send, wait_for};
use super::{endings, lab};
use crate::needs::{SLURM, needs};
use crate::stage::{Outcome, Running, Stage, kill};

/// A run with a job in one chunk that says how it is ended, and one that waits for its task.
fn two(lab: &Lab, options: &[&str]) -> Stage {
    let job = "trap 'echo ended; exit 3' INT TERM; touch begun; while :; do sleep 0.1; done";
    let stage = lab
        .slurm()
        .args(options)
        .args(["-j1", "--chunk", "1", "--json"]);
    let stage = stage.args([&format!("a: {job}"), "b: echo never"]);
    stage.stdout_any().stderr_any().any_end()
}

fn begun(stage: Stage) -> Running {
    let mut run = stage.start();
    run.wait_for_file("begun");
    run
}

#[track_caller]
fn assert_gone(lab: &Lab, outcome: &Outcome) {
    let name = |line: &String| line.contains(&name_of(outcome));
    wait_for("an empty queue", || !lab.queue().iter().any(name));
}

/// What the run is called in Slurm.
fn name_of(outcome: &Outcome) -> String {
    let said = String::from_utf8_lossy(&outcome.stderr).into_owned();
    let name = said.split_whitespace().find_map(|word| {
        let word = word.trim_end_matches(',');
        word.starts_with("prun-").then(|| word.to_owned())
    });
    name.unwrap_or_else(|| panic!("it says what it is called: {said}"))
}

#[test]
fn a_signal_ends_the_jobs_gently_and_their_records_come_back() {
    if !needs(SLURM) {
        return;
    }
    let lab = Lab::shared();
    for signal in [libc::SIGINT, libc::SIGTERM] {
        let mut run = begun(two(lab, &[]).signal(signal));
        send(&mut run, signal);
        let outcome = run.finish();
        assert_eq!(endings(&outcome), ["a canceled signal", "b skipped signal"]);
        assert_eq!(outcome.record_named("a")["stdout"], "ended\n");
        assert_gone(lab, &outcome);
    }
}

#[test]
fn a_second_signal_kills_the_jobs() {
    if !needs(SLURM) {
        return;
    }
    let lab = Lab::shared();
    let job = "trap '' TERM INT; touch begun; while :; do sleep 0.1; done";
    let stage = lab
        .slurm()
        .args(["--grace", "60", "--json", &format!("a: {job}")]);
    let mut run = begun(stage.stdout_any().stderr_any().signal(libc::SIGINT));
    send(&mut run, libc::SIGINT);
    std::thread::sleep(std::time::Duration::from_millis(1500));
    send(&mut run, libc::SIGINT);
    let outcome = run.finish();
    assert_eq!(endings(&outcome), ["a canceled signal"]);
    assert_gone(lab, &outcome);
}

#[test]
fn a_lost_terminal_does_not_end_the_run() {
    if !needs(SLURM) {
        return;
    }
    let lab = Lab::shared();
    let job = "touch begun; while ! test -e go; do sleep 0.1; done; echo done >ended";
    let stage = lab.slurm().args(["--run-dir", "run", job]);
    let mut run = begun(
        stage
            .stdout_any()
            .stderr_has("prun --follow")
            .leaves_processes()
            .signal(libc::SIGHUP),
    );
    let dir = run.dir().to_owned();
    let said = dir.join("run");
    send(&mut run, libc::SIGHUP);
    wait_for("the end of prun", || !lab::is_running(&mut run));
    assert!(said.join("run.json").exists());
    std::fs::write(dir.join("go"), "").expect("the folder is there");
    wait_for("the end of the job", || dir.join("ended").exists());
    wait_for("an empty queue", || {
        let work = said.display().to_string();
        !lab.on("n1", &["ps", "-e", "-o", "args"]).contains(&work)
    });
    run.finish();
}

#[test]
fn what_others_cancel_is_not_run_again() {
    if !needs(SLURM) {
        return;
    }
    let lab = Lab::shared();
    // Slurm sends TERM to the jobs as well.
    let job = "trap '' TERM; touch begun; while :; do sleep 0.1; done";
    let stage = lab
        .slurm()
        .args(["-j1", "--chunk", "1", "--grace", "0.5", "--json"]);
    let stage = stage.args([&format!("a: {job}"), "b: echo never"]);
    let mut run = begun(stage.stdout_any().stderr_any().code(1));
    run.wait_for_stderr("prun-");
    let name = run.wait_until("its name", |run| {
        let said = run.stderr_text();
        let mut words = said
            .split_whitespace()
            .map(|word| word.trim_end_matches(',').to_owned());
        words.find(|word| word.starts_with("prun-"))
    });
    lab.on("login", &["scancel", "-n", &name]);
    let outcome = run.finish();
    assert_eq!(endings(&outcome), ["a canceled engine", "b skipped engine"]);
}

#[test]
fn one_task_that_others_cancel_leaves_the_rest_alone() {
    if !needs(SLURM) {
        return;
    }
    let lab = Lab::own();
    let job = "touch begun-{}; while ! test -e go; do sleep 0.1; done";
    let stage = lab
        .slurm()
        .args(["--chunk", "1", "--json", job, ":::", "1", "2", "3"]);
    let mut run = stage.stdout_any().stderr_any().code(1).start();
    for number in 1..=3 {
        run.wait_for_file(format!("begun-{number}"));
    }
    let tasks = lab.on("login", &["squeue", "-h", "-r", "-o", "%i"]);
    let task = tasks
        .lines()
        .find(|task| task.ends_with("_1"))
        .expect("a second task");
    lab.on("login", &["scancel", task]);
    run.wait_until("the end of its job", |run| {
        run.stdout_text().contains("engine").then_some(())
    });
    std::fs::write(run.dir().join("go"), "").expect("the folder is there");
    let outcome = run.finish();
    assert_eq!(endings(&outcome), ["1 ok", "2 canceled engine", "3 ok"]);
}

#[test]
fn the_first_failure_ends_the_run() {
    if !needs(SLURM) {
        return;
    }
    let lab = Lab::shared();
    let stage = lab.slurm().args(["--fail-fast", "--chunk", "1", "--json"]);
    let stage = stage.args([
        "a: touch begun; sleep 60",
        "b: while ! test -e begun; do sleep 0.1; done; exit 1",
    ]);
    let outcome = stage.stdout_any().stderr_any().code(1).run();
    assert_eq!(endings(&outcome), ["a canceled fail_fast", "b failed"]);
    assert_gone(lab, &outcome);
}

#[test]
fn a_deadline_counts_the_time_in_the_queue() {
    if !needs(SLURM) {
        return;
    }
    let lab = Lab::shared();
    let stage = lab.stage().args([
        "--on",
        "slurm:--begin=now+1hour",
        "--deadline",
        "2",
        "--json",
        "a: true",
    ]);
    let outcome = stage.stdout_any().stderr_any().code(124).run();
    assert_eq!(endings(&outcome), ["a skipped deadline"]);
    assert_gone(lab, &outcome);
}

#[test]
fn a_client_that_is_killed_leaves_its_jobs_running() {
    if !needs(SLURM) {
        return;
    }
    let lab = Lab::shared();
    let job = "touch begun; while ! test -e go; do sleep 0.1; done; echo done >ended";
    let stage = lab.slurm().args(["--run-dir", "run", job]);
    let mut run = begun(stage.stdout_any().stderr_any().leaves_processes().any_end());
    kill(client(&mut run), libc::SIGKILL);
    std::fs::write(run.dir().join("go"), "").expect("the folder is there");
    let ended = run.dir().join("ended");
    wait_for("the end of the job", || ended.exists());
    run.finish();
}
