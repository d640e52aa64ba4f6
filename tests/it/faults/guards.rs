//! prun is somebody's job: a job of another prun, or of whoever kills it.

use std::time::Duration;

use crate::stage::Stage;

/// Far more than any of these runs needs.
const SOON: Duration = Duration::from_secs(60);

const PRUN: &str = env!("CARGO_BIN_EXE_prun");

/// A job that no TERM ends, and that says when it is there.
const STUBBORN: &str = "trap '' TERM; echo up > up; while :; do sleep 0.05; done";

#[test]
fn a_run_inside_a_job_ends_its_own_before_it_is_killed_itself() {
    let outcome = Stage::new()
        .args(["-t", "300ms", "--grace", "3"])
        .arg(format!("exec {PRUN} \"$STUBBORN\" true"))
        .env("STUBBORN", STUBBORN)
        .stderr_has("1 ok, 1 canceled")
        .stderr_has("timed out")
        .code(1)
        .within(SOON)
        .run();
    // The inner run ended by itself, and told of it.
    assert!(outcome.elapsed < Duration::from_millis(3300));
}

#[test]
fn the_grace_of_a_run_inside_a_job_is_nine_tenths_of_the_outer_one() {
    let inner = |options: &str| format!("{PRUN} {options} 'echo $PRUN_GRACE'");
    let told = |options: &[&str], job: &str, grace: &str| {
        let stage = Stage::new().args(options).arg(job);
        stage.stdout(format!("{grace}\n")).run();
    };
    told(&[], "echo $PRUN_GRACE", "5");
    told(&["--grace", "250ms"], "echo $PRUN_GRACE", "0.25");
    told(&[], &inner(""), "4.5");
    told(&[], &inner("--grace 1h"), "4.5");
    told(&[], &inner("--grace 1"), "1");
    // Where there is no grace, that of a run around this one is not handed on.
    told(&[], &inner("--grace 0"), "");
    told(&["-e", "PRUN_GRACE=7"], "echo $PRUN_GRACE", "7");
}

#[test]
fn a_grace_that_is_none_is_refused() {
    Stage::new()
        .env("PRUN_GRACE", "soon")
        .arg("touch never")
        .stderr_has("prun: PRUN_GRACE=soon: a duration needs a decimal number before each unit: write seconds")
        .stderr_has("or unset it (env -u PRUN_GRACE)\n")
        .code(2)
        .run();
}
