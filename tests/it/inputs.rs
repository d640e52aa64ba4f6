//! Invalid job files, and input that arrives slowly: valid jobs start, and nothing else does.

use std::fs;
use std::time::Duration;

use crate::stage::{Outcome, Stage};

/// Far more than any of these runs needs.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// A job that shows that it was started.
const MARK: &str = "touch started";

#[track_caller]
fn assert_nothing_started(outcome: &Outcome) {
    assert!(!outcome.path("started").exists(), "a job was started");
}

/// Checks that a job file with a valid line and then this one is refused at line 2.
#[track_caller]
fn assert_line_refused(line: &str, stderr: &str) {
    let jobs = format!("{{\"cmd\":\"{MARK}\"}}\n{line}\n{{\"cmd\":\"{MARK}\"}}\n");
    let stage = Stage::new()
        .args(["-f", "jobs.jsonl"])
        .file("jobs.jsonl", jobs)
        .stderr(format!("prun: jobs.jsonl:2{stderr}\n"))
        .code(2);
    assert_nothing_started(&stage.run());
}

#[test]
fn a_missing_job_file_is_named() {
    Stage::new()
        .args(["-f", "nope"])
        .stderr("prun: nope: cannot open the job file: No such file or directory (os error 2)\n")
        .code(2)
        .run();
}

#[test]
fn a_folder_is_not_a_job_file() {
    Stage::new()
        .args(["-f", "."])
        .stderr("prun: .: is a directory: name a job file\n")
        .code(2)
        .run();
    Stage::new()
        .in_shell("exec \"$@\" < .")
        .stderr_has("prun: stdin: ")
        .code(2)
        .run();
}

#[test]
fn a_bad_line_of_a_file_is_reported_before_anything_starts() {
    assert_line_refused(
        "{\"cmd\":\"ls\",\"comand\":1}",
        ":20: unknown key `comand`: did you mean `cmd`?",
    );
    assert_line_refused(
        "{\"name\":\"x\"}",
        ": neither `cmd` nor `argv` is given: write one of them",
    );
    assert_line_refused(
        "{\"cmd\":\"a\",\"argv\":[\"b\"]}",
        ": both `cmd` and `argv` are given: keep one of them",
    );
    assert_line_refused(
        "{\"cmd\":\"a\",\"cmd\":\"b\"}",
        ":16: duplicate key `cmd`: keep one",
    );
    assert_line_refused(
        "{\"cmd\":1}",
        ":8: `cmd`: invalid type: integer `1`, expected a string",
    );
    assert_line_refused(
        "{\"cmd\":\"a\"",
        ":10: EOF while parsing an object: write each job on one line, or all jobs as one array",
    );
    assert_line_refused(
        "{\"cmd\":\"\"}",
        ": `cmd`: the command line is empty: write a command",
    );
    assert_line_refused(
        "{\"argv\":[]}",
        ": `argv` is empty: its first word must be a program",
    );
    assert_line_refused(
        "{\"argv\":[\"a\"],\"shell\":true}",
        ": `shell` cannot be used with `argv`: use `cmd`, or remove `shell`",
    );
    assert_line_refused(
        "{\"cmd\":\"a\",\"need\":[]}",
        ":17: unknown key `need`: did you mean `needs`?",
    );
    assert_line_refused(
        "{\"cmd\":\"a\\u0000b\"}",
        ": `cmd`: the command line contains a NUL byte: remove it",
    );
}

#[test]
fn a_bad_value_of_a_file_is_reported_before_anything_starts() {
    assert_line_refused(
        "{\"cmd\":\"a\",\"env\":{\"A=B\":\"1\"}}",
        ": `env`: invalid variable name `A=B`: it must not be empty or contain `=` or NUL",
    );
    assert_line_refused(
        "{\"cmd\":\"a\",\"env\":{\"A\":1}}",
        ":23: `env`: `A`: invalid type: integer `1`, expected a string",
    );
    assert_line_refused(
        "{\"cmd\":\"a\",\"env\":{\"A\":\"1\",\"A\":\"2\"}}",
        ":29: `env`: duplicate variable `A`: keep one",
    );
    assert_line_refused(
        "{\"cmd\":\"a\",\"timeout\":-1}",
        ": `timeout` `-1`: a duration cannot be negative: write seconds (`30`, `0.5`) or h, m, s and ms in this order (`250ms`, `5m`, `1h30m`)",
    );
    assert_line_refused(
        "{\"cmd\":\"a\",\"retries\":-1}",
        ":23: `retries`: invalid value: integer `-1`, expected a whole number from 0 to 4294967295",
    );
    assert_line_refused(
        "{\"cmd\":\"a\",\"cwd\":\"\"}",
        ": `cwd` is empty: remove it, or give it a value",
    );
}

