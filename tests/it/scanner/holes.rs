//! Templates that ran a value as code under one shell, or were scanned wrongly, until each was found.

use crate::stage::Stage;

#[track_caller]
fn refused(template: &str, context: &str) {
    Stage::new()
        .args(["--shell=bash", template, ":::", "a[$(touch pwned)]"])
        .stderr_has(context)
        .code(2)
        .run();
}

#[test]
fn zsh_evaluates_a_subscript_after_a_variable_in_double_quotes() {
    refused("echo \"$X[{}]\"", "in a subscript");
}

#[test]
fn zsh_evaluates_a_number_of_printf_and_of_test() {
    refused("printf '%d\\n' {}", "in an argument of `printf`");
    refused("printf '%*s' {} x", "in an argument of `printf`");
    refused("[ -t {} ]", "in an argument of `[`");
    refused("[ {} -eq 1 ]", "in an argument of `[`");
}

#[test]
fn a_command_around_a_substitution_that_is_not_parsed_is_checked() {
    refused("let {} $(echo `date`)", "in an argument of `let`");
    refused("(let {} `date`)", "in an argument of `let`");
}

#[test]
fn the_code_of_a_shell_may_stand_after_a_dash_alone() {
    refused("sh -c - {}; :", "in the text after a shell's `-c`");
}

#[test]
fn a_name_that_is_only_known_at_run_time_is_no_assignment() {
    refused("${X}a=1 let {}", "only known at run time");
}

#[test]
fn a_value_that_is_read_is_not_evaluated() {
    refused(
        "echo {} | while read x; do echo $((x)); done",
        "in a template with arithmetic",
    );
}

#[test]
fn text_that_is_not_parsed_may_be_the_last_word() {
    Stage::new()
        .args(["--shell=bash", "echo {}; [[ a ]]", ":::", "x"])
        .stdout("x\n")
        .run();
}
