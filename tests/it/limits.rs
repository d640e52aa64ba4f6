//! Little is left of what the system gives: prun does with less, waits, and can still be stopped.

use std::time::Duration;

use crate::stage::Stage;

/// Less than the time for which a start is held back when the system is out of something.
const SOON: Duration = Duration::from_secs(20);

#[test]
fn few_descriptors_mean_fewer_jobs_at_once() {
    let warning = "prun: -j 100: only 4 at once, because few files may be open (ulimit -n)\n";
    Stage::new()
        .args(["--json", "-j100"])
        .stdin("ulimit -n\n".repeat(100))
        .in_shell("ulimit -n 64; exec \"$@\" | grep -c '\"status\":\"ok\".*\"stdout\":\"64\\\\n\"'")
        .stdout("100\n")
        .stderr(warning)
        .run();
}

/// A job that leaves its prun without descriptors, and then does something else.
fn taking_all(then: &str) -> String {
    format!("prlimit --pid $PPID --nofile=3: && echo taken; {then}\n")
}

#[test]
fn a_job_waits_until_there_are_descriptors_again() {
    let wait = "touch taken; until [ -e go ]; do sleep 0.01; done";
    let give = "prlimit --pid $PPID --nofile=1000:";
    let mut run = Stage::new()
        .arg("-j2")
        .stdin_open()
        .stdout_has("taken\n")
        .stdout_has("started\n")
        .within(SOON)
        .start();
    run.write_stdin(taking_all(&format!("{wait}; {give}")));
    run.wait_for_file("taken");
    run.write_stdin("echo started\n");
    // Nothing tells that the start is held back, so it gets some time to be.
    std::thread::sleep(Duration::from_millis(200));
    std::fs::write(run.dir().join("go"), "").unwrap();
    run.finish();
}

#[test]
fn a_job_that_waits_for_descriptors_can_be_stopped() {
    let mut run = Stage::new()
        .args(["--grace", "1"])
        .stdin_open()
        .stdout("taken\n")
        .stderr_any()
        .signal(libc::SIGINT)
        .within(SOON)
        .start();
    run.write_stdin(taking_all("true"));
    run.wait_for_stdout("taken\n");
    run.write_stdin("touch started\n");
    // Nothing tells that the start is held back, so it gets some time to be.
    std::thread::sleep(Duration::from_millis(500));
    run.send(libc::SIGINT);
    assert!(!run.finish().path("started").exists());
}
