//! Examples of accepted and rejected templates.

use super::*;
use crate::plan::template::placeholder::Width;

mod constructs;

/// The script, with a letter and a number for each value.
fn accepted(text: &str) -> String {
    let scan = scan(text.as_bytes(), Width::Sources(1).into())
        .unwrap_or_else(|why| panic!("{text}: {why}"));
    let shown = scan.parts.into_iter().map(|part| match part {
        ScriptPart::Text(text) => String::from_utf8(text).unwrap(),
        ScriptPart::Bare(hole) => format!("B{}", number(hole)),
        ScriptPart::Alone(hole) => format!("A{}", number(hole)),
        ScriptPart::Quoted(hole) => format!("Q{}", number(hole)),
        ScriptPart::Number(Hole::Seq) => "#".into(),
        ScriptPart::Number(_) => "%".into(),
    });
    shown.collect()
}

fn number(hole: Hole) -> String {
    match hole {
        Hole::Value(index, _) => index.to_string(),
        other => format!("{other:?}"),
    }
}

fn refused(text: &str) -> String {
    match scan(text.as_bytes(), Width::Sources(1).into()) {
        Ok(scan) => panic!("{text} was accepted: {scan:?}"),
        Err(context) => context,
    }
}

#[test]
fn words_of_simple_commands_take_values() {
    for (text, parts) in [
        ("gzip {} && rm {}", "gzip A0 && rm A0"),
        ("cat {}|sort >{}.out", "cat A0|sort >B0.out"),
        ("cp {} --to=dir/{/}", "cp A0 --to=dir/B0"),
        ("cp {} ~/x/{/} $HOME/{}", "cp A0 ~/x/B0 $HOME/B0"),
        ("cp {} . ; ls {}/*.c", "cp A0 . ; ls B0/*.c"),
        (
            "if test -f {}; then wc {}; fi",
            "if test -f A0; then wc A0; fi",
        ),
        ("! grep x {} || { wc {}; }", "! grep x A0 || { wc A0; }"),
        ("(cd {} && ls) 2>&1 &", "(cd A0 && ls) 2>&1 &"),
        ("time gzip {}", "time gzip A0"),
        ("X=1 prog {}", "X=1 prog A0"),
        ("cp {} $(date +%F)", "cp A0 $(date +%F)"),
        ("cp $(date '+)') {}", "cp $(date '+)') A0"),
        (
            "for i in 1 2; do cp {} x$i; done",
            "for i in 1 2; do cp A0 x$i; done",
        ),
        ("sort {} <<E\na\nE", "sort A0 <<E\na\nE"),
        ("cat ${X} {}", "cat ${X} A0"),
        ("cat '{{}}' {{}} {}", "cat '{}' {} A0"),
        ("awk '{print $1}' {}", "awk '{print $1}' A0"),
        ("a \\; {}", "a \\; A0"),
    ] {
        assert_eq!(accepted(text), parts);
    }
}

#[test]
fn plain_double_quotes_take_values() {
    for (text, parts) in [
        ("echo \"a {} b\"", "echo \"a Q0 b\""),
        ("echo \"$X {}\\\"\" {}", "echo \"$X Q0\\\"\" A0"),
        ("echo \"${X}\" \"{}\"", "echo \"${X}\" \"Q0\""),
        ("echo \"'{}'\"", "echo \"'Q0'\""),
        ("echo \"${X}{}\"", "echo \"${X}Q0\""),
        ("echo \"${X%.*}{}\" {}", "echo \"${X%.*}Q0\" A0"),
    ] {
        assert_eq!(accepted(text), parts);
    }
}

