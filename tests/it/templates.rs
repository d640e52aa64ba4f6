//! Templates: placeholders, where they are allowed, and the messages where they are not.

use crate::needs::needs;
use crate::stage::Stage;

fn with_value(template: &[&str], value: &str) -> Stage {
    Stage::new().args(template).arg(":::").arg(value)
}

#[test]
fn every_placeholder_shows_its_part() {
    with_value(
        &[
            "-j1",
            "/bin/echo",
            "{}",
            "{.}",
            "{/}",
            "{//}",
            "{/.}",
            "{#}",
            "{%}",
            "{1}",
            "{{}}",
        ],
        "dir/a.tar.gz",
    )
    .stdout("dir/a.tar.gz dir/a.tar a.tar.gz dir a.tar 1 1 dir/a.tar.gz {}\n")
    .run();
}

#[test]
fn every_placeholder_shows_its_part_in_a_shell() {
    with_value(
        &["-j1", "echo {} {.} {/} {//} {/.} {#} {%} {1} {{}}; :"],
        "dir/a.tar.gz",
    )
    .stdout("dir/a.tar.gz dir/a.tar a.tar.gz dir a.tar 1 1 dir/a.tar.gz {}\n")
    .run();
}

#[test]
fn a_suffix_a_prefix_and_a_text_are_removed_or_replaced() {
    let forms = "{%.gz} {#in/} {/in/out} {..} {/..} {1/a/b} {1%.tar.gz}";
    let shown = "in/a.tar a.tar.gz out/a.tar.gz in/a a in/b.tar.gz in/a\n";
    let words: Vec<&str> = ["/bin/echo"].into_iter().chain(forms.split(' ')).collect();
    with_value(&words, "in/a.tar.gz").stdout(shown).run();
    let script = format!("echo {forms}; :");
    with_value(&[&script], "in/a.tar.gz").stdout(shown).run();
}

#[test]
fn a_text_to_be_replaced_is_no_code() {
    let value = "$(touch PWN)`touch PWN`;'\"x";
    let shown = format!("{value}\n").replacen('x', "y", 1);
    with_value(&["printf '%s\\n' {/x/y}; :"], value)
        .stdout(shown)
        .run();
}

#[test]
fn every_placeholder_has_a_way_to_be_text() {
    with_value(&["/bin/echo", "{{.}} {{/a/b}} {{slot}}", "{}"], "v")
        .stdout("{.} {/a/b} {slot} v\n")
        .run();
    with_value(&["echo '{{/a/b}}' \"{{%.x}}\" {{.}} {}; :"], "v")
        .stdout("{/a/b} {%.x} {.} v\n")
        .run();
}

#[test]
fn a_pattern_and_a_command_of_sed_are_not_replaced_in_silence() {
    let error = "prun: `{/foo/d}` may be a pattern and a command of `sed`: write `{1/foo/d}` for the value, or `{{/foo/d}}` for the text `{/foo/d}`\n";
    with_value(&["sed", "/a/,/b/{/foo/d}", "{}"], "v")
        .stderr(error)
        .code(2)
        .run();
    let outcome = with_value(&["-n", "sed", "/a/,/b/{{/foo/d}}", "{1/v/w}"], "v");
    outcome.stdout("sed '/a/,/b/{/foo/d}' w\n").run();
}

#[test]
fn the_value_of_a_slot_needs_slots_with_values() {
    with_value(&["/bin/echo", "{slot}"], "v")
        .stderr("prun: `{slot}` needs the values of the slots: add --slots LIST (`{{slot}}` is the text `{slot}`)\n")
        .code(2)
        .run();
}

#[test]
fn other_braces_are_left_alone() {
    with_value(
        &["/bin/echo", "{\"a\":1}", "${1}", "{x}", "x{2}", "{}"],
        "v",
    )
    .stdout("{\"a\":1} ${1} {x} x{2} v\n")
    .run();
    with_value(&["printf '%s\\n' '{\"a\":1}' \"{x}\" {}"], "v")
        .stdout("{\"a\":1}\n{x}\nv\n")
        .run();
}

#[test]
fn without_a_placeholder_the_value_is_the_last_word() {
    with_value(&["/bin/echo", "a"], "b c")
        .stdout("a b c\n")
        .run();
    with_value(&["/bin/echo a"], "b c").stdout("a b c\n").run();
    with_value(&["echo a >&2"], "b c").stderr("a b c\n").run();
}

#[test]
fn a_template_that_uses_its_parameters_gets_no_appended_values() {
    with_value(&["echo \"<$1>\"; echo \"$#\""], "b c")
        .stdout("<b c>\n1\n")
        .run();
}

