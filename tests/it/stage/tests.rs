//! Tests of the stage itself with `/bin/sh`: above all that it fails when it should.

mod invariants;
mod live;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Duration;

use super::expect::Pattern;
use super::{Outcome, Stage, is_alive, rounds};

fn sh(script: &str) -> Stage {
    Stage::of("/bin/sh").args(["-c", script, "sh"])
}

/// Returns the text of the panic of a failing test.
fn complaint<T>(test: impl FnOnce() -> T) -> String {
    let Err(panic) = catch_unwind(AssertUnwindSafe(test)) else {
        panic!("the stage found nothing to complain about");
    };
    *panic.downcast::<String>().expect("a panic with a text")
}

#[track_caller]
fn assert_has(text: &str, part: &str) {
    assert!(text.contains(part), "{part:?} is not in:\n{text}");
}

fn read_number(outcome: &Outcome, path: &str) -> i32 {
    let text = outcome.read_text(path);
    text.trim().parse().expect("a number")
}

#[test]
fn a_run_that_meets_all_expectations_passes() {
    sh("cat data; echo oops >&2; echo more > made; exit 3")
        .file("data", "a\nb\n")
        .stdout("a\nb\n")
        .stderr("oops\n")
        .code(3)
        .run();
}

#[test]
fn a_file_of_the_run_can_be_read_after_it() {
    let outcome = sh("mkdir d; echo more > d/made").run();
    assert_eq!(outcome.read("d/made"), b"more\n");
    assert_eq!(outcome.path("d"), outcome.dir().join("d"));
    assert!(outcome.status.success());
}

#[test]
fn the_default_program_is_prun() {
    let stage = Stage::new().arg("ls");
    let argv: Vec<_> = stage.argv().collect();
    assert_eq!(argv, [env!("CARGO_BIN_EXE_prun"), "ls"]);
}

#[test]
fn an_unexpected_line_is_shown_next_to_the_expected_one() {
    let message = complaint(|| {
        sh("printf 'a\\nB\\033\\nc\\n'; echo oops >&2; exit 1")
            .stdout("a\nb\nc\n")
            .run()
    });
    assert_has(&message, "expected exit code 0, got exit code 1\n");
    assert_has(
        &message,
        "stdout is not what was expected (- expected, + printed):\n",
    );
    assert_has(
        &message,
        "  (1 lines alike)\n- b\n+ B\\u{1b}\n  (1 lines alike)\n",
    );
    assert_has(&message, "stderr is not what was expected");
    assert_has(&message, "+ oops\n");
}

#[test]
fn a_missing_newline_is_a_difference() {
    let message = complaint(|| sh("printf a").stdout("a\n").run());
    assert_has(&message, "- a\n+ a (no newline)\n");
}

#[test]
fn bytes_that_are_not_text_are_shown_as_numbers() {
    let message = complaint(|| sh("printf '\\377'").run());
    assert_has(&message, "+ \\xff (no newline)\n");
}

#[test]
fn a_missing_part_is_reported() {
    sh("echo one two >&2")
        .stderr_has("two")
        .stderr_has("one")
        .run();
    let message = complaint(|| {
        sh("echo one two")
            .stdout_has("one")
            .stdout_has("three")
            .run()
    });
    assert_has(&message, "- three (no newline)\n+ one two\n");
    let message = complaint(|| sh("exit 0").stderr_has("three").run());
    assert_has(&message, "stderr lacks what was expected");
}

#[test]
fn a_signal_is_not_an_exit_code() {
    sh("kill -TERM $$").signal(libc::SIGTERM).run();
    let message = complaint(|| sh("kill -TERM $$").code(143).run());
    assert_has(&message, "expected exit code 143, got death by signal 15");
    let message = complaint(|| sh("exit 143").signal(libc::SIGTERM).run());
    assert_has(&message, "expected death by signal 15, got exit code 143");
}

#[test]
fn placeholders_match_what_differs_from_run_to_run() {
    sh("pwd; echo pid $$, 0.25 s")
        .stdout("[DIR]\npid [PID], [TIME]\n")
        .run();
    let matches = |expected: &str, text: &str| {
        Pattern::new(expected.as_bytes(), Path::new("/d")).matches(text.as_bytes())
    };
    for text in [
        "0.2 s", "12s", "1m05s", "1h02m03s", "2h00m", "250ms", "35 ms",
    ] {
        assert!(matches("(ok, [TIME])", &format!("(ok, {text})")), "{text}");
    }
    for text in ["", "s", "5", "1.s", "-1 s", "5 sec", "0.2  s", "1m05", "x"] {
        assert!(!matches("(ok, [TIME])", &format!("(ok, {text})")), "{text}");
    }
    assert!(matches("[PID]: [DIR]/x", "4711: /d/x"));
    assert!(!matches("[PID]", "47x"));
}

