//! Words for a shell: as quoted by Python's shlex, and as read by the shell.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use prun::process::{Stdio, join, quote};

use super::at::At;
use super::files::Folder;
use crate::shared::needs::needs;

fn quoted(word: &str) -> String {
    quote(OsStr::new(word)).into_string().unwrap()
}

// CPython, test_shlex.py testQuote.
#[test]
fn a_word_of_safe_letters_is_left_as_it_is() {
    let letters: String = ('a'..='z').chain('A'..='Z').chain('0'..='9').collect();
    for word in [&letters, "@%_-+=:,./", "file.txt", "--option=1"] {
        assert_eq!(quoted(word), word);
    }
}

// CPython, test_shlex.py testQuote.
#[test]
fn the_empty_word_is_quoted() {
    assert_eq!(quoted(""), "''");
}

// CPython, test_shlex.py testQuote.
#[test]
fn a_word_with_anything_else_is_quoted() {
    let others = " \t\n\"`$\\!#&()*;<>?[]^{|}~\u{e9}\u{e0}\u{df}\u{1f980}";
    for other in others.chars() {
        let word = format!("test{other}name");
        assert_eq!(quoted(&word), format!("'{word}'"));
    }
    assert_eq!(quoted("test file name"), "'test file name'");
}

// CPython, test_shlex.py testQuote.
#[test]
fn a_single_quote_is_quoted_by_double_ones() {
    assert_eq!(quoted("'"), r#"''"'"''"#);
    assert_eq!(quoted("it's"), r#"'it'"'"'s'"#);
    assert_eq!(quoted("test$'name'"), r#"'test$'"'"'name'"'"''"#);
}

// CPython, test_shlex.py testJoin.
#[test]
fn words_are_joined_by_blanks() {
    let cases: [(&[&str], &str); 6] = [
        (&["a ", "b"], "'a ' b"),
        (&["a", " b"], "a ' b'"),
        (&["a", " ", "b"], "a ' ' b"),
        (&["\"a", "b\""], "'\"a' 'b\"'"),
        (&[""], "''"),
        (&[], ""),
    ];
    for (words, line) in cases {
        assert_eq!(join(words), line);
    }
}

/// Words of bytes that are special to a shell, and of all others.
fn words(byte: impl Strategy<Value = u8>) -> impl Strategy<Value = Vec<Vec<u8>>> {
    vec(vec(byte, 0..12), 0..40)
}

fn any_byte() -> impl Strategy<Value = u8> {
    let special = prop::sample::select(b"'\"\\ \t\n$`!*?[]{}()<>|&;~#=-%^@:\r\x01\x7f".to_vec());
    prop_oneof![2 => special, 1 => b'a'..=b'z', 1 => 1..=255u8]
}

fn hold(cases: u32, strategy: &impl Strategy<Value = Vec<Vec<u8>>>, check: impl Fn(Vec<Vec<u8>>)) {
    let config = ProptestConfig::with_cases(cases);
    let config = ProptestConfig {
        failure_persistence: None,
        ..config
    };
    let held = TestRunner::new(config).run(strategy, |words| {
        check(words);
        Ok(())
    });
    held.unwrap_or_else(|error| panic!("{error}"));
}

// CPython, test_shlex.py testJoinRoundtrip, through the shell itself and for any bytes.
#[test]
fn a_shell_reads_the_very_bytes_that_were_quoted() {
    let runtime = At::PIDFD_ONE.runtime();
    hold(200, &words(any_byte()), |words| {
        let mut line = OsString::from("printf '%s\\0' begin ");
        line.push(join(words.iter().map(|word| OsStr::from_bytes(word))));
        let output = runtime.block_on(async {
            let mut command = At::PIDFD_ONE.shell(line);
            command.stdout(Stdio::Pipe);
            let mut process = command.spawn().await.unwrap();
            process.communicate(None).await.unwrap().stdout
        });
        let expected = [b"begin".to_vec()].into_iter().chain(words);
        let expected: Vec<u8> = expected.flat_map(|word| [word, vec![0]].concat()).collect();
        assert_eq!(output, expected);
    });
}

// CPython, test_shlex.py, for the first word of a command: the name of a program.
#[test]
fn a_quoted_name_is_the_name_of_a_program() {
    let folder = Folder::new();
    let name = OsString::from_vec(b"my 'own' \"prog\" $x \xff".to_vec());
    let script = folder.script(&name, "#!/bin/sh\nexit 5\n");
    At::PIDFD_ONE.play(|at| async move {
        let process = at.shell(quote(script.as_os_str())).spawn().await.unwrap();
        assert_eq!(process.wait().await.unwrap().returncode(), 5);
        drop(folder);
    });
}

/// Reads words that end with NUL, and prints them quoted and joined by Python.
const PYTHON: &str = "import shlex, sys
words = sys.stdin.buffer.read().decode().split('\\0')[:-1]
for word in words:
    sys.stdout.buffer.write(shlex.quote(word).encode() + b'\\0')
sys.stdout.buffer.write(shlex.join(words).encode())";

// CPython, shlex.quote and shlex.join themselves, if Python is installed.
#[test]
fn text_is_quoted_as_python_quotes_it() {
    if !needs("python3") {
        return;
    }
    let runtime = At::PIDFD_ONE.runtime();
    let text = vec("[ -~\u{a0}-\u{ff}\u{4e00}\u{1f980}\n\t'\"]{0,12}", 0..200);
    let text = text.prop_map(|words| words.into_iter().map(String::into_bytes).collect());
    hold(15, &text, |words: Vec<Vec<u8>>| {
        let input = words
            .iter()
            .flat_map(|word| [word.as_slice(), b"\0"].concat())
            .collect();
        let output = runtime.block_on(async {
            let mut command = At::PIDFD_ONE.command("python3");
            command.args(["-c", PYTHON]);
            command.stdin(Stdio::Pipe).stdout(Stdio::Pipe);
            let mut process = command.spawn().await.unwrap();
            process.communicate(Some(input)).await.unwrap().stdout
        });
        let words: Vec<_> = words.into_iter().map(OsString::from_vec).collect();
        let mut expected = Vec::new();
        for word in &words {
            expected.extend(quote(word).into_vec());
            expected.push(0);
        }
        expected.extend(join(&words).into_vec());
        assert_eq!(OsStr::from_bytes(&output), OsStr::from_bytes(&expected));
    });
}
