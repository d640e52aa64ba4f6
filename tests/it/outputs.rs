//! The output of jobs: contiguous and byte for byte, on prun's two streams.

use crate::stage::Stage;

/// Groups output into pieces: the letter, and the number of bytes in a row.
fn pieces(bytes: &[u8]) -> Vec<(u8, usize)> {
    let mut pieces: Vec<(u8, usize)> = Vec::new();
    for &byte in bytes {
        match pieces.last_mut() {
            Some((last, count)) if *last == byte => *count += 1,
            _ => pieces.push((byte, 1)),
        }
    }
    pieces
}

#[test]
fn outputs_of_jobs_are_never_mixed() {
    // Each job writes its own letter in many small pieces.
    let letters = "abcdefghijklmnopqrstuvwxyzABCD";
    let jobs: String = letters
        .chars()
        .map(|letter| {
            format!(
                "for i in 1 2 3 4 5 6 7 8 9 10; do printf '%010240d' 0 | tr 0 '{letter}'; done\n"
            )
        })
        .collect();
    let outcome = Stage::new().arg("-j4").stdin(jobs).stdout_any().run();
    let mut pieces = pieces(&outcome.stdout);
    pieces.sort_unstable();
    let mut expected: Vec<_> = letters.bytes().map(|letter| (letter, 102_400)).collect();
    expected.sort_unstable();
    assert_eq!(pieces, expected);
}

#[test]
fn no_output_of_many_jobs_is_lost() {
    let outcome = Stage::new()
        .arg("-j8")
        .stdin("echo $PRUN_SEQ\n".repeat(2000))
        .stdout_any()
        .run();
    let text = String::from_utf8(outcome.stdout).unwrap();
    let mut numbers: Vec<u32> = text.lines().map(|line| line.parse().unwrap()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, Vec::from_iter(1..=2000));
}

#[test]
fn both_streams_of_a_job_are_contiguous() {
    let jobs: String = (0..8)
        .map(|job| {
            let (out, err) = (char::from(b'A' + job), char::from(b'a' + job));
            format!(
                "for i in $(seq 40); do printf '%010000d' 0 | tr 0 {out}; \
                 printf '%010000d' 0 | tr 0 {err} >&2; done\n"
            )
        })
        .collect();
    let outcome = Stage::new()
        .arg("-j4")
        .stdin(jobs)
        .stdout_any()
        .stderr_any()
        .run();
    for (bytes, first) in [(&outcome.stdout, b'A'), (&outcome.stderr, b'a')] {
        let mut pieces = pieces(bytes);
        pieces.sort_unstable();
        let expected: Vec<_> = (0..8).map(|job| (first + job, 400_000)).collect();
        assert_eq!(pieces, expected);
    }
}

#[test]
fn output_is_shown_when_its_job_ends_and_not_when_all_end() {
    let mut run = Stage::new()
        .args(["echo a", "until [ -e go ]; do sleep 0.01; done; echo b"])
        .stdout("a\nb\n")
        .start();
    run.wait_for_stdout("a\n");
    std::fs::write(run.dir().join("go"), "").unwrap();
    run.finish();
}

#[test]
fn each_stream_goes_to_the_same_stream_of_prun() {
    Stage::new()
        .arg("echo out; echo err >&2; echo out again")
        .stdout("out\nout again\n")
        .stderr("err\n")
        .run();
}

#[test]
fn output_is_bytes() {
    let all: Vec<u8> = (0..=255).collect();
    Stage::new()
        .args(["cat all"])
        .file("all", &all)
        .stdout(&all)
        .run();
}

#[test]
fn a_missing_last_newline_is_not_added() {
    Stage::new()
        .args(["-j1", "printf a", "printf b", "echo c"])
        .stdout("abc\n")
        .run();
}

#[test]
fn output_beyond_the_memory_of_a_stream_is_whole() {
    // One byte less than the limit of memory, the limit, one byte more, and much more.
    let sizes = [65_535, 65_536, 65_537, 5_000_000];
    let jobs = sizes.map(|size| format!("seq -w 0 99999999 | head -c {size}"));
    let expected: String = (0..=600_000)
        .map(|number| format!("{number:08}\n"))
        .collect();
    let expected: String = sizes.iter().map(|&size| &expected[..size]).collect();
    Stage::new().arg("-j1").args(jobs).stdout(expected).run();
}

#[test]
fn nothing_is_written_to_stderr_when_all_is_ok() {
    Stage::new()
        .args(["-j1", "echo a", "true", "web: echo b"])
        .stdout("a\nb\n")
        .stderr("")
        .run();
}

#[test]
fn a_terminal_gets_one_line_when_all_is_ok() {
    let outcome = Stage::new()
        .args(["--color", "never", "true", "true"])
        .pty(24, 80)
        .screen_has("── 2 jobs: 2 ok ([TIME])\r\n")
        .run();
    assert_eq!(
        outcome.screen.iter().filter(|&&byte| byte == b'\n').count(),
        1
    );
}

