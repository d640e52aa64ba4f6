//! A command line without shell syntax is executed without a shell, with the same result: a corpus
//! is run down both paths, under two shells.

use serde_json::Value;

use crate::stage::Stage;

/// Command lines, each alone; files of the folder are made below.
const CORPUS: &[&str] = &[
    // Programs and builtins.
    "ls",
    "ls -a",
    "sort -r a.txt",
    "seq 3",
    "cat ./a.txt sub/../b.txt",
    "basename a/b",
    "dirname a/b",
    "expr 1 + 2",
    "printenv HOME",
    "uname -s",
    "id -u",
    "cut -c1 a.txt",
    "cat",
    "sleep 0",
    "cat a.txt",
    "cat a.txt b.txt",
    "wc -l a.txt",
    "head -n 1 a.txt",
    "/bin/echo hi",
    "true",
    "false",
    "echo",
    "echo a b",
    "echo -n a",
    "printf %s a",
    "printf '%s\\n' a b",
    "pwd",
    "cd sub",
    "cd missing",
    "test -f a.txt",
    "test -f missing",
    "[ a = a ]",
    "[ a = b ]",
    ":",
    "exit",
    "exit 3",
    "exit 256",
    "return 2",
    "kill -0 1",
    "type cat",
    "command cat a.txt",
    "command -v ls",
    "umask",
    "ulimit -n",
    "wait",
    "times a",
    "export X=1",
    "readonly Y=2",
    "unset X",
    "eval echo hi",
    "exec echo hi",
    "exec cat a.txt",
    "hash",
    "read x",
    "let 1",
    "declare x",
    "local x",
    "source missing",
    ". ./sourced",
    "shopt",
    "enable",
    "help true",
    "builtin echo a",
    "set -e",
    "shift",
    "trap",
    "alias",
    "getopts a b",
    "env",
    "env -i /bin/echo a",
    "nice true",
    // Quoting of every kind.
    "echo 'a b'",
    "cat 'a b.txt'",
    "cat \"a b.txt\"",
    "cat a\\ b.txt",
    "cat a' 'b.txt",
    "cat 'a'.txt",
    "cat \"a\".txt",
    "ca't' a.txt",
    "'cat' a.txt",
    "\"cat\" a.txt",
    "c\\at a.txt",
    "/bin/echo ''",
    "/bin/echo \"\"",
    "/bin/echo '' a ''",
    "/bin/echo a''b",
    "/bin/echo 'a\"b'",
    "/bin/echo \"a'b\"",
    "/bin/echo \"a\\\"b\"",
    "/bin/echo \"a\\\\b\"",
    "/bin/echo 'a\\b'",
    "/bin/echo a\\\\b",
    "/bin/echo \"a\\nb\"",
    "/bin/echo 'it'\\''s'",
    "/bin/echo 'open",
    "/bin/echo \"open",
    "/bin/echo open\\",
    "/bin/echo $'a\\tb'",
    "/bin/echo $\"a\"",
    "''",
    "'' a",
    "\"\" a",
    "/bin/echo 'a  b'",
    "/bin/echo a   b",
    "  /bin/echo a",
    "/bin/echo a  ",
    "\t/bin/echo\ta",
    // Globs, braces, tildes.
    "/bin/echo *.txt",
    "/bin/echo '*.txt'",
    "/bin/echo \"*.txt\"",
    "/bin/echo \\*.txt",
    "/bin/echo ?.txt",
    "/bin/echo [ab].txt",
    "/bin/echo *.none",
    "/bin/echo {a,b}",
    "/bin/echo {1..3}",
    "/bin/echo {}",
    "/bin/echo { }",
    "/bin/echo ~",
    "/bin/echo '~'",
    "/bin/echo a~",
    "/bin/echo !",
    "/bin/echo a!b",
    "/bin/echo ^a",
    "/bin/echo a%b",
    // Variables and substitutions.
    "/bin/echo $HOME",
    "/bin/echo \"$HOME\"",
    "/bin/echo '$HOME'",
    "/bin/echo \\$HOME",
    "/bin/echo $",
    "/bin/echo a$",
    "/bin/echo $(echo a)",
    "/bin/echo `echo a`",
    "/bin/echo $((1+2))",
    "/bin/echo ${HOME}",
    "/bin/echo $MISSING",
    "/bin/echo $?",
    "/bin/echo $0",
    "/bin/echo $#",
    "/bin/echo a=b",
    "/bin/echo --x=y",
    // Assignments, comments, keywords.
    "X=1",
    "X=1 env",
    "X=1 /bin/echo a",
    "X+=1 true",
    "1X=1",
    "=x",
    "/bin/echo a # b",
    "/bin/echo a#b",
    "# a",
    "if true; then echo a; fi",
    "for i in 1 2; do echo $i; done",
    "while false; do :; done",
    "case a in a) echo a;; esac",
    "! true",
    "! false",
    "time -f x true",
    "{ echo a; }",
    "(echo a)",
    "if",
    "then",
    "done",
    "}",
    "]",
    "in",
    "function",
    // Lists, pipes, redirections.
    "echo a; echo b",
    "true && echo a",
    "false || echo a",
    "echo a | cat",
    "echo a > out; cat out",
    "cat < a.txt",
    "echo a >&2",
    "cat missing 2>/dev/null",
    "sleep 0 &",
    "/bin/echo a\n/bin/echo b",
    // Programs that cannot run.
    "missing",
    "missing a b",
    "./missing",
    "./plain",
    "./sub",
    "./script a",
    "./shebang a",
    "./badshebang",
    "sub",
    "./a.txt",
    // Beyond ASCII.
    "/bin/echo é",
    "/bin/echo 漢字",
    "/bin/echo a\u{a0}b",
    "/bin/echo \u{2003}",
    "cat ü.txt",
];

