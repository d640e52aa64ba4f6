//! The signal dispositions that prun inherits: ignored, blocked, default; and Ctrl-C.

use std::time::Duration;

use crate::needs::needs;
use crate::stage::Stage;

/// Far more than any of these runs needs.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// Runs a line of Python before the program, to change its signal dispositions.
fn with_python_before(stage: Stage, python: &str) -> Stage {
    let script = format!("import os, signal, sys; {python}; os.execvp(sys.argv[1], sys.argv[1:])");
    stage.under(["python3", "-c", &script])
}

/// The signal numbers in a mask of `/proc/PID/status`, without the two that glibc reserves.
fn signals_in(line: &str) -> Vec<u32> {
    let (_, mask) = line.split_once(":\t").expect("a line of a status file");
    let mask = u64::from_str_radix(mask, 16).expect("a mask");
    (1..=31)
        .filter(|signal| mask & (1 << (signal - 1)) != 0)
        .collect()
}

#[test]
fn jobs_start_with_no_signal_blocked_or_ignored() {
    // The first is executed directly, the second by a shell.
    let outcome = Stage::new()
        .args([
            "-j1",
            "grep Sig /proc/self/status",
            "cat < /proc/self/status | grep Sig",
        ])
        .stdout_any()
        .run();
    let text = String::from_utf8(outcome.stdout).unwrap();
    let masks = text
        .lines()
        .filter(|line| line.starts_with("SigBlk") || line.starts_with("SigIgn"));
    let masks: Vec<_> = masks.map(signals_in).collect();
    assert_eq!(masks, vec![Vec::<u32>::new(); 4], "{text}");
}

/// A job that records its ignored signals, then waits for a file.
const PATIENT: &str = "grep SigIgn /proc/self/status > ignored; echo up > up; \
                       until [ -e go ]; do sleep 0.01; done; echo done";

/// Checks that an ignored signal is ignored by prun and by its jobs.
fn assert_stays_ignored(name: &str, number: i32) {
    let mut run = Stage::new()
        .arg(PATIENT)
        .in_shell(&format!("trap '' {name}; exec \"$@\""))
        .stdout("done\n")
        .within(TIME_LIMIT)
        .start();
    run.wait_for_line_in("up");
    run.send(number);
    std::fs::write(run.dir().join("go"), "").expect("the folder is there");
    let ignored = run.finish().read_text("ignored");
    assert_eq!(
        signals_in(ignored.trim_end()),
        [u32::try_from(number).expect("a number of a signal")]
    );
}

#[test]
fn an_ignored_int_stays_ignored() {
    assert_stays_ignored("INT", libc::SIGINT);
}

#[test]
fn an_ignored_hup_stays_ignored_under_nohup() {
    assert_stays_ignored("HUP", libc::SIGHUP);
}

#[test]
fn another_fatal_signal_that_is_ignored_stays_ignored() {
    assert_stays_ignored("USR2", libc::SIGUSR2);
}

#[test]
fn an_ignored_term_stays_ignored() {
    assert_stays_ignored("TERM", libc::SIGTERM);
}

#[test]
fn exit_codes_are_right_if_sigchld_was_ignored() {
    if !needs("python3") {
        return;
    }
    let stage = Stage::new().args(["--json", "-j1", "exit 3", "kill -9 $$", "true"]);
    let outcome = with_python_before(stage, "signal.signal(signal.SIGCHLD, signal.SIG_IGN)")
        .stdout_any()
        .stderr_any()
        .code(1)
        .run();
    assert_eq!(outcome.record(1)["exit_code"], 3);
    assert_eq!(outcome.record(2)["signal"], "SIGKILL");
    assert_eq!(outcome.record(3)["status"], "ok");
}

#[test]
fn a_signal_that_was_blocked_at_the_start_still_ends_prun() {
    if !needs("python3") {
        return;
    }
    let block = "signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 32))";
    let stage =
        Stage::new().arg("grep SigBlk /proc/self/status > blocked; echo up > up; sleep 300");
    let mut run = with_python_before(stage, block)
        .stderr_has("── 1 job: 1 canceled ([TIME])\n")
        .signal(libc::SIGINT)
        .within(TIME_LIMIT)
        .start();
    run.wait_for_line_in("up");
    run.send(libc::SIGINT);
    let blocked = run.finish().read_text("blocked");
    assert!(signals_in(blocked.trim_end()).is_empty(), "{blocked}");
}

/// A bash loop around prun, on a terminal. The loop ends only if bash sees that prun died of SIGINT: a
/// program that exits with a code has handled it, and bash continues.
fn in_bash_loop(job: &str) -> Stage {
    let script = "while :; do echo round >> rounds; \"$0\" \"$@\"; done";
    Stage::of("bash")
        .args(["-c", script, env!("CARGO_BIN_EXE_prun"), job])
        .pty(24, 80)
        .signal(libc::SIGINT)
        .within(TIME_LIMIT)
}

#[test]
fn ctrl_c_stops_the_loop_around_prun() {
    if !needs("bash") {
        return;
    }
    let mut run = in_bash_loop("echo up > up; sleep 300").start();
    run.wait_for_line_in("up");
    run.type_keys(b"\x03");
    let outcome = run.finish();
    assert_eq!(outcome.read_text("rounds"), "round\n");
    let screen = String::from_utf8_lossy(&outcome.screen);
    assert!(
        screen.contains("prun: SIGINT: cancelling 1 job"),
        "{screen}"
    );
}

#[test]
fn a_hang_up_of_the_terminal_ends_the_jobs() {
    let mut run = Stage::new()
        .arg("echo up > up; sleep 300")
        .pty(24, 80)
        .signal(libc::SIGHUP)
        .within(TIME_LIMIT)
        .start();
    run.wait_for_line_in("up");
    run.hang_up();
    run.finish();
}
