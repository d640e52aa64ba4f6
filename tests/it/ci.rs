//! The logs of CI systems: groups, lines, annotations.

use std::time::Duration;

use crate::stage::Stage;

/// A run in a vendor's CI in which one job passes, one prints nothing and one fails.
fn in_ci(variable: &str) -> Stage {
    Stage::new().env(variable, "true").args([
        "-j1",
        "a: echo one; echo two >&2",
        "b: true",
        "c: echo bad; exit 3",
    ])
}

/// Both streams go to one pipe.
pub(crate) fn together(stage: Stage) -> Stage {
    stage.in_shell("exec \"$@\" 2>&1")
}

/// The streams go to two pipes, which the reader may merge into one log.
fn two_pipes(stage: Stage) -> Stage {
    stage.in_shell("\"$@\"; exit $?")
}

/// Checks the log with both streams in one pipe and in two.
fn check_log(stage: impl Fn() -> Stage, log: &str) {
    for way in [together, two_pipes] {
        way(stage()).stdout(log).code(1).run();
    }
}

/// The end of each of these logs.
const DIGEST: &str = "── 1 of 3 jobs failed:\n── c (exit 3, [TIME])\n   bad\n   $ echo bad; exit 3\n\
                      ── 3 jobs: 2 ok, 1 failed ([TIME])\n";

#[test]
fn github_folds_passed_jobs_and_marks_failed_ones() {
    check_log(
        || in_ci("GITHUB_ACTIONS"),
        &format!(
            "::group::a (ok, [TIME])\none\ntwo\n::endgroup::\n── b (ok, [TIME])\n\
             ── c (exit 3, [TIME])\nbad\n::error title=c::exit 3, [TIME]%0Abad\n{DIGEST}"
        ),
    );
}

#[test]
fn gitlab_folds_passed_jobs() {
    check_log(
        || in_ci("GITLAB_CI"),
        &format!(
            "\x1b[0Ksection_start:[PID]:prun_[PID]_1[collapsed=true]\r\x1b[0Ka (ok, [TIME])\none\ntwo\n\
             \x1b[0Ksection_end:[PID]:prun_[PID]_1\r\x1b[0K\n── b (ok, [TIME])\n\
             ── c (exit 3, [TIME])\nbad\n{DIGEST}"
        ),
    );
}

#[test]
fn azure_folds_passed_jobs_and_marks_failed_ones() {
    check_log(
        || in_ci("TF_BUILD"),
        &format!(
            "##[group]a (ok, [TIME])\none\ntwo\n##[endgroup]\n── b (ok, [TIME])\n\
             ── c (exit 3, [TIME])\nbad\n##vso[task.logissue type=error]c: exit 3, [TIME]%0Abad\n{DIGEST}"
        ),
    );
}

#[test]
fn buildkite_folds_passed_jobs_and_nothing_after_them() {
    check_log(
        || in_ci("BUILDKITE"),
        &format!(
            "--- a (ok, [TIME])\none\ntwo\n+++ prun\n── b (ok, [TIME])\n\
             ── c (exit 3, [TIME])\nbad\n{DIGEST}"
        ),
    );
}

#[test]
fn a_plain_log_has_a_line_per_job() {
    check_log(
        || in_ci("CI"),
        &format!(
            "── a (ok, [TIME])\none\ntwo\n── b (ok, [TIME])\n── c (exit 3, [TIME])\nbad\n{DIGEST}"
        ),
    );
}

#[test]
fn streams_with_different_destinations_are_not_folded() {
    for (variable, mark) in [
        ("CI", ""),
        ("GITLAB_CI", ""),
        ("GITHUB_ACTIONS", "::error title=c::exit 3, [TIME]%0Abad\n"),
    ] {
        in_ci(variable)
            .stdout("one\nbad\n")
            .stderr(format!(
                "two\n── a (ok, [TIME])\n── b (ok, [TIME])\n── c (exit 3, [TIME])\n{mark}{}",
                DIGEST.replace("── 1 of 3 jobs failed:\n", "")
            ))
            .code(1)
            .run();
    }
}

