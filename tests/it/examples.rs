//! The library's examples run and print what they demonstrate.

use crate::stage::Stage;
use std::path::PathBuf;

/// `cargo test` builds the examples next to the tests.
fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test is a program");
    let built = test
        .ancestors()
        .nth(2)
        .expect("tests are built in target/PROFILE/deps");
    let program = built.join("examples").join(name);
    assert!(
        program.exists(),
        "not built yet, `cargo build --examples` does it: {program:?}"
    );
    program
}

#[test]
fn a_shell_command_prints_its_result() {
    let stage = Stage::of(example("run_shell")).args(["echo one; echo two >&2; exit 3"]);
    let message = r#"["echo one; echo two >&2; exit 3" exited with 3]"#;
    stage
        .stdout(format!("{message}\n[stdout]\none\n[stderr]\ntwo\n"))
        .run();
}

#[test]
fn several_commands_run_at_once() {
    Stage::of(example("run_several"))
        .stdout("exit 0: hello\nexit 2: \n")
        .run();
}

#[test]
fn a_process_is_controlled_through_its_streams() {
    let answers = "one has 3\nthree has 5\nseventeen has 9\nbye\nexit 0\n";
    Stage::of(example("talk")).stdout(answers).run();
}
