//! Where the files of a run on a cluster are.

use super::lab::Lab;
use super::ok_jobs;
use crate::needs::{SLURM, needs};

#[test]
fn any_name_of_a_folder_will_do() {
    if !needs(SLURM) {
        return;
    }
    let lab = Lab::shared();
    for name in ["a b", "%j", "it's \"so\" $HOME", "new\nline"] {
        let stage = lab.slurm().args(["--run-dir", name, "echo a"]);
        let outcome = stage.stdout("a\n").stderr_any().run();
        assert!(outcome.path(name).join("run.json").exists(), "it is kept");
    }
}

#[test]
fn a_folder_that_the_nodes_do_not_see_is_told() {
    if !needs(SLURM) {
        return;
    }
    let lab = Lab::shared();
    // Each host has a /tmp of its own.
    let stage = lab
        .slurm()
        .args(["--run-dir", "/tmp/unshared", "--json", "a: true"]);
    let outcome = stage.stdout_any().stderr_any().code(1).run();
    let error = outcome.record_named("a")["error"].to_string();
    for part in [
        "the run folder /tmp/unshared is not there",
        "name one on a file system that all nodes share (--run-dir)",
    ] {
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn a_folder_that_one_node_cannot_write_to_is_told_of_that_node() {
    if !needs(SLURM) {
        return;
    }
    let lab = Lab::own();
    let shared = lab.folder().display().to_string();
    let script = "mount --bind \"$0\" \"$0\" && mount -o remount,ro,bind \"$0\"";
    lab.on("n1", &["sh", "-c", script, &shared]);
    // n2 takes what n1 could not begin.
    let stage = lab
        .slurm()
        .args(["--json", "--chunk", "1", "echo {}", ":::"]);
    let stage = stage.args(["1", "2", "3"]).stdout_any();
    let outcome = stage.stderr_has("n1: FAILED").run();
    assert_eq!(ok_jobs(&outcome), 3);
    let records = outcome.json();
    assert!(records.iter().all(|record| record["host"] == "n2"));
}

#[test]
fn a_disk_that_is_full_ends_the_run() {
    if !needs(SLURM) {
        return;
    }
    let program = std::fs::metadata(env!("CARGO_BIN_EXE_prun")).expect("prun is built");
    // Room for the copy of prun and 4 MB.
    let size = (program.len() >> 20) + 5;
    let lab = Lab::with(&[("HOSTS_SHARED_MB", &size.to_string())]);
    let stage = lab
        .slurm()
        .args(["--json", "a: echo fits", "b: head -c 9000000 /dev/urandom"]);
    let outcome = stage.stdout_any().stderr_any().code(3).run();
    let ends: Vec<_> = outcome
        .json()
        .iter()
        .map(|record| record["status"].clone())
        .collect();
    assert_eq!(ends.len(), 2, "each has its ending");
    assert_ne!(
        outcome.record_named("b")["status"],
        "ok",
        "its output did not come"
    );
}

#[test]
fn a_disk_without_room_for_the_run_is_told_before_it_begins() {
    if !needs(SLURM) {
        return;
    }
    let lab = Lab::with(&[("HOSTS_SHARED_MB", "4")]);
    let stage = lab.slurm().args(["--json", "touch started"]);
    let stage = stage
        .stdout("")
        .stderr_has("run folder: cannot write")
        .any_end();
    let outcome = stage.run();
    assert!(
        matches!(outcome.status.code(), Some(2 | 3)),
        "{:?}",
        outcome.status
    );
    let left: Vec<_> = std::fs::read_dir(outcome.dir())
        .expect("it is there")
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_folder_for_temporary_files_that_a_node_does_not_have_is_replaced() {
    if !needs(SLURM) {
        return;
    }
    let lab = Lab::shared();
    lab.on("login", &["mkdir", "-p", "/tmp/of-login"]);
    let stage = lab.slurm().env("TMPDIR", "/tmp/of-login");
    let stage = stage.args(["--json", "a: head -c 20000000 /dev/zero | tr '\\0' x"]);
    let outcome = stage.stdout_any().stderr_any().run();
    let record = outcome.record_named("a");
    assert_eq!(
        (&record["status"], &record["stdout_bytes"]),
        (&"ok".into(), &20_000_000.into())
    );
}
