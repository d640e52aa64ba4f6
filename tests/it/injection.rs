//! Input is data: every value arrives byte for byte, in every kind of template, and nothing else runs.

use std::fs;

use proptest::prelude::*;

use crate::needs::needs;
use crate::stage::Stage;

/// Prints its arguments, each terminated by NUL.
const SHOW: &str = "#!/bin/sh\nprintf '%s\\0' \"$@\"\n";

/// Values that are code in some language.
fn hostile_values() -> Vec<Vec<u8>> {
    let texts = [
        "'",
        "\"",
        "`",
        "\\",
        "$",
        "!",
        "*",
        "?",
        "~",
        "#",
        "-n",
        "-e",
        "--",
        "-c",
        "=",
        "a b",
        " a ",
        "\t",
        "a\nb",
        "a\n\n",
        "\n",
        "\r",
        "{}",
        "{{}}",
        "{1}",
        "{#}",
        "%s",
        "$1",
        "$@",
        "${IFS}",
        "$'\\n'",
        "\\n",
        "$(touch pwned)",
        "`touch pwned`",
        ";touch pwned",
        "&& touch pwned",
        "|| touch pwned",
        "| touch pwned",
        "& touch pwned &",
        "\ntouch pwned\n",
        "';touch pwned;'",
        "\";touch pwned;\"",
        "\"$(touch pwned)\"",
        "'$(touch pwned)'",
        ")touch pwned(",
        "};touch pwned;{",
        "a[$(touch pwned)]",
        "$((a[$(touch pwned)]))",
        "${x:-$(touch pwned)}",
        "<(touch pwned)",
        "> pwned",
        ">pwned",
        "# x",
        "!!",
        "~root",
        "[a-z]*",
        "x=y",
        "PATH=",
        "eval",
        "eval touch pwned",
        "\\\n",
        "\u{1b}[31m",
        "\u{202e}",
        "é ü 漢字",
        "\u{a0}",
        "My brother's 12\" *** record  (costs $$$).jpg",
        "\u{1}\u{7f}\u{81}",
    ];
    let mut values: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    values.extend([
        b"".to_vec(),
        b"\xff".to_vec(),
        b"\x81\x82\x88\xff\xfe".to_vec(),
        (1..=255).collect(),
        vec![b'x'; 100_000],
    ]);
    values
}

/// Runs a template over values from a file, in a folder of its own.
#[track_caller]
fn check(options: &[&str], template: &[&str], values: &[Vec<u8>], expected: &[Vec<u8>]) {
    let mut file = values.join(&0);
    file.push(0);
    let expected: Vec<u8> = expected
        .iter()
        .flat_map(|shown| [shown.as_slice(), b"\0"].concat())
        .collect();
    let outcome = Stage::new()
        .script("show", SHOW)
        .file("values", file)
        .args(["-j1", "-0", "-a", "values"])
        .args(options)
        .args(template)
        .stdout_any()
        .run();
    assert!(
        outcome.stdout == expected,
        "{options:?} {template:?}: {:?}",
        first_difference(&outcome.stdout, &expected)
    );
    let files: Vec<_> = fs::read_dir(outcome.dir())
        .into_iter()
        .flatten()
        .flatten()
        .map(|file| file.file_name())
        .collect();
    assert_eq!(files.len(), 2, "{template:?}: {files:?}");
}

/// The first value that differs.
fn first_difference(printed: &[u8], expected: &[u8]) -> Option<(String, String)> {
    let texts = |bytes: &[u8]| -> Vec<String> {
        let values = bytes.split(|byte| *byte == 0);
        values
            .map(|value| value.escape_ascii().to_string())
            .collect()
    };
    let pairs = texts(printed).into_iter().zip(texts(expected));
    pairs
        .into_iter()
        .find(|(printed, expected)| printed != expected)
}

fn wrapped(before: &str, values: &[Vec<u8>], after: &str) -> Vec<Vec<u8>> {
    let wrap = |value: &Vec<u8>| [before.as_bytes(), value, after.as_bytes()].concat();
    values.iter().map(wrap).collect()
}

/// The available shells.
#[track_caller]
fn shells() -> Vec<&'static [&'static str]> {
    let mut shells = vec![&[][..]];
    if needs("/bin/dash") {
        shells.push(&["--shell=/bin/dash"]);
    }
    if needs("/bin/bash") {
        shells.push(&["--shell=/bin/bash"]);
    }
    shells
}

#[test]
fn values_arrive_in_argv_templates() {
    let values = hostile_values();
    for template in [
        &["./show", "{}"][..],
        &["./show"],
        &["./show", "{1}"],
        &["env", "./show", "{}"],
        &["sh", "-c", "./show \"$1\"", "sh", "{}"],
    ] {
        check(&[], template, &values, &values);
    }
    if needs("bash") {
        let template = ["bash", "-c", "./show \"$1\"", "bash"];
        check(&[], &template, &values, &values);
    }
    check(
        &[],
        &["./show", "a{}b"],
        &values,
        &wrapped("a", &values, "b"),
    );
    check(
        &[],
        &["./show", "'{}'"],
        &values,
        &wrapped("'", &values, "'"),
    );
    check(
        &[],
        &["./show", "$({})"],
        &values,
        &wrapped("$(", &values, ")"),
    );
    check(&["-N1"], &["./show", "{}"], &values, &values);
    check(&["-N3"], &["./show"], &values, &values);
    check(&["-Nmax"], &["./show"], &values, &values);
}

#[test]
fn values_arrive_in_templates_of_one_word_without_a_shell() {
    let values = hostile_values();
    for template in [
        "./show {}",
        "./show",
        "./show {1}",
        "./show \"{}\"",
        "env ./show {}",
    ] {
        check(&[], &[template], &values, &values);
        check(&["--exec"], &[template], &values, &values);
    }
    let both = wrapped("x y", &values, "z");
    check(&[], &["./show 'x y'\"{}\"z"], &values, &both);
}

