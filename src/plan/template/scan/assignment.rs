//! Which variables a template may assign a value to: ordinary ones, which a shell only keeps.

/// Variables by which a shell finds programs, functions, start-up files or the texts of messages, or
/// splits words. What begins with `LD_`, `DYLD_`, `LC_`, `BASH`, `ZSH`, `KSH` or `_` counts as well.
const LOOKED_UP: [&str; 30] = [
    "CDPATH",
    "ENV",
    "EXECIGNORE",
    "EXECSHELL",
    "FIGNORE",
    "FPATH",
    "GCONV_PATH",
    "GLOBIGNORE",
    "GLOBSORT",
    "HOME",
    "IFS",
    "INPUTRC",
    "LANG",
    "LANGUAGE",
    "LOCPATH",
    "MANPATH",
    "MODULE_PATH",
    "NLSPATH",
    "OLDPWD",
    "PATH",
    "PATHSEP",
    "PATH_LOCALE",
    "POSIXLY_CORRECT",
    "PWD",
    "SHELL",
    "TERM",
    "TEXTDOMAIN",
    "TEXTDOMAINDIR",
    "TMPPREFIX",
    "ZDOTDIR",
];

/// Variables whose value a shell expands or runs, and the options of a shell.
const EVALUATED: [&str; 40] = [
    "BROWSER",
    "EDITOR",
    "FCEDIT",
    "HISTCHARS",
    "HISTCONTROL",
    "HISTEDIT",
    "HISTFILE",
    "HISTIGNORE",
    "HISTORY_IGNORE",
    "HISTTIMEFORMAT",
    "KEYBOARD_HACK",
    "MAIL",
    "MAILPATH",
    "NULLCMD",
    "POSTEDIT",
    "PROMPT",
    "PROMPT2",
    "PROMPT3",
    "PROMPT4",
    "PROMPT_COMMAND",
    "PS0",
    "PS1",
    "PS2",
    "PS3",
    "PS4",
    "PSVAR",
    "READNULLCMD",
    "RPROMPT",
    "RPROMPT2",
    "RPS1",
    "RPS2",
    "SHELLOPTS",
    "SPROMPT",
    "STTY",
    "TIMEFMT",
    "TIMEFORMAT",
    "VISUAL",
    "WATCH",
    "WATCHFMT",
    "WORDCHARS",
];

/// Variables whose value a shell evaluates as arithmetic, in which `a[$(…)]` runs a command, or that it
/// sets itself.
const NUMBERS: [&str; 58] = [
    "ARGC",
    "BAUD",
    "COLUMNS",
    "COMP_WORDBREAKS",
    "COPROC",
    "CPUTYPE",
    "DIRSTACK",
    "DIRSTACKSIZE",
    "EGID",
    "EPOCHREALTIME",
    "EPOCHSECONDS",
    "ERRNO",
    "EUID",
    "FUNCNAME",
    "FUNCNEST",
    "GID",
    "GROUPS",
    "HISTCMD",
    "HISTFILESIZE",
    "HISTSIZE",
    "HOST",
    "HOSTNAME",
    "HOSTTYPE",
    "IGNOREEOF",
    "JOBMAX",
    "KEYTIMEOUT",
    "LINENO",
    "LINES",
    "LISTMAX",
    "LOGCHECK",
    "LOGNAME",
    "MACHTYPE",
    "MAILCHECK",
    "MAPFILE",
    "OPTARG",
    "OPTERR",
    "OPTIND",
    "OSTYPE",
    "PGRP",
    "PIPESTATUS",
    "PPID",
    "PROMPT_DIRTRIM",
    "RANDOM",
    "REPLY",
    "REPORTMEMORY",
    "REPORTTIME",
    "SAVEHIST",
    "SECONDS",
    "SHLVL",
    "SRANDOM",
    "TMOUT",
    "TRY_BLOCK_ERROR",
    "TRY_BLOCK_INTERRUPT",
    "TTY",
    "TTYIDLE",
    "UID",
    "USERNAME",
    "USER_ID",
];

