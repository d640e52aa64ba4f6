//! `--pty`: the output of a job is a terminal of its own.

use std::time::Duration;

use crate::stage::{Stage, rounds};

/// Jobs that have terminals, on a screen of 24 rows and 100 columns.
fn stage() -> Stage {
    Stage::new().env("NO_COLOR", "1").arg("--pty").pty(24, 100)
}

fn screen(stage: Stage) -> String {
    let outcome = stage.run();
    String::from_utf8_lossy(&outcome.screen).into_owned()
}

#[test]
fn both_streams_of_a_job_are_a_terminal_and_its_input_is_none() {
    let job = "test -t 1 && test -t 2 && ! test -t 0 && echo it is";
    stage()
        .args([job, "true"])
        .screen_has("\r\nit is\r\n")
        .run();
    Stage::new()
        .args([&format!("{job} || echo it is not"), "true"])
        .pty(24, 100)
        .screen_has("\r\nit is not\r\n")
        .run();
}

#[test]
fn the_streams_are_one_and_nothing_is_added_to_them() {
    let job = "a: echo out; echo err >&2; printf 'cr\\r\\n'; echo out";
    let screen = screen(stage().args([job, "true"]));
    assert!(
        screen.contains(" s)\r\nout\r\nerr\r\ncr\r\r\nout\r\n"),
        "{screen:?}"
    );
}

#[test]
fn a_job_has_the_size_of_our_terminal_also_when_that_changes() {
    let job = "trap 'stty size <&1; exit' WINCH; stty size <&1; while :; do sleep 0.02; done";
    let mut run = stage().arg(job).start();
    run.wait_for_screen("24 100\r\n");
    run.resize(30, 90);
    run.wait_for_screen("30 90\r\n");
    run.finish();
}

#[test]
fn of_a_redrawn_line_the_last_state_is_shown() {
    let bar = "bar: for i in 10 50 100; do printf '%s%%\\r' $i; done; echo 100% done";
    let lines = "lines: printf 'one\\ntwo\\n'; printf '\\033[2A\\033[2KONE\\nTWO\\n'";
    let screen = screen(stage().args(["-j1", bar, lines]));
    assert!(screen.contains("── bar (ok, "), "{screen:?}");
    assert!(screen.contains(" s)\r\n100% done\r\n"), "{screen:?}");
    assert!(screen.contains(" s)\r\nONE\r\nTWO\r\n"), "{screen:?}");
    assert!(
        !screen.contains("10%") && !screen.contains("\r\none"),
        "{screen:?}"
    );
}

#[test]
fn the_only_job_writes_to_the_terminal_unchanged() {
    let job = "printf '10%%\\r'; until test -e go; do sleep 0.02; done; printf '\\033[31m100%%\\n'";
    let mut run = stage().arg(job).start();
    run.wait_for_screen("10%\r");
    std::fs::write(run.dir().join("go"), "").expect("the folder is writable");
    let outcome = run.finish();
    let screen = String::from_utf8_lossy(&outcome.screen);
    // The colour that the job left on is reset.
    assert!(
        screen.contains("\x1b[31m100%\r\n\x1b[0m── 1 job: 1 ok"),
        "{screen:?}"
    );
}

#[test]
fn a_cursor_that_a_job_has_hidden_is_back_at_the_end() {
    let screen = screen(stage().arg("printf '\\033[?25lhidden\\n'"));
    assert!(screen.contains("hidden\r\n\x1b[?25h──"), "{screen:?}");
}

#[test]
fn programs_colour_by_themselves() {
    let job = "a: if test -t 1; then printf '\\033[32mgreen\\033[0m\\n'; else echo plain; fi";
    let screen = screen(Stage::new().args(["--pty", job, "true"]).pty(24, 100));
    assert!(screen.contains("\x1b[32mgreen\x1b[0m"), "{screen:?}");
    // Output of a program that a job processes is the same everywhere.
    let job = "n=$(if test -t 1; then echo 1; else echo 2; fi); echo $n; test $n = 2";
    stage().args([job, "true"]).run();
}

#[test]
fn no_pager_waits_for_a_person() {
    let job = "echo \"<$PAGER $GIT_PAGER>\"";
    let less = || stage().env("PAGER", "less").env("GIT_PAGER", "less");
    less().arg(job).screen_has("<cat cat>").run();
    less()
        .args(["-e", "PAGER=most", job])
        .screen_has("<most cat>")
        .run();
    let without = Stage::new().env("PAGER", "less").arg(job);
    without.stdout("<less >\n").run();
}

#[test]
fn without_a_terminal_pty_is_ignored_with_a_note() {
    let note = |why: &str| format!("prun: --pty is ignored: {why}\n");
    let job = "test -t 1 || echo no terminal";
    let elsewhere = note("standard output and standard error are not the same terminal");
    Stage::new()
        .args(["--pty", job])
        .stdout("no terminal\n")
        .stderr(elsewhere)
        .run();
    for (option, why) in [
        ("--json", "no output is shown"),
        ("--output=none", "with -o none, no output is shown"),
        ("--log-dir=logs", "with --log-dir, the output goes to files"),
    ] {
        let stage = stage().args([option, job]);
        stage.screen_has(note(why).replace('\n', "\r\n")).run();
    }
    stage()
        .arg(job)
        .in_shell("exec \"$@\" 2> words")
        .screen_has("no terminal\r\n")
        .run();
    Stage::new()
        .args(["--pty", "--tty", "true"])
        .stderr_has("cannot be used with")
        .code(2)
        .run();
}

#[test]
fn a_failed_job_is_reported_with_the_contents_of_its_screen() {
    let job = "a: seq 40; printf '1\\r2\\r3\\n'; exit 3";
    let outcome = stage()
        .args(["--junit", "run.xml", job, "true"])
        .code(1)
        .run();
    let screen = String::from_utf8_lossy(&outcome.screen).into_owned();
    let (_, digest) = screen.split_once("1 of 2 jobs failed:").expect("a digest");
    assert!(digest.contains("   40\r\n   3\r\n   $ "), "{screen:?}");
    assert!(outcome.read_text("run.xml").contains("40\n3\n"));
}

#[test]
fn a_process_that_is_left_behind_does_not_hold_the_run_up() {
    let mut run = stage()
        .args(["echo early; sleep 300 & echo $! > pid", "true"])
        .leaves_processes()
        .within(Duration::from_secs(60))
        .screen_has("still holds its output open (leaked)")
        .start();
    run.wait_for_line_in("pid");
    run.finish();
}

#[test]
fn large_and_short_outputs_are_whole() {
    let screen = screen(stage().args(["a: seq 200000", "true"]));
    let lines = screen
        .lines()
        .filter(|line| line.trim_end().parse::<u32>().is_ok());
    assert_eq!(lines.count(), 200_000);
    for _ in 0..rounds() {
        stage()
            .args(["-k", "printf one", "echo two"])
            .screen_has("one\r\n── echo two (ok, [TIME])\r\ntwo\r\n")
            .run();
    }
}
