//! What does not go with blocks.

use crate::stage::Stage;

#[test]
fn what_makes_no_sense_with_blocks_is_refused_with_the_reason() {
    for (args, reason) in [
        (
            &["--pipe", "echo", "{}"][..],
            "a job has no value, but a block as its standard input",
        ),
        (&["--pipe", "echo {1}"], "a job has no value"),
        (&["--pipe", "cat", ":::", "a"], "cannot be used with `:::`"),
        (&["--pipe", "-f", "jobs"], "cannot be used with -f"),
        (&["--pipe", "--link", "cat"], "cannot be used with --link"),
        (
            &["--pipe", "-a", "a", "-a", "b", "cat"],
            "cat FILE... | prun --pipe",
        ),
        (
            &["--pipe", "-N", "max", "cat"],
            "cannot be used with -N max",
        ),
        (&["--pipe"], "needs a command"),
        (&["--pipe", "--tty", "cat"], "cannot be used with --tty"),
        (&["--pipe", "--recend", "\\q", "cat"], "unknown escape"),
        (&["--pipe", "--recstart", "", "cat"], "it is empty"),
        (
            &["--pipe", "--recend", "a", "-0", "cat"],
            "cannot be used with",
        ),
        (
            &["--pipe", "--block", "1M", "-N1", "cat"],
            "cannot be used with",
        ),
        (
            &["--pipe", "--block", "1X", "cat"],
            "a size is 4096, 64K or 10M",
        ),
        (&["--pipe", "--block", "0", "cat"], "at least 1 byte"),
        (
            &["--pipe", "-a", "missing", "cat"],
            "missing: cannot open the file of records",
        ),
        (
            &["--pipe", "--round-robin", "--retries", "1", "cat"],
            "cannot read its blocks again",
        ),
        (
            &[
                "--pipe",
                "--round-robin",
                "--joblog",
                "l",
                "--resume",
                "cat",
            ],
            "cannot be used with --resume",
        ),
        (
            &["--pipe", "--round-robin", "-j0", "cat"],
            "needs a number of jobs",
        ),
        (
            &["--pipe", "--round-robin", "-n", "--json", "cat"],
            "-n --json",
        ),
        (&["--block", "1M", "cat"], "--block needs --pipe"),
        (&["--recstart", ">", "cat"], "--recstart needs --pipe"),
        (&["--recend", ">", "cat"], "--recend needs --pipe"),
        (&["--header", "1", "cat"], "--header=1 needs --pipe"),
        (&["--round-robin", "cat"], "--round-robin needs --pipe"),
    ] {
        Stage::new().args(args).stderr_has(reason).code(2).run();
    }
}

#[test]
fn a_terminal_has_no_records() {
    Stage::new()
        .pty(24, 100)
        .args(["--pipe", "cat"])
        .screen_has("standard input is a terminal")
        .code(2)
        .run();
}

#[test]
fn a_literal_brace_pair_is_possible() {
    Stage::new()
        .stdin("a\n")
        .args(["--pipe", "echo", "{{}}", "{#}"])
        .stdout("{} 1\n")
        .run();
}

#[test]
fn a_program_that_is_a_shell_gets_no_words_after_it() {
    Stage::new()
        .stdin("echo a\necho b\n")
        .args(["--pipe", "-k", "-N1", "sh"])
        .stdout("a\nb\n")
        .run();
}
