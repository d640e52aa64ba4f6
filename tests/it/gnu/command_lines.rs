//! What a command line of GNU parallel means, and what is refused.

use crate::stage::Stage;

fn parallel<const N: usize>(words: [&str; N]) -> Stage {
    let stage = Stage::new().env("SHELL", "/bin/bash").arg("--gnu");
    stage.args(words)
}

#[test]
fn a_program_called_parallel_takes_that_command_line() {
    let stage = Stage::of("./parallel").args(["-k", "echo", ":::", "b", "a"]);
    let link = stage.dir().join("parallel");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_prun"), link).unwrap();
    stage.stdout("b\na\n").run();
}

#[test]
fn options_are_bundled_shortened_and_end_at_the_command() {
    parallel(["-kj1", "--dry", "echo", "-k", ":::", "a b"])
        .stdout("echo -k 'a b'\n")
        .run();
}

#[test]
fn a_value_is_never_parsed_by_the_shell() {
    let value = "'; touch run; $(touch run) `touch run` \"";
    let printed = format!("{value}\n");
    let stage = parallel(["echo", "{}", ":::", value]).stdout(printed);
    assert!(!stage.run().path("run").exists());
}

#[test]
fn a_placeholder_that_a_shell_would_parse_is_refused_before_anything_runs() {
    parallel(["touch run; eval {}", ":::", "a"])
        .stderr_has("prun: the template")
        .code(255)
        .run();
    parallel(["echo '{}'", ":::", "a"])
        .stderr_has("in single quotes")
        .code(255)
        .run();
}

#[test]
fn an_exit_code_may_be_an_argument_and_is_only_a_number() {
    parallel(["--halt", "now,fail=1", "exit {}", ":::", "7"])
        .stderr_any()
        .code(7)
        .run();
    let stage = parallel(["exit {}", ":::", "0; touch run", "path[$(touch run)]"]);
    let outcome = stage.stderr_any().any_end().run();
    assert!(!outcome.path("run").exists());
}

#[test]
fn parameters_of_the_shell_are_refused() {
    parallel(["echo $1 {}", ":::", "a"])
        .stderr_has("uses `$1`")
        .code(255)
        .run();
    parallel(["awk '{ print $1 }' {}", ":::", "f"])
        .file("f", "a b\n")
        .stdout("a\n")
        .run();
}

#[test]
fn the_exit_code_is_the_number_of_failed_jobs() {
    parallel(["exit", ":::", "0", "1", "2"]).code(2).run();
    parallel(["true", ":::"]).run();
    let many: Vec<String> = (0..105).map(|number| number.to_string()).collect();
    let stage = Stage::new()
        .args(["--gnu", "-j8", "false", ":::"])
        .args(many);
    stage.code(101).run();
}

#[test]
fn an_unknown_option_or_file_ends_with_255() {
    parallel(["--nosuch", "echo", ":::", "a"])
        .stderr_has("prun: unknown option `--nosuch`")
        .code(255)
        .run();
    parallel(["-a", "missing", "echo"])
        .stderr_has("missing")
        .code(255)
        .run();
}

#[test]
fn what_is_refused_names_another_way() {
    for (words, way) in [
        (&["-S", "host", "uptime"][..], "run ssh as the command"),
        (&["--sqlmaster", "x", "echo"], "--results FILE.csv"),
        (&["--semaphore", "echo"], "flock(1)"),
        (&["--tmux", "echo"], "--lb --tag"),
        (&["echo", "{= s/a/b/ =}", ":::", "a"], "does not run"),
        (&["--colsep", "a|b", "echo"], "convert the columns"),
        (&["--regexp", "--pipe", "cat"], "literal text"),
        (&["echo {..}", ":::", "a"], "needs --plus"),
    ] {
        let stage = Stage::new().arg("--gnu").args(words).stderr_has(way);
        stage.code(255).run();
    }
}

#[test]
fn parallel_and_the_config_file_are_options_before_the_command_lines_own() {
    parallel(["echo", ":::", "b", "a"])
        .env("PARALLEL", "-k --tag")
        .stdout("b\tb\na\ta\n")
        .run();
    parallel(["-j1", "echo", ":::", "a"])
        .file(".parallel/config", "# comment\n--tag\n")
        .stdout("a\ta\n")
        .run();
    parallel(["--plain", "echo", ":::", "a"])
        .env("PARALLEL", "--tag")
        .stdout("a\n")
        .run();
    parallel(["echo", ":::", "a"])
        .env("PARALLEL", "--nosuch")
        .stderr_has("PARALLEL: unknown option `--nosuch`")
        .code(255)
        .run();
}

#[test]
fn version_and_help_say_that_it_is_prun() {
    parallel(["--version"])
        .stdout_has("the command line of GNU parallel 20221122")
        .run();
    parallel(["--help"]).stdout_has("This is prun").run();
    parallel(["--minversion", "1"]).stdout("20221122\n").run();
}

#[test]
fn jobs_have_the_variables_of_that_program() {
    parallel(["-k", "echo $PARALLEL_SEQ {}", ":::", "a", "b"])
        .stdout("1 a\n2 b\n")
        .run();
}

#[test]
fn a_line_longer_than_a_prefixed_one_keeps_its_bytes() {
    let long = "x".repeat(100_000);
    let stage = parallel(["--lb", "cat", ":::", "long", "long"]);
    let expected = format!("{long}\n{long}\n");
    stage
        .file("long", format!("{long}\n"))
        .stdout(expected)
        .run();
}