#[test]
fn a_nul_in_a_line_is_reported_with_its_place() {
    let outcome = Stage::new()
        .args(["-f", "jobs"])
        .file("jobs", "touch started\n\necho a\0b\n")
        .stderr_has("prun: jobs:3: NUL byte in the command: ")
        .code(2)
        .run();
    assert_nothing_started(&outcome);
}

#[test]
fn a_name_that_is_taken_in_a_file_is_reported_with_its_place() {
    let outcome = Stage::new()
        .args(["-f", "jobs"])
        .file("jobs", "a: touch started\n\na: true\n")
        .stderr(
            "prun: jobs:3: the name `a` is taken by an earlier job: every name must be unique\n",
        )
        .code(2)
        .run();
    assert_nothing_started(&outcome);
}

#[test]
fn shell_syntax_in_a_file_is_reported_with_its_place_where_no_shell_may_be_used() {
    let outcome = Stage::new()
        .args(["--exec", "-f", "jobs"])
        .file("jobs", "touch started\nls | wc\n")
        .stderr("prun: jobs:2: unquoted `|` is shell syntax, but no shell may be used here: quote it, or allow a shell\n")
        .code(2)
        .run();
    assert_nothing_started(&outcome);
}

#[test]
fn an_open_quote_fails_its_job_alone() {
    let jobs = "echo a\necho 'open\necho \"open\necho b\\\n";
    let outcome = Stage::new()
        .args(["-j1", "--json", "-f", "jobs"])
        .file("jobs", jobs)
        .stdout_any()
        .stderr_any()
        .code(1)
        .run();
    let endings = (1..=4).map(|seq| outcome.record(seq)["status"].clone());
    assert_eq!(Vec::from_iter(endings), ["ok", "failed", "failed", "ok"]);
}

#[test]
fn an_open_quote_is_reported_with_its_place_where_no_shell_may_be_used() {
    let outcome = Stage::new()
        .args(["--exec", "-f", "jobs"])
        .file("jobs", "touch started\necho 'open\n")
        .stderr(
            "prun: jobs:2: unclosed quote or trailing backslash, \
             and no shell may be used here: fix it\n",
        )
        .code(2)
        .run();
    assert_nothing_started(&outcome);
}

#[test]
fn a_record_without_an_end_is_an_error_and_bounded_memory() {
    let bytes = 65 * 1024 * 1024;
    for (start, options, message) in [
        ("", &["-f-"][..], "is this a job file?\n"),
        ("{\"cmd\":\"", &["-f-"], "is this a job file?\n"),
        ("[{\"cmd\":\"", &["-f-"], "is this a job file?\n"),
        ("", &["-a-", "echo"], "is this a list of arguments?\n"),
    ] {
        let mut endless = start.as_bytes().to_vec();
        endless.resize(bytes, b'x');
        let outcome = Stage::new()
            .args(options)
            .stdin(endless)
            .stderr_has("prun: stdin:1: the ")
            .stderr_has(" is longer than 67108864 bytes: ")
            .stderr_has(message)
            .code(2)
            .run();
        // A little more than the longest allowed line.
        let most = 80 * 1024 * 1024;
        assert!(outcome.peak_memory() < most, "{}", outcome.peak_memory());
    }
}

#[test]
fn deep_nesting_is_an_error_and_no_crash() {
    let deep = format!("{{\"cmd\":\"a\",\"env\":{}", "[".repeat(100_000));
    for (name, text) in [
        ("jobs.jsonl", deep.clone()),
        ("jobs.json", format!("[{deep}")),
    ] {
        let stage = Stage::new().args(["-f", name]).file(name, text);
        stage.stderr_has(format!("prun: {name}:1:")).code(2).run();
    }
}

#[test]
fn jobs_start_while_input_is_being_read() {
    for (first, second) in [
        ("echo one\n", "touch two\n"),
        ("{\"cmd\":\"echo one\"}\n", "{\"cmd\":\"touch two\"}\n"),
        ("[{\"cmd\":\"echo one\"}", ",{\"cmd\":\"touch two\"}"),
    ] {
        let mut run = Stage::new()
            .arg("-f-")
            .stdin_open()
            .stdout("one\nthree\n")
            .within(TIME_LIMIT)
            .start();
        run.write_stdin(first);
        run.wait_for_stdout("one\n");
        run.write_stdin(second);
        run.wait_for_file("two");
        let array = first.starts_with('[');
        let last = match (array, first.starts_with('{')) {
            (true, _) => ",{\"cmd\":\"echo three\"}]",
            (_, true) => "{\"cmd\":\"echo three\"}",
            _ => "echo three",
        };
        run.write_stdin(last);
        run.close_stdin();
        run.finish();
    }
}

