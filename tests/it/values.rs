//! The values of a job: how they are read from a file, and how a shell gets them.

use serde_json::json;

use crate::stage::Stage;

#[test]
fn an_empty_line_is_an_empty_value() {
    let list = |args: &[&str], expected: &str| {
        let stage = Stage::new().file("list", "A\n\nC\nD\nE\nF\n");
        stage.args(["-j1"]).args(args).stdout(expected).run();
    };
    let three = "/bin/echo {1}-{2}-{3}";
    list(&["-N3", "-a", "list", three], "A--C\nD-E-F\n");
    list(
        &[
            "--link",
            "-a",
            "list",
            "/bin/echo",
            "{1}{2}",
            ":::",
            "1",
            "2",
            "3",
            "4",
            "5",
            "6",
        ],
        "A1\n2\nC3\nD4\nE5\nF6\n",
    );
    list(
        &["-a", "list", "echo {/.}:{//}; :"],
        "A:.\n:.\nC:.\nD:.\nE:.\nF:.\n",
    );
    list(&["-n", "-Nmax", "-a", "list", "x"], "x A '' C D E F\n");
    let counted = Stage::new()
        .file("list", "\n\nlast")
        .args(["--json", "-a", "list", "true"]);
    let records = counted.stdout_any().run().json();
    let args: Vec<_> = records
        .iter()
        .map(|record| record["args"][0].to_string())
        .collect();
    assert_eq!(args.len(), 3, "{args:?}");
}

#[test]
fn byte_order_marks_and_carriage_returns_are_not_part_of_values() {
    let list = "\u{feff}a\r\n\r\nb c\r\n";
    let expected = "[a]\n[]\n[b c]\n";
    let warning = |name: &str| {
        format!("prun: {name}:1: lines end with CRLF: the carriage returns are dropped\n")
    };
    let template = ["-j1", "printf", "[%s]\\n"];
    let run = |source: &str, stage: Stage| {
        let name = if source == "-" { "stdin" } else { source };
        let stage = stage.args(["-a", source]).args(template);
        stage.stdout(expected).stderr(warning(name)).run();
    };
    run("list", Stage::new().file("list", list));
    run("-", Stage::new().stdin(list));
    Stage::new()
        .file("list", list)
        .args(["-j1", "-a", "list", "printf", "[%s%s]\\n", ":::", "1"])
        .stdout("[a1]\n[1]\n[b c1]\n")
        .stderr(warning("list"))
        .run();
}

#[test]
fn nul_terminated_and_typed_values_keep_their_bytes() {
    let shown = "[\u{feff}a\r]\n";
    Stage::new()
        .stdin("\u{feff}a\r\0")
        .args(["-0", "-a", "-", "printf", "[%s]\\n"])
        .stdout(shown)
        .run();
    Stage::new()
        .args(["printf", "[%s]\\n", ":::", "\u{feff}a\r"])
        .stdout(shown)
        .run();
}

#[test]
fn a_shell_gets_only_the_values_as_parameters() {
    for (template, expected) in [
        ("printf '<%s>' \"$@\"; echo", "<1><2>\n<3>\n"),
        ("printf '<%s>' \"$*\"; echo", "<1 2>\n<3>\n"),
        ("echo $#: {2}.", "2: 2.\n1: .\n"),
        ("echo {2} \"$@\"", "2 1 2\n 3\n"),
        ("echo {2.}:{1.}; :", "2:1\n:3\n"),
        ("printf '<%s>' {}; echo", "<1><2>\n<3>\n"),
        ("printf '<%s>'", "<1><2><3>"),
    ] {
        Stage::new()
            .args(["-j1", "-N2", template, ":::", "1", "2", "3"])
            .stdout(expected)
            .run();
    }
    // With `set -u`, an unset parameter is an error.
    Stage::new()
        .args([
            "-j1",
            "-N2",
            "--shell=sh -u",
            "echo {1}-{2}-\"{2}\"",
            ":::",
            "1",
            "2",
            "3",
        ])
        .stdout("1-2-2\n3--\n")
        .run();
    let outcome = Stage::new()
        .args(["-j1", "-N2", "--json", "echo {2} $#", ":::", "1", "2", "3"])
        .stdout_any()
        .run();
    let last = outcome.record(2);
    assert_eq!(last["args"], json!(["3"]));
    let argv = ["/bin/sh", "-c", "echo \"${2-}\" $#", "sh", "3"];
    assert_eq!(last["argv"], json!(argv));
}

#[test]
fn a_short_batch_shown_by_a_dry_run_runs_the_same() {
    let outcome = Stage::new()
        .args(["-n", "-N2", "echo {2}.$#; :", ":::", "1", "2", "3"])
        .stdout(
            "/bin/sh -c 'echo \"${2-}\".$#; :' sh 1 2\n/bin/sh -c 'echo \"${2-}\".$#; :' sh 3\n",
        )
        .run();
    let shown = String::from_utf8(outcome.stdout).unwrap();
    Stage::new()
        .args(["-j1"])
        .stdin(shown)
        .stdout("2.2\n.1\n")
        .run();
}

#[test]
fn all_parameters_cannot_be_combined_with_parts_of_them() {
    for template in [
        "echo {.} \"$@\"",
        "echo {.} $#",
        "echo {2/} \"$*\"",
        "echo {//} ${#}",
        "echo {/.} ${@}",
        "echo {/} \"${@:1}\"",
        "for f\ndo echo $f {.}; done",
    ] {
        Stage::new()
            .args([template, ":::", "a", ":::", "b"])
            .stderr_has("`$@`, `$*` and `$#` would include the values of `{.}`, `{/}` and the like")
            .code(2)
            .run();
    }
    Stage::new()
        .args(["-j1", "echo {#} $# \"$@\"; echo {%} ${#}", ":::", "ab.c"])
        .stdout("1 1 ab.c\n1 1\n")
        .run();
    Stage::new()
        .args(["-j1", "echo {.} '$#' ${#1}", ":::", "ab.c"])
        .stdout("ab $# 4\n")
        .run();
    Stage::new()
        .args(["-j1", "for f in x; do echo $f {.}; done", ":::", "ab.c"])
        .stdout("x ab\n")
        .run();
}
