//! What jobs print, and what they are called, can forge no command of a CI system's log.

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
        // The job's own line is one of the vendor's commands, which is its own business.
        let own = |line: &&str| *line != "::error::fake";
        let outcome = Stage::new()
            .args(["-v", "--ci", vendor])
            .stdin(line.to_string())
            .stdout_any()
            .code(1)
            .run();
        let ours = String::from_utf8(outcome.stdout).expect("prun's own words are text");
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
fn a_command_in_a_log_pastes_as_it_ran() {
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
        let said = |script: &str| {
            let output = std::process::Command::new("sh")
                .args(["-c", script])
                .output();
            output.expect("a shell").stdout
        };
        assert_eq!(said(pasted), said(command), "{pasted}");
    }
}
