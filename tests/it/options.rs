//! Invalid command lines: each is refused with a message that names the remedy, and nothing starts.

use crate::stage::Stage;

/// A job that shows that it was started.
const MARK: &str = "touch started";

/// Checks that these options before a valid command are refused with this message.
#[track_caller]
fn assert_options_refused(options: &[&str], stderr: &str) {
    let stage = Stage::new().args(options).arg(MARK);
    let outcome = stage.stderr_has(stderr).code(2).run();
    assert!(!outcome.path("started").exists(), "a job was started");
}

/// Checks that these commands are refused with exactly this message.
#[track_caller]
fn assert_commands_refused(commands: &[&str], stderr: &str) {
    let stage = Stage::new().args(commands);
    let outcome = stage.stderr(format!("prun: {stderr}\n")).code(2).run();
    assert!(!outcome.path("started").exists(), "a job was started");
}

#[test]
fn the_error_for_an_unquoted_command_quotes_it() {
    assert_commands_refused(
        &["touch", "started", "-c"],
        "`-c` begins with `-`: quote the whole command: prun 'touch started -c'",
    );
    assert_commands_refused(
        &[MARK, "ls", "-la"],
        "`-la` begins with `-`: quote the whole command: prun 'ls -la'",
    );
}

#[test]
fn an_option_after_the_commands_is_refused_with_its_position() {
    assert_commands_refused(
        &[MARK, "--json"],
        "`--json`: options go before the commands",
    );
    assert_commands_refused(
        &["ls", "--json"],
        "`--json`: options go before the commands (if it belongs to the command, quote the whole command: prun 'ls --json')",
    );
    assert_commands_refused(
        &[MARK, "--timeout=5"],
        "`--timeout`: options go before the commands",
    );
}

#[test]
fn a_placeholder_without_a_value_is_refused() {
    assert_commands_refused(
        &[MARK, "echo {}"],
        "command 2: no values for its placeholder: give them after the command with `::: VALUE...`, \
         before it with `-a FILE`, or as lines of standard input; write `{{}}` for a literal `{}`",
    );
}

#[test]
fn a_doubled_placeholder_is_a_literal_one() {
    Stage::new()
        .arg("echo '{{}}' \"{{}}{{}}\"")
        .stdout("{} {}{}\n")
        .run();
}

#[test]
fn braces_in_job_files_are_plain_text() {
    Stage::new()
        .arg("-j1")
        .stdin("echo '{}' '{{}}'\n")
        .stdout("{} {{}}\n")
        .run();
}

#[test]
fn an_empty_command_is_refused() {
    assert_commands_refused(
        &[MARK, ""],
        "command 2: the command line is empty: write a command",
    );
    assert_commands_refused(
        &[MARK, " \t"],
        "command 2: the command line is empty: write a command",
    );
    assert_commands_refused(
        &["a: "],
        "command 1: the command line is empty: write a command",
    );
}

#[test]
fn a_name_that_is_taken_is_refused() {
    assert_commands_refused(
        &["a: touch started", "a: true"],
        "command 2: the name `a` is taken by an earlier job: every name must be unique",
    );
}

#[test]
fn an_unknown_option_is_refused() {
    assert_options_refused(
        &["--jsno"],
        "prun: unknown option `--jsno`: did you mean `--json`?\n",
    );
    assert_options_refused(
        &["--keep"],
        "prun: unknown option `--keep`: did you mean `--keep-order`?\n",
    );
    assert_options_refused(
        &["--no-such-option=1"],
        "prun: unknown option `--no-such-option`: see `prun --help`; an option of a command is quoted \
         with it: prun 'COMMAND --no-such-option'\n",
    );
}

#[test]
fn the_number_of_jobs_must_be_valid() {
    for (text, message) in [
        ("abc", "abc"),
        ("1.5", "1.5"),
        ("", "''"),
        ("0%", "0%"),
        ("x%", "x%"),
        ("+", "+"),
    ] {
        assert_options_refused(&["-j", text], message);
        for options in [&["-j", text][..], &[&format!("--jobs={text}")]] {
            let message = "a number of jobs is 4, 50% (of the CPUs), +2 or -1 (more or fewer than the \
                           CPUs), 0 for no limit, or @FILE with one of these";
            assert_options_refused(options, message);
        }
    }
}

#[test]
fn a_duration_must_be_valid() {
    for option in ["-t", "--grace", "--retry-delay", "--delay", "--deadline"] {
        for text in [
            "-5",
            "nan",
            "inf",
            "1e99",
            "99999999999999999999s",
            "x",
            "",
            "1 s",
            "5m1h",
        ] {
            assert_options_refused(&[option, text], "30`, `0.5`");
        }
    }
}

