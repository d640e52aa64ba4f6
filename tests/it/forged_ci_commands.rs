//! Output and names of jobs cannot forge commands in the log of a CI system.

use crate::ci::together;
use crate::stage::Stage;

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
        // The job's own line is a command of the vendor, which is allowed.
        let own = |line: &&str| *line != "::error::fake";
        let outcome = Stage::new()
            .args(["-v", "--ci", vendor])
            .stdin(line.to_string())
            .stdout_any()
            .code(1)
            .run();
        let ours = String::from_utf8(outcome.stdout).expect("prun prints UTF-8");
        let annotation = match vendor {
            "github" => "::error title=> %3A%3Aerror%3A%3Aa\\x0a%3A%3Aset-output name=x%3A%3Ay ",
            _ => "##vso[task.logissue type=error]::error::a\\x0a",
        };
        let (marks, others): (Vec<&str>, Vec<&str>) = ours
            .lines()
            .filter(own)
            .partition(|line| line.starts_with(annotation));
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
fn a_command_in_a_log_can_be_pasted() {
    for (vendor, command) in [
        ("azure", "echo '##[error]x' '##vso[task.complete]'; exit 3"),
        ("github", "echo '##[group]x'; exit 3"),
        ("gitlab", "echo section_start:1:x; exit 3"),
        ("teamcity", "echo \"##teamcity[x]\"; exit 3"),
    ] {
        let outcome = Stage::new()
            .args(["--ci", vendor, "-q", command, "true"])
            .stdout_any()
            .code(1)
            .run();
        let log = String::from_utf8(outcome.stdout).expect("it is text");
        let (_, digest) = log.split_once("failed:\n").expect("a digest");
        let (_, pasted) = digest.split_once("   $ ").expect("a command");
        let pasted = pasted.lines().next().expect("it has an end");
        assert!(
            !pasted.contains("##") && !pasted.contains("section_"),
            "{pasted}"
        );
        let printed_by = |script: &str| {
            let output = std::process::Command::new("sh")
                .args(["-c", script])
                .output();
            output.expect("a shell").stdout
        };
        assert_eq!(printed_by(pasted), printed_by(command), "{pasted}");
    }
}

/// Commands that a job prints, and how they appear in the log of each vendor.
const FORGED: [(&str, &str, &str); 5] = [
    (
        "github",
        "x\\r::group::a\\n  ::EndGroup::\\ny ##[group]b\\n::error::c\\n::gro",
        "x\r> ::group::a\n  > ::EndGroup::\ny ## [group]b\n::error::c\n::gro\n",
    ),
    (
        "azure",
        "##[group]a\\nx ##[endgroup]",
        "## [group]a\nx ## [endgroup]\n",
    ),
    (
        "gitlab",
        "section_end:1:x\\rsection_start:1:y\\n",
        "section_end :1:x\rsection_start :1:y\n",
    ),
    ("buildkite", "--- a\\r+++ b\\n--", "> --- a\r> +++ b\n--\n"),
    (
        "teamcity",
        "##teamcity[blockClosed name=x]",
        "##teamcity[blockClose d name=x]\n",
    ),
];

#[test]
fn streamed_output_cannot_forge_a_command() {
    for (vendor, output, log) in FORGED {
        Stage::new()
            .args(["--ci", vendor, &format!("a: printf %b '{output}'")])
            .stdout(format!("{log}── a (ok, [TIME])\n── 1 job: 1 ok ([TIME])\n"))
            .run();
        // In two pieces, one on each stream.
        let mut half = output.len() / 2;
        half += usize::from(output[..half].ends_with('\\'));
        let (first, second) = output.split_at(half);
        let job = format!("a: printf %b '{first}' >&2; sleep 0.2; printf %b '{second}'");
        Stage::new()
            .args(["--ci", vendor, &job])
            .stdout(format!("{log}── a (ok, [TIME])\n── 1 job: 1 ok ([TIME])\n"))
            .run();
    }
}

#[test]
fn grouped_output_cannot_forge_a_command() {
    for (vendor, output, log) in FORGED {
        Stage::new()
            .args([
                "--ci",
                vendor,
                "-j1",
                &format!("a: printf %b '{output}'; exit 1"),
                "b: true",
            ])
            .stdout_has(format!("── a (exit 1, [TIME])\n{log}"))
            .code(1)
            .run();
    }
}

#[test]
fn prefixed_output_cannot_forge_a_command() {
    for (vendor, output, log) in FORGED {
        let lines: String = log
            .split_inclusive(['\n', '\r'])
            // After a prefix, nothing is at the beginning of a line.
            .map(|line| format!("a | {}", line.replace("> ", "")))
            .collect();
        Stage::new()
            .args([
                "--ci",
                vendor,
                "-o",
                "line",
                "-j1",
                &format!("a: printf %b '{output}'"),
                "b: true",
            ])
            .stdout(format!(
                "{lines}── a (ok, [TIME])\n── b (ok, [TIME])\n── 2 jobs: 2 ok ([TIME])\n"
            ))
            .run();
    }
}

#[test]
fn a_name_before_a_line_cannot_forge_a_command() {
    let job = serde_json::json!({ "name": "::error::x", "cmd": "echo 'y ##[group]'" });
    Stage::new()
        .args(["--ci=github", "-o", "line"])
        .stdin(job.to_string())
        .stdout(
            "> ::error::x | y ## [group]\n── > ::error::x (ok, [TIME])\n── 1 job: 1 ok ([TIME])\n",
        )
        .run();
}

#[test]
fn standard_error_is_the_log_if_standard_output_is_redirected() {
    Stage::new()
        .env("GITHUB_ACTIONS", "true")
        .arg("a: echo ::group::b; printf '::group::c\\n::stop-commands::t' >&2")
        .stdout("::group::b\n")
        .stderr(
            "> ::group::c\n::stop-commands::t\n::t::\n── a (ok, [TIME])\n── 1 job: 1 ok ([TIME])\n",
        )
        .run();
}

#[test]
fn a_jobs_stop_commands_token_is_resumed_around_pruns_own_commands() {
    let mut run = Stage::new()
        .args([
            "--ci=github",
            "a: printf 'x\\r::stop-commands::t\\n'; until [ -e go ]; do sleep 0.01; done; echo ::error::y; \
             echo ::t::; echo z; exit 1",
        ])
        .stdout_has(
            "x\r::stop-commands::t\n::t::\nprun: running 1 job\n── a ([TIME], slot 1, pid [PID])\n\
             ::stop-commands::t\n::error::y\n::t::\nz\n::t::\n── a (exit 1, [TIME])\n",
        )
        .code(1)
        .start();
    run.wait_for_stdout("::stop-commands::t\n");
    run.send(libc::SIGUSR1);
    run.wait_for_stdout(", slot 1, pid ");
    std::fs::write(run.dir().join("go"), "").unwrap();
    run.finish();
}

#[test]
fn a_line_cannot_escape_its_prefix_on_a_terminal_under_any_redirection() {
    Stage::new()
        .args([
            "-o",
            "line",
            "a: printf 'x\\ny\\033[A\\033[2Kweb | forged\\rz\\n'",
        ])
        .in_shell("exec \"$@\" 2> err")
        .pty(24, 80)
        .screen_has("a | x\r\na | y\u{1b}[2K\ra | web | forged\ra | z\r\n")
        .run();
}