#[test]
fn teamcity_folds_passed_jobs() {
    check_log(
        || in_ci("TEAMCITY_VERSION"),
        &format!(
            "##teamcity[blockOpened name='a (ok, [TIME])']\none\ntwo\n\
             ##teamcity[blockClosed name='a (ok, [TIME])']\n── b (ok, [TIME])\n\
             ── c (exit 3, [TIME])\nbad\n{DIGEST}"
        ),
    );
}

#[test]
fn systems_that_do_not_set_ci_are_known_by_their_own_variables() {
    for (variable, value) in [
        ("JENKINS_URL", "http://jenkins.example/"),
        ("CIRCLECI", "true"),
        ("TRAVIS", "true"),
        ("bamboo_buildKey", "A-B-1"),
        ("CODEBUILD_BUILD_ID", "project:1"),
    ] {
        let stage = two_pipes(Stage::new().env(variable, value)).args(["a: echo one", "b: true"]);
        stage.stdout_has("── b (ok, [TIME])\n").run();
    }
}

#[test]
fn piped_output_has_no_ci_markup() {
    for variable in ["GITHUB_ACTIONS", "TEAMCITY_VERSION", "CI"] {
        let pure = in_ci(variable).in_shell("\"$@\" | cat; exit 1");
        pure.stdout("one\nbad\n").stderr_any().code(1).run();
    }
}

#[test]
fn a_vendor_that_is_named_overrides_detection() {
    Stage::new()
        .args([
            "--ci=github",
            "-j1",
            "a: echo one; printf two >&2",
            "b: true",
        ])
        .stdout(
            "::group::a (ok, [TIME])\none\ntwo\n::endgroup::\n── b (ok, [TIME])\n\
             ── 2 jobs: 2 ok ([TIME])\n",
        )
        .run();
}

#[test]
fn warnings_and_lines_of_one_stream_are_in_the_log_as_well() {
    let jobs = "a: echo one; echo two >&2; exit 3\r\n";
    two_pipes(Stage::new().env("GITHUB_ACTIONS", "true"))
        .args(["-o", "line", "-j1", "-f", "jobs"])
        .file("jobs", jobs)
        .stdout_has("a | one\na | two\n── a (exit 3, [TIME])\n")
        .stdout_has("prun: jobs:1: ")
        .stdout_has("── 1 job: 1 failed ([TIME])\n")
        .code(1)
        .run();
}

#[test]
fn a_gitlab_section_has_the_times_of_its_job() {
    let outcome = together(Stage::new().env("GITLAB_CI", "true"))
        .args(["a: echo one; sleep 1.5", "true"])
        .stdout_any()
        .run();
    let log = String::from_utf8(outcome.stdout).expect("it is text");
    let time = |mark: &str| -> u64 {
        let (_, rest) = log.split_once(mark).expect("there is a section");
        let (time, _) = rest.split_once(':').expect("it has a time");
        time.parse().expect("a number")
    };
    let took = time("section_end:") - time("section_start:");
    assert!((1..60).contains(&took), "{log}");
}

#[test]
fn github_gets_a_table_of_the_jobs() {
    let outcome = together(in_ci("GITHUB_ACTIONS"))
        .env("GITHUB_STEP_SUMMARY", "summary.md")
        .file("summary.md", "before\n")
        .arg("echo '|'")
        .stdout_any()
        .code(1)
        .run();
    let summary = outcome.read_text("summary.md");
    let (_, rows) = summary.split_once(")\n\n").expect("a headline");
    assert!(
        summary.starts_with("before\n### prun: 4 jobs&#58; 3 ok, 1 failed ("),
        "{summary}"
    );
    let cells: Vec<_> = rows
        .lines()
        .map(|row| row.split(" | ").next().unwrap())
        .collect();
    assert_eq!(
        cells,
        ["| job", "| :--", "| c", "| a", "| b", "| echo '&#124;'", ""]
    );

    let message = "prun: cannot write the summary to GITHUB_STEP_SUMMARY=/nowhere/summary.md: No such file or directory (os error 2)\n";
    together(Stage::new().env("GITHUB_ACTIONS", "true"))
        .env("GITHUB_STEP_SUMMARY", "/nowhere/summary.md")
        .arg("true")
        .stdout_has(message)
        .run();
}

