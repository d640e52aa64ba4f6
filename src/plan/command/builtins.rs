//! The words that only a shell can run: its keywords and builtins.
//!
//! Many of them also exist as programs (`echo`, `test`, `kill`), but those may behave differently, so
//! a command line that begins with one of them always goes to the shell.

/// Reserved words of POSIX, dash and bash.
const KEYWORDS: &[&str] = &[
    "!",
    "[[",
    "]]",
    "case",
    "coproc",
    "do",
    "done",
    "elif",
    "else",
    "esac",
    "fi",
    "for",
    "function",
    "if",
    "in",
    "namespace",
    "select",
    "then",
    "time",
    "until",
    "while",
    "{",
    "}",
];

/// POSIX special built-in utilities (XCU 2.14).
const POSIX_SPECIAL: &[&str] = &[
    ".", ":", "break", "continue", "eval", "exec", "exit", "export", "readonly", "return", "set",
    "shift", "times", "trap", "unset",
];

/// POSIX regular and intrinsic utilities, which a shell finds without looking at PATH (XCU 1.7).
const POSIX_REGULAR: &[&str] = &[
    "alias", "bg", "cd", "command", "false", "fc", "fg", "getopts", "hash", "jobs", "kill",
    "newgrp", "pwd", "read", "true", "type", "ulimit", "umask", "unalias", "wait",
];

/// What dash adds (its `builtins.def`, with line editing or without).
const DASH: &[&str] = &["[", "chdir", "echo", "histcmd", "local", "printf", "test"];

/// What bash adds (`compgen -b`, up to 5.3).
const BASH: &[&str] = &[
    "[",
    "bind",
    "builtin",
    "caller",
    "compgen",
    "complete",
    "compopt",
    "declare",
    "dirs",
    "disown",
    "echo",
    "enable",
    "help",
    "history",
    "let",
    "local",
    "logout",
    "mapfile",
    "popd",
    "printf",
    "pushd",
    "readarray",
    "shopt",
    "source",
    "suspend",
    "test",
    "typeset",
];

/// Whether `word`, as the first word of a command line, is a keyword or a builtin.
pub(crate) fn is_shell_word(word: &[u8]) -> bool {
    let lengths = word
        .first()
        .and_then(|first| LENGTHS.get(usize::from(*first)));
    lengths.is_some_and(|lengths| lengths >> word.len().min(31) & 1 == 1)
        && LISTS.iter().any(|list| is_among(list, word))
}

const LISTS: [&[&str]; 5] = [KEYWORDS, POSIX_SPECIAL, POSIX_REGULAR, DASH, BASH];

/// For each first byte a bit for each length of such words: most programs are told from them without a
/// search.
static LENGTHS: [u32; 128] = {
    let mut lengths = [0; 128];
    let mut list = 0;
    while list < LISTS.len() {
        let mut at = 0;
        while at < LISTS[list].len() {
            let word = LISTS[list][at].as_bytes();
            lengths[word[0] as usize] |= 1 << word.len();
            at += 1;
        }
        list += 1;
    }
    lengths
};

fn is_among(list: &[&str], word: &[u8]) -> bool {
    list.binary_search_by(|known| known.as_bytes().cmp(word))
        .is_ok()
}

/// Whether assignments before `word` affect that command alone, in every shell.
pub(crate) fn takes_variables(word: &[u8]) -> bool {
    is_among(POSIX_REGULAR, word) || is_among(DASH, word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_is_sorted_so_that_the_search_finds_all_of_it() {
        for list in [KEYWORDS, POSIX_SPECIAL, POSIX_REGULAR, DASH, BASH] {
            assert!(list.is_sorted(), "{list:?}");
            assert!(list.iter().all(|word| is_shell_word(word.as_bytes())));
        }
    }

    #[test]
    fn programs_are_not_shell_words() {
        let long = "e".repeat(100);
        for word in [
            "ls",
            "cargo",
            "echoes",
            "tim",
            "",
            "/bin/echo",
            "\u{e9}",
            &long,
        ] {
            assert!(!is_shell_word(word.as_bytes()), "{word}");
        }
    }
}
