//! Every accepted template delivers each value byte for byte.

use std::fs;
use std::process::{Command, Stdio};

use super::shells::{BASH, BUSYBOX, DASH, KSH, Shell, ZSH};
use crate::stage::Stage;

/// Prints its arguments, each terminated by NUL.
const SHOW: &str = "#!/bin/sh\nprintf '%s\\0' \"$@\"\n";

/// Values that are code in some place of some shell.
fn values() -> Vec<Vec<u8>> {
    let texts = [
        "",
        "'\"`\\$!*?~#[a-z]{}{{}}{1}{#}%s%d\r\u{202e}é漢\u{1b}[31m",
        "$(touch pwned)`touch pwned`';touch pwned;'\";touch pwned;\"|touch pwned&\ntouch pwned\n)touch pwned(",
        "a[$(touch pwned)]",
        "path[$(touch pwned)1]",
        "-n",
        "~",
        " *  x=y\t",
    ];
    let mut values: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    values.extend([b"\x01\x7f\x81\x82\x88\xff\xfe".to_vec(), vec![b'x'; 30_000]]);
    values
}

/// Words with a placeholder, and what they deliver: `@` is the value.
const WORDS: [(&str, &str); 26] = [
    ("{}", "@"),
    ("{1}", "@"),
    ("\"{}\"", "@"),
    ("x{}y", "x@y"),
    ("{}{}", "@@"),
    ("\"a {} b\"", "a @ b"),
    ("'$(touch pwned)'{}", "$(touch pwned)@"),
    ("\"'{}'\"", "'@'"),
    ("\"\\\"{}\\\\\"", "\"@\\"),
    ("\\;{}\\*", ";@*"),
    ("{}\"$EMPTY\"", "@"),
    ("--file={}", "--file=@"),
    ("\"${X%.*}{}\"", "a@"),
    ("${X##*.}{}", "b@"),
    ("\"${EMPTY:-y z}{}\"", "y z@"),
    ("${#X}{}", "3@"),
    ("\"$X/{}\"", "a.b/@"),
    ("\"$(printf %s. {})\"", "@."),
    ("a\"$(printf %s. \"<{}>\")\"{}", "a<@>.@"),
    ("\"$(printf %s. \"$(printf %s, {})\"){}\"", "@,.@"),
    ("\"$({ printf %s {}; (echo .); } | cat)\"", "@."),
    ("$(echo a){}", "a@"),
    ("$((1 + 2)){}", "3@"),
    ("\"$((X2 * 2)) {}\"", "0 @"),
    ("{#}{}{%}", "#@1"),
    ("\"$X{#}{}\"", "a.b#@"),
];

/// Commands around a word, which stands where `@` is.
const COMMANDS: [&str; 12] = [
    "printf '%s\\0' @",
    "printf '%s\\0' @ | cat",
    "if true; then printf '%s\\0' @; fi",
    "(cd . && printf '%s\\0' @) 2>&1",
    "for i in 1; do printf '%s\\0' @; done # it",
    "printf '%s\\0' \\\n  @\\\n ;",
    "v=@; printf '%s\\0' \"$v\"",
    "v=@; w=\"$v\"; { printf '%s\\0' \"${w}\"; }",
    "V=@ W=1 sh -c 'printf \"%s\\0\" \"$V\"'",
    "export V; V=@; sh -c 'printf \"%s\\0\" \"$V\"'",
    "printf '%s' @ >f; cat f; printf '\\0'",
    "sh -c 'printf \"%s\\0\" \"$1\"' sh @",
];

/// Other templates.
const OTHERS: [(&str, &str); 34] = [
    ("./show {}; :", "@|"),
    ("./show {}", "@|"),
    ("./show", "@|"),
    ("exec ./show {} b; :", "@|b|"),
    ("command ./show \"{}\" && true", "@|"),
    ("./show \"${1%.none}\" {}", "@|@|"),
    ("./show {} \"${1%.none}\"", "@|@|"),
    ("./show \"$1\"", "@|"),
    ("./show \"$(cd /; pwd)\" {}", "/|@|"),
    ("./show {} > \"$(echo f)\"; cat f", "@|"),
    ("d=$(dirname a/b/c); n=$(basename $d); ./show $n {}", "b|@|"),
    ("./show {#} x{%} '{#}' \"{#}\"", "#|x1|#|#|"),
    ("./show $(({#} + 1)) {}", "^|@|"),
    ("./show `expr {#} + 1`", "^|"),
    (
        "N=$(({%} - 1)) sh -c 'printf \"%s\\0\" \"$N\" \"$1\"' sh {}",
        "0|@|",
    ),
    ("./show {#}>f; cat f", "#|"),
    ("./show 2{#}>f {}; cat f", "2#|@|"),
    ("./show x{#}>f; cat f", "x#|"),
    ("Y=2; Y1=no; ./show $Y{#} \"$Y{#}\" ${Y}{#}", "2#|2#|2#|"),
    ("set -- a; ./show {#} \"$1\"", "#|a|"),
    ("eval './show {#}'", "#|"),
    ("sh -c './show {#}'; :", "#|"),
    ("sh -c \"./show {#} {%}\"; :", "#|1|"),
    ("cat <<E; ./show {#}\n{#}\nE", "#\n#|"),
    ("PATH=$PATH:{#}; ./show {}", "@|"),
    ("for i in 1 2; do ./show $i{#} {}; done", "1#|@|2#|@|"),
    ("./show {} && ! false || ./show no", "@|"),
    ("echo {} | while read -r x; do :; done; ./show {}", "@|"),
    (
        "v={}; if [ \"$v\" = \"{}\" ]; then ./show same; fi",
        "same|",
    ),
    ("v={}; [ -n a ] && ./show \"${v}\" \"$v\"", "@|@|"),
    ("v={}; case=1; ./show \"$(printf %s. \"$v\")\"", "@.|"),
    ("v={} w={}; ./show \"$v$w\"", "@@|"),
    ("for i in 1 2; do ./show \"$v\"; v={}; done", "|@|"),
    (
        "printf '%5s%%d|%b%c\\0' a b c {} >/dev/null; ./show {}",
        "@|",
    ),
];

