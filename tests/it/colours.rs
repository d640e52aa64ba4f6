//! When prun colours its own messages; it never asks jobs for colour.

use crate::stage::Stage;

const ESC: u8 = 0x1b;

/// Whether prun colours its own messages in this setting.
fn is_coloured(stage: Stage) -> bool {
    let outcome = stage.arg("exit 3").stderr_any().code(1).run();
    outcome.screen.contains(&ESC) || outcome.stderr.contains(&ESC)
}

fn terminal() -> Stage {
    Stage::new().pty(24, 80)
}

#[test]
fn messages_are_coloured_on_a_terminal_only() {
    assert!(is_coloured(terminal()));
    assert!(!is_coloured(Stage::new()));
}

#[test]
fn color_is_always_or_never() {
    assert!(is_coloured(Stage::new().args(["--color", "always"])));
    assert!(!is_coloured(terminal().args(["--color", "never"])));
    assert!(is_coloured(
        terminal().args(["--color", "always"]).env("NO_COLOR", "1")
    ));
    assert!(!is_coloured(
        terminal()
            .args(["--color=never"])
            .env("CLICOLOR_FORCE", "1")
    ));
}

#[test]
fn the_environment_decides_whether_messages_are_coloured() {
    assert!(!is_coloured(terminal().env("NO_COLOR", "1")));
    assert!(is_coloured(terminal().env("NO_COLOR", "")));
    assert!(!is_coloured(terminal().env("TERM", "dumb")));
    assert!(is_coloured(Stage::new().env("CLICOLOR_FORCE", "1")));
    assert!(!is_coloured(Stage::new().env("CLICOLOR_FORCE", "0")));
    assert!(is_coloured(terminal().args(["--color", "auto"])));
}

/// A job that prints the variables that ask for colour.
const PRINT_VARIABLES: &str = "echo \"<${CLICOLOR_FORCE-unset} ${FORCE_COLOR-unset}>\"";

#[test]
fn jobs_are_never_asked_for_colour() {
    let check = |stage: Stage, answer: &str| stage.arg(PRINT_VARIABLES).screen_has(answer).run();
    check(terminal(), "<unset unset>");
    check(terminal().args(["--color", "always"]), "<unset unset>");
    check(terminal().args(["-o", "line"]), "<unset unset>");
    check(terminal().args(["--log-dir", "logs"]), "<unset unset>");
    check(terminal().env("FORCE_COLOR", "0"), "<unset 0>");
    check(terminal().env("CLICOLOR", "0"), "<unset unset>");
    let always = Stage::new().args(["--color", "always", PRINT_VARIABLES]);
    always.stdout("<unset unset>\n").run();
}

/// A program that colours its output if a variable asks it to, even if it does not write to a
/// terminal.
const TOOL: &str = "#!/bin/sh\n[ \"${FORCE_COLOR:-0}${CLICOLOR_FORCE:-0}\" = 00 ] || printf '\\033[31m'\necho 42\n";

#[test]
fn output_of_a_job_is_the_same_on_a_terminal_and_in_ci() {
    let job = "n=$(./tool); [ \"$n\" = 42 ] && ./tool > file && [ \"$(cat file)\" = 42 ]";
    for stage in [terminal(), Stage::new(), Stage::new().env("CI", "true")] {
        let stage = stage.script("tool", TOOL).args([job, "true"]);
        stage.stderr_any().run();
    }
}

#[test]
fn a_terminal_that_has_no_name_gets_no_colours() {
    let unnamed = || terminal().in_shell("unset TERM; exec \"$@\"");
    assert!(!is_coloured(unnamed()));
    assert!(!is_coloured(terminal().env("TERM", "")));
    assert!(is_coloured(unnamed().args(["--color", "always"])));
}

#[test]
fn a_run_resumes_from_a_log_that_was_written_without_colours() {
    let log = ["--joblog", "log", "--resume", "echo ran"];
    let script = "\"$0\" \"$@\" > first; exec \"$0\" \"$@\"";
    let outcome = Stage::of("/bin/sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_prun")])
        .args(log)
        .pty(24, 80)
        .run();
    let screen = String::from_utf8_lossy(&outcome.screen);
    assert!(!screen.contains("ran"), "{screen}");
}
