//! Interaction with a run in progress.

use std::time::Duration;

use super::{assert_has, complaint, sh};
use crate::stage::{Running, is_alive, kill};

#[test]
fn a_running_program_can_be_interacted_with() {
    let mut run = sh("while read line; do echo got $line; echo heard $line >&2; done; touch done")
        .stdin_open()
        .stdout("got 1\ngot 2\n")
        .stderr("heard 1\nheard 2\n")
        .start();
    run.write_stdin("1\n");
    run.wait_for_stdout("got 1\n");
    run.write_stdin("2\n");
    run.wait_for_stderr("heard 2");
    run.close_stdin();
    run.wait_for_file("done");
    let outcome = run.finish();
    assert!(outcome.elapsed > Duration::ZERO);
}

#[test]
fn a_text_that_can_no_longer_come_is_not_waited_for() {
    let message = complaint(|| sh("echo a").start().wait_for_stdout("b"));
    assert_has(
        &message,
        "the run was over without \"b\" on stdout; ended after ",
    );
    assert_has(&message, "stdout so far:\n  a\n");
}

#[test]
fn a_signal_reaches_one_process() {
    // A shell that starts a program may lose the signal (dash does, during its vfork).
    let mut run = sh("trap 'echo caught; exit 5' INT; echo up; while :; do read line; done")
        .stdin_open()
        .stdout("up\ncaught\n")
        .code(5)
        .start();
    run.wait_for_stdout("up");
    assert!(run.send(libc::SIGINT));
    run.wait_for_stdout("caught");
    run.wait_until("its end", |run| (!is_alive(run.pid())).then_some(()));
    assert!(!run.send(libc::SIGINT));
    run.finish();
}

#[test]
fn a_run_is_a_group_of_its_own() {
    let run = sh("sleep 1000").signal(libc::SIGKILL).start();
    assert!(kill(-run.pid(), libc::SIGKILL));
    run.finish();
    let session = "cut -d' ' -f6 /proc/$$/stat; echo $$";
    let own = sh(session).new_session().stdout_any().run();
    let text = String::from_utf8(own.stdout).unwrap();
    assert_eq!(text.lines().next(), text.lines().last());
}

#[test]
fn a_reader_can_be_stuck() {
    let script = "head -c 1000000 /dev/zero; touch written";
    let mut run = sh(script).hold_stdout().stdout_any().start();
    let sixth = Duration::from_millis(150);
    run.wait_until("a while", |run| (run.elapsed() > sixth).then_some(()));
    assert!(!run.dir().join("written").exists());
    run.release_stdout();
    run.wait_for_file("written");
    assert_eq!(run.finish().stdout.len(), 1_000_000);
}

#[test]
fn a_reader_can_go_away() {
    let mut run = sh("exec yes").stdout_any().signal(libc::SIGPIPE).start();
    run.wait_for_stdout("y\ny\n");
    run.close_stdout();
    run.finish();
    let mut run = sh("exec yes >&2")
        .stderr_any()
        .signal(libc::SIGPIPE)
        .start();
    run.wait_for_stderr("y\n");
    run.close_stderr();
    run.finish();
}

#[test]
fn a_terminal_is_one_for_all_three_streams() {
    sh("test -t 0 && test -t 1 && test -t 2 && tty && : < /dev/tty && stty size && echo $TERM")
        .pty(24, 80)
        .screen_has("/dev/pts/[PID]\r\n24 80\r\nxterm-256color\r\n")
        .run();
    let message = complaint(|| sh("").pty(24, 80).screen_has("x").run());
    assert_has(&message, "screen lacks what was expected");
}

fn waiting_on_a_terminal(script: &str) -> Running {
    let mut run = sh(script).pty(24, 80).signal(libc::SIGINT).start();
    run.wait_for_screen("up\r\n");
    run
}

#[test]
fn keys_are_typed_on_the_terminal() {
    let mut run = waiting_on_a_terminal("echo up; exec sleep 1000");
    run.type_keys(b"\x03");
    assert_has(&run.screen_text(), "up\r\n");
    assert_has(&String::from_utf8(run.finish().screen).unwrap(), "^C");
}

#[test]
fn a_terminal_can_change_its_size() {
    let script = "trap 'stty size; kill -INT $$' WINCH; echo up; while :; do sleep 0.01; done";
    let mut run = waiting_on_a_terminal(script);
    run.resize(10, 20);
    run.wait_for_screen("10 20\r\n");
    run.finish();
}

#[test]
fn a_terminal_can_be_hung_up() {
    let mut run = sh("trap 'echo > hung; exit 0' HUP; echo up; while :; do read line; done")
        .pty(24, 80)
        .start();
    run.wait_for_screen("up");
    run.hang_up();
    run.wait_for_file("hung");
    run.finish();
}

#[test]
fn a_terminal_must_be_left_as_it_was() {
    sh("stty -echo; stty echo; printf '\\033[?25l\\033[?25h'")
        .pty(24, 80)
        .run();
    let message = complaint(|| sh("stty -echo").pty(24, 80).run());
    assert_has(
        &message,
        "the terminal's modes were changed and not restored",
    );
    let message = complaint(|| sh("printf '\\033[?25l'").pty(24, 80).run());
    assert_has(&message, "the cursor was hidden and not shown again");
}

#[test]
fn the_peak_of_memory_is_that_of_the_run() {
    let small = sh("head -c 40000000 /dev/zero | tail -c 40000000 >/dev/null; sleep 0.1").run();
    assert!(small.peak_memory() < 8 << 20, "{}", small.peak_memory());
    // dd has read one block and waits for the rest of the second.
    let large = sh("exec dd bs=40000000 count=2 iflag=fullblock of=/dev/null");
    let mut large = large.stdin_open().signal(libc::SIGKILL).start();
    large.write_stdin(vec![0; 60_000_000]);
    large.wait_until("its growth", |run| {
        (run.peak_memory() > 32 << 20).then_some(())
    });
    large.send(libc::SIGKILL);
    assert!(large.finish().peak_memory() > 32 << 20);
}
