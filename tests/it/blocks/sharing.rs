//! `--round-robin`: jobs that share the blocks.

use std::collections::BTreeSet;

use super::lines;
use crate::stage::Stage;

#[test]
fn so_many_jobs_share_the_blocks_and_each_block_is_read_by_one() {
    let input = lines(2_000_000);
    for from in [&["-a", "lines"][..], &[]] {
        let outcome = Stage::new()
            .file("lines", &input)
            .stdin(input.clone())
            .args(["--pipe", "--round-robin", "-j3", "--block", "20K", "--json"])
            .args(from)
            .args(["cat"])
            .stdout_any()
            .run();
        let records = outcome.json();
        assert_eq!(records.len(), 3);
        let given: u64 = records
            .iter()
            .map(|record| record["stdin_bytes"].as_u64().unwrap())
            .sum();
        assert_eq!(given, input.len() as u64);
        let printed: Vec<&str> = records
            .iter()
            .flat_map(|record| record["stdout"].as_str().unwrap().lines())
            .collect();
        let expected: BTreeSet<&str> = std::str::from_utf8(&input).unwrap().lines().collect();
        assert_eq!(printed.len(), expected.len());
        assert_eq!(printed.into_iter().collect::<BTreeSet<_>>(), expected);
    }
}

#[test]
fn fewer_blocks_start_fewer_jobs() {
    Stage::new()
        .stdin("a\nb\n")
        .args(["--pipe", "--round-robin", "-j4", "-N1", "-k", "cat"])
        .stdout("a\nb\n")
        .run();
    Stage::new()
        .args(["--pipe", "--round-robin", "-j4", "cat"])
        .run();
}

#[test]
fn each_job_gets_the_header_once() {
    Stage::new()
        .stdin("h\n1\n2\n3\n4\n5\n6\n")
        .args([
            "--pipe",
            "--round-robin",
            "-j1",
            "--header",
            "1",
            "-N1",
            "cat",
        ])
        .stdout("h\n1\n2\n3\n4\n5\n6\n")
        .run();
}

#[test]
fn a_job_that_does_not_read_gets_no_more_than_fits_in_its_pipe() {
    let input = lines(6_000_000);
    let outcome = Stage::new()
        .stdin(input.clone())
        .args([
            "--pipe",
            "--round-robin",
            "-j2",
            "--block",
            "100K",
            "--json",
        ])
        .args(["[ $PRUN_SEQ = 1 ] && until [ -e done ]; do sleep 0.01; done; wc -c; touch done"])
        .stdout_any()
        .run();
    let (slow, fast) = (outcome.record(1), outcome.record(2));
    assert!(slow["stdin_bytes"].as_u64().unwrap() < 2_000_000, "{slow}");
    let read: u64 = [slow, fast]
        .iter()
        .map(|record| {
            record["stdout"]
                .as_str()
                .unwrap()
                .trim()
                .parse::<u64>()
                .unwrap()
        })
        .sum();
    assert_eq!(read, input.len() as u64);
}

#[test]
fn the_blocks_of_a_job_that_ends_early_go_to_the_others() {
    let input = lines(3_000_000);
    let outcome = Stage::new()
        .stdin(input.clone())
        .args(["--pipe", "--round-robin", "-j2", "--block", "50K", "--json"])
        .args(["[ $PRUN_SEQ = 2 ] || exit 3; cat"])
        .stdout_any()
        .stderr_any()
        .code(1)
        .run();
    let (dead, alive) = (outcome.record(1), outcome.record(2));
    assert_eq!(
        (&dead["exit_code"], &alive["status"]),
        (&3.into(), &"ok".into())
    );
    assert_eq!(dead["stdin_bytes"], dead["stdin_unread_bytes"]);
    let given = [&dead, &alive].map(|record| record["stdin_bytes"].as_u64().unwrap());
    assert_eq!(given.iter().sum::<u64>(), input.len() as u64);
    assert_eq!(alive["stdout_bytes"], alive["stdin_bytes"]);
}

#[test]
fn a_run_whose_jobs_have_all_ended_ends_too() {
    let mut run = Stage::new()
        .stdin_open()
        .args([
            "--pipe",
            "--round-robin",
            "-j2",
            "--block",
            "10K",
            "head -1",
        ])
        .stdout_any()
        .stderr_has("the input was not read to its end")
        .start();
    run.write_stdin(lines(600_000));
    run.finish();
}