#[test]
fn the_number_of_retries_must_be_valid() {
    for text in ["-1", "x", "1.5", "99999999999"] {
        assert_options_refused(
            &["--retries", text],
            &format!("prun: --retries {text}: a number of retries is 0, 1, 2, …\n"),
        );
    }
}

#[test]
fn the_number_of_failures_or_of_arguments_must_be_valid() {
    for text in ["0", "-1", "x", "1.5", ""] {
        assert_options_refused(&["--max-fail", text], "a number of failures is 1, 2, …");
        assert_options_refused(&["-N", text], "a number of arguments is 1, 2, … or max");
    }
}

#[test]
fn the_folder_to_run_in_must_exist() {
    assert_options_refused(&["-C", "nope"], "prun: -C nope: no such directory\n");
    assert_options_refused(
        &["-C", "/dev/null"],
        "prun: -C /dev/null: not a directory\n",
    );
}

#[test]
fn a_variable_must_have_a_name() {
    assert_options_refused(&["-e", "=x"], "a variable is set as NAME=VALUE");
    assert_options_refused(&["-e", "X"], "a variable is set as NAME=VALUE");
    assert_options_refused(
        &["-u", "a=b"],
        "prun: -u a=b: the name of a variable cannot be empty or contain '='\n",
    );
    assert_options_refused(
        &["-u", ""],
        "prun: -u : the name of a variable cannot be empty or contain '='\n",
    );
}

#[test]
fn conflicting_options_are_refused() {
    assert_options_refused(
        &["-f", "jobs"],
        "prun: -f cannot be used with commands: put the commands into the file, or omit -f\n",
    );
    assert_options_refused(
        &["--json", "-o", "raw"],
        "prun: --json cannot be used with -o raw: the records contain the output\n",
    );
    assert_options_refused(
        &["--exec", "--shell"],
        "prun: --exec cannot be used with --shell: omit one of them\n",
    );
    assert_options_refused(
        &["-q", "-v"],
        "prun: --quiet cannot be used with --verbose: omit one of them\n",
    );
}

#[test]
fn a_shell_must_be_valid() {
    assert_options_refused(&["--shell="], "prun: --shell: the shell is empty: ");
    assert_options_refused(
        &["--shell=bash 'x"],
        "prun: --shell: the shell has an unclosed quote or a trailing backslash",
    );
}

/// Checks that these words are refused with exactly this message, before anything runs.
#[track_caller]
fn assert_refused(words: &[&str], message: &str) {
    let stage = Stage::new().args(words);
    let outcome = stage.stderr(format!("prun: {message}\n")).code(2).run();
    assert!(!outcome.path("started").exists(), "a job was started");
}

#[test]
fn every_error_in_an_option_is_one_line_with_the_remedy() {
    for (words, message) in [
        (&["--json=x", MARK][..], "--json x: write jobs or events"),
        (&["-j"], "--jobs needs a value: --jobs N|N%|+N|-N|@FILE"),
        (
            &["--color=", MARK],
            "--color needs a value: --color auto, always or never (prun's own messages are coloured by \
             default on a terminal)",
        ),
        (&["--race=x", MARK], "--race x: write end or ok"),
        (
            &["--link=x", MARK],
            "--link has no value: write --link without `=x`",
        ),
        (&["-j1", "-j2", MARK], "--jobs is given twice: give it once"),
        (&["--resume", MARK], "--resume needs --joblog FILE: add it"),
        (
            &["--replay", "x", MARK],
            "--replay cannot be used with commands: omit one of them",
        ),
        (
            &["-j", "", MARK],
            "--jobs '': a number of jobs is 4, 50% (of the CPUs), +2 or -1 (more or fewer than the \
             CPUs), 0 for no limit, or @FILE with one of these",
        ),
        (
            &["--completions", "tcsh"],
            "--completions tcsh: write bash, elvish, fish, powershell or zsh",
        ),
    ] {
        assert_refused(words, message);
    }
}

#[test]
fn a_number_of_jobs_may_be_relative_to_the_cpus() {
    for jobs in ["-j+0", "-j-1", "-j-1000000", "--jobs=+2"] {
        Stage::new()
            .args([jobs, "-k", "echo", ":::", "a", "b"])
            .stdout("a\nb\n")
            .run();
    }
    // More at once than there are CPUs, for however few.
    let waits = "echo >> started; until [ $(wc -l < started) -ge 3 ]; do sleep 0.05; done";
    Stage::new().args(["-j+3", waits, waits, waits]).run();
}