/// Variables of zsh: other names of the above, and tables of the shell itself.
const TABLES: [&str; 61] = [
    "VENDOR",
    "aliases",
    "argv",
    "builtins",
    "cdpath",
    "commands",
    "dirstack",
    "dis_aliases",
    "dis_builtins",
    "dis_functions",
    "dis_functions_source",
    "dis_galiases",
    "dis_patchars",
    "dis_reswords",
    "dis_saliases",
    "epochtime",
    "errnos",
    "fignore",
    "fpath",
    "funcfiletrace",
    "funcsourcetrace",
    "funcstack",
    "functions",
    "functions_source",
    "functrace",
    "galiases",
    "histchars",
    "history",
    "historywords",
    "jobdirs",
    "jobstates",
    "jobtexts",
    "keymaps",
    "langinfo",
    "mailpath",
    "manpath",
    "mapfile",
    "module_path",
    "modules",
    "nameddirs",
    "options",
    "parameters",
    "patchars",
    "path",
    "pipestatus",
    "prompt",
    "psvar",
    "reswords",
    "saliases",
    "signals",
    "status",
    "sysparams",
    "termcap",
    "terminfo",
    "userdirs",
    "usergroups",
    "watch",
    "widgets",
    "zcurses_attrs",
    "zcurses_colors",
    "zsh_eval_context",
];

/// Whether every shell only keeps the value of a variable of this name.
pub(crate) fn is_ordinary(name: &[u8]) -> bool {
    let reserved = [
        "LD_", "DYLD_", "LC_", "BASH", "ZSH", "KSH", "_", "zsh_", "zle_", "zcurses_",
    ];
    let lists = [&LOOKED_UP[..], &EVALUATED, &NUMBERS, &TABLES];
    // `A__z` holds the types of variables of ksh.
    let is_reserved = name == b"A__z"
        || reserved
            .iter()
            .any(|start| name.starts_with(start.as_bytes()));
    let is_listed = || {
        lists
            .iter()
            .any(|list| list.iter().any(|known| known.as_bytes() == name))
    };
    is_name(name) && !is_reserved && !is_listed()
}

/// Whether a text is the name of a variable.
pub(crate) fn is_name(text: &[u8]) -> bool {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    text.iter().all(is_part) && text.first().is_some_and(|byte| !byte.is_ascii_digit())
}

/// Returns the name of the variable of an assignment, up to its `=` or `+=`; a subscript is a part of it.
pub(crate) fn assigned_name(word: &[u8]) -> &[u8] {
    let sign = word.iter().position(|byte| *byte == b'=');
    &word[..sign.unwrap_or(word.len())]
}

/// Whether what stands before a `=`, at the start of a command, makes the word an assignment.
pub(crate) fn is_assigned(before: &[u8]) -> bool {
    let name = before.strip_suffix(b"+").unwrap_or(before);
    let is_subscript = name.contains(&b'[') && !name[0].is_ascii_digit();
    is_name(name) || is_subscript
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_that_a_shell_uses_itself_are_not_ordinary() {
        for name in [
            "name",
            "d",
            "CUDA_VISIBLE_DEVICES",
            "SEQ",
            "x1",
            "PATHS",
            "TMPDIR",
            "LDFLAGS",
        ] {
            assert!(is_ordinary(name.as_bytes()), "{name}");
        }
        for name in [
            "PATH",
            "path",
            "LD_PRELOAD",
            "BASH_ENV",
            "_",
            "_x",
            "RANDOM",
            "argv",
            "IFS",
            "PS4",
            "LC_ALL",
            "1x",
            "",
            "x+",
            "a[1]",
        ] {
            assert!(!is_ordinary(name.as_bytes()), "{name}");
        }
    }
}
