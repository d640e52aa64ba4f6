//! Which commands may take a value as an argument.

use proptest::prelude::*;

use super::*;

/// Whether there is an objection to a command in which `@` is a value and `$` an expansion.
fn objects(command: &str) -> bool {
    let word = |text: &str| Word {
        literal: text.replace(['@', '$'], "").into(),
        has_hole: text.contains('@'),
        is_dynamic: text.contains('$'),
        is_split: false,
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
        "printf %-5.2s%%d%b%c%q @",
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
        "bash run.sh -c @",
        "fish run.fish -c @",
        "fish -c code @",
        "csh -f run.csh @",
        "pwsh -NoProfile -ExecutionPolicy Bypass -File run.ps1 @",
        "./build.sh -c @",
        "git push origin @",
        "git push -f origin @",
        "ssh @",
        "ssh host @",
        "ssh -C @ uptime",
        "ssh -p 22 -c aes128-ctr host tar -c @",
        "env -i FOO=1 ssh host @",
    ] {
        assert!(!objects(command), "{command}");
    }
}

#[test]
fn arguments_that_a_shell_may_evaluate_take_no_value() {
    for command in [
        "let @",
        "declare -i x=@",
        "unset @",
        "read @",
        "export @",
        "printf -v @ x",
        "printf %d @",
        "printf %-5.2f @",
        "printf %n @",
        "printf %*s @ x",
        "printf %(%F)T @",
        "printf %s%%%d @",
        "[ @ -eq 1 ]",
        "[ -t @ ]",
        "exit @",
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
fn the_text_after_c_takes_no_value() {
    for command in [
        "sh -c @",
        "/bin/bash -ec x@",
        "env sh -c @",
        "bash -euo pipefail -c x@",
        "bash --rcfile f -c @",
        "sh -c -e @",
        "sh -c - @",
        "bash -c -- @",
        "bash -c + @",
        "find . -exec zsh -c @",
        "sh -ce @",
        "sh $ @",
        "sh -$ x @",
        "bash @ @",
        "rbash -c @",
        "bash5 -O extglob -c @",
        "/opt/zsh-5.9 -o pipefail -c @",
        "bash.exe -c @",
        "ksh93 -c @",
        "bash-static -c @",
        "env -i FOO=1 bash -c @",
        "sudo -u x bash -c @",
        "timeout 5 nice -n 5 bash -c @",
        "busybox sh -c @",
        "exec -a name bash -c @",
        "fish -c @",
        "fish -d 3 -c @",
        "fish --command=@",
        "fish -C @ -c code",
        "tcsh -fc @",
        "pwsh -Command @",
        "pwsh -NoProfile -c code @",
        "PowerShell.exe -enc @",
        "nu --commands @",
        "nu -e @",
        "rc -c @",
    ] {
        assert!(objects(command), "{command}");
    }
}

proptest! {
    #[test]
    fn the_text_after_c_takes_no_value_whatever_the_shell_is_named(
        wrapper in prop::sample::select(vec![
            "", "env ", "env -i A=1 ", "sudo -u x ", "nice -n 5 ", "timeout 5 ", "busybox ", "/usr/bin/time ",
        ]),
        folder in prop::sample::select(vec!["", "./", "/bin/", "/opt/x-1.0/bin/"]),
        name in "[a-z]{0,5}sh",
        version in prop::sample::select(vec!["", "5", "-5.9", "5.2", ".1", "-static", "93u+m", ".exe", "5.exe"]),
        before in prop::sample::select(vec!["", "-l ", "-x -i ", "-o opt "]),
        letters in "[a-bd-nq-z]{0,3}",
        code in prop::sample::select(vec!["@", "x@", "@;y"]),
    ) {
        prop_assume!(!name.ends_with("ssh") && name != "pwsh" && name != "hash");
        let command = format!("{wrapper}{folder}{name}{version} {before}-{letters}c {code}");
        prop_assert!(objects(&command), "{}", command);
        // An argument after the code is a value.
        let sound = format!("{wrapper}{folder}{name}{version} {before}-{letters}c code {code}");
        prop_assert!(!objects(&sound), "{}", sound);
        // So is an argument of a script, or of a program with another name.
        let sound = format!("{wrapper}{folder}{name}.sh {before}-{letters}c {code}");
        prop_assert!(!objects(&sound), "{}", sound);
        let sound = format!("{wrapper}{folder}{name}x{version} {before}-{letters}c {code}");
        prop_assert!(!objects(&sound), "{}", sound);
    }
}
