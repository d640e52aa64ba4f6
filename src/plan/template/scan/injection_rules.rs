//! Whether a value may be an argument of a simple command in a shell: the command must not run its
//! arguments as code.

use crate::plan::command::builtins;

/// A word of a command, as far as it is known before it runs.
#[derive(Debug, Clone, Default)]
pub(crate) struct Word {
    /// Its bytes after quote removal; a placeholder adds none.
    pub(crate) literal: Vec<u8>,
    /// Whether it contains a placeholder.
    pub(crate) has_hole: bool,
    /// Whether it contains anything else that is only known at run time.
    pub(crate) is_dynamic: bool,
    /// Whether a value in it may become several words.
    pub(crate) is_split: bool,
}

/// Words that change the positional parameters (`$1`), or run text as code.
const FORBIDDEN: [&str; 7] = ["eval", ".", "source", "trap", "alias", "set", "shift"];

/// Shells whose options are known, and which support `$1`, by their base names.
const SHELLS: [&str; 6] = ["sh", "bash", "dash", "zsh", "ksh", "ash"];

/// Shells whose names do not end in `sh`.
const OTHER_SHELLS: [&str; 3] = ["nu", "rc", "es"];

/// Builtins that never use an argument as code or as the name of a variable.
const HARMLESS: [&str; 6] = ["echo", "cd", ":", "true", "false", "kill"];

/// Builtins and reserved words of shells other than dash and bash.
const OTHER_BUILTINS: [&str; 68] = [
    "-",
    "alarm",
    "always",
    "autoload",
    "bindkey",
    "bye",
    "chdir",
    "compadd",
    "comparguments",
    "compcall",
    "compctl",
    "compdescribe",
    "compfiles",
    "compgroups",
    "compound",
    "compquote",
    "compset",
    "comptags",
    "comptry",
    "compvalues",
    "disable",
    "echotc",
    "echoti",
    "emulate",
    "end",
    "enum",
    "float",
    "foreach",
    "functions",
    "getln",
    "global",
    "hist",
    "integer",
    "limit",
    "log",
    "nameref",
    "nocorrect",
    "noglob",
    "print",
    "private",
    "pushln",
    "r",
    "redirect",
    "rehash",
    "repeat",
    "sched",
    "setopt",
    "stop",
    "ttyctl",
    "unfunction",
    "unhash",
    "unlimit",
    "unsetopt",
    "vared",
    "whence",
    "where",
    "which",
    "zcompile",
    "zformat",
    "zle",
    "zmodload",
    "zparseopts",
    "zregexparse",
    "zstyle",
    "zpty",
    "zselect",
    "zsystem",
    "zftp",
];

/// Operators of `test` that only compare two strings or two files. ksh and zsh evaluate numbers as
/// arithmetic.
const COMPARISONS: [&str; 7] = ["=", "==", "!=", "<", ">", "-nt", "-ot"];

/// Words before the name of a builtin.
pub(super) const PREFIXES: [&str; 7] = [
    "-",
    "builtin",
    "command",
    "exec",
    "nocorrect",
    "noglob",
    "repeat",
];

/// Whether a template with a command of this name may have no placeholder.
pub(crate) fn is_forbidden(word: &[u8]) -> bool {
    is_one_of(word, &FORBIDDEN)
}

/// Whether a program is a shell that supports `$1`, by its base name.
pub(crate) fn is_shell(program: &[u8]) -> bool {
    is_one_of(base_name(program), &SHELLS)
}

/// The kind of a program, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A shell whose options are known.
    Shell,
    /// Perhaps a shell, with other options.
    Foreign,
    /// One that joins all words after its `-Command`.
    PowerShell,
    Other,
}

/// Recognizes shells by their names, including unknown ones: letters that end in `sh`, perhaps followed
/// by a version or `.exe` (`fish`, `bash5`, `zsh-5.9`, `ksh93u+m`, `bash-static`). A script is named
/// `build.sh`, and is not a shell; `ssh` runs its code on another host, and its `-c` is a cipher.
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

/// Returns the name of a program without its directory.
fn base_name(program: &[u8]) -> &[u8] {
    let base = program.rsplit(|byte| *byte == b'/').next();
    base.unwrap_or_default()
}

