//! The names of the jobs of a template (`--name`), and what is before each line of their output.

use crate::stage::Stage;

#[test]
fn the_lines_of_a_job_begin_with_its_values() {
    Stage::new()
        .args(["-j1", "-o", "line", "echo x {1}", ":::", "a", "bb"])
        .args([":::", "1"])
        .stdout("a 1 | x a\nbb 1 | x bb\n")
        .run();
}

#[test]
fn a_name_is_made_of_the_placeholders() {
    Stage::new()
        .args(["-j1", "-o", "line", "--name", "{1/.}-{2}#{#}", "echo x"])
        .args([":::", "d/a.c", ":::", "1", "2"])
        .stdout("a-1#1 | x d/a.c 1\na-2#2 | x d/a.c 2\n")
        .run();
    let outcome = Stage::new()
        .args(["--json", "--name", "n{}", "echo $PRUN_NAME; true", "{}"])
        .args([":::", "a", "a"])
        .stdout_any()
        .stderr_any()
        .any_end()
        .run();
    // The names of a template need not be unique.
    for seq in [1, 2] {
        assert_eq!(outcome.record(seq)["name"], "na");
    }
}

#[test]
fn an_empty_name_shows_whole_lines_without_a_prefix() {
    Stage::new()
        .args(["-j1", "-o", "line", "--name", "", "printf '%s' {}"])
        .args([":::", "a", "b"])
        .stdout("a\nb\n")
        .run();
    Stage::new()
        .args(["-j1", "-o", "line", "--name", "", "x: echo a"])
        .stdout("a\n")
        .run();
}

#[test]
fn a_name_that_cannot_be_made_is_refused() {
    for (args, message) in [
        (
            &["--name", "{%}", "echo", ":::", "a"][..],
            "--name: `{%}` and `{slot}` are not known before a job starts",
        ),
        (
            &["--slots", "a,b", "--name", "{slot}", "echo", ":::", "a"],
            "--name: `{%}` and `{slot}` are not known before a job starts",
        ),
        (
            &["--name", "{2}", "echo", ":::", "a", ":::", "b", ":::", "c"],
            "",
        ),
        (&["--name", "x", "true"], "--name needs arguments"),
        (&["--name", "x", "-f", "jobs"], "--name needs arguments"),
    ] {
        let stage = Stage::new().file("jobs", "true\n").args(args);
        match message {
            "" => stage.stdout_any().run(),
            message => stage.stderr_has(message).code(2).run(),
        };
    }
}

#[test]
fn files_and_reports_have_the_name() {
    let outcome = Stage::new()
        .args(["--log-dir", "logs", "--junit", "j.xml", "--name", "job-{}"])
        .args(["echo", ":::", "a"])
        .stdout("a\n")
        .run();
    assert_eq!(outcome.read_text("logs/0001-job-a.out"), "a\n");
    assert!(outcome.read_text("j.xml").contains("name=\"job-a\""));
}
