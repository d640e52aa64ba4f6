//! A command line without shell syntax is executed without a shell, with the same result: a corpus
//! runs both ways, with every available shell.

use serde_json::Value;

use crate::needs::{MOUNT_NAMESPACE, MOUNTS, needs};
use crate::stage::Stage;

/// Independent command lines; the files of the folder are created below.
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
    // All kinds of quotes.
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
    // Programs that cannot be executed.
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
    // Non-ASCII text.
    "/bin/echo é",
    "/bin/echo 漢字",
    "/bin/echo a\u{a0}b",
    "/bin/echo \u{2003}",
    "cat ü.txt",
    "/bin/echo a:b,c@d+e=f%g^h - -- =x A=1 %1",
    "./greet 漢 🦀 a\u{a0}b\u{2003}c",
    // Arguments as a program gets them, and programs that cannot be executed.
    "  ./greet lead  ",
    "'./greet' x",
    "./greet '' \"\" x",
    "./greet it\\'s a\\ b mixed'quo'\"tes\"",
    "./greet 'unclosed",
    "./greet $HOME *.txt ~ {a,b} [ab].txt # comment",
    "./greet a && ./greet b || ./greet c; ./greet d | tr a-z A-Z",
    "printenv PATH HOME LANG PRUN_SEQ",
    "A=1 printenv A",
    "sub/deep",
    "deep",
    "./a.txt/x",
    "-n x",
    "+x",
    "echo 'a\\tb'",
    "kill -9 $$",
    "time",
    "(exit 5)",
    "sh -c 'exit 6'",
];

/// Makes bash the system's shell, for a run and all its jobs.
const BASH_IS_SH: &str =
    "mount --bind /bin/bash \"$(readlink -f /bin/sh)\" || exit 99; exec \"$@\"";

/// The records of the corpus, in order.
fn records(stage: Stage, options: &[&str]) -> Vec<Value> {
    let outcome = stage
        .file("a.txt", "one\ntwo\n")
        .file("b.txt", "three\n")
        .file("a b.txt", "blank\n")
        .file("ü.txt", "umlaut\n")
        .file("plain", "echo plain\n")
        .file("sourced", "echo sourced\n")
        .file("sub/x", "")
        .script("script", "echo no shebang \"$@\"\n")
        .script(
            "greet",
            "#!/bin/sh\nprintf 'hello'; printf ' [%s]' \"$@\"; echo\n",
        )
        .script("sub/deep", "#!/bin/sh\necho deep\n")
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

/// The visible result of a line.
fn visible_result(record: &Value) -> (String, String, [Value; 3]) {
    let own = |line: &&str| {
        // Output of `env`: variables that differ from run to run, and those that a shell sets.
        let names = [
            "PRUN_SEQ=",
            "PRUN_RUN_ID=",
            "PRUN_TEST_TOKEN=",
            "TMPDIR=",
            "PWD=",
            "OLDPWD=",
            "SHLVL=",
            "_=",
            "PS4=",
            "OPTIND=",
            // Output of `times`.
            "0m0.",
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
    let ending = ["status", "exit_code", "signal"].map(|key| record[key].clone());
    (
        lines.join("\n"),
        record["stderr"].as_str().unwrap_or_default().to_owned(),
        ending,
    )
}

/// Runs the corpus twice on such a stage: with this shell for every line, and with the default.
#[track_caller]
fn compare(stage: impl Fn() -> Stage, shell: &str) {
    let option = format!("--shell={shell}");
    let (forced, free) = (records(stage(), &[&option]), records(stage(), &[]));
    // For a shell other than the default, only the lines that run without a shell are compared.
    let is_default = shell == "/bin/sh";
    assert_eq!(forced.len(), free.len());
    let mut direct = 0;
    for (forced, free) in forced.iter().zip(&free) {
        let is_direct = free["shell"] == false;
        direct += usize::from(is_direct);
        if is_direct || is_default {
            assert_eq!(forced["shell"], true);
            assert_eq!(
                visible_result(forced),
                visible_result(free),
                "{}",
                free["cmd"]
            );
        }
    }
    assert!(direct > 40, "only {direct} lines went without a shell");
}

#[test]
fn both_paths_agree_under_the_default_shell() {
    compare(Stage::new, "/bin/sh");
}

#[test]
fn both_paths_agree_under_dash() {
    if !needs("/bin/dash") {
        return;
    }
    compare(Stage::new, "/bin/dash");
}

#[test]
fn both_paths_agree_under_bash() {
    if !needs("/bin/bash") {
        return;
    }
    compare(Stage::new, "/bin/bash");
}

#[test]
fn both_paths_agree_if_bash_is_the_systems_shell() {
    if !needs(MOUNT_NAMESPACE) || !needs("/bin/bash") {
        return;
    }
    // A mount that only this run sees. Called as `sh`, bash follows POSIX.
    let stage = || Stage::new().under(MOUNTS).in_shell(BASH_IS_SH);
    stage()
        .args(["echo ${BASH_VERSION:+bash} $POSIXLY_CORRECT"])
        .stdout("bash y\n")
        .run();
    compare(stage, "/bin/sh");
}

#[test]
fn the_corpus_has_at_least_150_lines() {
    assert!(CORPUS.len() >= 150, "{}", CORPUS.len());
}