#[test]
fn a_value_is_not_appended_to_several_commands() {
    with_value(&["echo a; echo b"], "c")
        .stderr("prun: the template `echo a; echo b` is more than one simple command: write {} where the value belongs\n")
        .code(2)
        .run();
}

#[test]
fn an_argv_needs_no_shell() {
    let outcome = with_value(&["--json", "/bin/echo", "a;b", "{}"], "$HOME")
        .stdout_any()
        .run();
    let record = outcome.record(1);
    assert_eq!(record["shell"], false);
    assert_eq!(
        record["argv"],
        serde_json::json!(["/bin/echo", "a;b", "$HOME"])
    );
    assert_eq!(record["args"], serde_json::json!(["$HOME"]));
    assert_eq!(record["cmd"], "/bin/echo 'a;b' '$HOME'");
}

#[test]
fn a_one_word_template_is_the_command_in_its_record() {
    let outcome = with_value(&["--json", "/bin/echo {}"], "v")
        .stdout_any()
        .run();
    let record = outcome.record(1);
    assert_eq!(record["cmd"], "/bin/echo {}");
    assert_eq!(record["argv"], serde_json::json!(["/bin/echo", "v"]));
    assert_eq!(record["shell"], false);
}

#[test]
fn values_that_are_not_text_are_in_the_record_as_base64() {
    let outcome = Stage::new()
        .stdin(&b"\xff"[..])
        .args(["--json", "-a", "-", "/bin/echo", "{}"])
        .stdout_any()
        .run();
    let record = outcome.record(1);
    assert_eq!(record["args"], serde_json::json!(["\u{fffd}"]));
    assert_eq!(record["args_base64"], serde_json::json!(["/w=="]));
    let keys: Vec<_> = outcome
        .stdout
        .windows(8)
        .filter(|w| w == b"_base64\"")
        .collect();
    assert_eq!(keys.len(), 3);
}

#[test]
fn a_missing_program_of_a_template_is_reported_by_the_shell() {
    let outcome = with_value(&["--json", "no-such-program {}"], "v")
        .stdout_any()
        .stderr_any()
        .code(1)
        .run();
    let record = outcome.record(1);
    assert_eq!(record["exit_code"], 127);
    assert_eq!(record["shell"], true);
}

#[test]
fn a_template_in_several_words_is_not_for_a_shell() {
    with_value(&["-s", "echo", "{}"], "v")
        .stderr_has("--shell needs the template as one word")
        .code(2)
        .run();
}

#[test]
fn a_shell_that_is_not_like_sh_takes_no_values() {
    for template in ["print({})", "print(1)"] {
        with_value(&["--shell=python3", template], "1")
            .stderr_has("`python3` is not known to support \"$1\"")
            .code(2)
            .run();
    }
}

#[test]
fn a_placeholder_behind_c_is_refused() {
    for template in [
        &["sh", "-c", "echo {}"][..],
        &["/bin/bash", "-ec", "{}"],
        &["dash", "-c"],
    ] {
        with_value(template, "v")
            .stderr_has("-c 'echo \"$1\"'")
            .code(2)
            .run();
    }
}

#[test]
fn several_values_may_not_become_an_option_and_its_code() {
    for template in [&["sh"][..], &["sh", "{}"], &["sh {}; :"], &["sh"]] {
        for options in [&["-N2"][..], &["-Nmax"], &["-N2", "--shell=/bin/bash"]] {
            if template.len() > 1 && options.len() > 1 {
                continue;
            }
            Stage::new()
                .args(options)
                .args(template)
                .args([":::", "-c", "touch pwned"])
                .stderr_has("-c")
                .code(2)
                .run();
        }
    }
}

#[test]
fn nothing_is_appended_behind_a_backslash() {
    for template in ["echo \\", "echo >&\\", "echo a\\\\\\"] {
        Stage::new()
            .args(["--shell=/bin/bash", template, ":::", "$(touch pwned)"])
            .stderr_has("write {} where the value belongs")
            .code(2)
            .run();
    }
}

