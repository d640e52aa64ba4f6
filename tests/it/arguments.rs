//! Sources of arguments, their combinations, and hints for options of other runners.

use std::time::Duration;

use crate::stage::Stage;

fn dry_run(args: &[&str], expected: &str) {
    Stage::new().arg("-n").args(args).stdout(expected).run();
}

#[test]
fn sources_are_combined_with_the_first_one_slowest() {
    dry_run(
        &["x", ":::", "a", "b", ":::", "1", "2"],
        "x a 1\nx a 2\nx b 1\nx b 2\n",
    );
}

#[test]
fn linked_sources_go_together() {
    dry_run(
        &[
            "--link", "x", "{2}", "{1}", ":::", "a", "b", ":::", "1", "2",
        ],
        "x 1 a\nx 2 b\n",
    );
}

#[test]
fn linked_sources_of_unequal_length_start_nothing() {
    Stage::new()
        .file("list", "1\n2\n3\n")
        .args(["--link", "-a", "list", "touch", ":::", "a", "b"])
        .stderr("prun: --link: source 1 has 3 values, but source 2 has 2: all must have the same number\n")
        .code(2)
        .run();
}

#[test]
fn linked_streams_of_unequal_length_fail_at_the_end_of_the_shorter() {
    Stage::new()
        .stdin("1\n")
        .args(["-j1", "--link", "-a", "-", "/bin/echo", ":::", "a", "b"])
        .stdout("1 a\n")
        .stderr_has("--link: source 1 ended after 1 values, but source 2 has more")
        .code(2)
        .run();
}

#[test]
fn files_come_before_lists() {
    let stage = Stage::new().file("one", "a\nb\n").file("two", "x");
    stage
        .args(["-n", "-a", "one", "-a", "two", "z", ":::", "1"])
        .stdout("z a x 1\nz b x 1\n")
        .run();
}

#[test]
fn standard_input_is_a_file_of_arguments() {
    Stage::new()
        .stdin("a b\n\nc\n")
        .args(["-j1", "-a", "-", "/bin/echo", "<{}>"])
        .stdout("<a b>\n<>\n<c>\n")
        .run();
}

#[test]
fn standard_input_is_read_once() {
    Stage::new()
        .args(["-a", "-", "-a", "-", "echo"])
        .stderr("prun: `-a -` can be given only once: there is one standard input\n")
        .code(2)
        .run();
}

#[test]
fn records_may_end_with_nul() {
    Stage::new()
        .stdin("a\nb\0c\0")
        .args(["-n", "-0", "-a", "-", "x"])
        .stdout("x \"$(printf 'a\\nb')\"\nx c\n")
        .run();
    Stage::new()
        .stdin("echo 'a\nb'\0exit 0\0")
        .args(["-0", "-j1"])
        .stdout("a\nb\n")
        .run();
}

#[test]
fn a_nul_byte_in_a_line_is_an_error_before_anything_runs() {
    Stage::new()
        .file("list", "a\nb\0c\n")
        .args(["-a", "list", "echo"])
        .stderr_has("list:2: NUL byte in the argument")
        .code(2)
        .run();
}

#[test]
fn a_missing_file_of_arguments_is_named() {
    Stage::new()
        .args(["-a", "none", "echo"])
        .stderr_has("none: cannot open the file of arguments: No such file")
        .code(2)
        .run();
    Stage::new()
        .args(["-a", ".", "echo"])
        .stderr_has(".: is a directory")
        .code(2)
        .run();
}

#[test]
fn without_arguments_there_is_no_job() {
    Stage::new().args(["false", ":::"]).run();
    Stage::new().args(["-a", "-", "false"]).run();
}

#[test]
fn an_argument_runs_before_the_next_one_arrives() {
    let mut run = Stage::new()
        .stdin_open()
        .args(["-j1", "-a", "-", "/bin/echo", "got"])
        .stdout("got a\ngot b\n")
        .start();
    run.write_stdin("a\n");
    run.wait_for_stdout("got a\n");
    run.write_stdin("b\n");
    run.close_stdin();
    run.finish();
}

#[test]
fn arguments_without_a_template_are_command_lines() {
    Stage::new()
        .args(["-j1", ":::", "echo a", "echo '{}' b"])
        .stdout("a\n{} b\n")
        .run();
    Stage::new()
        .file("jobs", "echo a\n")
        .args(["-a", "jobs"])
        .stdout("a\n")
        .run();
    Stage::new()
        .stdin("echo a\n")
        .args(["-a", "-"])
        .stdout("a\n")
        .run();
}

#[test]
fn several_values_go_to_each_job() {
    dry_run(
        &["-N2", "x", "{}", "y", ":::", "a", "b", "c"],
        "x a b y\nx c y\n",
    );
    dry_run(
        &["-N2", "x", "{2}-{1}", ":::", "a", "b", "c"],
        "x b-a\nx -c\n",
    );
    dry_run(
        &["-N2", "echo", ":::", "a", "b", "c"],
        "/bin/sh -c 'echo \"$@\"' sh a b\n/bin/sh -c 'echo \"$@\"' sh c\n",
    );
}

