//! Streamed output: of one job, line by line, and in the order of the jobs.

use crate::stage::Stage;

/// A job that waits for a file that the test creates.
const UNTIL_GO: &str = "until [ -e go ]; do sleep 0.01; done";

#[test]
fn the_output_of_the_only_job_is_streamed() {
    let mut run = Stage::new()
        .arg(format!("echo begun; {UNTIL_GO}; echo ended"))
        .stdout("begun\nended\n")
        .start();
    run.wait_for_stdout("begun\n");
    std::fs::write(run.dir().join("go"), "").unwrap();
    run.finish();
}

#[test]
fn jobs_that_run_one_at_a_time_are_streamed() {
    let mut run = Stage::new()
        .arg("-j1")
        .args(["echo first", &format!("echo begun; {UNTIL_GO}; echo ended")])
        .stdout("first\nbegun\nended\n")
        .start();
    run.wait_for_stdout("first\nbegun\n");
    std::fs::write(run.dir().join("go"), "").unwrap();
    run.finish();
}

#[test]
fn q_streams_no_output_of_a_job_that_may_still_succeed() {
    Stage::new().args(["-q", "echo begun; sleep 0.1"]).run();
}

#[test]
fn in_order_the_first_job_is_streamed_and_the_others_follow_when_it_has_ended() {
    let mut run = Stage::new()
        .arg("-k")
        .arg(format!(
            "echo 1 begun; touch begun; {UNTIL_GO}; echo 1 ended"
        ))
        .args(["echo 2; touch two", "echo 3 >&2; touch three; exit 3"])
        .stdout("1 begun\n1 ended\n2\n")
        .stderr_has("3\n")
        .code(1)
        .start();
    run.wait_for_stdout("1 begun\n");
    run.wait_for_file("two");
    run.wait_for_file("three");
    std::fs::write(run.dir().join("go"), "").unwrap();
    run.finish();
}

#[test]
fn in_order_the_next_job_is_streamed_once_the_first_has_ended() {
    let mut run = Stage::new()
        .arg("-k")
        .args(["echo 1", &format!("echo 2 begun; {UNTIL_GO}; echo 2 ended")])
        .stdout("1\n2 begun\n2 ended\n")
        .start();
    run.wait_for_stdout("1\n2 begun\n");
    std::fs::write(run.dir().join("go"), "").unwrap();
    run.finish();
}

#[test]
fn jobs_that_fail_or_cannot_start_or_time_out_do_not_block_later_output() {
    Stage::new()
        .args(["-k", "-j4", "--exec", "-t", "0.2", "--grace", "0"])
        .args(["/nowhere/program", "sleep 60", "false", "echo done"])
        .stdout("done\n")
        .stderr_any()
        .code(1)
        .run();
}

#[test]
fn output_is_in_the_order_of_the_jobs_however_they_end() {
    let numbers: String = (1..=300).map(|n| format!("{n}\n")).collect();
    Stage::new()
        .args(["-k", "-j8"])
        .stdin("sleep 0.0$((PRUN_SEQ * 7 % 10)); echo $PRUN_SEQ\n".repeat(300))
        .stdout(numbers)
        .run();
}

#[test]
fn records_come_in_the_order_of_the_jobs_too() {
    let outcome = Stage::new()
        .args(["-k", "--json", "sleep 0.2", "true", "sleep 0.1", "true"])
        .stdout_any()
        .run();
    let seqs = outcome
        .json()
        .into_iter()
        .map(|record| record["seq"].clone());
    assert_eq!(Vec::from_iter(seqs), [1, 2, 3, 4]);
}

#[test]
fn output_held_back_for_its_order_needs_little_memory_and_few_descriptors() {
    let big =
        "head -c 150000 /dev/zero | tr '\\0' $((PRUN_SEQ % 10)); [ $PRUN_SEQ != 300 ] || touch go";
    let expected: Vec<u8> = (2..=300u32)
        .flat_map(|seq| vec![b'0' + (seq % 10) as u8; 150_000])
        .collect();
    let outcome = Stage::new()
        .args(["-k", "-j4"])
        .stdin(format!("{UNTIL_GO}\n{}", format!("{big}\n").repeat(299)))
        .in_shell("ulimit -n 64; exec \"$@\"")
        .stdout(expected)
        .stderr_any()
        .run();
    // What the program itself takes, which grows with it, and 8 MiB of output.
    let idle = Stage::new().args(["-k", "-j4", "sleep 0.1; echo a", "sleep 0.1"]);
    let most = idle.stdout("a\n").run().peak_memory() + 10 * 1024 * 1024;
    assert!(
        outcome.peak_memory() < most,
        "{} bytes",
        outcome.peak_memory()
    );
}

#[test]
fn each_line_is_prefixed_with_the_name_of_its_job() {
    Stage::new()
        .args(["-o", "line", "-j1"])
        .args([
            "long: printf 'a\\nb'",
            "x: echo c; printf '\\n\\td\\n'; echo e >&2",
        ])
        .stdout("long | a\nlong | b\nx    | c\nx    | \nx    | \td\n")
        .stderr("x    | e\n")
        .run();
}