#[test]
fn a_colour_that_a_job_left_on_does_not_affect_later_output() {
    together(Stage::new().env("GITLAB_CI", "true"))
        .args([
            "-j1",
            "a: printf '\\033[31mred\\n'; exit 3",
            "b: printf '\\033[0m'",
        ])
        .stdout_has("\x1b[31mred\n\x1b[0m\x1b[0Ksection_start:")
        .code(1)
        .run();
}

#[test]
fn the_only_job_is_streamed_in_a_log() {
    let mut run = together(Stage::new().env("GITHUB_ACTIONS", "true"))
        .args(["echo one; until test -e go; do sleep 0.01; done; printf two"])
        .stdout_has("one\ntwo\n── echo one; until ")
        .start();
    run.wait_for_stdout("one\n");
    std::fs::write(run.dir().join("go"), "").expect("the folder is writable");
    run.finish();
}

#[test]
fn ci_off_disables_ci_output() {
    in_ci("GITHUB_ACTIONS")
        .env("CI", "true")
        .in_shell("p=$1; shift; exec \"$p\" --ci=off \"$@\" 2>&1")
        .stdout("one\ntwo\nbad\n── c (exit 3, [TIME])\n   bad\n   $ echo bad; exit 3\n── 3 jobs: 2 ok, 1 failed ([TIME])\n")
        .code(1)
        .run();
    for value in ["", "0", "false"] {
        Stage::new()
            .env("CI", value)
            .arg("echo a")
            .stdout("a\n")
            .run();
    }
}

#[test]
fn q_in_ci_shows_failed_jobs_and_the_digest() {
    together(
        Stage::new()
            .env("GITHUB_ACTIONS", "true")
            .args(["-q", "-j1"]),
    )
    .args(["a: echo one", "c: echo bad; exit 3"])
    .stdout(
        "── c (exit 3, [TIME])\nbad\n::error title=c::exit 3, [TIME]%0Abad\n\
             ── 1 of 2 jobs failed:\n── c (exit 3, [TIME])\n   bad\n   \
             $ echo bad; exit 3\n── 2 jobs: 1 ok, 1 failed ([TIME])\n",
    )
    .code(1)
    .run();
}

#[test]
fn records_have_no_ci_markup() {
    let outcome = Stage::new()
        .env("GITHUB_ACTIONS", "true")
        .args(["--ci=github", "--json", "a: echo one"])
        .stdout_any()
        .stderr("── a (ok, [TIME])\n── 1 job: 1 ok ([TIME])\n")
        .run();
    assert_eq!(outcome.record(1)["stdout"], "one\n");
}

#[test]
fn after_a_minute_of_silence_a_log_gets_the_running_jobs() {
    let job = "until test -e go; do sleep 0.05; done";
    let mut run = Stage::new()
        .env("CI", "true")
        .args([format!("a: {job}"), "b: true".to_owned()])
        .within(Duration::from_secs(200))
        .not_before(Duration::from_secs(60))
        .stderr(
            "── b (ok, [TIME])\nprun: running 1 job: a ([TIME])\n── a (ok, [TIME])\n── 2 jobs: 2 ok ([TIME])\n",
        )
        .start();
    run.wait_for_stderr("prun: running 1 job: a (");
    std::fs::write(run.dir().join("go"), "").expect("the folder is writable");
    run.finish();
}

#[test]
fn a_replay_in_a_log_is_one_stream_too() {
    let outcome = Stage::new()
        .args(["--joblog", "log", "-j1", "c: echo bad; exit 3", "b: true"])
        .stdout("bad\n")
        .stderr_any()
        .code(1)
        .run();
    two_pipes(Stage::new().env("GITHUB_ACTIONS", "true"))
        .file("log", outcome.read_text("log"))
        .args(["--replay", "log"])
        .stdout(
            "── c (exit 3, [TIME])\nbad\n::error title=c::exit 3, [TIME]%0Abad\n── b (ok, [TIME])\n\
             ── 1 of 2 jobs failed:\n── c (exit 3, [TIME])\n   bad\n   $ echo bad; exit 3\n\
             ── 2 jobs: 1 ok, 1 failed ([TIME])\n",
        )
        .code(1)
        .run();
}