#[test]
fn a_daemon_is_found_and_killed() {
    let mut run = sh("setsid sleep 1000 <&- >&- 2>&- & echo $! > pid").start();
    let daemon: i32 = run.wait_for_line_in("pid").parse().unwrap();
    let name = format!("/proc/{daemon}/comm");
    let is_up = || (std::fs::read(&name).ok()? == b"sleep\n").then_some(());
    run.wait_until("a daemon", |_| is_up());
    let message = complaint(|| run.finish());
    assert_has(&message, "processes were left alive:\n");
    assert_has(&message, "sleep 1000\n");
    assert!(!is_alive(daemon));
}

#[test]
fn a_daemon_with_another_environment_is_found_by_its_folder() {
    let outcome = sh("env -i sleep 1000 <&- >&- 2>&- &")
        .leaves_processes()
        .run();
    assert_eq!(outcome.left.len(), 1);
}

#[test]
fn a_process_may_be_left_if_the_stage_allows_it() {
    let outcome = sh("sleep 1000 & echo $! > pid").leaves_processes().run();
    let daemon = read_number(&outcome, "pid");
    assert_eq!(outcome.left.len(), 1);
    assert_eq!(outcome.left[0].pid, daemon);
    assert!(!is_alive(daemon));
}

#[test]
fn a_run_that_is_dropped_is_killed() {
    let mut run = sh("sleep 1000 & echo $! > pid; wait").start();
    let child: i32 = run.wait_for_line_in("pid").parse().unwrap();
    let parent = run.pid();
    assert!(is_alive(child) && is_alive(parent));
    drop(run);
    assert!(!is_alive(child) && !is_alive(parent));
}

#[test]
fn the_time_limit_kills_and_shows_the_output() {
    let message = complaint(|| {
        sh("echo begun; echo oops >&2; exec sleep 1000")
            .within(Duration::from_secs(2))
            .run()
    });
    assert_has(
        &message,
        "waited too long for the run's end; still running after",
    );
    assert_has(
        &message,
        "stdout so far:\n  begun\nstderr so far:\n  oops\n",
    );
    assert_has(&message, "alive:\n  ");
}

#[test]
fn an_early_end_is_reported() {
    let message = complaint(|| sh("").not_before(Duration::from_secs(30)).run());
    assert_has(&message, "ended too soon: ");
}

#[test]
fn a_temporary_file_that_is_left_is_reported() {
    let message = complaint(|| sh("echo > \"$TMPDIR\"/spill").run());
    assert_has(&message, "files were left in TMPDIR: [\"spill\"]");
}

#[test]
fn the_environment_is_the_known_one() {
    sh("env | cut -d= -f1 | grep -vx -e _ -e PWD -e OLDPWD -e SHLVL | sort")
        .env("EXTRA", "1")
        .env_remove("LANG")
        .stdout("EXTRA\nHOME\nPATH\nPRUN_TEST_TOKEN\nTMPDIR\n")
        .run();
}

#[test]
fn no_signal_is_ignored_or_blocked_at_the_start() {
    let grep = Stage::of("grep").args(["-E", "^Sig(Ign|Blk)", "/proc/self/status"]);
    let text = String::from_utf8(grep.stdout_any().run().stdout).unwrap();
    assert_eq!(text.lines().count(), 2);
    for line in text.lines() {
        let (_, mask) = line.split_once('\t').unwrap();
        let mask = u64::from_str_radix(mask, 16).unwrap();
        // Signals 1 to 31; glibc reserves two above them, which cannot be set.
        assert_eq!(mask & 0x7fff_ffff, 0, "{mask:x}");
    }
}

#[test]
fn the_program_can_run_under_a_shell() {
    Stage::of("/bin/echo")
        .args(["a b", "c"])
        .in_shell("ulimit -n 64; \"$@\" > out; cat out")
        .stdout("a b c\n")
        .run();
}

#[test]
fn a_script_can_be_executed() {
    for _ in 0..rounds() {
        let stage = Stage::of("bin/hello").script("bin/hello", "#!/bin/sh\necho hello\n");
        assert!(stage.dir().is_absolute());
        stage.under(["/usr/bin/env"]).stdout("hello\n").run();
    }
}

#[test]
fn stdin_is_null_unless_there_are_bytes() {
    sh("cat; readlink /proc/self/fd/0")
        .stdout("/dev/null\n")
        .run();
    sh("cat").stdin("a\nb").stdout("a\nb").run();
}

#[test]
fn unread_input_is_not_an_error() {
    sh("exit 0").stdin(vec![0; 1 << 20]).run();
    sh("exec <&-; exit 0").stdin(vec![0; 1 << 20]).run();
}

#[test]
fn records_are_picked_by_number_and_by_name() {
    let events = r#"{"type":"job_start","seq":1}
{"type":"job_end","seq":1,"name":"lint","status":"ok"}
{"seq":2,"name":null}
"#;
    let outcome = sh("cat").stdin(events).stdout_any().run();
    assert_eq!(outcome.json().len(), 3);
    assert_eq!(outcome.record(1)["status"], "ok");
    assert_eq!(outcome.record_named("lint")["seq"], 1);
    assert_has(&complaint(|| outcome.record(3)), "records with seq 3: []");
    let torn = sh("printf '{}\\n{'").stdout_any().run();
    assert_has(&complaint(|| torn.json()), "a line of stdout is no JSON: ");
}
