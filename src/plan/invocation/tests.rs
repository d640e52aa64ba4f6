//! Examples of the decision, and a comparison with a real shell.

use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::process::{Command, Stdio};

use proptest::prelude::*;

use super::*;

/// The words that `Auto` executes, if the line needs no shell.
fn direct(line: &[u8]) -> Option<Vec<OsString>> {
    match parse_line(line, &ShellRule::Auto(Arc::default())).unwrap() {
        Invocation::Line { direct, shell, .. } => {
            assert_eq!(shell, Some(Arc::default()), "Auto may always fall back");
            direct
        }
        other => panic!("{other:?}"),
    }
}

/// The words under `Never`.
fn exact(line: &str) -> Result<Vec<OsString>, WordsError> {
    match parse_line(line.as_bytes(), &ShellRule::Never)? {
        Invocation::Line {
            direct: Some(words),
            shell: None,
            ..
        } => Ok(words),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_plain_line_is_its_words() {
    let words = direct(b"cargo test \"a b\"'c d'  --x=1\t-y").unwrap();
    assert_eq!(words, ["cargo", "test", "a bc d", "--x=1", "-y"]);
}

#[test]
fn every_syntax_character_goes_to_the_shell_even_in_quotes() {
    for byte in b"#;*?[]&|<>(){}$~!\\`\n" {
        let symbol = char::from(*byte);
        assert_eq!(direct(format!("ls a{symbol}b").as_bytes()), None);
        assert_eq!(direct(format!("ls 'a{symbol}b'").as_bytes()), None);
    }
}

#[test]
fn an_assignment_goes_to_the_shell() {
    for line in ["A=1 env", "A+=1 env", "A=", "'A'=1 x", "\"A=1\" x"] {
        assert_eq!(direct(line.as_bytes()), None, "{line}");
    }
}

#[test]
fn a_first_word_that_the_shell_knows_goes_to_the_shell() {
    for line in ["echo a", "'echo' a", "e\"ch\"o a", "time ls", "cd /", "%1"] {
        assert_eq!(direct(line.as_bytes()), None, "{line}");
    }
}

#[test]
fn a_later_word_that_the_shell_knows_is_only_a_word() {
    assert_eq!(direct(b"nice echo if").unwrap(), ["nice", "echo", "if"]);
}

#[test]
fn an_open_quote_goes_to_the_shell() {
    assert_eq!(direct(b"ls 'a"), None);
    assert_eq!(direct(b"ls \"a"), None);
}

#[test]
fn an_empty_first_word_goes_to_the_shell() {
    assert_eq!(direct(b"'' a"), None);
    assert_eq!(direct(b"''"), None);
}

#[test]
fn an_empty_later_word_is_kept() {
    assert_eq!(direct(b"ls '' \"\"").unwrap(), ["ls", "", ""]);
}

#[test]
fn blanks_on_which_shells_differ_go_to_the_shell() {
    for blank in [
        "\r", "\x0b", "\x0c", "\x01", "\x7f", "\u{a0}", "\u{85}", "\u{3000}",
    ] {
        assert_eq!(
            direct(format!("ls a{blank}b").as_bytes()),
            None,
            "{blank:?}"
        );
    }
}

#[test]
fn letters_beyond_ascii_need_no_shell() {
    assert_eq!(direct("ls é 日本".as_bytes()).unwrap(), ["ls", "é", "日本"]);
}

#[test]
fn bytes_that_are_not_utf_8_go_to_the_shell_unchanged() {
    let line = b"ls \xff\xfe";
    match parse_line(line, &ShellRule::Auto(Arc::default())).unwrap() {
        Invocation::Line {
            line: kept,
            direct: None,
            ..
        } => assert_eq!(kept.as_bytes(), line),
        other => panic!("{other:?}"),
    }
}

#[test]
fn always_means_a_shell_for_plain_words_too() {
    let shell = Arc::default();
    let expected = Invocation::Line {
        line: "ls".into(),
        direct: None,
        shell: Some(Arc::clone(&shell)),
    };
    assert_eq!(parse_line(b"ls", &ShellRule::Always(shell)), Ok(expected));
}

#[test]
fn never_takes_quoted_syntax_as_text() {
    let words = exact("grep 'a|b$' \"c;d\" \\*.rs \"\\$x\"").unwrap();
    assert_eq!(words, ["grep", "a|b$", "c;d", "*.rs", "$x"]);
}

#[test]
fn never_refuses_unquoted_syntax() {
    for (line, symbol) in [
        ("a | b", '|'),
        ("a 'b'>c", '>'),
        ("a \"$HOME\"", '$'),
        ("a \"`b`\"", '`'),
        ("ls ~", '~'),
        ("a \\\\;b", ';'),
        ("a \\\n b", '\n'),
        ("a\nb", '\n'),
        ("a 'b\"'#", '#'),
    ] {
        assert_eq!(exact(line), Err(WordsError::Syntax(symbol)), "{line}");
    }
}

#[test]
fn never_runs_assignments_builtins_and_keywords_as_programs() {
    assert_eq!(exact("A=1 b").unwrap(), ["A=1", "b"]);
    assert_eq!(exact("echo a").unwrap(), ["echo", "a"]);
    assert_eq!(exact("time ls").unwrap(), ["time", "ls"]);
}

#[test]
fn never_refuses_an_open_quote() {
    for line in ["a 'b", "a \"b", "a \\"] {
        assert_eq!(exact(line), Err(WordsError::Unbalanced), "{line}");
    }
}

#[test]
fn a_blank_line_is_an_error_under_every_rule() {
    for rule in [
        ShellRule::Auto(Arc::default()),
        ShellRule::Always(Arc::default()),
        ShellRule::Never,
    ] {
        assert_eq!(parse_line(b"", &rule), Err(WordsError::Blank));
        assert_eq!(parse_line(b" \t\n", &rule), Err(WordsError::Blank));
    }
}

#[test]
fn a_nul_byte_is_an_error_under_every_rule() {
    for rule in [ShellRule::Always(Arc::default()), ShellRule::Never] {
        assert_eq!(parse_line(b"a\0b", &rule), Err(WordsError::Nul));
    }
}

#[test]
fn errors_name_the_remedy() {
    assert_eq!(
        WordsError::Syntax('\n').to_string(),
        "unquoted `\\n` is shell syntax, but no shell may be used here: quote it, or allow a shell"
    );
    assert_eq!(
        WordsError::Unbalanced.to_string(),
        "unclosed quote or trailing backslash, and no shell may be used here: fix it"
    );
}

/// The words of each line according to a real `sh`.
fn words_of_sh(lines: &[String]) -> Vec<Vec<Vec<u8>>> {
    let script: String = lines
        .iter()
        .map(|line| format!("printf '%s\\0' {line}\nprintf '\\001\\0'\n"))
        .collect();
    let mut shell = Command::new("/bin/sh")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = shell.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(script.as_bytes()));
    let output = shell.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    let mut all = vec![Vec::new()];
    for word in output.stdout.split(|byte| *byte == 0) {
        match word {
            [1] => all.push(Vec::new()),
            word => all.last_mut().unwrap().push(word.to_vec()),
        }
    }
    all.pop();
    all
}

/// A line of words, quoted words, blanks, and sometimes an unclosed quote.
fn line() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-d=%,./:@^+é-]{1,3}",
        2 => "'[a-d\" \t=é]{0,4}'",
        2 => "\"[a-d' \t=é]{0,4}\"",
        4 => "[ \t]{1,2}",
        1 => "['\"]",
    ];
    prop::collection::vec(piece, 1..10).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4, failure_persistence: None, ..Default::default() })]

    #[test]
    fn direct_words_are_those_of_a_real_sh(lines in prop::collection::vec(line(), 300)) {
        let mut ours = Vec::new();
        let mut plain = Vec::new();
        for line in lines {
            if let Ok(Invocation::Line { direct: Some(words), .. }) =
                parse_line(line.as_bytes(), &ShellRule::Auto(Arc::default()))
            {
                ours.push(words.into_iter().map(OsString::into_vec).collect::<Vec<_>>());
                plain.push(line);
            }
        }
        prop_assert!(plain.len() > 10, "too few lines were direct: {}", plain.len());
        prop_assert_eq!(ours, words_of_sh(&plain), "{:?}", plain);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn auto_never_claims_direct_for_shell_syntax(
        before in "[a-z '\"]{0,8}",
        symbol in prop::sample::select(b"#;*?[]&|<>(){}$~!\\`\n\r\x0b\x0c".to_vec()),
        after in "[a-z '\"]{0,8}",
    ) {
        let line = format!("x{before}{}{after}", char::from(symbol));
        prop_assert_eq!(direct(line.as_bytes()), None);
    }

    #[test]
    fn no_line_of_bytes_makes_it_panic(line in prop::collection::vec(any::<u8>(), 0..40)) {
        for rule in [ShellRule::Auto(Arc::default()), ShellRule::Never] {
            let _ = parse_line(&line, &rule);
        }
    }
}
