//! Many command lines, each run with a shell and without, if it can be: the result is the same.

use serde_json::{Value, json};

use crate::stage::Stage;

/// Lines that need no shell, lines that do, and lines that fail in every way there is.
const CORPUS: &[&str] = &[
    "ls",
    "cat data",
    "sort data",
    "/bin/echo a  b   c",
    "/bin/echo 'single  quoted' \"double  quoted\" mixed'quo'\"tes\"",
    "/bin/echo \"a'b\" 'a\"b' a\"\"b",
    "/bin/echo a\tb",
    "/bin/echo a:b,c@d+e=f%g^h - -- =x A=1 %1",
    "/bin/echo é 漢 🦀",
    "  ./greet lead  ",
    "'./greet' x",
    "\"./greet\" 'a b'",
    "./greet '' \"\" x",
    "./greet it\\'s a\\ b",
    "./greet a\u{a0}b\u{2003}c",
    "./greet 'unclosed",
    "./greet $HOME *.txt ~ {a,b} [ab].txt # comment",
    "printenv PATH HOME LANG PRUN_SEQ",
    "A=1 printenv A",
    "A=1",
    "sub/deep",
    "deep",
    "nosuch-program x",
    "./nosuch x",
    "./data x",
    "./lost x",
    "./bare x",
    "./sub",
    "./data/x",
    "-n x",
    "+x",
    "''",
    "true",
    "false",
    "test -e data",
    "test -e nosuch",
    "[ a = b ]",
    "printf %s\\\\n x",
    "echo -n x",
    "echo 'a\\tb'",
    "pwd",
    "cd sub",
    "exit 3",
    "kill -9 $$",
    "time",
    "command -v cat",
    "./greet a && ./greet b || ./greet c; ./greet d | tr a-z A-Z",
    "cat < data > copy; cat copy >&2",
    "(exit 5)",
    "sh -c 'exit 6'",
    "if true; then ./greet yes; fi",
];

/// One after the other, in a folder with something in it.
fn corpus(options: &[&str]) -> Vec<Value> {
    let outcome = Stage::new()
        .args(["--json", "-j1"])
        .args(options)
        .script(
            "greet",
            "#!/bin/sh\nprintf 'hello'; printf ' [%s]' \"$@\"; echo\n",
        )
        .script("bare", "echo bare \"$1\"\n")
        .script("lost", "#!/nonexistent/interpreter\n")
        .script("sub/deep", "#!/bin/sh\necho deep\n")
        .file("data", "b\na\n")
        .file("a.txt", "")
        .file("b.txt", "")
        .stdin(CORPUS.join("\n"))
        .stdout_any()
        .stderr_any()
        .code(1)
        .run();
    assert_eq!(outcome.json().len(), CORPUS.len());
    let dir = outcome.dir().to_str().expect("the folder's name is text");
    let told = |record: Value| {
        let text = |key: &str| {
            record[key]
                .as_str()
                .unwrap_or_default()
                .replace(dir, "[DIR]")
        };
        let (out, err) = (text("stdout"), text("stderr"));
        json!([
            record["cmd"],
            record["status"],
            record["exit_code"],
            record["signal"],
            out,
            err
        ])
    };
    outcome.json().into_iter().map(told).collect()
}

#[test]
fn a_line_has_the_same_result_with_a_shell_and_without() {
    let (direct, by_shell) = (corpus(&[]), corpus(&["--shell"]));
    for (direct, by_shell) in direct.iter().zip(&by_shell) {
        assert_eq!(direct, by_shell, "without a shell, and with one");
    }
}
