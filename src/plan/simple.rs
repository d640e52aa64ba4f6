//! Whether a value may be an argument of a simple command in a shell: its command must not read
//! its arguments as code.

use super::builtins;

/// A word of a command, as far as it can be known before it runs.
#[derive(Debug, Clone, Default)]
pub(super) struct Word {
    /// Its bytes without quotes; a placeholder adds none.
    pub(super) literal: Vec<u8>,
    /// Whether a value is in it.
    pub(super) has_hole: bool,
    /// Whether something else in it is only known when it runs.
    pub(super) is_dynamic: bool,
}

/// Words that change what the values' names (`$1`) mean, or run text as code.
const TREACHEROUS: [&str; 7] = ["eval", ".", "source", "trap", "alias", "set", "shift"];

/// Shells, by their base names: the word behind their `-c` is code.
const SHELLS: [&str; 6] = ["sh", "bash", "dash", "zsh", "ksh", "ash"];

/// Built-in commands that never take an argument for code or for the name of a variable.
const HARMLESS: [&str; 6] = ["echo", "cd", ":", "true", "false", "kill"];

/// Words of other shells than dash and bash that run or expand their arguments.
const ELSEWHERE: [&str; 13] = [
    "-",
    "autoload",
    "float",
    "foreach",
    "functions",
    "integer",
    "nameref",
    "nocorrect",
    "noglob",
    "print",
    "repeat",
    "vared",
    "whence",
];

/// Operators of `test` that compare two texts, two numbers or two files, and nothing else.
const COMPARISONS: [&str; 13] = [
    "=", "==", "!=", "<", ">", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot",
];

/// Whether a template may hold no value if this is the name of one of its commands.
pub(super) fn is_treacherous(word: &[u8]) -> bool {
    is_one_of(word, &TREACHEROUS)
}

/// Whether a program is a shell, by its base name.
pub(super) fn is_shell(program: &[u8]) -> bool {
    let base = program.rsplit(|byte| *byte == b'/').next();
    is_one_of(base.unwrap_or_default(), &SHELLS)
}

/// Whether one of the words that may hold a value is the text behind a shell's `-c`.
pub(super) fn is_code(words: &[Word]) -> bool {
    (0..words.len()).any(|at| is_shell(&words[at].literal) && holds_code(&words[at + 1..]))
}

/// Whether a value is in the command line of a shell with these arguments.
fn holds_code(arguments: &[Word]) -> bool {
    let mut announced = false;
    let mut skip = 0;
    for (at, word) in arguments.iter().enumerate() {
        // What is only known later may be a `-c`.
        let is_open = word.is_dynamic || word.has_hole;
        let may_be_option = word.literal.is_empty() || word.literal.starts_with(b"-");
        if is_open && may_be_option && arguments[at + 1..].iter().any(|next| next.has_hole) {
            return true;
        }
        let is_long = word.literal.starts_with(b"--");
        if skip > 0 {
            skip -= 1;
        } else if word.literal.len() > 1 && matches!(word.literal[0], b'-' | b'+') {
            let has = |letter: u8| !is_long && word.literal.contains(&letter);
            announced |= word.literal[0] == b'-' && has(b'c');
            // These take a word of their own, which is no command line.
            skip += usize::from(has(b'o')) + usize::from(has(b'O'));
            skip += usize::from(is_one_of(&word.literal, &["--rcfile", "--init-file"]));
        } else {
            return announced && word.has_hole;
        }
        if announced && word.has_hole {
            return true;
        }
    }
    false
}

/// Why no value may be among the words of a command, if so.
pub(super) fn objection(words: &[Word]) -> Option<String> {
    let (command, arguments) = words.split_first()?;
    if !words.iter().any(|word| word.has_hole) {
        return None;
    }
    let name = String::from_utf8_lossy(&command.literal).into_owned();
    if is_code(words) {
        return Some("in the text behind a shell's `-c`".into());
    }
    let allowed = match command.literal.as_slice() {
        b"printf" => is_format(arguments),
        b"test" => is_comparison(arguments),
        b"[" => arguments
            .split_last()
            .is_some_and(|(last, inner)| is_literal(last, b"]") && is_comparison(inner)),
        b"command" | b"exec" => {
            let program = arguments.first();
            return match program.filter(|word| is_known(word) && !word.literal.starts_with(b"-")) {
                Some(_) => objection(arguments),
                None => Some(format!("behind `{name}`, which may run it as a command")),
            };
        }
        word if is_one_of(word, &HARMLESS) => true,
        word => word != b")" && !builtins::is_shell_word(word) && !is_one_of(word, &ELSEWHERE),
    };
    (!allowed).then(|| format!("in an argument of `{name}`, which a shell may evaluate"))
}

