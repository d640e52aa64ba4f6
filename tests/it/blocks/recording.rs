//! Blocks in records, logs and dry runs.

use super::lines;
use crate::stage::Stage;

#[test]
fn a_record_says_how_much_input_there_was_and_how_much_was_left() {
    let outcome = Stage::new()
        .stdin("a,b\n1,2\n3,4\n")
        .args(["--pipe", "-k", "-N1", "--header", "1", "--json", "cat"])
        .stdout_any()
        .run();
    for record in outcome.json() {
        assert_eq!(
            (&record["stdin_bytes"], &record["stdin_unread_bytes"]),
            (&8.into(), &0.into())
        );
    }
    let outcome = Stage::new().args(["--json", "true"]).stdout_any().run();
    let record = outcome.record(1);
    assert!(record["stdin_bytes"].is_null() && record["stdin_unread_bytes"].is_null());
    let outcome = Stage::new()
        .stdin("{\"cmd\":\"cat\",\"stdin\":\"abc\"}\n")
        .args(["-f", "-", "--json"])
        .stdout_any()
        .run();
    assert_eq!(outcome.record(1)["stdin_bytes"], 3);
}

#[test]
fn resume_goes_by_the_content_of_a_block() {
    Stage::new()
        .in_shell("printf 'a\\nb\\nc\\n' | \"$@\"; echo --; printf 'new\\nc\\nb\\na\\n' | \"$@\"")
        .args([
            "--pipe",
            "-k",
            "-N1",
            "--joblog",
            "log",
            "--resume",
            "grep -v b",
        ])
        .stdout("a\nc\n--\nnew\n")
        .stderr_any()
        .code(1)
        .run();
}

#[test]
fn resume_recognizes_blocks_of_a_file() {
    let outcome = Stage::new()
        .file("lines", lines(300_000))
        .in_shell("\"$@\"; \"$@\"")
        .args([
            "--pipe", "-a", "lines", "--block", "100K", "--joblog", "log", "--resume",
        ])
        .args(["echo $PRUN_SEQ $(cksum) >> seen; [ $PRUN_SEQ = 1 ]"])
        .stderr_any()
        .code(1)
        .run();
    let seen = outcome.read_text("seen");
    let mut seen: Vec<&str> = seen.lines().collect();
    seen.sort_unstable();
    assert_eq!(seen.len(), 5, "{seen:?}");
    assert!(
        seen[0].starts_with("1 ") && seen[1] == seen[2] && seen[3] == seen[4],
        "{seen:?}"
    );
}

#[test]
fn a_dry_run_prints_the_commands_without_their_input() {
    Stage::new()
        .stdin("a\nb\nc\n")
        .args(["--pipe", "-n", "-N2", "wc", "-l"])
        .stdout(
            "wc -l # standard input: 4 bytes, omitted\nwc -l # standard input: 2 bytes, omitted\n",
        )
        .run();
}

#[test]
fn a_dry_run_as_a_job_file_runs_the_same() {
    let input = b"a\n\xff\nb\n".to_vec();
    let outcome = Stage::new()
        .stdin(input.clone())
        .args(["--pipe", "-n", "--json", "-N2", "cat"])
        .stdout_any()
        .run();
    Stage::new()
        .file("jobs.jsonl", &outcome.stdout)
        .args(["-f", "jobs.jsonl", "-k"])
        .stdout(&input)
        .run();
}

#[test]
fn a_block_that_fits_in_no_line_of_a_job_file_is_refused() {
    Stage::new()
        .in_shell("head -c 9000000 /dev/zero | tr '\\0' x | \"$@\"")
        .args(["--pipe", "-n", "--json", "cat"])
        .stdout("")
        .stderr_has("block 1 is too long for a line of a job file")
        .code(2)
        .run();
}

#[test]
fn events_and_logs_have_the_blocks() {
    Stage::new()
        .stdin("a\nb\n")
        .args(["--pipe", "-N1", "-j1", "--json=events", "cat"])
        .stdout_has("\"stdin_bytes\":2,\"stdin_unread_bytes\":0")
        .run();
    let outcome = Stage::new()
        .stdin("a\nb\n")
        .args(["--pipe", "-k", "-N1", "--log-dir", "out", "cat"])
        .stdout("a\nb\n")
        .run();
    assert_eq!(outcome.read_text("out/0002-cat.out"), "b\n");
}

#[test]
fn a_failed_block_is_told_with_its_command() {
    Stage::new()
        .stdin("a\nb\n")
        .args(["--pipe", "-N1", "grep", "a"])
        .stdout("a\n")
        .stderr_has("grep a # standard input: 2 bytes, omitted")
        .code(1)
        .run();
}