#[test]
fn o_none_discards_output() {
    Stage::new()
        .args([
            "-o",
            "none",
            "echo a; echo b >&2",
            "readlink /proc/self/fd/1 > where",
        ])
        .run();
    Stage::new()
        .args(["-o", "none", "echo a; exit 3"])
        .stderr("── echo a; exit 3 (exit 3, [TIME])\n   $ echo a; exit 3\n── 1 job: 1 failed ([TIME])\n")
        .code(1)
        .run();
}

#[test]
fn with_raw_output_jobs_inherit_pruns_streams() {
    Stage::new()
        .args([
            "-o",
            "raw",
            "test -t 0 && echo stdin; test -t 1 && test -t 2 && echo a terminal",
        ])
        .pty(24, 80)
        .screen_has("a terminal\r\n")
        .run();
    let mut run = Stage::new()
        .args([
            "-o",
            "raw",
            "echo a; echo b >&2; until [ -e go ]; do sleep 0.01; done",
        ])
        .stdout("a\n")
        .stderr("b\n")
        .start();
    run.wait_for_stdout("a\n");
    run.wait_for_stderr("b\n");
    std::fs::write(run.dir().join("go"), "").unwrap();
    run.finish();
}

#[test]
fn grouped_output_is_not_a_terminal_for_the_job() {
    Stage::new()
        .arg("test -t 1 || test -t 2 || echo neither")
        .pty(24, 80)
        .screen_has("neither\r\n")
        .run();
}

#[test]
fn q_shows_the_output_of_failed_jobs_only() {
    Stage::new()
        .args([
            "-q",
            "-j1",
            "echo fine; echo well >&2",
            "echo broken; echo why >&2; exit 3",
        ])
        .stdout("broken\n")
        .stderr(
            "why\n── echo broken; echo why >&2; exit 3 (exit 3, [TIME])\n   broken\n   why\n   \
             $ echo broken; echo why >&2; exit 3\n── 2 jobs: 1 ok, 1 failed ([TIME])\n",
        )
        .code(1)
        .run();
}

#[test]
fn q_prints_nothing_when_all_is_ok() {
    Stage::new().args(["-q", "echo a", "echo b >&2"]).run();
    let outcome = Stage::new().args(["-q", "echo a"]).pty(24, 80).run();
    assert_eq!(String::from_utf8_lossy(&outcome.screen), "");
}

#[test]
fn qq_prints_nothing_at_all() {
    Stage::new()
        .args(["-qq", "-t", "0.2", "--grace", "0"])
        .args(["echo a; echo b >&2; exit 3", "nosuch-program", "sleep 300"])
        .code(1)
        .run();
    let outcome = Stage::new()
        .args(["-qq", "exit 3"])
        .pty(24, 80)
        .code(1)
        .run();
    assert_eq!(String::from_utf8_lossy(&outcome.screen), "");
}

#[test]
fn qq_leaves_the_records_alone() {
    let outcome = Stage::new()
        .args(["-qq", "--json", "exit 3"])
        .stdout_any()
        .code(1)
        .run();
    assert_eq!(outcome.record(1)["exit_code"], 3);
}

#[test]
fn v_reports_starts_and_endings() {
    Stage::new()
        .args(["-v", "-j1", "web: echo a", "exit 3"])
        .stdout("a\n")
        .stderr(
            "── web (start, slot 1, pid [PID]) $ echo a\n\
             ── web (ok, [TIME], cpu [TIME], memory [PID].[PID] MiB)\n\
             ── exit 3 (start, slot 1, pid [PID]) $ exit 3\n\
             ── exit 3 (exit 3, [TIME], cpu [TIME], memory [PID].[PID] MiB)\n\
             ── exit 3 (exit 3, [TIME])\n   $ exit 3\n── 2 jobs: 1 ok, 1 failed ([TIME])\n",
        )
        .code(1)
        .run();
}

#[test]
fn v_shows_the_whole_command_and_each_attempt() {
    let job = format!("test $PRUN_ATTEMPT = 2 # {}", "x".repeat(200));
    Stage::new()
        .args(["-v", "--retries", "1", "--retry-delay", "0.1", &job])
        .stderr_has(format!(
            "(start, slot 1, pid [PID]) $ PRUN_ATTEMPT=1 sh -c '{job}'\n"
        ))
        .stderr_has("… (exit 1); starting attempt 2 in 0.1 s\n")
        .stderr_has(format!(
            "(start, slot 1, pid [PID], attempt 2) $ PRUN_ATTEMPT=2 sh -c '{job}'\n"
        ))
        .stderr_has("── 1 job: 1 ok ([TIME])\n")
        .run();
}