/// The treacherous word that a command hands to the shell, if it does.
pub(super) fn hidden_treachery(words: &[Word]) -> Option<&[u8]> {
    const PREFIXES: [&str; 7] = [
        "-",
        "builtin",
        "command",
        "exec",
        "nocorrect",
        "noglob",
        "repeat",
    ];
    let (command, arguments) = words.split_first()?;
    let mut literals = arguments.iter().map(|word| word.literal.as_slice());
    literals
        .find(|word| is_treacherous(word))
        .filter(|_| is_one_of(&command.literal, &PREFIXES))
}

/// `printf` assigns to a variable, whose name it evaluates, if it is told `-v`.
fn is_format(arguments: &[Word]) -> bool {
    let mut arguments = arguments.iter().skip_while(|word| is_literal(word, b"--"));
    arguments
        .next()
        .is_some_and(|format| is_known(format) && !format.literal.starts_with(b"-"))
}

/// `test -v` evaluates the name of its variable; what cannot become that is harmless.
fn is_comparison(arguments: &[Word]) -> bool {
    match arguments {
        [not, rest @ ..] if is_literal(not, b"!") && !rest.is_empty() => is_comparison(rest),
        [_] => true,
        [operator, _] => {
            is_known(operator)
                && matches!(operator.literal[..], [b'-', letter]
                    if letter.is_ascii_alphabetic() && !b"vR".contains(&letter))
        }
        [_, operator, _] => is_known(operator) && is_one_of(&operator.literal, &COMPARISONS),
        _ => false,
    }
}

/// Whether a word is the same whatever happens.
fn is_known(word: &Word) -> bool {
    !word.has_hole && !word.is_dynamic
}

fn is_literal(word: &Word, text: &[u8]) -> bool {
    is_known(word) && word.literal == text
}

fn is_one_of(word: &[u8], list: &[&str]) -> bool {
    list.iter().any(|known| known.as_bytes() == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The objection to a command in which `@` is a value and `$` something unknown.
    fn objects(command: &str) -> bool {
        let word = |text: &str| Word {
            literal: text.replace(['@', '$'], "").into(),
            has_hole: text.contains('@'),
            is_dynamic: text.contains('$'),
        };
        objection(&command.split(' ').map(word).collect::<Vec<_>>()).is_some()
    }

    #[test]
    fn programs_and_harmless_builtins_take_values() {
        for command in [
            "gzip -9 @",
            "echo @",
            "printf %s\\n @",
            "printf -- %s @",
            "test -f @",
            "[ @ = x ]",
            "[ ! -e @ ]",
            "sh @",
            "sh $/x.sh @",
            "sh x.sh @ @",
            "sh -c code sh @",
            "exec gzip @",
            "env sh -c code sh @",
            "bash -o pipefail -c code bash @",
            "[ -v x ]",
        ] {
            assert!(!objects(command), "{command}");
        }
    }

    #[test]
    fn what_a_shell_may_evaluate_takes_none() {
        for command in [
            "let @",
            "declare -i x=@",
            "unset @",
            "read @",
            "export @",
            "printf -v @ x",
            "printf @ @",
            "printf $ @",
            "test -v @",
            "[ @ @ ]",
            "[ -R @ ]",
            "[ $ @ ]",
            "test @ @ @",
            "command @",
            "command eval @",
            "command -p let @",
            "exec @",
            "builtin let @",
            "local @",
            "for f in @",
            "wait @",
            "print -P @",
            ") @",
        ] {
            assert!(objects(command), "{command}");
        }
    }

    #[test]
    fn the_text_behind_c_takes_none() {
        for command in [
            "sh -c @",
            "/bin/bash -ec x@",
            "env sh -c @",
            "bash -euo pipefail -c x@",
            "bash --rcfile f -c @",
            "sh -c -e @",
            "find . -exec zsh -c @",
            "sh -ce @",
            "sh $ @",
            "sh -$ x @",
            "bash @ @",
        ] {
            assert!(objects(command), "{command}");
        }
    }
}