/// All templates, each with what it delivers: `|` ends a word.
fn corpus() -> Vec<(String, String)> {
    let mut corpus = Vec::new();
    for (at, (word, delivered)) in WORDS.iter().enumerate() {
        for (turn, command) in COMMANDS.iter().enumerate() {
            // A variable with a value takes no arithmetic beside it.
            let is_refused = word.contains("$((") && command.contains("=@");
            // In turn, so that each word stands in most commands.
            if !is_refused && (at + turn) % 12 < 7 {
                corpus.push((command.replace('@', word), format!("{delivered}|")));
            }
        }
    }
    let others = OTHERS.iter();
    corpus.extend(others.map(|(template, text)| ((*template).to_owned(), (*text).to_owned())));
    corpus
}

/// What the job of this number delivers: `#` is the number, `^` the next one.
fn delivered(pattern: &str, value: &[u8], number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    for byte in pattern.bytes() {
        match byte {
            b'@' => bytes.extend_from_slice(value),
            b'#' => bytes.extend(number.to_string().bytes()),
            b'^' => bytes.extend((number + 1).to_string().bytes()),
            b'|' => bytes.push(0),
            byte => bytes.push(byte),
        }
    }
    bytes
}

/// Runs the whole corpus, each template once.
#[track_caller]
fn check(shell: Shell) {
    if !shell.is_there() {
        return;
    }
    let tools = tempfile::tempdir().expect("the test can run its programs");
    let program = shell.path(tools.path());
    // One folder for all runs: nothing but the file `f` may appear in it.
    let stage = Stage::new().script("show", SHOW);
    let list = tools.path().join("values");
    for (at, (template, pattern)) in corpus().into_iter().enumerate() {
        // Each template takes some of the values in turn, each value comes to many templates.
        let mut values = values();
        values.rotate_left(at % 9);
        values.truncate(4);
        let mut file = values.join(&0);
        file.push(0);
        fs::write(&list, file).expect("the test can run its programs");
        let delivered = |(at, value): (usize, &Vec<u8>)| delivered(&pattern, value, at + 1);
        let expected: Vec<u8> = values.iter().enumerate().flat_map(delivered).collect();
        // The number of the slot is known if there is one, and what writes a file is alone with it.
        let is_alone = template.contains("{%}") || template.contains("cat f");
        let run = Command::new(env!("CARGO_BIN_EXE_prun"))
            .args(["-k", if is_alone { "-j1" } else { "-j4" }, "-0", "-a"])
            .arg(&list)
            .arg(format!("--shell={}", program.display()))
            .arg(&template)
            .env("X", "a.b")
            .current_dir(stage.dir())
            .stdin(Stdio::null())
            .output()
            .expect("the test can run its programs");
        assert!(
            run.stdout == expected,
            "{} {template:?}:\n{}\n{}\n{}",
            shell.name,
            shown(&run.stdout),
            shown(&expected),
            shown(&run.stderr),
        );
        let files = fs::read_dir(stage.dir())
            .expect("the test can run its programs")
            .flatten();
        let mut names: Vec<_> = files.map(|file| file.file_name()).collect();
        names.retain(|name| name != "f");
        assert_eq!(names, ["show"], "{} {template:?}", shell.name);
    }
}

fn shown(bytes: &[u8]) -> String {
    let start = &bytes[..bytes.len().min(500)];
    start.escape_ascii().to_string()
}

#[test]
fn the_corpus_has_more_than_200_templates() {
    assert!(corpus().len() > 200, "{}", corpus().len());
}

#[test]
fn every_value_arrives_under_dash() {
    check(DASH);
}

#[test]
fn every_value_arrives_under_bash() {
    check(BASH);
}

#[test]
fn every_value_arrives_under_ksh() {
    check(KSH);
}

#[test]
fn every_value_arrives_under_zsh() {
    check(ZSH);
}

#[test]
fn every_value_arrives_under_busybox() {
    check(BUSYBOX);
}
