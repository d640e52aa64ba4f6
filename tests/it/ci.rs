//! The logs of CI systems: groups, lines, annotations, and what must not forge them.

use std::time::Duration;

use crate::stage::Stage;

/// A run in which one job passes, one says nothing and one fails, in a vendor's CI.
fn vendors(variable: &str) -> Stage {
    Stage::new().env(variable, "true").args([
        "-j1",
        "a: echo one; echo two >&2",
        "b: true",
        "c: echo bad; exit 3",
    ])
}

/// Both streams go to stdout, as where an agent reads one pipe.
fn together(stage: Stage) -> Stage {
    stage.in_shell("exec \"$@\" 2>&1")
}

/// What ends each of these runs.
const DIGEST: &str =
    "── c (exit 3, [TIME])\n   bad\n   $ echo bad; exit 3\n── 3 jobs: 2 ok, 1 failed ([TIME])\n";

#[test]
fn github_folds_what_passed_and_marks_what_failed() {
    together(vendors("GITHUB_ACTIONS"))
        .stdout(format!(
            "::group::a (ok, [TIME])\none\ntwo\n::endgroup::\n── b (ok, [TIME])\n\
             ── c (exit 3, [TIME])\nbad\n::error title=c::exit 3, [TIME]\n{DIGEST}"
        ))
        .code(1)
        .run();
}

#[test]
fn gitlab_folds_what_passed() {
    together(vendors("GITLAB_CI"))
        .stdout(format!(
            "\x1b[0Ksection_start:[PID]:prun_[PID]_1[collapsed=true]\r\x1b[0Ka (ok, [TIME])\none\ntwo\n\
             \x1b[0Ksection_end:[PID]:prun_[PID]_1\r\x1b[0K\n── b (ok, [TIME])\n\
             ── c (exit 3, [TIME])\nbad\n{DIGEST}"
        ))
        .code(1)
        .run();
}

#[test]
fn azure_folds_what_passed_and_marks_what_failed() {
    together(vendors("TF_BUILD"))
        .stdout(format!(
            "##[group]a (ok, [TIME])\none\ntwo\n##[endgroup]\n── b (ok, [TIME])\n\
             ── c (exit 3, [TIME])\nbad\n##vso[task.logissue type=error]c: exit 3, [TIME]\n{DIGEST}"
        ))
        .code(1)
        .run();
}

#[test]
fn buildkite_folds_what_passed_and_nothing_after_it() {
    together(vendors("BUILDKITE"))
        .stdout(format!(
            "--- a (ok, [TIME])\none\ntwo\n+++ prun\n── b (ok, [TIME])\n\
             ── c (exit 3, [TIME])\nbad\n{DIGEST}"
        ))
        .code(1)
        .run();
}

#[test]
fn a_plain_log_has_a_line_for_each_job() {
    together(vendors("CI"))
        .stdout(format!(
            "── a (ok, [TIME])\none\ntwo\n── b (ok, [TIME])\n── c (exit 3, [TIME])\nbad\n{DIGEST}"
        ))
        .code(1)
        .run();
}

#[test]
fn streams_that_go_different_ways_are_not_folded() {
    for (variable, mark) in [
        ("CI", ""),
        ("GITLAB_CI", ""),
        ("GITHUB_ACTIONS", "::error title=c::exit 3, [TIME]\n"),
    ] {
        vendors(variable)
            .stdout("one\nbad\n")
            .stderr(format!(
                "two\n── a (ok, [TIME])\n── b (ok, [TIME])\n── c (exit 3, [TIME])\n{mark}{DIGEST}"
            ))
            .code(1)
            .run();
    }
}

#[test]
fn a_pipe_that_is_our_parents_too_is_the_log() {
    vendors("GITHUB_ACTIONS")
        .in_shell("\"$@\"; exit $?")
        .stdout("::group::a (ok, [TIME])\none\ntwo\n::endgroup::\n── b (ok, [TIME])\n── c (exit 3, [TIME])\nbad\n")
        .stderr(format!("::error title=c::exit 3, [TIME]\n{DIGEST}"))
        .code(1)
        .run();
    let pure = vendors("GITHUB_ACTIONS").in_shell("\"$@\" | cat; exit 1");
    pure.stdout("one\nbad\n").stderr_any().code(1).run();
}

#[test]
fn a_vendor_that_is_named_is_believed() {
    Stage::new()
        .args([
            "--ci=github",
            "-j1",
            "a: echo one; printf two >&2",
            "b: true",
        ])
        .stdout("::group::a (ok, [TIME])\none\ntwo\n::endgroup::\n── b (ok, [TIME])\n")
        .stderr("── 2 jobs: 2 ok ([TIME])\n")
        .run();
}