#[test]
fn every_context_of_the_contract_is_refused() {
    for (text, context) in [
        ("echo '{}'", "in single quotes"),
        ("sh -c 'echo {}'", "in single quotes"),
        ("echo $'{}'", "in `$'…'`"),
        ("echo $\"{}\"", "in `$\"…\"`"),
        ("echo `cat {}`", "after a backquote"),
        ("echo # {}", "in a comment"),
        ("echo \\{}", "after a backslash"),
        ("echo \"\\{}\"", "after a backslash"),
        ("cat <<E\n{}\nE", "after `<<`"),
        ("cat <<< {}", "after `<<`"),
        ("echo $(( {} ))", "in `$(( ))`"),
        ("(( {} ))", "in `(( ))`"),
        ("echo $[ {} ]", "in `$[ ]`"),
        ("[[ {} ]]", "in `[[ ]]`"),
        ("echo a[{}]", "in a word with other braces or brackets"),
        ("a[{}]=1", "in a word with other braces or brackets"),
        ("echo \"${X:-{}}\"", "in `${ }`"),
        ("echo \"`cat {}`\"", "after a backquote in double quotes"),
        (
            "ec\\\nho {}",
            "in a template with a backslash before a newline, and not between blanks",
        ),
        ("f() { echo {}; }; f", "after `(` within a command"),
        ("f () { shift; }; f; echo {}", "after `(` within a command"),
        ("eval echo {}", "in a template with `eval`"),
        (". ./x; echo {}", "in a template with `.`"),
        ("source x; echo {}", "in a template with `source`"),
        ("trap x EXIT; echo {}", "in a template with `trap`"),
        ("alias a=b; echo {}", "in a template with `alias`"),
        (
            "set -e; echo {}",
            "in a template with `set` (for `set -e` there is --shell='bash -euo pipefail')",
        ),
        ("shift; echo {}", "in a template with `shift`"),
        ("echo {}; command eval x", "in a template with `eval`"),
        (
            "while :; do echo {}; cat <<E\n$(shift)\nE\nshift; done",
            "in a template with `shift`",
        ),
    ] {
        assert_eq!(refused(text), context, "{text}");
    }
}

#[test]
fn doubtful_syntax_is_refused() {
    for text in [
        "sh -c \"echo {}\"",
        "env bash -c {}",
        "export x={}",
        "let {}",
        "$X {}",
        "for i in {}; do echo $i; done",
        "case {} in x) ;; esac",
        "echo {a,{}}",
        "echo ~{}",
        "diff <(cat {}) x",
        "echo >&{}",
        "a &>x {}",
        "a |& cat {}",
        "'x {}",
        "(echo {}",
        "echo {})",
        "builtin {}",
        "printf {} x",
        "[ {} -o {} ]",
        "function f { ls {}; }",
        "echo \u{7} {}",
        "x=`date` y {}",
        "{}[1]",
        "time -p let {}",
        "{let,x} {}",
        "sh {-c,} {}",
        "sh -[c] {}",
        "=sh -c {}",
        "env $SHELL -c {}",
        "sudo \"${SHELL}\" -c {}",
        "(a) let {}",
        "{ a; } always { shift }; b {}",
        "for i (1 2) let {}",
        "echo \"$#{}\"",
        "a() (shift); a; b {}",
        "test {} `echo x`",
        "echo {}`date`",
    ] {
        refused(text);
    }
}

#[test]
fn one_simple_command_is_recognized() {
    let is_simple = |text: &str| {
        scan(text.as_bytes(), Width::Sources(1).into())
            .unwrap()
            .simple
            .is_some()
    };
    for text in [
        "gzip -9",
        "sort >out",
        "awk '{print $1}'",
        "a b\n",
        "a \"$X\"",
    ] {
        assert!(is_simple(text), "{text}");
    }
    for text in [
        "a; b",
        "a &",
        "a | b",
        "(a)",
        "a # b",
        "X=1 a",
        "if a; then b; fi",
        "eval a",
        "a >&",
        "a `b`",
        "'a",
    ] {
        assert!(!is_simple(text), "{text}");
    }
}

#[test]
fn its_own_use_of_the_values_is_recognized() {
    let is_positional = |text: &str| {
        scan(text.as_bytes(), Width::Sources(1).into())
            .unwrap()
            .is_positional
    };
    for text in [
        "a $1",
        "a \"$@\"",
        "a $*",
        "a ${2}",
        "a ${1%.c}",
        "eval \"x$((1))$1\"",
    ] {
        assert!(is_positional(text), "{text}");
    }
    for text in ["a $x", "a '$1'", "a $0", "a \\$1", "a $#"] {
        assert!(!is_positional(text), "{text}");
    }
}
