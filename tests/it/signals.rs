//! Signals to prun: they are passed on, the jobs end, and prun re-raises the signal.

use std::os::unix::process::ExitStatusExt as _;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::stage::{Running, Stage, is_alive, kill};

/// Far more than any of these runs needs, far less than the jobs or a long grace would last.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// A job that waits for a signal in the shell itself: a shell that starts a program to wait in may
/// lose the signal during its fork. `traps` runs first; the pipe is never written.
fn waiting_job(traps: &str) -> String {
    format!("{traps}; exec 3<>pipe; echo partial; echo up > up; while :; do read x <&3; done")
}

/// prun with `options` and one such job.
fn run_of(options: &[&str], traps: &str) -> Stage {
    Stage::new()
        .arg("--json")
        .args(options)
        .arg(waiting_job(traps))
        .in_shell("ulimit -c unlimited; mkfifo pipe; exec \"$@\"")
        .stdout_any()
        .within(TIME_LIMIT)
}

/// Starts it; returns when the job is waiting.
pub(crate) fn up(stage: Stage) -> Running {
    let mut run = stage.start();
    run.wait_for_line_in("up");
    run
}

/// Checks that a signal is passed on as it is, and re-raised by prun without a core dump.
fn assert_passed_on(number: i32, name: &str) {
    let word = name.strip_prefix("SIG").expect("a name of a signal");
    let words = ["INT", "TERM", "HUP", "QUIT"];
    let traps = words.map(|word| format!("trap 'echo {word} >> got; exit 0' {word}"));
    let again = match number {
        libc::SIGINT => "press Ctrl-C",
        _ => "signal",
    };
    let stage = run_of(&["--grace", "1h"], &traps.join("; "))
        .stderr(format!(
            "prun: {name}: cancelling 1 job (SIGKILL in 1h00m); {again} again to kill now\n\
             ── 1 job: 1 canceled ([TIME])\n"
        ))
        .signal(number);
    let mut run = up(stage);
    run.send(number);
    let outcome = run.finish();
    assert_eq!(outcome.read_text("got"), format!("{word}\n"));
    let record = outcome.record(1);
    assert_eq!(record["status"], "canceled");
    assert_eq!(record["reason"], "signal");
    assert_eq!(record["exit_code"], 0);
    assert_eq!(record["stdout"], "partial\n");
    assert!(!outcome.status.core_dumped());
}

#[test]
fn int_is_passed_on() {
    assert_passed_on(libc::SIGINT, "SIGINT");
}

#[test]
fn term_is_passed_on() {
    assert_passed_on(libc::SIGTERM, "SIGTERM");
}

#[test]
fn hup_is_passed_on() {
    assert_passed_on(libc::SIGHUP, "SIGHUP");
}

#[test]
fn quit_is_passed_on_and_leaves_no_core() {
    assert_passed_on(libc::SIGQUIT, "SIGQUIT");
}

/// All other signals whose default action would end prun.
fn other_fatal_signals() -> Vec<i32> {
    let mut all = vec![
        libc::SIGABRT,
        libc::SIGALRM,
        libc::SIGIO,
        libc::SIGPROF,
        libc::SIGPWR,
        libc::SIGSTKFLT,
        libc::SIGSYS,
        libc::SIGTRAP,
        libc::SIGUSR2,
        libc::SIGVTALRM,
        libc::SIGXCPU,
    ];
    all.extend([libc::SIGRTMIN(), libc::SIGRTMIN() + 7, libc::SIGRTMAX()]);
    all
}

#[test]
fn other_fatal_signals_terminate_the_jobs_and_are_re_raised() {
    for number in other_fatal_signals() {
        let traps = "trap 'echo TERM > got; exit 0' TERM";
        let stage = run_of(&["--grace", "1h"], traps)
            .stderr_has(": cancelling 1 job (SIGKILL in 1h00m); signal again to kill now\n")
            .signal(number);
        let mut run = up(stage);
        run.send(number);
        let outcome = run.finish();
        assert_eq!(outcome.read_text("got"), "TERM\n", "signal {number}");
        assert_eq!(outcome.record(1)["status"], "canceled", "signal {number}");
        assert!(!outcome.status.core_dumped(), "signal {number}");
    }
}

#[test]
fn other_fatal_signals_kill_the_jobs_the_second_time() {
    let stage = run_of(&["--grace", "1h"], "trap '' TERM")
        .stderr_has("prun: SIGTERM again: killing 1 job; signal again to exit now\n")
        .signal(libc::SIGUSR2);
    let mut run = up(stage);
    run.send(libc::SIGUSR2);
    run.wait_for_stderr("prun: SIGUSR2: cancelling 1 job ");
    run.send(libc::SIGTERM);
    assert_eq!(run.finish().record(1)["signal"], "SIGKILL");
}