#[test]
fn lines_come_before_their_job_has_ended() {
    let mut run = Stage::new()
        .args(["-o", "line"])
        .arg(format!("a: echo begun; printf part; {UNTIL_GO}; echo ly"))
        .arg(format!("b: {UNTIL_GO}"))
        .stdout("a | begun\na | partly\n")
        .start();
    run.wait_for_stdout("a | begun\n");
    std::fs::write(run.dir().join("go"), "").unwrap();
    run.finish();
}

#[test]
fn a_line_that_is_too_long_is_shown_in_marked_pieces() {
    let piece = |n| "x".repeat(n);
    let expected = format!(
        "a | {}…\na | …{}…\na | …{}\n",
        piece(16384),
        piece(16384),
        piece(7232)
    );
    Stage::new()
        .args(["-o", "line", "a: head -c 40000 /dev/zero | tr '\\0' x"])
        .stdout(expected)
        .run();
}

#[test]
fn no_line_is_broken_by_another_job() {
    let job = |n: usize| {
        let (out, err) = ("o".repeat(70 + n % 9), "e".repeat(60 + n % 7));
        format!("j{n}: for i in $(seq 2000); do echo {out}; echo {err} >&2; done\n")
    };
    let outcome = Stage::new()
        .args(["-o", "line", "-j8"])
        .stdin((10..40).map(job).collect::<String>())
        .in_shell("exec \"$@\" 2>&1")
        .stdout_any()
        .run();
    let text = String::from_utf8(outcome.stdout).unwrap();
    let mut counts = std::collections::BTreeMap::new();
    for line in text.lines() {
        *counts.entry(line).or_insert(0) += 1;
    }
    let expected = (10..40usize).flat_map(|n| {
        let (out, err) = ("o".repeat(70 + n % 9), "e".repeat(60 + n % 7));
        [format!("j{n} | {out}"), format!("j{n} | {err}")]
    });
    let expected: Vec<String> = expected.collect();
    let expected = expected.iter().map(|line| (line.as_str(), 2000)).collect();
    assert_eq!(counts, expected);
}

#[test]
fn the_order_of_both_streams_is_exact_if_they_share_a_destination() {
    let both = "for i in $(seq 300); do echo out $i; echo err $i >&2; done";
    let once: String = (1..=300).map(|i| format!("out {i}\nerr {i}\n")).collect();
    Stage::new()
        .args([both, both])
        .in_shell("exec \"$@\" 2>&1")
        .stdout(once.repeat(2))
        .run();
}

#[test]
fn a_job_whose_output_is_not_read_waits_and_loses_nothing() {
    let mut run = Stage::new()
        .args([
            "-j1",
            "head -c 30000000 /dev/zero; touch done",
            "echo after",
        ])
        .hold_stdout()
        .stdout_any()
        .start();
    // It can write as much as two pipes and the buffers hold; then it blocks.
    std::thread::sleep(std::time::Duration::from_millis(500));
    assert!(!run.dir().join("done").exists());
    run.release_stdout();
    let outcome = run.finish();
    assert_eq!(outcome.stdout.len(), 30_000_000 + "after\n".len());
    let most = 16 * 1024 * 1024;
    assert!(
        outcome.peak_memory() < most,
        "{} bytes",
        outcome.peak_memory()
    );
}

#[test]
fn a_time_limit_runs_while_output_is_not_read() {
    let mut run = Stage::new()
        .args([
            "-j1",
            "-t",
            "0.3",
            "--grace",
            "0",
            "head -c 30000000 /dev/zero; touch done",
        ])
        .hold_stdout()
        .stdout_any()
        .stderr_has("timed out")
        .code(1)
        .start();
    std::thread::sleep(std::time::Duration::from_millis(600));
    run.release_stdout();
    assert!(!run.finish().path("done").exists());
}

#[test]
fn a_cancellation_does_not_wait_for_a_stuck_reader() {
    let mut run = Stage::new()
        .args([
            "-j1",
            "--grace",
            "0.2",
            "touch begun; head -c 30000000 /dev/zero",
        ])
        .hold_stdout()
        .stdout_any()
        .stderr_any()
        .signal(libc::SIGINT)
        .start();
    run.wait_for_file("begun");
    run.send(libc::SIGINT);
    run.finish();
}

#[test]
fn a_reader_that_went_away_ends_jobs_that_would_print_for_ever() {
    Stage::new()
        .args(["echo ready", "yes for ever"])
        .in_shell("{ \"$@\"; echo $? >code; } | head -n 1; cat code")
        .stdout("ready\n141\n")
        .run();
}

#[test]
fn a_reader_that_went_away_does_not_end_jobs_that_print_nothing() {
    Stage::new()
        .args([format!("{UNTIL_GO}; touch done").as_str(), "true"])
        .in_shell("{ \"$@\"; echo $? >code; } | { exec <&-; touch go; }; cat code; ls done")
        .stdout("0\ndone\n")
        .run();
}
