//! Functions that bash exports with `export -f`: a command that is no program may be one.

use crate::needs::needs;
use crate::stage::Stage;

/// The variable in which bash exports a function `greet`, which prints its arguments.
const GREET: (&str, &str) = ("BASH_FUNC_greet%%", "() {  printf '<%s>' \"$@\"; echo\n}");

fn stage() -> Stage {
    Stage::new().env(GREET.0, GREET.1)
}

#[test]
fn an_exported_function_is_called_with_the_values_as_its_arguments() {
    if !needs("bash") {
        return;
    }
    for args in [&["-k", "greet", "{}", "x y"][..], &["-k", "greet {} 'x y'"]] {
        stage()
            .args(args)
            .args([":::", "a b", "$(touch PWN)"])
            .stdout("<a b><x y>\n<$(touch PWN)><x y>\n")
            .run();
    }
}

#[test]
fn a_typed_command_may_call_a_function_too() {
    if !needs("bash") {
        return;
    }
    stage().args(["greet 'a b' c"]).stdout("<a b><c>\n").run();
}

#[test]
fn what_bash_exports_is_found() {
    if !needs("bash") {
        return;
    }
    let outcome = Stage::new()
        .in_shell(
            "exec bash -c 'f() { echo \"$1\"; return 3; }; export -f f; \"$@\"' bash \"$@\" \
             --json f {} ::: v",
        )
        .stdout_any()
        .stderr_any()
        .code(1)
        .run();
    let record = outcome.record(1);
    assert_eq!(record["exit_code"], 3);
    assert_eq!(record["stdout"], "v\n");
    assert_eq!(
        record["argv"],
        serde_json::json!(["bash", "-c", "f \"$@\"", "f", "v"])
    );
    assert_eq!(record["shell"], true);
}

#[test]
fn a_program_of_that_name_comes_first() {
    Stage::new()
        .env("BASH_FUNC_true%%", "() {  echo function\n}")
        .args(["true", "{}", ":::", "a"])
        .run();
}

#[test]
fn exec_calls_no_function() {
    stage()
        .args(["-o", "none", "--exec", "greet", "{}", ":::", "a"])
        .stderr_has("no such program: greet")
        .code(1)
        .run();
}

#[test]
fn a_value_is_never_the_text_of_a_function_call() {
    Stage::new()
        .env("BASH_FUNC_a;touch PWN%%", "() {  :\n}")
        .args(["-o", "none", "{}", "x", ":::", "a;touch PWN"])
        .stderr_has("no such program")
        .code(1)
        .run();
}

#[test]
fn another_shell_that_does_not_know_a_function_is_explained() {
    if !needs("dash") {
        return;
    }
    stage()
        .args(["-s=dash", "greet {} | cat; exit 127", ":::", "a"])
        .stderr_has("exit 127, `greet` is a function of bash: add --shell=bash")
        .code(1)
        .run();
}
