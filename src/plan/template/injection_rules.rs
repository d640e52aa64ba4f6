//! Whether a value may be an argument of a simple command in a shell: its command must not read
//! its arguments as code.

use crate::plan::command::builtins;

/// A word of a command, as far as it can be known before it runs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Word {
    /// Its bytes without quotes; a placeholder adds none.
    pub(crate) literal: Vec<u8>,
    /// Whether a value is in it.
    pub(crate) has_hole: bool,
    /// Whether something else in it is only known when it runs.
    pub(crate) is_dynamic: bool,
}

/// Words that change what the values' names (`$1`) mean, or run text as code.
const TREACHEROUS: [&str; 7] = ["eval", ".", "source", "trap", "alias", "set", "shift"];

/// Shells whose options are known, and which know a value as `$1`, by their base names.
const SHELLS: [&str; 6] = ["sh", "bash", "dash", "zsh", "ksh", "ash"];

/// The shells that are not called like one.
const OTHER_SHELLS: [&str; 3] = ["nu", "rc", "es"];

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
pub(crate) fn is_treacherous(word: &[u8]) -> bool {
    is_one_of(word, &TREACHEROUS)
}

/// Whether a program is a shell that knows `$1`, by its base name.
pub(crate) fn is_shell(program: &[u8]) -> bool {
    is_one_of(base_name(program), &SHELLS)
}

/// What a program may be, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A shell whose options are known.
    Shell,
    /// Perhaps a shell, with options of its own.
    Foreign,
    /// One that makes a single text of all words behind its `-Command`.
    PowerShell,
    Other,
}

/// Shells are told by their names, those to come as well: letters that end in `sh`, perhaps with a
/// version or `.exe` behind them (`fish`, `bash5`, `zsh-5.9`, `ksh93u+m`, `bash-static`). A script is
/// called `build.sh`, and is none; `ssh` has its code run elsewhere, and its `-c` is a cipher.
fn kind(program: &[u8]) -> Kind {
    let base = base_name(program).to_ascii_lowercase();
    let base = base.strip_suffix(b".exe").unwrap_or(&base);
    let letters = base.iter().take_while(|byte| byte.is_ascii_lowercase());
    let (name, version) = base.split_at(letters.count());
    let is_version = match version {
        [] | [b'-' | b'_' | b'0'..=b'9', ..] => true,
        [b'.', digit, ..] => digit.is_ascii_digit(),
        _ => false,
    };
    if !is_version {
        return Kind::Other;
    }
    // Restricted shells.
    let plain = name.strip_prefix(b"r").unwrap_or(name);
    match name {
        _ if is_one_of(name, &SHELLS) || is_one_of(plain, &SHELLS) => Kind::Shell,
        b"pwsh" | b"powershell" => Kind::PowerShell,
        name if name.ends_with(b"ssh") => Kind::Other,
        name if name.ends_with(b"sh") || name.ends_with(b"shell") => Kind::Foreign,
        name if is_one_of(name, &OTHER_SHELLS) => Kind::Foreign,
        _ => Kind::Other,
    }
}

/// The name of a program without its folder.
fn base_name(program: &[u8]) -> &[u8] {
    let base = program.rsplit(|byte| *byte == b'/').next();
    base.unwrap_or_default()
}

/// The shell for which a value in one of the words is code, since it stands behind its `-c`; and
/// whether that is one which knows `$1`. It is found wherever it stands: `env -i bash -c`,
/// `busybox sh -c`, `find … -exec zsh -c`.
pub(crate) fn code_for(words: &[Word]) -> Option<(&[u8], bool)> {
    words.iter().enumerate().find_map(|(at, word)| {
        let arguments = &words[at + 1..];
        let kind = kind(&word.literal);
        let takes_code = match kind {
            Kind::Shell => holds_code(arguments),
            Kind::Foreign | Kind::PowerShell => may_hold_code(kind, arguments),
            Kind::Other => false,
        };
        takes_code.then_some((word.literal.as_slice(), kind == Kind::Shell))
    })
}

/// The same for a shell of which no more is known than what announces its code. An option may take
/// the word behind it, so that a further option still counts (`fish -d 3 -c`); any other operand
/// ends them (`git push origin {}`).
fn may_hold_code(kind: Kind, arguments: &[Word]) -> bool {
    let (mut is_announced, mut was_option) = (false, false);
    for (at, word) in arguments.iter().enumerate() {
        let is_option = word.literal.starts_with(b"-");
        is_announced |= is_option && announces(kind, &word.literal);
        if is_announced && word.has_hole {
            return true;
        }
        if is_announced && !is_option {
            let rest = &arguments[at..];
            return kind == Kind::PowerShell && rest.iter().any(|word| word.has_hole);
        }
        if !is_option && !was_option {
            return false;
        }
        was_option = is_option;
    }
    false
}

/// Whether an option says that code follows.
fn announces(kind: Kind, option: &[u8]) -> bool {
    let option = option.to_ascii_lowercase();
    match (kind, option.as_slice()) {
        // Any beginning of the name will do.
        (Kind::PowerShell, [b'-', name @ ..]) => {
            let name = name.strip_prefix(b"-").unwrap_or(name);
            let begins = |whole: &&str| whole.as_bytes().starts_with(name);
            let names = ["commandwithargs", "encodedcommand", "cwa", "ec"];
            !name.is_empty() && names.iter().any(begins)
        }
        (_, [b'-', b'-', name @ ..]) => {
            let name = name.split(|byte| *byte == b'=').next().unwrap_or_default();
            name.ends_with(b"command") || is_one_of(name, &["commands", "execute"])
        }
        (_, letters) => letters.contains(&b'c') || letters == b"-e",
    }
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
pub(crate) fn objection(words: &[Word]) -> Option<String> {
    let (command, arguments) = words.split_first()?;
    if !words.iter().any(|word| word.has_hole) {
        return None;
    }
    let name = String::from_utf8_lossy(&command.literal).into_owned();
    if code_for(words).is_some() {
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
pub(crate) fn hidden_treachery(words: &[Word]) -> Option<&[u8]> {
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
mod tests;
