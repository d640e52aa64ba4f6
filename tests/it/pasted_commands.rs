//! The command in the digest repeats the job, in the folder in which prun was called.

use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::stage::{Outcome, Stage};

/// The command in the digest of one job.
fn command_in_digest(outcome: &Outcome) -> String {
    let text = String::from_utf8(outcome.stderr.clone()).expect("prun prints UTF-8");
    let mut commands = text.lines().filter_map(|line| line.strip_prefix("   $ "));
    let command = commands.next().expect("a command in the digest");
    assert_eq!(commands.next(), None, "one line: {text}");
    command.to_owned()
}

/// Runs a job, then its pasted command in two shells: both print and end the same.
#[track_caller]
fn assert_pastes(options: &[&str], job: &Value) -> String {
    let outcome = Stage::new()
        .args(options)
        .args(["-f", "-"])
        .file("sub/it's here/x", "")
        .file("-/x", "")
        .script("sub/it's here/tool", "#!/bin/sh\npwd\nexit 4\n")
        .env("GONE", "is there")
        .stdin(job.to_string())
        .stdout_any()
        .stderr_any()
        .code(1)
        .run();
    let line = command_in_digest(&outcome);
    for shell in ["/bin/sh", "bash"] {
        let again = Command::new(shell)
            .args(["-c", &line])
            .current_dir(outcome.dir())
            .env("GONE", "is there")
            .env("HOME", outcome.dir())
            .stdin(Stdio::null())
            .output()
            .expect("a shell can be run");
        let text = String::from_utf8_lossy(&again.stderr);
        let printed = (again.stdout, again.status.success());
        assert_eq!(
            printed,
            (outcome.stdout.clone(), false),
            "{shell}: {line}: {text}"
        );
    }
    line
}

const HERE: &str = "sub/it's here";

#[test]
fn a_folder_and_variables_come_with_the_command() {
    let line = assert_pastes(&["-C", "sub", "-e", "A=1"], &json!({"cmd": "false"}));
    assert_eq!(line, "(cd sub && A=1 false)");
    let line = assert_pastes(
        &["-C", "sub"],
        &json!({"cmd": "./tool", "cwd": "it's here"}),
    );
    assert_eq!(line, "(cd 'sub/it'\"'\"'s here' && ./tool)");
    for (options, job) in [
        (&["-C", HERE][..], json!({"cmd": "./tool x"})),
        (&[], json!({"cmd": "pwd; exit 1", "cwd": "-"})),
        (&["-C", "/"], json!({"cmd": "pwd && ls nosuch"})),
        (&[], json!({"cmd": "pwd\nexit 1", "cwd": HERE})),
        (&["-e", "A=x y"], json!({"cmd": "printenv A GONE NOSUCH"})),
        (
            &["-e", "A=it's\n"],
            json!({"cmd": "printf '[%s]' \"$A\"; exit 1"}),
        ),
        (
            &["-e", "A=$(reboot)`!"],
            json!({"argv": ["sh", "-c", "echo \"$A\"; exit 1"]}),
        ),
        (
            &["-e", "A=1"],
            json!({"cmd": "true $A && sh -c 'echo $A; exit 1'"}),
        ),
        (
            &["-e", "A=1"],
            json!({"cmd": "printenv A; exit 1 # no", "env": {"A": "2"}}),
        ),
        (
            &["-e", "a.b=1"],
            json!({"cmd": "env | grep ^a.b= && false"}),
        ),
        (&["-e", "IFS=:"], json!({"cmd": "x=a:b; echo $x; exit 1"})),
        (&["-u", "GONE"], json!({"cmd": "printenv GONE"})),
        (&["-u", "GONE"], json!({"cmd": "echo \"[$GONE]\"; false"})),
        (
            &[],
            json!({"cmd": "test -n \"$GONE\"", "env": {"GONE": null}}),
        ),
        (
            &["-u", "GONE", "-e", "B=1"],
            json!({"cmd": "printenv B GONE"}),
        ),
    ] {
        assert_pastes(options, &job);
    }
}

#[test]
fn an_input_comes_with_the_command() {
    let line = assert_pastes(&[], &json!({"cmd": "grep -n b", "stdin": "a\n"}));
    assert_eq!(line, "printf 'a\\n' | grep -n b");
    for (options, job) in [
        (
            &["-C", HERE][..],
            json!({"cmd": "cat; pwd; exit 1", "stdin": "a%s\\n'\n"}),
        ),
        (
            &["-e", "A=1"],
            json!({"cmd": "(cat; echo $A) | cat; exit 1", "stdin": "-n\t!"}),
        ),
        (&[], json!({"cmd": "(cat); exit 1", "stdin": ""})),
        (&[], json!({"cmd": "cat; exit 1", "stdin_base64": "AP+A"})),
    ] {
        assert_pastes(options, &job);
    }
}

#[test]
fn a_long_input_is_reported_as_omitted() {
    let job = json!({"cmd": "false", "stdin": "x".repeat(12_345)});
    let outcome = Stage::new()
        .stdin(job.to_string())
        .stderr_has("   $ false # standard input: 12345 bytes, omitted\n")
        .code(1)
        .run();
    command_in_digest(&outcome);
}

#[test]
fn the_shell_is_part_of_the_pasted_command() {
    let line = assert_pastes(
        &["--shell=bash -euo pipefail"],
        &json!({"cmd": "false | cat; echo no"}),
    );
    assert_eq!(line, "bash -euo pipefail -c 'false | cat; echo no'");
    for (options, job) in [
        (&["-s"][..], json!({"cmd": "false"})),
        (&["--exec"], json!({"cmd": "test -e 'no such'"})),
        (&[], json!({"cmd": "echo $0; exit 1", "shell": "bash"})),
        (&[], json!({"cmd": "cat <<X\na\tb\nX\nexit 1\n"})),
        (&["-C", "sub"], json!({"cmd": "cat <<X\nit's\nX\nexit 1\n"})),
        (
            &[],
            json!({"argv": ["printf", "%d%s|\\x41", "x", "a\nb\n", "0", "\u{1b}"], "env": {"A": "\n"}}),
        ),
        (
            &[],
            json!({"cmd": "echo $PRUN_SEQ $PRUN_SLOT; false", "name": "it's"}),
        ),
        (
            &[],
            json!({"argv": ["sh", "-c", "echo $PRUN_NAME; exit 1"], "name": "it's"}),
        ),
    ] {
        assert_pastes(options, &job);
    }
}
