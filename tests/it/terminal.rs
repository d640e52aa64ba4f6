//! Job control: jobs, prun and the terminal from which they were started.

use std::time::Duration;

use crate::needs::needs;
use crate::stage::{Stage, kill};

const TIME_LIMIT: Duration = Duration::from_secs(60);

/// An interactive shell with job control, on a terminal.
fn shell() -> Stage {
    Stage::of("/bin/bash")
        .args(["--norc", "--noprofile", "-i"])
        .env("PS1", "ready> ")
        .env("NO_COLOR", "1")
        .env("PRUN", env!("CARGO_BIN_EXE_prun"))
        .pty(24, 100)
        .within(TIME_LIMIT)
}

/// A job that waits in the shell itself: a shell that starts programs to wait in may be in the middle
/// of a fork, and is not seen as stopped then.
fn waiting_job(before: &str) -> String {
    format!("{before}mkfifo pipe; exec 3<>pipe; echo $$ > pid; read x <&3")
}

#[test]
fn ctrl_z_stops_the_jobs_and_the_clocks_and_fg_resumes_them() {
    if !needs("/bin/bash") {
        return;
    }
    let job = format!("{}; echo resumed", waiting_job(""));
    let mut run = shell().start();
    run.wait_for_screen("ready> ");
    run.type_keys(format!("$PRUN -t 3 '{job}'\n").as_bytes());
    let pid: i32 = run.wait_for_line_in("pid").parse().expect("a number");
    run.type_keys(b"\x1a");
    run.wait_for_screen("Stopped");
    let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("the job is there");
    assert!(state.contains(") T "), "the job runs on: {state}");
    // Longer than the time limit of the job, whose clock is stopped.
    run.type_keys(b"sleep 3.5; echo slept=$?\n");
    run.wait_for_screen("slept=0");
    std::fs::write(run.dir().join("pipe"), "go on\n").expect("the job holds the pipe");
    run.type_keys(b"fg\n");
    run.wait_for_screen("resumed");
    run.type_keys(b"exit\n");
    let outcome = run.finish();
    let screen = String::from_utf8_lossy(&outcome.screen);
    assert!(screen.contains("1 job: 1 ok"), "{screen}");
}

#[test]
fn a_job_that_ignores_ctrl_z_is_stopped_as_well() {
    if !needs("/bin/bash") {
        return;
    }
    let job = waiting_job("trap \"\" TSTP; ");
    let mut run = shell().start();
    run.wait_for_screen("ready> ");
    run.type_keys(format!("$PRUN '{job}'\n").as_bytes());
    let pid: i32 = run.wait_for_line_in("pid").parse().expect("a number");
    run.type_keys(b"\x1a");
    run.wait_for_screen("Stopped");
    let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("the job is there");
    assert!(state.contains(") T "), "the job runs on: {state}");
    std::fs::write(run.dir().join("pipe"), "go on\n").expect("the job holds the pipe");
    run.type_keys(b"fg\n");
    run.wait_for_screen("1 job: 1 ok");
    run.type_keys(b"exit\n");
    run.finish();
}

#[test]
fn an_orphaned_process_group_is_not_stopped() {
    let mut run = Stage::new()
        .args(["echo up > up; while ! test -e told; do sleep 0.02; done; echo done"])
        .new_session()
        .stdout("done\n")
        .start();
    run.wait_for_line_in("up");
    run.send(libc::SIGTSTP);
    std::fs::write(run.dir().join("told"), "").expect("the folder is writable");
    run.finish();
}

#[test]
fn a_job_that_reads_the_terminal_is_ended_with_the_reason() {
    let outcome = Stage::new()
        .args(["--json", "read x < /dev/tty; echo got it"])
        .pty(24, 100)
        .within(TIME_LIMIT)
        .code(1)
        .run();
    let screen = String::from_utf8_lossy(&outcome.screen);
    assert!(screen.contains(r#""reason":"needs_terminal""#), "{screen}");
    assert!(
        screen.contains("needs the terminal: run it with --tty"),
        "{screen}"
    );
}

#[test]
fn with_tty_a_job_reads_the_terminal() {
    let mut run = Stage::new()
        .args([
            "--tty",
            "echo ask; read x; echo \"got $x\"",
            "echo again; read y; echo \"and $y\"",
        ])
        .pty(24, 100)
        .within(TIME_LIMIT)
        .start();
    run.wait_for_screen("ask");
    run.type_keys(b"one\n");
    run.wait_for_screen("got one");
    run.wait_for_screen("again");
    run.type_keys(b"two\n");
    run.wait_for_screen("and two");
    run.finish();
}

#[test]
fn ctrl_c_on_a_job_that_has_the_terminal_ends_prun_too() {
    let mut run = Stage::new()
        .args(["--tty", "echo up; exec sleep 300", "touch never"])
        .pty(24, 100)
        .within(TIME_LIMIT)
        .signal(libc::SIGINT)
        .start();
    run.wait_for_screen("up");
    run.type_keys(b"\x03");
    let outcome = run.finish();
    assert!(!outcome.path("never").exists());
}

#[test]
fn without_a_terminal_tty_is_an_error() {
    Stage::new()
        .args(["--tty", "touch never"])
        .new_session()
        .stderr("prun: --tty: no terminal for the jobs\n")
        .code(2)
        .run();
}

#[test]
fn a_job_stopped_from_outside_continues_when_continued() {
    let mut run = Stage::new()
        .args(["echo $$ > pid; while ! test -e told; do sleep 0.02; done; echo done"])
        .stdout("done\n")
        .start();
    let pid: i32 = run.wait_for_line_in("pid").parse().expect("a number");
    assert!(kill(pid, libc::SIGSTOP));
    assert!(kill(pid, libc::SIGCONT));
    std::fs::write(run.dir().join("told"), "").expect("the folder is writable");
    run.finish();
}

#[test]
fn ctrl_z_during_a_start_blocks_nothing() {
    if !needs("strace") {
        return;
    }
    // The child is delayed for half a second while it is still in the process group of prun.
    let slow = "inject=setpgid:delay_enter=500000:when=1";
    let mut run = Stage::new()
        .args(["echo first", "echo second"])
        .under([
            "strace",
            "-f",
            "-qq",
            "-o",
            "trace",
            "-e",
            "trace=clone3,setpgid",
            "-e",
            slow,
        ])
        .pty(24, 80)
        .screen_has("first")
        .screen_has("second")
        .start();
    run.wait_for_file("trace");
    run.wait_until("a child", |run| {
        let trace = std::fs::read_to_string(run.dir().join("trace")).unwrap_or_default();
        trace.contains("clone3(").then_some(())
    });
    run.type_keys(b"\x1a");
    run.finish();
}
