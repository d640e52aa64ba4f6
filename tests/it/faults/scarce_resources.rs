//! Little memory, a missing working directory, an excessive number of jobs, unrelated files.

use std::time::Duration;

use super::fixtures::inject_faults;
use crate::needs::needs;
use crate::stage::Stage;

const TIME_LIMIT: Duration = Duration::from_secs(60);

#[test]
fn little_address_space_is_enough() {
    for kibibytes in [40_000, 80_000] {
        Stage::new()
            .args(["-j4", "echo a", "seq 200000 | tail -n 1", "echo c"])
            .in_shell(&format!("ulimit -v {kibibytes}; exec \"$@\""))
            .stdout_has("a\n")
            .stdout_has("200000\n")
            .stdout_has("c\n")
            .within(TIME_LIMIT)
            .run();
    }
}

#[test]
fn a_small_stack_is_enough() {
    Stage::new()
        .args(["-j4", "echo a", "seq 200000 | tail -n 1"])
        .in_shell("ulimit -s 256; exec \"$@\"")
        .stdout_has("a\n")
        .stdout_has("200000\n")
        .run();
}

#[test]
fn jobs_run_in_a_folder_that_is_gone() {
    Stage::new()
        .args([
            "-j1",
            "/bin/echo a",
            "echo b | cat",
            "head -c 100000 /dev/zero | wc -c",
        ])
        .in_shell("mkdir gone; cd gone; rmdir ../gone; exec \"$@\"")
        .stdout("a\nb\n100000\n")
        // Shells warn about it.
        .stderr_any()
        .run();
}

#[test]
fn a_file_in_the_folder_that_is_gone_is_refused() {
    let outcome = Stage::new()
        .args(["--joblog", "run.log", "touch /tmp/never"])
        .in_shell("mkdir gone; cd gone; rmdir ../gone; exec \"$@\"")
        .stderr("prun: --joblog run.log: No such file or directory (os error 2)\n")
        .code(2)
        .run();
    drop(outcome);
}

#[test]
fn j_of_a_million_runs_all_jobs_at_once() {
    let outcome = Stage::new()
        .args(["-j", "1000000"])
        .stdin("echo x\n".repeat(300))
        .in_shell("ulimit -n 256; exec \"$@\"")
        .stdout("x\n".repeat(300))
        .stderr_has("the limit on open files is low (ulimit -n)\n")
        .within(TIME_LIMIT)
        .run();
    assert!(outcome.peak_memory() < 16 << 20);
}

const FILES: &str = "file descriptors (ulimit -n)";

#[test]
fn a_lasting_shortage_is_waited_for_once() {
    if !needs("strace") {
        return;
    }
    let outcome = inject_faults(Stage::new(), &["pipe2:error=EMFILE"])
        .args(["--json", "-j2"])
        .args(["echo a"; 5])
        .stdout_any()
        .stderr(format!(
            "prun: the system is out of {FILES}: running at most 1 at once from now on\n\
             prun: no job could be started: the system is out of {FILES}\n\
             {}── 5 jobs: 5 spawn error ([TIME])\n",
            format!("── echo a (could not start: out of {FILES}, [TIME])\n   $ echo a\n").repeat(5)
        ))
        .code(2)
        .not_before(Duration::from_secs(30))
        .within(TIME_LIMIT)
        .run();
    for record in outcome.json() {
        assert_eq!(record["status"], "spawn_error");
        assert!(record["error"].is_string());
    }
}

#[test]
fn nothing_is_read_from_the_folder_or_from_home() {
    if !needs("strace") {
        return;
    }
    let outcome = inject_faults(Stage::new(), &["openat", "execve"])
        .file(".prunrc", "exit 1")
        .file("prun.toml", "jobs = 1")
        .file(".config/prun/config.toml", "jobs = 1")
        .file("echo", "#!/bin/sh\necho evil\n")
        .args(["/bin/echo a", "/bin/echo a"])
        .stdout("a\na\n")
        .run();
    let trace = outcome.read_text("trace");
    let prun = trace.split(' ').next().expect("prun makes calls");
    let folder = outcome.dir().to_str().expect("a temporary path is text");
    for line in trace.lines().filter(|line| line.starts_with(prun)) {
        let is_relative =
            line.contains("openat(AT_FDCWD, \"") && !line.contains("openat(AT_FDCWD, \"/");
        assert!(
            !is_relative && !line.contains(&format!("openat(AT_FDCWD, \"{folder}")),
            "{line}"
        );
    }
}
