//! The scripts and the texts that commands become.

use std::sync::Arc;

use super::*;
use crate::plan::template::SlotAssignment;

fn command(text: &str, context: Insertion) -> Result<ReplacementCommand, ReplacementError> {
    let mut strings = ReplacementStrings::default();
    strings.add_plus();
    let rule = ShellRule::Always(Arc::default());
    ReplacementCommand::new(&[text.into()], &strings, false, context, &rule)
}

/// Returns the script with its values, and the text that is shown.
fn filled(text: &str, context: Insertion, args: &[&str]) -> (Vec<String>, String) {
    let args: Vec<OsString> = args.iter().map(OsString::from).collect();
    let filled = command(text, context).unwrap().filled(args.len()).unwrap();
    let argv = filled
        .shell(&args, SlotAssignment::without_value(7, 2))
        .unwrap();
    let words = argv
        .into_iter()
        .skip(2)
        .map(|word| word.into_string().unwrap());
    // The name of the shell is no value.
    let words: Vec<String> = words
        .enumerate()
        .filter(|(at, _)| *at != 1)
        .map(|(_, word)| word)
        .collect();
    (
        words,
        String::from_utf8(filled.written(&args, 7, 2)).unwrap(),
    )
}

#[test]
fn each_thing_that_is_inserted_is_a_value_of_the_script() {
    let (script, shown) = filled("cp {} {.}.bak {/}", Insertion::Joined, &["d/a b.c"]);
    assert_eq!(script[1..], ["d/a b.c", "d/a b", "a b.c"]);
    assert_eq!(script[0], "cp \"${1}\" \"${2}\".bak \"${3}\"");
    assert_eq!(shown, "cp 'd/a b.c' 'd/a b'.bak 'a b.c'");
}

#[test]
fn several_values_are_joined_or_repeated_with_their_context() {
    let joined = filled("echo a{}b {1}", Insertion::Joined, &["1", "2"]);
    assert_eq!(joined.1, "echo a1 2b 1");
    let repeated = filled("echo a{}b {2}", Insertion::Repeated, &["1", "2"]);
    assert_eq!(repeated.1, "echo a1b a2b 2");
    assert_eq!(repeated.0[0], "echo a\"${1}\"b a\"${2}\"b \"${2}\"");
    assert_eq!(filled("echo x", Insertion::Dropped, &["1"]).1, "echo x ");
}

#[test]
fn many_values_are_all_arguments_of_the_script() {
    let args: Vec<String> = (0..100).map(|number| number.to_string()).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let (script, shown) = filled("rm {}", Insertion::Joined, &args);
    assert_eq!(script[0], "rm \"$@\"");
    assert_eq!(script.len(), 101);
    assert!(shown.ends_with(" 98 99"));
}

#[test]
fn positions_count_from_either_end_and_a_missing_value_is_nothing() {
    let shown = filled("echo {2} {-1} {3}. {-3}.", Insertion::Joined, &["a", "b"]).1;
    assert_eq!(shown, "echo b b . .");
}

#[test]
fn the_argument_of_exit_is_only_its_number() {
    let (script, shown) = filled("echo {}; exit {}", Insertion::Joined, &["3"]);
    assert_eq!(script[0], "echo \"${1}\"; exit \"${1%%[!0-9-]*}\"");
    assert_eq!(shown, "echo 3; exit 3");
    let quoted = command("echo 'exit {}'", Insertion::Joined)
        .unwrap()
        .filled(1);
    assert!(matches!(quoted, Err(ReplacementError::Template(_))));
}

#[test]
fn words_that_are_quoted_are_no_syntax() {
    let strings = ReplacementStrings::default();
    let rule = ShellRule::Always(Arc::default());
    let words = ["echo", "a  $b {}", "`c`"].map(OsString::from);
    let command = ReplacementCommand::new(&words, &strings, true, Insertion::Joined, &rule);
    let filled = command.unwrap().filled(1).unwrap();
    let args = [OsString::from("it's")];
    let script = filled
        .shell(&args, SlotAssignment::without_value(1, 1))
        .unwrap();
    assert_eq!(script[2], "echo \"a  \\$b ${1}\" \"\\`c\\`\"");
    assert_eq!(
        filled.written(&args, 1, 1),
        b"echo 'a  $b it'\"'\"'s' '`c`'"
    );
}

#[test]
fn braces_of_prun_alone_and_parameters_are_refused() {
    let mut strings = ReplacementStrings::default();
    strings.respell("{}", b",,");
    let rule = ShellRule::Always(Arc::default());
    let of = |text: &str| {
        let typed = [OsString::from(text)];
        let command = ReplacementCommand::new(&typed, &strings, false, Insertion::Joined, &rule);
        command.and_then(|mut command| command.filled(1))
    };
    assert!(matches!(
        of("echo {%.gz} ,,"),
        Err(ReplacementError::Braces(_))
    ));
    assert!(matches!(
        of("echo $1 ,,"),
        Err(ReplacementError::Parameters(_))
    ));
    assert!(of("awk '{ print $1 }' ,,").is_ok());
    let literal = of("find ,, -exec cat {} +").unwrap();
    assert_eq!(
        literal.written(&["d".into()], 1, 1),
        b"find d -exec cat {} +"
    );
}
