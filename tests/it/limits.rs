//! Low system limits: prun runs fewer jobs, waits, and can still be cancelled.

use std::fs;
use std::time::Duration;

use crate::needs::{ROOT, needs};
use crate::stage::Stage;

/// Less than the time for which a start is delayed while the system is out of a resource.
const TIME_LIMIT: Duration = Duration::from_secs(20);

#[test]
fn few_descriptors_mean_fewer_jobs_at_once() {
    Stage::new()
        .args(["--json", "-j100"])
        .stdin("ulimit -n\n".repeat(100))
        .in_shell("ulimit -n 64; exec \"$@\" | grep -c '\"status\":\"ok\".*\"stdout\":\"64\\\\n\"'")
        .stdout("100\n")
        .stderr_has(" of 100 jobs at once: the limit on open files is low (ulimit -n)\n")
        .run();
}

/// Jobs that end only if all of them run at once.
fn jobs_that_need_each_other() -> [String; 3] {
    let wait = "until [ -e 1 ] && [ -e 2 ] && [ -e 3 ]; do sleep 0.01; done";
    [1, 2, 3].map(|number| format!("touch {number}; {wait}"))
}

#[test]
fn few_descriptors_are_enough_for_a_server_and_its_clients() {
    for limit in [40, 48, 64] {
        Stage::new()
            .args(jobs_that_need_each_other())
            .in_shell(&format!("ulimit -n {limit}; exec \"$@\""))
            .within(TIME_LIMIT)
            .run();
    }
}

const ONE_OF_THREE: &str =
    "prun: running only 1 of 3 jobs at once: the limit on open files is low (ulimit -n)\n";

#[test]
fn a_reduced_number_of_jobs_at_once_is_reported() {
    for options in [&[][..], &["-j0"], &["-j3"], &["-j300%"]] {
        Stage::new()
            .args(options)
            .args(["echo a", "echo a", "echo a"])
            .in_shell("ulimit -n 26; exec \"$@\"")
            .stdout("a\na\na\n")
            .stderr(ONE_OF_THREE)
            .run();
    }
    Stage::new()
        .args(["-j9", "echo a"])
        .in_shell("ulimit -n 26; exec \"$@\"")
        .stdout("a\n")
        .run();
}

#[test]
fn inherited_descriptors_count() {
    if !needs("python3") {
        return;
    }
    let script = "import os, resource, sys\n\
        for _ in range(1000): os.dup2(0, os.open('/dev/null', 0), inheritable=True)\n\
        resource.setrlimit(resource.RLIMIT_NOFILE, (1024, 1024))\n\
        os.execvp(sys.argv[1], sys.argv[1:])";
    Stage::new()
        .args(["echo a", "echo a", "echo a"])
        .under(["python3", "-c", script])
        .stdout("a\na\na\n")
        .stderr(ONE_OF_THREE)
        .within(TIME_LIMIT)
        .run();
}

#[test]
fn too_few_descriptors_to_begin_with_are_an_error() {
    for limit in 7..=14 {
        Stage::new()
            .args(["--json", "touch never"])
            .in_shell(&format!("ulimit -n {limit}; exec \"$@\""))
            .stderr(format!(
                "prun: cannot open enough files (ulimit -n {limit}): \
                 Too many open files (os error 24)\n"
            ))
            .code(2)
            .run();
    }
}

const OUT_OF_FILES: &str = "prun: the system is out of file descriptors (ulimit -n): running at most 1 at once from now on\n";

/// A job that takes all descriptors of its prun, and then runs another command.
fn take_all_descriptors(then: &str) -> String {
    format!("prlimit --pid $PPID --nofile=3: && echo taken; {then}\n")
}

#[test]
fn a_job_waits_until_there_are_descriptors_again() {
    if !needs("prlimit") {
        return;
    }
    let wait = "touch taken; until [ -e go ]; do sleep 0.01; done";
    let give = "prlimit --pid $PPID --nofile=1000:";
    let mut run = Stage::new()
        .arg("-j2")
        .stdin_open()
        .stdout_has("taken\n")
        .stdout_has("started\n")
        .stderr(OUT_OF_FILES)
        .within(TIME_LIMIT)
        .start();
    run.write_stdin(take_all_descriptors(&format!("{wait}; {give}")));
    run.wait_for_file("taken");
    run.write_stdin("echo started\n");
    // Nothing reports that the start is delayed, so give it some time.
    std::thread::sleep(Duration::from_millis(200));
    fs::write(run.dir().join("go"), "").unwrap();
    run.finish();
}

#[test]
fn a_job_that_waits_for_descriptors_can_be_canceled() {
    if !needs("prlimit") {
        return;
    }
    let mut run = Stage::new()
        .args(["--grace", "1"])
        .stdin_open()
        .stdout("taken\n")
        .stderr_any()
        .signal(libc::SIGINT)
        .within(TIME_LIMIT)
        .start();
    run.write_stdin(take_all_descriptors("true"));
    run.wait_for_stdout("taken\n");
    run.write_stdin("touch started\n");
    // Nothing reports that the start is delayed, so give it some time.
    std::thread::sleep(Duration::from_millis(500));
    run.send(libc::SIGINT);
    assert!(!run.finish().path("started").exists());
}

#[test]
fn few_processes_mean_fewer_jobs_at_once() {
    // Root has no such limit, and for other users all their processes would count.
    if !needs(ROOT) || !needs("prlimit") {
        return;
    }
    let user = 20_000 + std::process::id() % 20_000;
    let as_nobody_else = format!("setpriv --reuid={user} --regid={user} --clear-groups");
    let counts = "grep -c '\"status\":\"ok\".*\"attempts\":1,'";
    Stage::new()
        .args(["--json", "-j60"])
        .stdin("sleep 0.05\n".repeat(60))
        .in_shell(&format!(
            "chmod 755 \"$HOME\" \"$HOME/..\"; cp \"$1\" prun; shift
            prlimit --nproc=20 {as_nobody_else} ./prun \"$@\" | {counts}"
        ))
        .stdout("60\n")
        .stderr_has("prun: the system is out of processes (ulimit -u, pids.max): running at most ")
        .run();
}
