//! `:::+`: a list that is combined one to one with the source before it.

use crate::stage::Stage;

/// A run of one job after the other.
fn prun(args: &[&str]) -> Stage {
    Stage::new().arg("-j1").args(args)
}

#[test]
fn a_joined_list_is_a_part_of_the_source_before_it() {
    prun(&[
        "/bin/echo",
        "{1}{2}{3}",
        ":::",
        "a",
        "b",
        ":::+",
        "1",
        "2",
        ":::",
        "x",
        "y",
    ])
    .stdout("a1x\na1y\nb2x\nb2y\n")
    .run();
    prun(&[
        "/bin/echo",
        "{1}{2}{3}",
        ":::",
        "x",
        "y",
        ":::",
        "a",
        "b",
        ":::+",
        "1",
        "2",
    ])
    .stdout("xa1\nxb2\nya1\nyb2\n")
    .run();
}

#[test]
fn a_list_may_be_joined_to_a_file() {
    let stage = prun(&["-a", "f", "/bin/echo", "{2}{1}", ":::+", "1", "2"]);
    stage.file("f", "a\nb\n").stdout("1a\n2b\n").run();
}

#[test]
fn a_joined_list_of_another_length_is_an_error() {
    prun(&["echo", ":::", "a", "b", ":::+", "1"])
        .stderr("prun: `:::+`: source 1 has 2 values, but source 2 has 1: all must have the same number\n")
        .code(2)
        .run();
}

#[test]
fn a_joined_list_needs_a_source_before_it() {
    prun(&["echo", ":::+", "1"])
        .stderr("prun: `:::+` combines a list with the source before it: write `:::` before the first list\n")
        .code(2)
        .run();
    prun(&[":::", "a", ":::+", "1"])
        .stderr_has("without a command")
        .code(2)
        .run();
}
