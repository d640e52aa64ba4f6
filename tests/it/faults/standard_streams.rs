//! Standard streams that other processes share and have made non-blocking, as node and ssh do; that
//! are open in the wrong direction; and that lose output.

use std::time::Duration;

use crate::stage::Stage;

const TIME_LIMIT: Duration = Duration::from_secs(60);

/// More than any pipe holds, on either stream of a job.
const MILLION: usize = 1_000_000;

/// Every form in which a job's output, or a report of it, is written to standard output.
const FORMS: [&[&str]; 10] = [
    &[],
    &["-j1"],
    &["-k", "-j2"],
    &["-o", "line"],
    &["-o", "line", "-j1"],
    &["--json"],
    &["--json=events"],
    &["--ci=github"],
    &["--ci=github", "-j1"],
    &["--log-dir", "logs"],
];

/// The outputs of two runs of one command line with a slow reader; the streams of the second are
/// non-blocking.
fn blocking_and_nonblocking(set: impl Fn(Stage) -> Stage) -> [Vec<u8>; 2] {
    [false, true].map(|nonblocking| {
        let stage = set(Stage::new())
            .hold_stdout()
            .stdout_any()
            .within(TIME_LIMIT);
        let stage = if nonblocking {
            stage.nonblocking()
        } else {
            stage
        };
        let mut run = stage.start();
        // The pipe is full.
        std::thread::sleep(Duration::from_millis(300));
        run.release_stdout();
        run.finish().stdout
    })
}

#[test]
fn a_stdout_that_is_nonblocking_is_waited_for() {
    let jobs = [
        format!("head -c {MILLION} /dev/zero | tr '\\0' '~'"),
        "echo done".to_owned(),
    ];
    for form in FORMS {
        let [blocking, nonblocking] =
            blocking_and_nonblocking(|stage| stage.args(form).args(&jobs));
        let bytes = |output: &[u8]| output.iter().filter(|byte| **byte == b'~').count();
        assert!(nonblocking.len() > MILLION, "{form:?}");
        assert_eq!(bytes(&blocking), bytes(&nonblocking), "{form:?}");
    }
}

#[test]
fn a_stderr_that_is_nonblocking_is_waited_for() {
    for form in [&[][..], &["-j1"], &["-k"], &["-o", "line"]] {
        let run = Stage::new()
            .args(form)
            .args([
                format!("head -c {MILLION} /dev/zero >&2"),
                "true".to_owned(),
            ])
            // The stage holds standard output only.
            .in_shell("exec \"$@\" 3>&1 1>&2 2>&3")
            .nonblocking()
            .hold_stdout()
            .stdout_any()
            .within(TIME_LIMIT);
        let mut run = run.start();
        std::thread::sleep(Duration::from_millis(300));
        run.release_stdout();
        let outcome = run.finish();
        let zeros = outcome.stdout.iter().filter(|byte| **byte == 0).count();
        assert_eq!(zeros, MILLION, "{form:?}");
    }
}

#[test]
fn a_terminal_that_is_nonblocking_is_waited_for() {
    let mut run = Stage::new()
        .args(["-k", "seq 100000", "seq 100000 >&2"])
        .nonblocking()
        .pty(24, 80)
        .within(TIME_LIMIT)
        .start();
    run.wait_for_screen("2 jobs: ");
    let screen = run.finish().screen;
    let screen = String::from_utf8(screen).expect("prun prints text");
    assert_eq!(screen.matches("\n99999\r").count(), 2);
}

#[test]
fn help_and_dry_runs_wait_for_a_nonblocking_stdout_as_well() {
    let many: Vec<String> = (0..20_000).map(|n| format!("echo {n}")).collect();
    for (words, input) in [
        (&["--help"][..], ""),
        (&["--man"], ""),
        (&["--completions", "zsh"], ""),
        (&["-n", "-f", "-"], &*many.join("\n")),
        (&["-n", "--json", "-f", "-"], &*many.join("\n")),
    ] {
        let mut printed = [false, true].map(|nonblocking| {
            // The pipe is almost full from the start.
            let fill = "{ head -c 60000 /dev/zero; exec \"$@\"; }";
            let stage = Stage::new()
                .args(words)
                .in_shell(fill)
                .stdin(input)
                .hold_stdout()
                .stdout_any()
                .within(TIME_LIMIT);
            let stage = if nonblocking {
                stage.nonblocking()
            } else {
                stage
            };
            let mut run = stage.start();
            std::thread::sleep(Duration::from_millis(100));
            run.release_stdout();
            run.finish().stdout
        });
        // The names of the runs' folders differ.
        for text in &mut printed {
            text.retain(|byte| !byte.is_ascii_alphanumeric());
        }
        assert!(printed[0].len() > 60_000, "{words:?}");
        assert_eq!(printed[0].len(), printed[1].len(), "{words:?}");
    }
}