#[test]
fn output_that_was_printed_before_the_signal_is_shown() {
    let job = "echo out; echo err >&2; echo up > up; sleep 300";
    let stage = Stage::new()
        .args([job, "true"])
        .stdout("out\n")
        .stderr_has("\nerr\n── 2 jobs: ")
        .signal(libc::SIGTERM)
        .within(TIME_LIMIT);
    let mut run = up(stage);
    run.send(libc::SIGTERM);
    run.finish();
}

#[test]
fn a_job_that_dies_by_the_signal_is_canceled() {
    let mut run = up(run_of(&["--grace", "1h"], ":")
        .stderr_any()
        .signal(libc::SIGINT));
    run.send(libc::SIGINT);
    let record = run.finish().record(1);
    assert_eq!(record["status"], "canceled");
    assert_eq!(record["signal"], "SIGINT");
    assert_eq!(record["exit_code"], Value::Null);
}

#[test]
fn term_follows_int_after_half_the_grace() {
    let traps = "trap '' INT; trap 'echo TERM > got; exit 5' TERM";
    let stage = run_of(&["--grace", "3"], traps)
        .stderr_any()
        .signal(libc::SIGINT);
    let mut run = up(stage);
    let sent = Instant::now();
    run.send(libc::SIGINT);
    run.wait_for_line_in("got");
    assert!(sent.elapsed() >= Duration::from_millis(1500));
    let record = run.finish().record(1);
    assert_eq!(record["exit_code"], 5);
    assert_eq!(record["status"], "canceled");
}

#[test]
fn a_background_child_that_ignores_int_is_ended_too() {
    // A shell without job control starts `&` commands with INT and QUIT ignored.
    let stage = Stage::new()
        .args(["--grace", "1", "sleep 300 & echo up > up; wait"])
        .stderr_any()
        .signal(libc::SIGINT)
        .within(TIME_LIMIT);
    let mut run = up(stage);
    run.send(libc::SIGINT);
    run.finish();
}

#[test]
fn a_job_that_ignores_all_signals_is_killed_after_the_grace() {
    let stage = run_of(&["--grace", "1"], "trap '' INT TERM")
        .stderr_has("cancelling 1 job (SIGKILL in 1.0 s);")
        .signal(libc::SIGINT);
    let mut run = up(stage);
    let sent = Instant::now();
    run.send(libc::SIGINT);
    let outcome = run.finish();
    assert!(sent.elapsed() >= Duration::from_secs(1));
    assert_eq!(outcome.record(1)["signal"], "SIGKILL");
}

#[test]
fn a_grace_of_0_kills_at_the_first_signal() {
    let stage = run_of(&["--grace", "0"], "trap '' INT TERM").stderr_any();
    let mut run = up(stage.signal(libc::SIGINT));
    run.send(libc::SIGINT);
    assert_eq!(run.finish().record(1)["signal"], "SIGKILL");
}

#[test]
fn a_stopped_job_is_continued_to_act_on_the_signal() {
    let job = "trap 'echo acted; exit 0' TERM; echo $$ > up; kill -STOP $$; while :; do :; done";
    let stage = Stage::new()
        .args(["--grace", "1h", job])
        .stdout("acted\n")
        .stderr_any()
        .signal(libc::SIGTERM)
        .within(TIME_LIMIT);
    let mut run = stage.start();
    let job: i32 = run.wait_for_line_in("up").parse().unwrap();
    run.wait_until("the stop", |_| is_stopped(job).then_some(()));
    run.send(libc::SIGTERM);
    run.finish();
}

#[test]
fn a_second_signal_kills_at_once_and_is_reported() {
    let stage = run_of(&["--grace", "1h"], "trap '' INT TERM")
        .stderr(
            "prun: SIGINT: cancelling 1 job (SIGKILL in 1h00m); press Ctrl-C again to kill now\n\
             prun: SIGTERM again: killing 1 job; signal again to exit now\n── 1 job: 1 canceled ([TIME])\n",
        )
        .signal(libc::SIGINT);
    let mut run = up(stage);
    run.send(libc::SIGINT);
    run.wait_for_stderr("again to kill now\n");
    run.send(libc::SIGTERM);
    let record = run.finish().record(1);
    assert_eq!(record["signal"], "SIGKILL");
    assert_eq!(record["status"], "canceled");
}

#[test]
fn repeating_the_same_signal_kills() {
    let stage = run_of(&["--grace", "1h"], "trap '' INT TERM")
        .stderr_has("prun: SIGINT again: killing 1 job; press Ctrl-C again to exit now\n")
        .signal(libc::SIGINT);
    let mut run = up(stage);
    run.send(libc::SIGINT);
    run.wait_for_stderr("again to kill now\n");
    // The same signal within 150 ms would count as one.
    let later = run.elapsed() + Duration::from_millis(200);
    run.wait_until("a while", |run| (run.elapsed() > later).then_some(()));
    run.send(libc::SIGINT);
    run.finish();
}

/// Whether the run has exited. A zombie can still be signalled.
pub(crate) fn ended(run: &Running) -> bool {
    !is_alive(run.pid())
}