#[test]
fn as_many_values_as_fit_are_spread_over_the_slots() {
    dry_run(
        &["-Nmax", "-j2", "x", "y", ":::", "a", "b", "c", "d", "e"],
        "x y a b c\nx y d e\n",
    );
}

#[test]
fn as_many_values_as_fit_do_fit() {
    let lines: String = (0..60_000).map(|n| format!("{n:0100}\n")).collect();
    let outcome = Stage::new()
        .stdin(lines)
        .args(["-Nmax", "-j1", "-a", "-", "--json", "/bin/true"])
        .stdout_any()
        .run();
    let counts = outcome
        .json()
        .into_iter()
        .map(|record| record["args"].as_array().unwrap().len());
    let counts: Vec<_> = counts.collect();
    assert_eq!(counts.iter().sum::<usize>(), 60_000);
    assert!((2..40).contains(&counts.len()), "{counts:?}");
}

#[test]
fn starts_are_delayed_by_the_given_interval() {
    Stage::new()
        .args(["-j3", "--delay", "0.2", "-n"])
        .args(["x", ":::", "1"])
        .stdout("x 1\n")
        .run();
    Stage::new()
        .args(["-j3", "--delay", "0.2", "/bin/true", ":::", "1", "2", "3"])
        .not_before(Duration::from_millis(400))
        .run();
}

#[test]
fn without_arguments_the_four_forms_of_use_are_shown() {
    let outcome = Stage::new()
        .pty(24, 100)
        .screen_has("prun gzip -9 {} ::: *.log")
        .code(2)
        .run();
    let screen = String::from_utf8(outcome.screen).unwrap();
    for shape in ["'make api' 'make web'", "| prun gzip", "prun -f jobs.txt"] {
        assert!(screen.contains(shape), "{screen}");
    }
}

#[test]
fn options_of_other_runners_get_a_hint() {
    for (args, hint) in [
        (&["--halt", "now,fail=1", "x"][..], "--fail-fast"),
        (&["--tag", "x"], "-o line"),
        (&["--bar", "x"], "--progress"),
        (&["--eta", "x"], "--progress"),
        (&["-I", "{}", "x"], "the placeholder is always `{}`"),
        (&["-I{}", "x"], "the placeholder is always `{}`"),
        (&["-X", "x"], "-N max"),
        (&["-L", "1", "x"], "-N N"),
        (&["-L1", "x"], "-N N"),
        (&["-n", "1", "x"], "-N N"),
        (&["-n1", "x"], "-N N"),
        (&["x", "::::", "f"], "-a FILE"),
        (&["x", ":::", "a", "::::+", "b"], "-a FILE"),
    ] {
        Stage::new().args(args).stderr_has(hint).code(2).run();
    }
}

#[test]
fn the_number_of_jobs_has_the_option_of_other_runners() {
    Stage::new()
        .args(["-P1", "echo a", "echo b"])
        .stdout("a\nb\n")
        .run();
}

#[test]
fn the_error_for_a_placeholder_without_values_lists_the_remedies() {
    Stage::new()
        .args(["gzip {}"])
        .pty(24, 200)
        .screen_has("`::: VALUE...`")
        .screen_has("`-a FILE`")
        .screen_has("lines of standard input")
        .screen_has("`{{}}`")
        .code(2)
        .run();
}

#[test]
fn conflicting_parts_of_a_command_line_are_refused() {
    for (args, message) in [
        (&["-f", "x", "echo"][..], "-f cannot be used with commands"),
        (&["-f", "x", "-a", "y"], "-f cannot be used with -a"),
        (&["--link", "echo"], "--link needs arguments"),
        (&["-N2", ":::", "a"], "-N without a command"),
        (
            &[":::", "a", ":::", "b"],
            "several sources of arguments without a command",
        ),
        (
            &["-N2", "x", ":::", "a", ":::", "b"],
            "-N needs exactly one source of values",
        ),
        (
            &["x", "{3}", ":::", "a", ":::", "b"],
            "`{3}` is out of range: each job has only 2 values",
        ),
        (
            &["x", "a{}", ":::", "a", ":::", "b"],
            "must be a separate word",
        ),
    ] {
        Stage::new().args(args).stderr_has(message).code(2).run();
    }
}

#[test]
fn many_arguments_need_no_more_memory_than_few() {
    let peak = |count: usize| {
        let lines: String = (0..count).map(|n| format!("{n}\n")).collect();
        let outcome = Stage::new()
            .stdin(lines)
            .args(["-n", "-a", "-", "x"])
            .stdout_any()
            .run();
        outcome.peak_memory()
    };
    let (few, many) = (peak(10_000), peak(300_000));
    assert!(many < few + 2 * 1024 * 1024, "{few} and {many} bytes");
}