#[test]
fn a_stdin_that_is_nonblocking_is_waited_for() {
    for words in [
        &["-j1"][..],
        &["-j1", "-f", "-"],
        &["-j1", "-f", "/dev/stdin"],
        &["-j1", "-f", "/dev/fd/0"],
        &["-j1", "-a", "-"],
        &["-j1", "-a", "-", "sh", "-c", "eval \"$1\"", "sh"],
        &["-j1", "-a", "/dev/stdin", "sh", "-c", "eval \"$1\"", "sh"],
    ] {
        let mut run = Stage::new()
            .args(words)
            .nonblocking()
            .stdin_open()
            .stdout("one\ntwo\n")
            .within(TIME_LIMIT)
            .start();
        run.write_stdin("echo one; touch first\n");
        run.wait_for_file("first");
        run.write_stdin("echo two\n");
        run.finish();
    }
}

#[test]
fn a_stdin_that_is_open_for_writing_only_is_an_error() {
    for (words, what) in [
        (&[][..], "job file"),
        (&["-f", "-"], "job file"),
        (&["-a", "-"], "job file"),
        (&["-n"], "job file"),
        (&["-a", "-", "echo"], "file of arguments"),
        (&["-N2", "-a", "-", "echo"], "file of arguments"),
        (&["-a", "-", "echo", ":::", "a"], "file of arguments"),
    ] {
        let outcome = Stage::new()
            .args(["--joblog", "run.log"])
            .args(words)
            .in_shell("exec \"$@\" 0>out")
            .stderr(format!(
                "prun: stdin: open for writing only: redirect it from a {what} (`< FILE`)\n"
            ))
            .code(2)
            .run();
        assert!(!outcome.path("run.log").exists());
    }
}

#[test]
fn a_stdin_that_is_a_folder_is_reported_before_anything_is_created() {
    let outcome = Stage::new()
        .args(["--joblog", "run.log", "-f", "-"])
        .in_shell("exec \"$@\" < /")
        .stderr("prun: stdin: is a directory: name a job file\n")
        .code(2)
        .run();
    assert!(!outcome.path("run.log").exists());
}

#[test]
fn typed_commands_ignore_how_stdin_is_open() {
    Stage::new()
        .args(["echo a"])
        .in_shell("exec \"$@\" 0>out")
        .stdout("a\n")
        .run();
}

#[test]
fn output_to_a_full_stderr_is_lost_and_the_run_continues() {
    let large = "head -c 300000 /dev/zero >&2";
    for (form, job) in [
        (&[][..], "echo important >&2"),
        (&[], large),
        (&["-j1"], "echo important >&2"),
        (&["-k"], "echo important >&2"),
        (&["-k"], large),
        (&["-o", "line"], "echo important >&2"),
        (&["-o", "line", "-j1"], "printf unfinished >&2"),
        (&["--log-dir", "logs"], "echo important >&2"),
        (
            &["--retries", "1"],
            "test $PRUN_ATTEMPT = 2 || { echo important >&2; exit 1; }",
        ),
    ] {
        let outcome = Stage::new()
            .args(["--joblog", "run.log"])
            .args(form)
            .args([job, "sleep 0.3; true"])
            .in_shell("exec \"$@\" 2> /dev/full")
            .code(3)
            .run();
        let log = outcome.read_text("run.log");
        assert!(log.contains("\"output_failed\""), "{form:?} {log}");
        assert_eq!(
            log.matches("\"output_failed\"").count(),
            1,
            "{form:?} {log}"
        );
        assert_eq!(log.matches("\"job_end\"").count(), 2, "{form:?} {log}");
    }
}

#[test]
fn lost_stderr_output_precedes_a_failed_job_in_the_exit_code_also_in_a_replay() {
    Stage::new()
        .args(["--joblog", "run.log", "echo important >&2", "exit 7"])
        .in_shell("\"$@\" 2> /dev/full; echo $?; exec \"$1\" --replay run.log 2> /dev/null")
        .stdout("3\n")
        .code(3)
        .run();
}

#[test]
fn output_that_does_not_go_to_stderr_is_not_lost_there() {
    for options in [
        &["-q"][..],
        &["-o", "none"],
        &["--json"],
        &["--json=events"],
        &["--ci=github"],
    ] {
        Stage::new()
            .args(options)
            .args(["echo a >&2", "true"])
            .in_shell("exec \"$@\" 2> /dev/full")
            .stdout_any()
            .run();
    }
}

#[test]
fn lost_stderr_output_is_reported_on_the_terminal() {
    Stage::new()
        .args(["echo a >&2", "true"])
        .in_shell("exec \"$@\" 2> /dev/full")
        .pty(24, 80)
        .screen_has(
            "prun: cannot write what jobs print to standard error: No space left on device (os error 28)",
        )
        .code(3)
        .run();
}