#[test]
fn a_placeholder_in_an_unsafe_position_is_refused_before_anything_runs() {
    for (template, context) in [
        ("echo '{}'", "in single quotes"),
        ("echo $'{}'", "in `$'…'`"),
        ("echo `echo {}`", "after a backquote"),
        ("echo a # {}", "in a comment"),
        ("echo \\{}", "after a backslash"),
        ("echo {} \\", "in a template that ends with a backslash"),
        ("cat <<E\n{}\nE", "after `<<`"),
        ("echo $(({}))", "in `$(( ))`"),
        ("(({}))", "in `(( ))`"),
        ("echo $[{}]", "in `$[ ]`"),
        ("[[ {} ]]", "in `[[ ]]`"),
        ("echo a[{}]", "other braces or brackets"),
        ("sh -c \"$(echo {})\"", "in the text after a shell's `-c`"),
        ("x={}; echo $((x))", "that becomes a variable"),
        ("PATH={} true", "in an assignment to `PATH`"),
        ("echo {} &> {}", "`>FILE 2>&1`"),
        ("set -e; echo {}", "--shell='bash -euo pipefail'"),
        ("f() { echo; }; echo {}", "after `(` within a command"),
        ("eval echo {}", "in a template with `eval`"),
        ("trap 'echo' EXIT; echo {}", "in a template with `trap`"),
        ("sh -c 'echo {}'", "in single quotes"),
        ("sh -c \"echo {}\"", "in the text after a shell's `-c`"),
    ] {
        with_value(&[template], "v")
            .stderr_has(context)
            .stderr_has("\"$1\"")
            .code(2)
            .run();
    }
}

#[test]
fn a_shown_command_can_be_pasted() {
    let name = "My brother's 12\" *** record  (costs $$$).jpg";
    for template in [
        &["printf", "%s", "{}"][..],
        &["printf %s {}"],
        &["printf %s \"{}\"; :"],
        &["env printf %s"],
    ] {
        let shown = with_value(&[&["-n"], template].concat(), name)
            .stdout_any()
            .run();
        Stage::of("/bin/sh")
            .arg("-c")
            .arg(String::from_utf8(shown.stdout).unwrap())
            .stdout(name)
            .run();
    }
}

#[test]
fn a_shown_list_of_bytes_can_be_pasted() {
    let shown = Stage::new()
        .stdin(&b"a\xff\nb\0\xfe\0"[..])
        .args(["-n", "-0", "-a", "-", "printf", "%s."])
        .stdout_any()
        .run();
    Stage::of("/bin/sh")
        .stdin(shown.stdout)
        .stdout(b"a\xff\nb.\xfe.")
        .run();
}

#[test]
fn the_shown_command_is_the_one_that_runs() {
    with_value(&["-n", "wc -l < {} > {.}.n"], "a b.txt")
        .stdout("/bin/sh -c 'wc -l < \"${1}\" > \"${2}\".n' sh 'a b.txt' 'a b'\n")
        .run();
    with_value(&["-n", "gzip", "-9"], "a b")
        .stdout("gzip -9 'a b'\n")
        .run();
    with_value(&["-n", "gzip -9"], "a b")
        .stdout("gzip -9 'a b'\n")
        .run();
}

#[test]
fn a_shown_job_file_runs_the_same() {
    let values: &[u8] = b"a b\0$HOME\0\xff\0";
    let run = |stage: Stage| {
        let outcome = stage.args(["-j1", "--json", "-f", "-"]).stdout_any().run();
        let take = |record: &serde_json::Value| {
            ["argv", "argv_base64", "cwd", "stdout", "stdout_base64"]
                .map(|key| record[key].to_string())
        };
        outcome.json().iter().map(take).collect::<Vec<_>>()
    };
    for template in ["echo $X {}; :", "/bin/echo {}", "env printf %s"] {
        let options = [
            "--json", "-j1", "-C", "/", "-e", "X=a b", "-0", "-a", "-", template,
        ];
        let shown = Stage::new()
            .stdin(values)
            .arg("-n")
            .args(options)
            .stdout_any()
            .run();
        let ran = Stage::new().stdin(values).args(options).stdout_any().run();
        let again = run(Stage::new().stdin(shown.stdout));
        let take = |record: &serde_json::Value| {
            ["argv", "argv_base64", "cwd", "stdout", "stdout_base64"]
                .map(|key| record[key].to_string())
        };
        assert_eq!(again, ran.json().iter().map(take).collect::<Vec<_>>());
    }
}

#[test]
fn a_job_with_every_key_is_shown_as_a_job_that_runs_the_same() {
    if !needs("bash") {
        return;
    }
    let job = r#"{"cmd":"cat; echo $X \"$Y\"; pwd","cwd":"/","env":{"X":"1","Y":null},"stdin":"in\n","shell":"bash -e"}"#;
    let shown = Stage::new()
        .stdin(job)
        .args(["-n", "--json", "-e", "Y=2", "-f", "-"])
        .stdout_any()
        .run();
    Stage::new()
        .stdin(shown.stdout)
        .args(["-f", "-"])
        .stdout("in\n1 \n/\n")
        .run();
}
