//! A number of jobs that is read from a file before each start (`-j @FILE`).

use std::time::Duration;

use crate::stage::Stage;

/// Far more than any of these runs needs.
const TIME_LIMIT: Duration = Duration::from_secs(60);

#[test]
fn a_higher_limit_lets_jobs_start_beside_those_that_run() {
    Stage::new()
        .file("n", "1\n")
        .args([
            "-j",
            "@n",
            "echo 2 >n; while test ! -e b; do sleep 0.05; done",
        ])
        .args(["touch b"])
        .within(TIME_LIMIT)
        .run();
}

#[test]
fn a_lower_limit_holds_from_the_next_start_on() {
    let alone = "mkdir lock && sleep 0.02 && rmdir lock";
    Stage::new()
        .file("n", "2")
        .args(["-j", "@n", "echo 1 >m; mv m n; touch go"])
        .args(["while test ! -e go; do sleep 0.02; done"])
        .args([alone; 6])
        .within(TIME_LIMIT)
        .run();
}

#[test]
fn a_file_that_becomes_wrong_is_told_once_and_the_last_limit_stays() {
    let outcome = Stage::new()
        .file("n", "1")
        .args([
            "-k",
            "-j",
            "@n",
            "echo x >m; mv m n",
            "echo a",
            "echo b",
            "echo c",
        ])
        .stdout("a\nb\nc\n")
        .stderr_has("prun: -j @n: a number of jobs is 4,")
        .within(TIME_LIMIT)
        .run();
    let stderr = String::from_utf8_lossy(&outcome.stderr);
    assert_eq!(stderr.matches("-j @n").count(), 1, "{stderr}");
}

#[test]
fn a_file_without_a_number_is_refused_before_anything_starts() {
    for (args, message) in [
        (
            ["-j", "@none", "touch PWN"],
            "-j @none: cannot read the number of jobs",
        ),
        (
            ["-j", "@bad", "touch PWN"],
            "-j @bad: a number of jobs is 4,",
        ),
        (
            ["-j", "@other", "touch PWN"],
            "-j @other: the number of jobs is in yet another file",
        ),
        (["-j", "@", "touch PWN"], "a number of jobs is 4,"),
    ] {
        let outcome = Stage::new()
            .file("bad", "many\n")
            .file("other", "@bad\n")
            .args(args)
            .stderr_has(message)
            .code(2)
            .run();
        assert!(!outcome.path("PWN").exists());
    }
}

#[test]
fn no_report_overwrites_a_file_that_an_option_reads() {
    for (option, file) in [("-j", "@n"), ("--slots", "@n")] {
        let outcome = Stage::new()
            .file("n", "2\n")
            .args([option, file, "--report", "n", "true"])
            .stderr(format!(
                "prun: --report n: {option} reads the same file: name a different one\n"
            ))
            .code(2)
            .run();
        assert_eq!(outcome.read_text("n"), "2\n");
    }
}
