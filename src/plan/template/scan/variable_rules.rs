//! What a template may not do if one of its variables has a value: use a variable by its name where a shell
//! evaluates it, or change how variables are assigned.

use super::assignment;
use super::injection_rules::{
    PREFIXES, Word, is_comparison, is_format, is_known, is_one_of, is_program,
};

/// Builtins and reserved words that never use an argument as the name of a variable or as arithmetic.
const NAMELESS: [&str; 15] = [
    ")", ":", "cd", "done", "echo", "else", "esac", "false", "fi", "for", "pwd", "times", "true",
    "{", "}",
];

/// Returns the words that may be names of variables into which a command reads its input.
pub(crate) fn read_names(words: &[Word]) -> Option<&[Word]> {
    let is_reader = |word: &Word| is_one_of(&word.literal, &["read", "mapfile", "readarray"]);
    let reader = words.iter().position(is_reader)?;
    let is_called = reader == 0 || is_one_of(&words[0].literal, &PREFIXES);
    is_called.then(|| &words[reader + 1..])
}

/// Returns why a template with this command may have no variable with a value, if so: the command may
/// evaluate a variable that it is given by its name, or change how variables are assigned.
pub(crate) fn assigned_objection(words: &[Word]) -> Option<String> {
    let (command, arguments) = words.split_first()?;
    let is_number = |word: &Word| is_known(word) && word.literal.iter().all(u8::is_ascii_digit);
    let is_name = |word: &Word| is_known(word) && assignment::is_name(&word.literal);
    let is_ordinary = |word: &Word| is_known(word) && assignment::is_ordinary(&word.literal);
    let is_option =
        |word: &Word| is_known(word) && is_one_of(&word.literal, &["-r", "-d", "-rd", "-n", "-t"]);
    let is_sound = match command.literal.as_slice() {
        b"printf" => is_format(arguments),
        b"test" => is_comparison(arguments),
        b"[" => arguments
            .split_last()
            .is_some_and(|(_, inner)| is_comparison(inner)),
        b"export" => arguments.iter().all(is_name),
        b"read" => arguments
            .iter()
            .all(|word| is_ordinary(word) || is_number(word) || is_option(word)),
        b"exit" | b"break" | b"continue" | b"wait" => arguments.iter().all(is_number),
        b"command" | b"exec" => {
            let program = arguments.first()?;
            match is_known(program) && !program.literal.starts_with(b"-") {
                true => return assigned_objection(arguments),
                false => false,
            }
        }
        word => is_one_of(word, &NAMELESS) || is_program(word),
    };
    let name = String::from_utf8_lossy(&command.literal);
    (!is_sound).then(|| format!("with `{name}`, which may evaluate a variable"))
}
