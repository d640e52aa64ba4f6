//! What a cluster does not take, and what its users have in their environment.

use super::lab::Lab;
use super::ok_jobs;
use crate::needs::{SLURM, needs};

#[test]
fn what_sbatch_refuses_is_told_in_its_own_words() {
    if !needs(SLURM) {
        return;
    }
    let lab = Lab::shared();
    for (words, said) in [
        ("-p nowhere", "invalid partition"),
        ("--no-such-option", "unrecognized option"),
        ("-w n99", "Invalid node name"),
    ] {
        let stage = lab
            .stage()
            .args(["--on", &format!("slurm:{words}"), "touch started"]);
        let outcome = stage.stderr_has(said).code(2).run();
        let left: Vec<_> = std::fs::read_dir(outcome.dir())
            .expect("it is there")
            .collect();
        assert!(left.is_empty(), "{words}: {left:?}");
    }
}

#[test]
fn a_cluster_with_small_arrays_gets_several() {
    if !needs(SLURM) {
        return;
    }
    let lab = Lab::with(&[
        ("SLURM_MAX_ARRAY", "11"),
        ("SLURM_MAX_JOBS", "12"),
        ("SLURM_MIN_JOB_AGE", "2"),
    ]);
    let stage = lab
        .slurm()
        .args(["--json", "--chunk", "1", "-j4", "echo {}", ":::"]);
    let outcome = stage
        .args((1..=14).map(|n: u32| n.to_string()))
        .stdout_any()
        .stderr_any()
        .run();
    assert_eq!(ok_jobs(&outcome), 14);
}

#[test]
fn a_detached_run_is_one_array() {
    if !needs(SLURM) {
        return;
    }
    let lab = Lab::with(&[("SLURM_MAX_ARRAY", "11")]);
    let stage = lab
        .slurm()
        .args(["--detach", "--chunk", "1", "echo", ":::"]);
    let outcome = stage
        .args((1..=12).map(|n| n.to_string()))
        .stderr("prun: --detach: 12 chunks are more than the 11 of a job array here: write --chunk N with a larger N\n")
        .code(2)
        .run();
    let left = std::fs::read_dir(outcome.dir()).expect("it is there");
    assert_eq!(left.count(), 0);
    assert!(lab.queue().is_empty());
}

#[test]
fn variables_for_sbatch_do_not_change_the_run() {
    if !needs(SLURM) {
        return;
    }
    let lab = Lab::shared();
    let stage = lab
        .slurm()
        .env("SBATCH_WAIT", "1")
        .env("SBATCH_PARTITION", "nowhere");
    let stage = stage
        .env("SBATCH_ARRAY_INX", "5-9")
        .env("SLURM_JOB_ID", "1");
    stage.arg("echo a").stdout("a\n").stderr_any().run();
}

#[test]
fn a_run_inside_a_job_of_slurm_is_like_any_other() {
    if !needs(SLURM) {
        return;
    }
    let lab = Lab::shared();
    let prun = lab.folder().with_file_name("prun");
    let stage = lab.stage_of("srun").args(["-Q", "-n1", "-c1"]).arg(prun);
    let stage = stage.args([
        "--on",
        "slurm",
        "echo $SLURM_ARRAY_TASK_ID $SLURM_CPUS_PER_TASK",
    ]);
    stage.stdout("0 1\n").stderr_any().run();
}
