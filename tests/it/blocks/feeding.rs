//! How blocks get to the jobs.

use std::time::Duration;

use super::lines;
use crate::stage::Stage;

#[test]
fn a_job_that_does_not_read_all_its_input_is_no_failure() {
    for from in [&["-a", "lines"][..], &[]] {
        let input = lines(3_000_000);
        let outcome = Stage::new()
            .file("lines", &input)
            .stdin(input)
            .args(["--pipe", "-k", "--json"])
            .args(from)
            .args(["head", "-c", "1000"])
            .stdout_any()
            .run();
        let records = outcome.json();
        assert_eq!(records.len(), 3);
        for record in records {
            let length = record["stdin_bytes"].as_u64().unwrap();
            let unread = record["stdin_unread_bytes"].as_u64().unwrap();
            assert_eq!(record["status"], "ok");
            // head reads a buffer at once.
            assert!(
                length > 900_000 && (1000..=65_536).contains(&(length - unread)),
                "{record}"
            );
        }
    }
}

#[test]
fn what_a_job_leaves_in_its_pipe_is_counted_also_after_the_pipe_was_closed() {
    let outcome = Stage::new()
        .stdin("12345\n")
        .args([
            "--pipe",
            "--json",
            "dd bs=1 count=2 of=/dev/null status=none; sleep 0.2",
        ])
        .stdout_any()
        .run();
    let record = outcome.record(1);
    assert_eq!(
        (&record["stdin_bytes"], &record["stdin_unread_bytes"]),
        (&6.into(), &4.into())
    );
}

#[test]
fn a_slow_job_stops_the_producer() {
    let mut run = Stage::new()
        .stdin_open()
        .args([
            "--pipe",
            "-j1",
            "--block",
            "64K",
            "echo started; read line < gate; wc -c",
        ])
        .stdout_any()
        .in_shell("mkfifo gate; exec \"$@\"")
        .start();
    run.write_stdin(lines(20_000_000));
    run.wait_for_stdout("started");
    std::thread::sleep(Duration::from_millis(300));
    let before = run.peak_memory();
    assert!(before < 24 << 20, "{before}");
    std::fs::write(run.dir().join("gate"), "go\n").unwrap();
    drop(run);
}

#[test]
fn memory_does_not_grow_with_the_input() {
    let outcome = Stage::new()
        .in_shell("seq -w 1 15000000 | \"$@\"")
        .args([
            "--pipe",
            "-j2",
            "--block",
            "1M",
            "cat >/dev/null; grep VmHWM /proc/$PPID/status >> peak",
        ])
        .run();
    let text = outcome.read_text("peak");
    let kilobytes = text
        .lines()
        .filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    let peak = kilobytes.max().unwrap();
    // 3 blocks, and what prun takes by itself.
    assert!(peak < 20 * 1024, "{peak} KiB");
}

#[test]
fn a_killed_job_gets_the_same_block_again() {
    let input = lines(500_000);
    for from in [&["-a", "lines"][..], &[]] {
        Stage::new()
            .file("lines", &input)
            .stdin(input.clone())
            .args(["--pipe", "-k", "-q", "--block", "100K", "--retries", "1"])
            .args(from)
            .args(["-o", "group", "[ $PRUN_ATTEMPT = 2 ] || { head -c 5000 >/dev/null; kill -9 $$; }; cat >out$PRUN_SEQ"])
            .run();
    }
    let outcome = Stage::new()
        .stdin(input.clone())
        .args(["--pipe", "--block", "100K", "--retries", "1", "-q"])
        .args([
            "[ $PRUN_ATTEMPT = 2 ] || { head -c 5000 >/dev/null; kill -9 $$; }; cat >out.$PRUN_SEQ",
        ])
        .run();
    let whole: Vec<u8> = (1..=5)
        .flat_map(|n| outcome.read(format!("out.{n}")))
        .collect();
    assert!(whole == input);
}

