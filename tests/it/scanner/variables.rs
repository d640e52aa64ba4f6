//! What the shells themselves know: their variables take no value, their builtins take none that they
//! could evaluate.

use std::process::Command;

use super::shells::{ALL, BASH, BUSYBOX, DASH, KSH, Shell, ZSH};
use crate::stage::Stage;

/// The words that a shell prints, in an empty environment.
fn words(shell: Shell, script: &str) -> Vec<String> {
    let tools = tempfile::tempdir().expect("the test can run its programs");
    let output = Command::new(shell.path(tools.path()))
        .args(["-c", script])
        .env_clear()
        .output()
        .expect("the test can run its programs");
    let text = String::from_utf8(output.stdout).expect("the test can run its programs");
    text.split_whitespace().map(str::to_owned).collect()
}

#[track_caller]
fn refused(template: &str) {
    Stage::new()
        .args(["-n", "--shell=sh", template, ":::", "a"])
        .stderr_has("prun: the template")
        .code(2)
        .run();
}

#[test]
fn no_variable_of_a_shell_itself_takes_a_value() {
    let is_name = |word: &str| {
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        word.bytes().all(is_part) && !word.as_bytes()[0].is_ascii_digit()
    };
    for (shell, script, least) in [
        (DASH, "set", 4),
        (BASH, "compgen -v", 30),
        (KSH, "typeset", 10),
        (ZSH, "print -l ${(k)parameters}", 90),
        (BUSYBOX, "set", 4),
    ] {
        if !shell.is_there() {
            continue;
        }
        let mut names = words(shell, script);
        // Types of the variables of ksh, and values of those of the others.
        names
            .iter_mut()
            .for_each(|name| name.truncate(name.find('=').unwrap_or(name.len())));
        names.retain(|name| {
            let is_type = [
                "integer",
                "export",
                "float",
                "precision",
                "readonly",
                "nameref",
            ]
            .contains(&name.as_str());
            !name.is_empty() && is_name(name) && !is_type
        });
        assert!(names.len() >= least, "{names:?}");
        for name in names {
            refused(&format!("{name}={{}} true"));
        }
    }
}

#[test]
fn no_builtin_of_a_shell_takes_a_value_unless_it_is_known() {
    let known = [
        ":", "cd", "echo", "false", "kill", "printf", "pwd", "sleep", "test", "true", "[",
        "getconf", "command", "exec",
    ];
    for shell in ALL {
        if !shell.is_there() {
            continue;
        }
        let script = match shell.name {
            "bash" => "compgen -b",
            "zsh" => "print -l ${(k)builtins}",
            "ksh" => "builtin",
            "ash" => "help",
            _ => continue,
        };
        let names = words(shell, script);
        assert!(names.len() > 30, "{names:?}");
        for name in names {
            let is_word = name
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && byte != b'/');
            let is_heading =
                name.starts_with("--") || name.ends_with("ommands:") || name == "Built-in";
            if is_word && !is_heading && !known.contains(&name.as_str()) {
                refused(&format!("true; {name} {{}}"));
            }
        }
    }
}