/// Returns the shell that would run a value in one of the words as code, since it follows `-c`; and
/// whether that shell supports `$1`. It is found at any position: `env -i bash -c`, `busybox sh -c`,
/// `find … -exec zsh -c`.
pub(crate) fn shell_with_code(words: &[Word]) -> Option<(&[u8], bool)> {
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

/// The same for a shell of which only the option before its code is known. An option may take an
/// argument, so that options after it still count (`fish -d 3 -c`); any other operand ends the options
/// (`git push origin {}`).
fn may_hold_code(kind: Kind, arguments: &[Word]) -> bool {
    let (mut has_code, mut was_option) = (false, false);
    for (at, word) in arguments.iter().enumerate() {
        let is_option = word.literal.starts_with(b"-");
        has_code |= is_option && precedes_code(kind, &word.literal);
        if has_code && word.has_hole {
            return true;
        }
        if has_code && !is_option {
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

/// Whether an option is followed by code.
fn precedes_code(kind: Kind, option: &[u8]) -> bool {
    let option = option.to_ascii_lowercase();
    match (kind, option.as_slice()) {
        // Any prefix of the name is accepted.
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

/// Whether the command line of a shell with these arguments contains a placeholder.
fn holds_code(arguments: &[Word]) -> bool {
    let mut has_code = false;
    let mut skip = 0;
    for (at, word) in arguments.iter().enumerate() {
        // A word that is only known at run time may be a `-c`.
        let is_unknown = word.is_dynamic || word.has_hole;
        let may_be_option = word.literal.is_empty() || word.literal.starts_with(b"-");
        if is_unknown && may_be_option && arguments[at + 1..].iter().any(|next| next.has_hole) {
            return true;
        }
        let is_long = word.literal.starts_with(b"--");
        if skip > 0 {
            skip -= 1;
        } else if matches!(word.literal.first(), Some(b'-' | b'+')) {
            // Also a `-` alone, after which the next word is the code.
            let has = |letter: u8| !is_long && word.literal.contains(&letter);
            has_code |= word.literal[0] == b'-' && has(b'c');
            // These take an argument, which is not a command line.
            skip += usize::from(has(b'o')) + usize::from(has(b'O'));
            skip += usize::from(is_one_of(&word.literal, &["--rcfile", "--init-file"]));
        } else {
            return has_code && word.has_hole;
        }
        if has_code && word.has_hole {
            return true;
        }
    }
    false
}

/// Returns why the words of a command may have no placeholder, if so.
pub(crate) fn objection(words: &[Word]) -> Option<String> {
    let (command, arguments) = words.split_first()?;
    if !words.iter().any(|word| word.has_hole) {
        return None;
    }
    let name = String::from_utf8_lossy(&command.literal).into_owned();
    if shell_with_code(words).is_some() {
        return Some("in the text after a shell's `-c`".into());
    }
    let allowed = match command.literal.as_slice() {
        b"printf" if !is_format(arguments) => {
            let context = "in an argument of `printf` with another format than `%s`, `%b`, `%c` or `%q`, \
                           which a shell may evaluate";
            return Some(context.into());
        }
        b"printf" => true,
        b"test" => is_comparison(arguments),
        b"[" => arguments
            .split_last()
            .is_some_and(|(last, inner)| is_literal(last, b"]") && is_comparison(inner)),
        b"command" | b"exec" => {
            let program = arguments.first();
            return match program.filter(|word| is_known(word) && !word.literal.starts_with(b"-")) {
                Some(_) => objection(arguments),
                None => Some(format!("after `{name}`, which may run it as a command")),
            };
        }
        word if is_one_of(word, &HARMLESS) => true,
        word => is_program(word),
    };
    (!allowed).then(|| format!("in an argument of `{name}`, which a shell may evaluate"))
}

/// Returns the forbidden word that a command passes to the shell, if any.
pub(crate) fn forbidden_argument(words: &[Word]) -> Option<&[u8]> {
    let (command, arguments) = words.split_first()?;
    let mut literals = arguments.iter().map(|word| word.literal.as_slice());
    literals
        .find(|word| is_forbidden(word))
        .filter(|_| is_one_of(&command.literal, &PREFIXES))
}

/// Whether a command is a program in every shell.
pub(super) fn is_program(name: &[u8]) -> bool {
    name != b")" && !builtins::is_shell_word(name) && !is_one_of(name, &OTHER_BUILTINS)
}

/// Whether a format only prints strings: ksh and zsh evaluate a number as arithmetic. With `-v`, `printf`
/// assigns to a variable and evaluates its name, as with `%n`.
pub(super) fn is_format(arguments: &[Word]) -> bool {
    let mut arguments = arguments.iter().skip_while(|word| is_literal(word, b"--"));
    arguments.next().is_some_and(|format| {
        let mut directives = format.literal.split(|byte| *byte == b'%').skip(1);
        let mut is_percent = false;
        let is_string = |directive: &[u8]| {
            // The empty text between the two of `%%`, and the text after them.
            if is_percent {
                is_percent = false;
                return true;
            }
            is_percent = directive.is_empty();
            let is_flag = |byte: &&u8| byte.is_ascii_digit() || b"-. +".contains(byte);
            let flags = directive.iter().take_while(is_flag).count();
            is_percent || matches!(directive.get(flags), Some(b's' | b'b' | b'c' | b'q'))
        };
        is_known(format) && !format.literal.starts_with(b"-") && directives.all(is_string)
    })
}

/// `test -v` evaluates the name of its variable, `-t` a number; anything that cannot become that is
/// harmless.
pub(super) fn is_comparison(arguments: &[Word]) -> bool {
    match arguments {
        [not, rest @ ..] if is_literal(not, b"!") && !rest.is_empty() => is_comparison(rest),
        [_] => true,
        [operator, _] => {
            is_known(operator)
                && matches!(operator.literal[..], [b'-', letter]
                    if letter.is_ascii_alphabetic() && !b"vRt".contains(&letter))
        }
        [_, operator, _] => is_known(operator) && is_one_of(&operator.literal, &COMPARISONS),
        _ => false,
    }
}

/// Whether a word is constant.
pub(super) fn is_known(word: &Word) -> bool {
    !word.has_hole && !word.is_dynamic
}

pub(super) fn is_literal(word: &Word, text: &[u8]) -> bool {
    is_known(word) && word.literal == text
}

pub(super) fn is_one_of(word: &[u8], list: &[&str]) -> bool {
    list.iter().any(|known| known.as_bytes() == word)
}

#[cfg(test)]
mod tests;