#[test]
fn only_what_the_last_attempt_prints_is_part_of_the_result() {
    let input = lines(500_000);
    for options in [&["-k", "-j2"][..], &["-j1"]] {
        Stage::new()
            .stdin(input.clone())
            .args(["--pipe", "--block", "100K", "--retries", "1"])
            .args(options)
            .args(["[ $PRUN_SEQ$PRUN_ATTEMPT != 21 ] || { head -c 5000; kill -9 $$; }; cat"])
            .stdout(&input)
            .run();
    }
}

#[test]
fn a_block_that_waits_for_its_retry_counts_as_one_of_those_in_memory() {
    let outcome = Stage::new()
        .stdin(lines(400_000))
        .args(["--pipe", "-j2", "--block", "10K", "--retries", "1", "--retry-delay", "1", "--max-fail", "9", "-q"])
        .args(["[ $PRUN_SEQ -gt 4 ] || [ $PRUN_ATTEMPT = 2 ]; s=$?; echo $PRUN_SEQ >> seen; cat >/dev/null; exit $s"])
        .run();
    let seen = outcome.read_text("seen");
    let first: Vec<&str> = seen.lines().take(4).collect();
    assert!(
        first.iter().filter(|seq| **seq == "1").count() == 2,
        "{first:?}"
    );
}

#[test]
fn an_input_that_is_read_slowly_does_not_delay_the_end_of_its_job() {
    Stage::new()
        .stdin(lines(2_000_000))
        .args([
            "--pipe",
            "-j1",
            "--timeout",
            "0.3",
            "--grace",
            "1",
            "sleep 60",
        ])
        .stdout_any()
        .stderr_any()
        .code(1)
        .within(Duration::from_secs(30))
        .run();
}

#[test]
fn ctrl_c_ends_jobs_that_do_not_read_their_input() {
    let mut run = Stage::new()
        .stdin_open()
        .args(["--pipe", "-j2", "echo up; exec sleep 60"])
        .stdout_any()
        .stderr_any()
        .signal(libc::SIGINT)
        .within(Duration::from_secs(30))
        .start();
    run.write_stdin(lines(3_000_000));
    std::thread::sleep(Duration::from_millis(300));
    run.send(libc::SIGINT);
    run.finish();
}

#[test]
fn prun_ends_when_the_reader_of_its_output_goes_away() {
    let mut run = Stage::new()
        .stdin_open()
        .args(["--pipe", "-k", "--block", "10K", "cat"])
        .stdout_any()
        .signal(libc::SIGPIPE)
        .start();
    run.write_stdin(lines(200_000));
    run.wait_for_stdout("1 x\n");
    run.close_stdout();
    run.write_stdin(lines(5_000_000));
    run.finish();
}

#[test]
fn output_is_shown_in_every_way() {
    for (options, stdout) in [
        (&["-o", "raw", "-j1"][..], "1\n2\n3\n"),
        (&["-o", "line", "--ci", "off", "-j1"], ""),
        (&["-o", "none"], ""),
        (&["-k"], "1\n2\n3\n"),
    ] {
        let stage = Stage::new()
            .stdin("1\n2\n3\n")
            .args(["--pipe", "-N1"])
            .args(options)
            .args(["cat"]);
        match options.contains(&"line") {
            true => stage.stdout_has("2\n").run(),
            false => stage.stdout(stdout).run(),
        };
    }
}

#[test]
fn a_file_that_becomes_shorter_is_an_error_of_the_jobs_that_miss_it() {
    let outcome = Stage::new()
        .file("lines", lines(3_000_000))
        .args([
            "--pipe",
            "-a",
            "lines",
            "-j1",
            "--json",
            "[ $PRUN_SEQ != 1 ] || : > lines; cat >/dev/null; sleep 0.1",
        ])
        .stdout_any()
        .stderr_any()
        .any_end()
        .run();
    let records = outcome.json();
    let failed = records
        .iter()
        .any(|record| record["status"] == "failed" && !record["error"].is_null());
    assert!(
        failed || outcome.stderr.windows(7).any(|text| text == b"shorter"),
        "{records:?}"
    );
}