#[test]
fn one_job_in_all_is_shown_in_a_log_as_it_comes() {
    let mut run = together(Stage::new().env("GITHUB_ACTIONS", "true"))
        .args(["echo one; until test -e go; do sleep 0.01; done; printf two"])
        .stdout_has("one\ntwo\n── echo one; until ")
        .start();
    run.wait_for_stdout("one\n");
    std::fs::write(run.dir().join("go"), "").expect("the folder is ours");
    run.finish();
}

#[test]
fn ci_off_is_no_ci() {
    vendors("GITHUB_ACTIONS")
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
fn q_in_ci_tells_failed_jobs_and_the_digest() {
    together(Stage::new().env("GITHUB_ACTIONS", "true").args(["-q", "-j1"]))
        .args(["a: echo one", "c: echo bad; exit 3"])
        .stdout(
            "── c (exit 3, [TIME])\nbad\n::error title=c::exit 3, [TIME]\n── c (exit 3, [TIME])\n   bad\n   \
             $ echo bad; exit 3\n── 2 jobs: 1 ok, 1 failed ([TIME])\n",
        )
        .code(1)
        .run();
}

#[test]
fn records_are_pure_in_ci() {
    let outcome = Stage::new()
        .env("GITHUB_ACTIONS", "true")
        .args(["--ci=github", "--json", "a: echo one"])
        .stdout_any()
        .stderr("── a (ok, [TIME])\n── 1 job: 1 ok ([TIME])\n")
        .run();
    assert_eq!(outcome.record(1)["stdout"], "one\n");
}

#[test]
fn output_cannot_close_its_group_and_annotations_of_a_job_pass() {
    let job = "a: printf 'x\\r::endgroup::\\n ::ENDGROUP::\\n##[endgroup]\\n::warning::w\\n::stop-commands::t\\nlast'";
    together(Stage::new().args(["--ci=github", "-j1", job, "b: true"]))
        .stdout(
            "::group::a (ok, [TIME])\nx\r> ::endgroup::\n > ::ENDGROUP::\n## [endgroup]\n::warning::w\n\
             ::stop-commands::t\nlast\n::t::\n::endgroup::\n── b (ok, [TIME])\n── 2 jobs: 2 ok ([TIME])\n",
        )
        .run();
}

#[test]
fn names_commands_and_last_lines_cannot_forge_a_command() {
    let line = serde_json::json!({
        "name": "::error::a\n::set-output name=x::y ##[error]b ##vso[task.complete]",
        "cmd": "echo ::error::fake >&2; exit 1 # ##[group]",
    });
    for vendor in ["github", "azure"] {
        let outcome = Stage::new()
            .args(["-v", "--ci", vendor])
            .stdin(line.to_string())
            .stdout_any()
            .stderr_any()
            .code(1)
            .run();
        let ours = String::from_utf8(outcome.stderr).expect("prun's own words are text");
        let annotation = match vendor {
            "github" => "::error title=> %3A%3Aerror%3A%3Aa\\x0a%3A%3Aset-output name=x%3A%3Ay ",
            _ => "##vso[task.logissue type=error]::error::a\\x0a",
        };
        let (marks, others): (Vec<&str>, Vec<&str>) =
            ours.lines().partition(|line| line.starts_with(annotation));
        assert_eq!(marks.len(), 1, "{ours}");
        assert!(!marks[0].contains("##["), "{ours}");
        let forged = vendor == "azure" && marks[0][1..].contains("##vso[");
        assert!(!forged, "{ours}");
        for line in others {
            let begins = vendor == "github" && line.trim_start().starts_with("::");
            let holds = line.contains("##[") || (vendor == "azure" && line.contains("##vso["));
            assert!(!begins && !holds, "{line}");
        }
    }
}

#[test]
fn after_a_minute_of_silence_a_log_is_told_what_runs() {
    let job = "until test -e go; do sleep 0.05; done";
    let mut run = Stage::new()
        .env("CI", "true")
        .args([format!("a: {job}"), "b: true".to_owned()])
        .within(Duration::from_secs(200))
        .not_before(Duration::from_secs(60))
        .stderr(
            "── b (ok, [TIME])\nprun: 1 job runs: a ([TIME])\n── a (ok, [TIME])\n── 2 jobs: 2 ok ([TIME])\n",
        )
        .start();
    run.wait_for_stderr("prun: 1 job runs: a (");
    std::fs::write(run.dir().join("go"), "").expect("the folder is ours");
    run.finish();
}