#[test]
fn a_bad_line_of_a_stream_is_reported_after_running_jobs_have_ended() {
    let mut run = Stage::new()
        .args(["-j2"])
        .stdin_open()
        .stdout("first\nsecond\n")
        .stderr_has(
            "prun: stdin:3: the name `a` is taken by an earlier job: every name must be unique\n",
        )
        .code(2)
        .within(TIME_LIMIT)
        .start();
    run.write_stdin("echo first\n");
    run.wait_for_stdout("first\n");
    run.write_stdin("a: touch running; until [ -e go ]; do sleep 0.01; done; echo second\na: touch started\ntouch started\n");
    run.wait_for_stderr("prun: stdin:3: ");
    run.wait_for_file("running");
    fs::write(run.dir().join("go"), "").unwrap();
    assert_nothing_started(&run.finish());
}

#[test]
fn a_bad_line_of_a_stream_keeps_the_earlier_records() {
    let outcome = Stage::new()
        .args(["--json", "-j1"])
        .stdin("{\"cmd\":\"exit 3\"}\n{\"cmd\":\"echo b\"}\n{\"bad\":1}\n{\"cmd\":\"touch started\"}\n")
        .stdout_any()
        .stderr_has("prun: stdin:3:6: unknown key `bad`")
        .stderr_has("── 2 jobs: 1 ok, 1 failed ([TIME])\n")
        .code(2)
        .run();
    assert_eq!(outcome.record(1)["exit_code"], 3);
    assert_eq!(outcome.record(2)["stdout"], "b\n");
    assert_eq!(outcome.json().len(), 2);
    assert_nothing_started(&outcome);
}

/// Writes `$1` into a FIFO and, when the file `seen` exists, `$2`.
const WRITER: &str = "mkfifo fifo; \
    (exec > fifo; echo \"$1\"; until [ -e seen ]; do sleep 0.01; done; echo \"$2\") & \
    shift 2; exec \"$@\"";

/// A run whose FIFO gets `first`, then `second`.
fn with_fifo(first: &str, second: &str) -> Stage {
    Stage::new()
        .under(["/bin/sh", "-c", WRITER, "sh", first, second])
        .within(TIME_LIMIT)
}

#[test]
fn a_fifo_is_a_stream() {
    for stage in [
        with_fifo("echo one", "echo two").args(["-f", "fifo"]),
        with_fifo("one", "two").args(["-a", "fifo", "echo"]),
        with_fifo("one", "two").args(["-a", "fifo", "echo {} | cat"]),
    ] {
        let mut run = stage.stdout("one\ntwo\n").start();
        run.wait_for_stdout("one\n");
        fs::write(run.dir().join("seen"), "").unwrap();
        run.finish();
    }
}

#[test]
fn an_interrupt_ends_the_wait_for_a_line() {
    for stage in [
        with_fifo("echo one", "echo two").args(["-f", "fifo"]),
        with_fifo("one", "two").args(["-a", "fifo", "echo"]),
    ] {
        // The writer is still waiting.
        let stage = stage.leaves_processes().signal(2);
        let mut run = stage.stdout("one\n").stderr_any().start();
        run.wait_for_stdout("one\n");
        run.send(2);
        run.finish();
    }
}

#[test]
fn an_interrupt_ends_the_wait_for_a_writer() {
    for words in [&["-f", "fifo"][..], &["-a", "fifo", "echo"]] {
        let stage = Stage::new()
            .in_shell("mkfifo fifo; exec \"$@\"")
            .args(words);
        let mut run = stage.signal(2).within(TIME_LIMIT).start();
        run.wait_for_file("fifo");
        run.wait_until("prun waits for a writer", |run| {
            let of = |file| fs::read_to_string(format!("/proc/{}/{file}", run.pid()));
            let is_prun = of("comm").is_ok_and(|name| name == "prun\n");
            let is_asleep = of("stat").is_ok_and(|stat| stat.contains(") S "));
            (is_prun && is_asleep).then_some(())
        });
        run.send(2);
        run.finish();
    }
}