/// The records of the corpus, one after the other.
fn records(options: &[&str]) -> Vec<Value> {
    let outcome = Stage::new()
        .file("a.txt", "one\ntwo\n")
        .file("b.txt", "three\n")
        .file("a b.txt", "blank\n")
        .file("ü.txt", "umlaut\n")
        .file("plain", "echo plain\n")
        .file("sourced", "echo sourced\n")
        .file("sub/x", "")
        .script("script", "echo no shebang \"$@\"\n")
        .script("shebang", "#!/bin/sh\necho shebang \"$@\"\n")
        .script("badshebang", "#!/no/such/interpreter\n")
        .stdin(CORPUS.join("\0"))
        .env_remove("OLDPWD")
        .args(["-j1", "--json", "-0"])
        .args(options)
        .args(["-f", "-"])
        .stdout_any()
        .stderr_any()
        .code(1)
        .run();
    let mut records = outcome.json();
    let folder = outcome.dir().to_string_lossy().into_owned();
    for record in &mut records {
        for key in ["stdout", "stderr"] {
            let text = record[key]
                .as_str()
                .unwrap_or_default()
                .replace(&folder, "[DIR]");
            record[key] = text.into();
        }
    }
    records
}

/// What a person would see of one line.
fn shown(record: &Value) -> (String, String, Value) {
    let own = |line: &&str| {
        // Of `env`: what differs from run to run, and what a shell adds.
        let names = [
            "PRUN_SEQ=",
            "PRUN_TEST_TOKEN=",
            "TMPDIR=",
            "PWD=",
            "OLDPWD=",
            "SHLVL=",
            "_=",
            "PS4=",
            "OPTIND=",
        ];
        !names.iter().any(|name| line.starts_with(name))
    };
    let stdout = record["stdout"].as_str().unwrap_or_default();
    let mut lines: Vec<&str> = stdout.lines().filter(own).collect();
    if record["cmd"]
        .as_str()
        .is_some_and(|line| line.contains("env"))
    {
        lines.sort_unstable();
    }
    let code = record["exit_code"].clone();
    (
        lines.join("\n"),
        record["stderr"].as_str().unwrap_or_default().to_owned(),
        code,
    )
}

#[track_caller]
fn compare(shell: &str) {
    let option = format!("--shell={shell}");
    let (forced, free) = (records(&[&option]), records(&[]));
    // Of another shell than the default one only those lines are compared that need none.
    let is_default = shell == "/bin/sh";
    assert_eq!(forced.len(), free.len());
    let mut direct = 0;
    for (forced, free) in forced.iter().zip(&free) {
        let is_direct = free["shell"] == false;
        direct += usize::from(is_direct);
        if is_direct || is_default {
            assert_eq!(forced["shell"], true);
            assert_eq!(shown(forced), shown(free), "{}", free["cmd"]);
        }
    }
    assert!(direct > 40, "only {direct} lines went without a shell");
}

#[test]
fn both_paths_agree_under_the_default_shell() {
    compare("/bin/sh");
}

#[test]
fn both_paths_agree_under_dash() {
    compare("/bin/dash");
}

#[test]
fn both_paths_agree_under_bash() {
    compare("/bin/bash");
}

#[test]
fn the_corpus_is_as_large_as_was_promised() {
    assert!(CORPUS.len() >= 150, "{}", CORPUS.len());
}
