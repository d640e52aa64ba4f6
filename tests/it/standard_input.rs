//! Standard input as arguments: a placeholder without a source reads its lines. And what is said of a
//! standard input that was not read, and of words that were commands.

use crate::stage::Stage;

#[test]
fn a_placeholder_without_a_source_runs_once_for_each_line_of_standard_input() {
    for args in [&["-k", "echo", "<{}>"][..], &["-k", "echo '<'{}'>'"]] {
        Stage::new()
            .stdin("a\n\nb c\n")
            .args(args)
            .stdout("<a>\n<>\n<b c>\n")
            .run();
    }
}

#[test]
fn every_form_of_a_value_is_such_a_placeholder() {
    for (form, printed) in [
        ("{}", "d/a.tar.gz\n"),
        ("{.}", "d/a.tar\n"),
        ("{/}", "a.tar.gz\n"),
        ("{//}", "d\n"),
        ("{/.}", "a.tar\n"),
        ("{1/}", "a.tar.gz\n"),
    ] {
        Stage::new()
            .stdin("d/a.tar.gz\n")
            .args(["echo", form])
            .stdout(printed)
            .run();
    }
}

#[test]
fn an_option_for_arguments_reads_standard_input_too() {
    Stage::new()
        .stdin("a\nb\nc\n")
        .args(["-k", "-N2", "echo"])
        .stdout("a b\nc\n")
        .run();
    Stage::new()
        .stdin("a\nb\0c\0")
        .args(["-k", "-0", "printf", "<%s>", "{}"])
        .stdout("<a\nb><c>")
        .run();
}

#[test]
fn options_of_a_command_may_follow_its_placeholder() {
    Stage::new()
        .stdin("a\n")
        .args(["echo", "{}", "-n", "--json"])
        .stdout("a -n --json\n")
        .run();
}

#[test]
fn a_command_without_a_placeholder_does_not_read_standard_input_and_says_so() {
    Stage::new()
        .stdin("a\nb\n")
        .args(["echo"])
        .stdout("\n")
        .stderr("prun: standard input was not read; once for each line: prun -a - echo\n")
        .run();
    Stage::new()
        .stdin("a\n")
        .args(["-k", "echo x", "echo y"])
        .stdout("x\ny\n")
        .stderr("prun: standard input was not read; once for each line: prun -a - COMMAND\n")
        .run();
}

#[test]
fn nothing_is_said_of_standard_input_that_is_empty_or_no_pipe_or_with_quiet() {
    Stage::new().stdin("").args(["echo"]).stdout("\n").run();
    Stage::new()
        .file("list", "a\n")
        .in_shell("exec \"$@\" echo < list")
        .stdout("\n")
        .run();
    Stage::new().stdin("a\n").args(["-q", "echo"]).run();
}

#[test]
fn standard_input_without_lines_is_told() {
    Stage::new()
        .stdin("")
        .args(["echo", "{}"])
        .stderr("prun: standard input is empty: there was nothing to run\n")
        .run();
}

#[test]
fn words_that_are_no_programs_are_counted() {
    Stage::new()
        .args(["-q", "-q", "echo", "no-a", "no-b"])
        .code(1)
        .run();
    Stage::new()
        .args(["-o", "none", "echo", "no-a", "no-b c", "no-d"])
        .stderr_has(
            "prun: 4 words were 4 commands; one command for each argument: \
             prun echo ::: no-a 'no-b c' no-d\n",
        )
        .code(1)
        .run();
    // One may be a mistake in its name.
    let outcome = Stage::new()
        .args(["-o", "none", "true", "no-a"])
        .stderr_any()
        .code(1)
        .run();
    assert!(!String::from_utf8_lossy(&outcome.stderr).contains("words were"));
}

#[test]
fn a_pipe_is_read_ahead_so_that_its_number_of_jobs_is_known() {
    let mut run = Stage::new()
        .pty(24, 100)
        .in_shell("seq 3000 | \"$@\" -j1 --progress=bar 'test {} != 1 || sleep 5; exit 0'")
        .signal(15)
        .start();
    run.wait_for_screen("0/3000");
    run.send(15);
    let _ = run.finish();
}

#[test]
fn several_command_lines_are_no_template() {
    Stage::new()
        .stdin("a\n")
        .args(["sleep 0", "echo {}"])
        .stderr_has("prun: command 2: no values for its placeholder")
        .code(2)
        .run();
}
