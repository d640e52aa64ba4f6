//! Slots with values (`--slots`), and the variables before the command of a template.

use crate::stage::Stage;

#[test]
fn a_job_gets_the_value_of_its_slot() {
    Stage::new()
        .args(["-k", "--slots", "gpu0", "echo", "{slot}", "{}"])
        .args([":::", "a", "b"])
        .stdout("gpu0 a\ngpu0 b\n")
        .run();
    Stage::new()
        .args([
            "-k",
            "--slots",
            "a b",
            "echo \"$PRUN_SLOT_VALUE\" {slot} {}",
        ])
        .args([":::", "1"])
        .stdout("a b a b 1\n")
        .run();
}

#[test]
fn every_job_has_the_value_in_a_variable() {
    for args in [
        &["echo $PRUN_SLOT_VALUE"][..],
        &[":::", "echo $PRUN_SLOT_VALUE"],
    ] {
        Stage::new()
            .args(["--slots", "x"])
            .args(args)
            .stdout("x\n")
            .run();
    }
}

#[test]
fn as_many_jobs_run_at_once_as_there_are_values() {
    // Each waits for the other, so both slots must run at once; the same value makes two slots.
    let job = "touch {}; while test ! -e a || test ! -e b; do sleep 0.01; done; echo {slot}";
    Stage::new()
        .args(["--slots", "h,h", job, ":::", "a", "b"])
        .stdout("h\nh\n")
        .run();
    let outcome = Stage::new()
        .args(["--slots", "p,q,r", "--json", "true {}", ":::"])
        .args((0..20).map(|n| n.to_string()))
        .stdout_any()
        .run();
    let slots = outcome.json().into_iter().map(|job| job["slot"].as_u64());
    assert!(slots.flatten().all(|slot| (1..=3).contains(&slot)));
}

#[test]
fn the_values_may_be_the_lines_of_a_file() {
    Stage::new()
        .file("hosts", "h1\n\n  h2 \r\n")
        .args(["--slots", "@hosts", "--json", "true", "{slot}"])
        .args([":::", "1"])
        .stdout_has("\"argv\":[\"true\",\"h1\"]")
        .run();
}

#[test]
fn unusable_lists_of_slots_are_refused() {
    for (args, message) in [
        (
            &["--slots", "a,,b", "true"][..],
            "@FILE with a value per line",
        ),
        (&["--slots", "", "true"], "@FILE with a value per line"),
        (
            &["--slots", "@none", "true"],
            "--slots @none: cannot read the list of slots",
        ),
        (
            &["--slots", "@blank", "true"],
            "--slots @blank: there is no line",
        ),
        (&["--slots", "@nul", "true"], "--slots @nul:2: NUL byte"),
        (&["--slots", "a", "-j2", "true"], "--jobs"),
        (&["echo", "{slot}", ":::", "a"], "add --slots LIST"),
    ] {
        Stage::new()
            .file("blank", "\n \n")
            .file("nul", "a\nb\0\n")
            .args(args)
            .stderr_has(message)
            .code(2)
            .run();
    }
}

#[test]
fn leading_assignments_of_a_template_set_variables() {
    Stage::new()
        .args(["-k", "--slots", "7", "A={slot}", "B=<{/.}>", "sh", "-c"])
        .args(["echo $A \"$B\" $1", "sh", "{}", ":::", "d/x y.c"])
        .stdout("7 <x y> d/x y.c\n")
        .run();
    // A value in a variable is not appended as well.
    Stage::new()
        .args(["A={}", "sh", "-c", "echo $# $A", "sh", ":::", "v"])
        .stdout("0 v\n")
        .run();
    Stage::new()
        .args(["A=1", "sh", "-c", "echo $# $A", "sh", ":::", "v"])
        .stdout("1 1\n")
        .run();
}

#[test]
fn a_dry_run_prints_the_variables_that_a_run_sets() {
    Stage::new()
        .args(["-n", "-k", "SEQ={}", "prog", "-x", ":::", "1", "a b"])
        .stdout("SEQ=1 prog -x\nSEQ='a b' prog -x\n")
        .run();
    Stage::new()
        .args(["-n", "--json", "SEQ={}", "prog", ":::", "1"])
        .stdout_has("\"argv\":[\"prog\"]")
        .stdout_has("\"env\":{\"SEQ\":\"1\"}")
        .run();
}

#[test]
fn variables_without_a_command_are_refused() {
    Stage::new()
        .args(["A=1", "B={}", ":::", "v"])
        .stderr("prun: `B={}` is followed by no command: write the command after its variables\n")
        .code(2)
        .run();
}

#[test]
fn a_resumed_run_tells_jobs_with_other_variables_apart() {
    let run = |value: &str, stage: Stage| {
        stage
            .args(["-C", "/", "--joblog", "log", "--resume", "--json"])
            .args([&format!("A={value}"), "sh", "-c", "echo $A; true $1"])
            .args(["sh", ":::", "v"])
    };
    let first = run("1", Stage::new()).stdout_has("\"1\\n\"").run();
    let log = first.read("log");
    run("2", Stage::new().file("log", &log))
        .stdout_has("\"2\\n\"")
        .run();
    run("1", Stage::new().file("log", &log))
        .stdout_has("\"resumed\"")
        .run();
}