/// Whether a process is stopped.
pub(crate) fn is_stopped(pid: i32) -> bool {
    std::fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| stat.contains(") T "))
}

#[test]
fn a_signal_that_arrives_twice_at_once_counts_once() {
    let traps = "trap 'echo INT >> got; sleep 0.3; exit 0' INT";
    let stage = run_of(&["--grace", "1h"], traps)
        .stderr_any()
        .signal(libc::SIGINT);
    let mut run = up(stage);
    run.send(libc::SIGINT);
    run.send(libc::SIGINT);
    let outcome = run.finish();
    assert_eq!(outcome.record(1)["exit_code"], 0);
    assert_eq!(outcome.read_text("got"), "INT\n");
}

#[test]
fn jobs_that_did_not_start_are_skipped() {
    let stage = Stage::new()
        .args([
            "--json",
            "-j1",
            "echo up > up; sleep 300",
            "touch second",
            "web: touch third",
        ])
        .stdout_any()
        .stderr_has("── 3 jobs: 1 canceled, 2 skipped ([TIME])\n")
        .signal(libc::SIGINT)
        .within(TIME_LIMIT);
    let mut run = up(stage);
    run.send(libc::SIGINT);
    let outcome = run.finish();
    for record in [outcome.record(2), outcome.record_named("web")] {
        assert_eq!(record["status"], "skipped");
        assert_eq!(record["reason"], "signal");
    }
    assert!(!outcome.path("second").exists() && !outcome.path("third").exists());
}

#[test]
fn a_job_that_had_ended_keeps_its_ending() {
    let stage = Stage::new()
        .args([
            "--json",
            "exit 3",
            "until [ -e first ]; do sleep 0.01; done; echo up > up; sleep 300",
        ])
        .stdout_any()
        .stderr_has("── 2 jobs: 1 failed, 1 canceled ([TIME])\n")
        .signal(libc::SIGINT)
        .within(TIME_LIMIT);
    let mut run = stage.start();
    run.wait_for_stdout("\"status\":\"failed\"");
    std::fs::write(run.dir().join("first"), "").unwrap();
    run.wait_for_line_in("up");
    run.send(libc::SIGINT);
    assert_eq!(run.finish().record(1)["exit_code"], 3);
}

#[test]
fn a_job_that_waits_for_another_attempt_keeps_the_one_it_had() {
    let stage = Stage::new()
        .args(["--json", "-j1", "--retries", "3", "--retry-delay", "1h"])
        .args(["exit 3", "echo up > up; sleep 300"])
        .stdout_any()
        .stderr_any()
        .signal(libc::SIGINT)
        .within(TIME_LIMIT);
    let mut run = up(stage);
    run.send(libc::SIGINT);
    let outcome = run.finish();
    let record = outcome.record(1);
    assert_eq!(record["status"], "failed");
    assert_eq!(record["attempts"], 1);
    assert_eq!(record["exit_code"], 3);
    assert_eq!(
        outcome.record(2)["attempts"],
        1,
        "a canceled job is not tried again"
    );
}

#[test]
fn a_signal_ends_the_wait_for_input() {
    let mut run = Stage::new()
        .stdin_open()
        .stdout("a\n")
        .stderr_has("prun: SIGTERM: ")
        .signal(libc::SIGTERM)
        .within(TIME_LIMIT)
        .start();
    run.write_stdin("echo a\n");
    run.wait_for_stdout("a\n");
    run.send(libc::SIGTERM);
    run.wait_until("the end", |run| ended(run).then_some(()));
    run.finish();
}

#[test]
fn a_stuck_reader_cannot_keep_prun_from_ending() {
    let stage = Stage::new()
        .args(["head -c 3000000 /dev/zero; echo up > up", "true"])
        .hold_stdout()
        .stdout_any()
        .stderr_any()
        .signal(libc::SIGINT)
        .within(TIME_LIMIT);
    let mut run = up(stage);
    // The first signal ends the job, if it has not ended; the second ends the wait for the reader.
    run.wait_until("the end", |run| {
        (!kill(run.pid(), libc::SIGINT) || ended(run)).then_some(())
    });
    run.finish();
}

#[test]
fn a_nested_prun_ends_its_own_jobs() {
    let inner = format!(
        "{} 'echo up > up; sleep 300' 'echo up > up2; sleep 300'",
        env!("CARGO_BIN_EXE_prun")
    );
    let stage = Stage::new()
        .args(["--json", &inner])
        .stdout_any()
        .stderr_any()
        .signal(libc::SIGTERM)
        .within(TIME_LIMIT);
    let mut run = up(stage);
    run.wait_for_file("up2");
    run.send(libc::SIGTERM);
    let record = run.finish().record(1);
    assert_eq!(record["signal"], "SIGTERM");
    let messages = record["stderr"].as_str().unwrap();
    assert!(messages.contains("── 2 jobs: 2 canceled ("), "{messages}");
}
