//! When prun colours its own words, and when it asks the jobs for colour.

use crate::stage::Stage;

const ESC: u8 = 0x1b;

/// Whether prun colours its own words in this setting.
fn is_coloured(stage: Stage) -> bool {
    let outcome = stage.arg("exit 3").stderr_any().code(1).run();
    outcome.screen.contains(&ESC) || outcome.stderr.contains(&ESC)
}

fn terminal() -> Stage {
    Stage::new().pty(24, 80)
}

#[test]
fn words_are_coloured_on_a_terminal_only() {
    assert!(is_coloured(terminal()));
    assert!(!is_coloured(Stage::new()));
}

#[test]
fn color_says_always_or_never() {
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
fn the_environment_says_whether_words_are_coloured() {
    assert!(!is_coloured(terminal().env("NO_COLOR", "1")));
    assert!(is_coloured(terminal().env("NO_COLOR", "")));
    assert!(!is_coloured(terminal().env("TERM", "dumb")));
    assert!(is_coloured(Stage::new().env("CLICOLOR_FORCE", "1")));
    assert!(!is_coloured(Stage::new().env("CLICOLOR_FORCE", "0")));
    assert!(is_coloured(terminal().args(["--color", "auto"])));
}

/// What a job says of the variables that ask for colour.
const TELL: &str = "echo \"<${CLICOLOR_FORCE-unset} ${FORCE_COLOR-unset}>\"";

#[test]
fn jobs_are_asked_for_colour_where_their_output_goes_to_a_terminal() {
    let told = |stage: Stage, answer: &str| stage.arg(TELL).screen_has(answer).run();
    told(terminal(), "<1 1>");
    told(terminal().args(["-o", "raw"]), "<unset unset>");
    told(terminal().args(["--color", "never"]), "<unset unset>");
    told(terminal().env("TERM", "dumb"), "<unset unset>");
    Stage::new().arg(TELL).stdout("<unset unset>\n").run();
    let always = Stage::new().args(["--color", "always", TELL]);
    always.stdout("<1 1>\n").run();
}

#[test]
fn jobs_are_not_asked_for_colour_where_their_output_is_kept_in_records() {
    let outcome = terminal().args(["--json", TELL]).run();
    let screen = String::from_utf8_lossy(&outcome.screen);
    assert!(screen.contains("<unset unset>"), "{screen}");
}

#[test]
fn what_the_user_says_about_colour_is_left_as_it_is() {
    let told = |stage: Stage, answer: &str| stage.arg(TELL).screen_has(answer).run();
    told(terminal().env("NO_COLOR", "1"), "<unset unset>");
    told(
        terminal().args(["--color=always", "-e", "NO_COLOR=1"]),
        "<unset unset>",
    );
    told(terminal().env("FORCE_COLOR", "0"), "<1 0>");
    told(terminal().args(["-e", "FORCE_COLOR=3"]), "<1 3>");
    told(terminal().args(["-u", "CLICOLOR_FORCE"]), "<unset 1>");
}

#[test]
fn a_run_goes_on_from_a_log_that_was_written_without_colours() {
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