#[test]
fn values_arrive_in_templates_for_a_shell() {
    let values = hostile_values();
    for options in shells() {
        for template in [
            "./show {}; :",
            "./show \"{}\" && true",
            "./show {} | cat",
            "cat </dev/null; ./show {} 2>&1",
            "{ ./show {}; }",
            "(./show {})",
            "if ./show {}; then :; fi",
            "! false && ./show ''{}\"\"",
            "for i in 1; do ./show {}; done",
            "./show \"$1\"",
            "./show \"$@\"; :",
            "X=1 ./show {}",
            "printf '%s\\0' {}",
            "sh -c './show \"$1\"' sh {}; :",
            "exec ./show {}",
            "command ./show {}; # comment",
        ] {
            check(options, &[template], &values, &values);
        }
        let both = wrapped("a ", &values, " b'");
        check(options, &["./show \"a {} b'\"; :"], &values, &both);
        check(options, &["./show 'a '{}\" b'\"; :"], &values, &both);
    }
    check(&["-N3"], &["./show {}; :"], &values, &values);
    check(&["-Nmax"], &["./show"], &values, &values);
    check(&["-s", "-N2"], &["./show"], &values, &values);
}

#[test]
fn forms_arrive_whole_in_every_kind_of_template() {
    let values = hostile_values();
    let dirs = wrapped("d/", &values, ".e");
    let plain: Vec<Vec<u8>> = values
        .iter()
        .filter(|value| !value.contains(&b'/'))
        .cloned()
        .collect();
    let dirs: Vec<Vec<u8>> = dirs
        .into_iter()
        .filter(|value| !value[2..].contains(&b'/'))
        .collect();
    for template in [
        &["./show", "{/.}"][..],
        &["./show {/.}"],
        &["./show {/.}; :"],
        &["./show \"{/.}\"; :"],
    ] {
        check(&[], template, &dirs, &plain);
    }
}

#[test]
fn a_value_as_the_command_never_reaches_a_shell() {
    let values: Vec<Vec<u8>> = vec![b"eval".to_vec(), b"cd".to_vec(), b"$(touch pwned)".to_vec()];
    let mut file = values.join(&0);
    file.push(0);
    let outcome = Stage::new()
        .file("values", file)
        .args(["-j1", "-0", "-a", "values", "--json", "{} 'touch pwned'"])
        .stdout_any()
        .stderr_any()
        .code(1)
        .run();
    for record in outcome.json() {
        assert_eq!(record["status"], "spawn_error", "{record}");
    }
    assert!(!outcome.path("pwned").exists());
    Stage::new()
        .args(["{} 'touch pwned'; :", ":::", "eval"])
        .stderr_has("as several words")
        .code(2)
        .run();
}

/// Parts of templates in which a value is safe, and the text before and after the printed value.
const SAFE: [(&str, &str, &str); 10] = [
    ("{}", "", ""),
    ("\"{}\"", "", ""),
    ("x{}y", "x", "y"),
    ("'$(touch pwned)'{}", "$(touch pwned)", ""),
    ("\"a '{}' b\"", "a '", "' b"),
    ("\"\\\"{}\\\\\"", "\"", "\\"),
    ("\\;{}", ";", ""),
    ("{}\"$EMPTY\"", "", ""),
    ("--file={}", "--file=", ""),
    ("{1}.gz", "", ".gz"),
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn random_bytes_arrive_in_random_templates(
        values in prop::collection::vec(prop::collection::vec(1_u8.., 0..40), 1..30),
        parts in prop::collection::vec(0..SAFE.len(), 1..4),
        ends in prop::sample::select(vec!["", ";:", " && true", " | cat", " # x"]),
        shell in prop::sample::select(shells()),
    ) {
        let words: Vec<&str> = parts.iter().map(|part| SAFE[*part].0).collect();
        let template = format!("./show {}{ends}", words.join(" "));
        let expected: Vec<Vec<u8>> = values
            .iter()
            .flat_map(|value| {
                parts.iter().map(|part| {
                    let (_, before, after) = SAFE[*part];
                    [before.as_bytes(), value, after.as_bytes()].concat()
                })
            })
            .collect();
        check(shell, &[&template], &values, &expected);
    }
}

#[test]
fn a_file_with_every_quote_in_its_name_is_read_by_every_form() {
    let name = "My brother's 12\" *** record  (costs $$$).jpg";
    for template in [
        &["cat", "{}"][..],
        &["cat"],
        &["cat {}"],
        &["cat"],
        &["cat < {}"],
        &["cat {} | cat"],
        &["cat \"./{}\"; :"],
        &["cat {//}/{/.}.jpg"],
        &["sh", "-c", "cat \"$1\"", "sh", "{}"],
        &["cat -- \"$1\""],
    ] {
        Stage::new()
            .file(name, "music")
            .args(template)
            .arg(":::")
            .arg(name)
            .stdout("music")
            .run();
    }
}

#[test]
fn an_argument_too_long_fails_its_job_alone() {
    let mut lines = vec![b'x'; 200_000];
    lines.extend_from_slice(b"\nshort\n");
    let outcome = Stage::new()
        .stdin(lines)
        .args(["-j1", "--json", "-a", "-", "/bin/echo"])
        .stdout_any()
        .stderr_any()
        .code(1)
        .run();
    let error = "argument 1 is too long for the system: 200000 bytes";
    assert_eq!(outcome.record(1)["status"], "spawn_error");
    assert_eq!(outcome.record(1)["error"], error);
    assert_eq!(outcome.record(2)["stdout"], "short\n");
}
