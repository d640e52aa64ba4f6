//! What users of other programs type by habit is an error that names our spelling, or means the same; it
//! never runs as something else.

use crate::stage::Stage;

/// A job that shows that it was started.
const MARK: &str = "touch started";

/// Checks that these words are refused with exactly this message, and that nothing was started.
#[track_caller]
fn assert_refused(words: &[&str], message: &str) {
    let stage = Stage::new().file("a", "").file("b", "").args(words);
    let outcome = stage.stderr(format!("prun: {message}\n")).code(2).run();
    assert!(!outcome.path("started").exists(), "a job was started");
    assert!(outcome.path("a").exists(), "a file was moved");
}

#[test]
fn ungrouped_output_is_no_unset_variable() {
    assert_refused(
        &["-u", "gzip", ":::", MARK],
        "`-u gzip` right before `:::` would remove a variable, and run the values as commands: GNU \
         parallel's -u is `-o raw`",
    );
    assert_refused(
        &["-u", "gzip", "-9", "{}", ":::", "a"],
        "`-u gzip` would remove the variable `gzip`, which is not set: GNU parallel's -u is `-o raw` \
         (write --unset if you mean a variable)",
    );
    Stage::new()
        .args(["--unset", "GONE", "echo ok"])
        .stdout("ok\n")
        .run();
}

#[test]
fn a_missing_source_is_no_literal_number() {
    for words in [
        &["mv", "{1}", "{2}", ":::", "a", "b"][..],
        &["mv {1} {2}", ":::", "a", "b"],
    ] {
        assert_refused(
            words,
            "`{2}` has no value: each job has 1 value; add a source of arguments, or use -N for \
             several arguments per job",
        );
    }
}

#[test]
fn a_placeholder_of_gnu_parallel_is_no_text() {
    let end = "(to pass the text itself, make it an ARG)";
    for (braces, remedy) in [
        (
            "{= s/a/b/ =}",
            "there is no Perl; write {/OLD/NEW} for the text OLD, or change \"$1\" in a quoted command",
        ),
        ("{-1}", "write `{1}`"),
        ("{+/}", "write `{//}`"),
        ("{+.}", "write \"${1##*.}\" in a quoted command"),
        (
            "{##}",
            "the number of jobs is not always known in advance; count the arguments beforehand",
        ),
        (
            "{0#}",
            "write \"$(printf %04d \"$PRUN_SEQ\")\" in a quoted command",
        ),
        ("{seq}", "write `{#}`"),
        ("{%%.*}", "write \"${1%%.*}\" in a quoted command"),
    ] {
        let message = format!("`{braces}` is not a placeholder of prun: {remedy} {end}");
        assert_refused(&["mv", "{}", braces, ":::", "a"], &message);
        assert_refused(&[&format!("mv {{}} {braces}"), ":::", "a"], &message);
    }
}

#[test]
fn a_text_like_a_placeholder_can_be_an_argument() {
    Stage::new()
        .args(["-k", "echo", ":::", "{= uc =}", "{-1}", "-j4"])
        .stdout("{= uc =}\n{-1}\n-j4\n")
        .run();
}

#[test]
fn an_operator_is_no_argument() {
    assert_refused(
        &["cat", "{}", ">", "{}.out", ":::", "a"],
        "`>` would be an argument of the command: quote the whole command: prun 'cat {} > {}.out' (or \
         pass it on with --exec)",
    );
    assert_refused(
        &["touch", "started", "&&", "true"],
        "`&&` is no command: quote the whole command line: prun 'touch started && true'",
    );
    Stage::new()
        .args(["--exec", "/bin/echo", "{}", "2>&1", ":::", "a"])
        .stdout("a 2>&1\n")
        .run();
}

#[test]
fn an_option_after_the_commands_is_no_command() {
    assert_refused(
        &[MARK, MARK, "-j4"],
        "`-j4`: options go before the commands",
    );
    assert_refused(&[MARK, "-t", "5"], "`-t`: options go before the commands");
    assert_refused(
        &["touch started {}", "-k", ":::", "a"],
        "`-k`: options go before the command",
    );
    assert_refused(
        &["touch", "--", "started"],
        "`--`: write `:::` before the arguments: prun touch ::: started; or quote the whole command: \
         prun 'touch -- started'",
    );
}

#[test]
fn a_number_or_names_after_a_flag_are_no_command() {
    assert_refused(
        &["-n", "1", MARK],
        "`-n` is --dry-run; use `-N N` for N arguments per job",
    );
    assert_refused(
        &["-n", "web,api", MARK, MARK],
        "`-n` is --dry-run; name the commands instead: prun 'web: touch started'",
    );
    assert_refused(
        &["-s", "1000", MARK],
        "`-s` is --shell, and `1000` would be a command: there is no limit of length but the system's, \
         to which `-N max` keeps",
    );
}

#[test]
fn a_value_without_an_equals_sign_is_no_command() {
    assert_refused(
        &["--shell", "bash", MARK],
        "`--shell bash` would run the command `bash`: write --shell=bash (or `--` before a command)",
    );
    assert_refused(
        &["--fail-fast", "soon", MARK],
        "`--fail-fast soon` would run the command `soon`: write --fail-fast=soon (or `--` before a \
         command)",
    );
}

#[test]
fn a_script_of_npm_is_no_program() {
    assert_refused(
        &["npm:build", MARK],
        "`npm:build` is a script of package.json: write 'npm run build'",
    );
}

#[test]
fn null_without_input_is_no_null() {
    assert_refused(
        &["-0", MARK],
        "`-0` has no input: write {} where an argument of standard input belongs: find . -print0 | prun \
         -0 gzip {}",
    );
}

#[test]
fn options_of_other_programs_are_answered() {
    for (option, answer) in [
        (
            "--tag",
            "`-o line` prefixes each line with the name of its job",
        ),
        (
            "--lb",
            "`-o line` shows each line as it comes, with the name of its job",
        ),
        (
            "-I%",
            "the placeholder is always `{}`: prun gzip {} ::: *.log",
        ),
        ("--kill-others-on-fail", "use `--fail-fast`"),
        ("--restart-after", "use `--retry-delay TIME`"),
        ("--will-cite", "prun needs no such option: omit it"),
    ] {
        let shown = option.trim_end_matches('%');
        assert_refused(
            &[option, MARK],
            &format!("unknown option `{shown}`: {answer}"),
        );
    }
    assert_refused(
        &["-t", "gzip", ":::", "a"],
        "--timeout gzip: a duration needs a decimal number before each unit: write seconds (`30`, \
         `0.5`) or h, m, s and ms in this order (`250ms`, `5m`, `1h30m`) (-t of xargs and GNU parallel, \
         which prints the commands, is `-v`)",
    );
    assert_refused(
        &["-o", "vim", MARK],
        "--output vim: write group, line, raw or none (-o of xargs and GNU parallel, which opens the \
         terminal, is `--tty`)",
    );
}
