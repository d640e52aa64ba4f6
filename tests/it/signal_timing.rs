//! Signals at every moment: while prun starts and ends, while jobs start, and twice at once.

use std::time::{Duration, Instant};

use crate::signals::{ended, is_stopped, up};
use crate::stage::{Stage, is_alive, rounds};

/// Far more than any of these runs needs.
const TIME_LIMIT: Duration = Duration::from_secs(30);

#[test]
fn a_signal_at_any_moment_ends_prun() {
    for round in 0..rounds() {
        let stage = Stage::new().arg("true").stderr_any().signal(libc::SIGINT);
        let mut run = stage.within(TIME_LIMIT).start();
        // A different moment in each round: at the start, during the wait for the job, at the
        // end.
        std::thread::sleep(Duration::from_micros(round as u64 * 617 % 9000));
        // A process that can be stopped has not begun to exit, so the signal is not too late.
        run.send(libc::SIGSTOP);
        run.wait_until("a stop or the end", |run| {
            (is_stopped(run.pid()) || !is_alive(run.pid())).then_some(())
        });
        if is_stopped(run.pid()) {
            run.send(libc::SIGINT);
            run.send(libc::SIGCONT);
            run.finish();
        }
    }
}

#[test]
fn a_signal_that_arrives_twice_at_once_loses_no_output() {
    for round in 0..rounds() {
        let stage = Stage::new()
            .arg("head -c 1000000 /dev/zero; echo up > up; sleep 300")
            .stdout_any()
            .stderr_any()
            .signal(libc::SIGINT)
            .within(TIME_LIMIT);
        let mut run = up(stage);
        let sent = Instant::now();
        run.send(libc::SIGINT);
        // The second signal arrives while the job ends, or while its output is printed.
        let pause = Duration::from_micros(round as u64 * 733 % 10_000);
        std::thread::sleep(pause.saturating_sub(sent.elapsed()));
        run.send(libc::SIGINT);
        run.wait_until("the end", |run| ended(run).then_some(()));
        let took = sent.elapsed();
        let outcome = run.finish();
        // If the machine was busy for longer, the signal may have counted as a second one.
        if took < Duration::from_millis(150) {
            assert_eq!(outcome.stdout.len(), 1_000_000);
            let messages = String::from_utf8(outcome.stderr).unwrap();
            assert!(messages.contains("── 1 job: 1 canceled ("), "{messages}");
        }
    }
}

#[test]
fn a_signal_among_starts_leaves_no_process() {
    for round in 0..rounds() {
        let mut run = Stage::new()
            .args(["--json", "-j40"])
            .stdin("echo x >> up; sleep 300\n/bin/sleep 300\nsleep 300 & sleep 300\n".repeat(20))
            .stdout_any()
            .stderr_any()
            .signal(libc::SIGTERM)
            .within(TIME_LIMIT)
            .start();
        run.wait_for_file("up");
        let moment = run.elapsed() + Duration::from_micros(round as u64 * 377 % 20_000);
        run.wait_until("the moment of the signal", |run| {
            (run.elapsed() >= moment).then_some(())
        });
        run.send(libc::SIGTERM);
        let records = run.finish().json();
        assert!(!records.is_empty());
        for record in records {
            let status = record["status"].as_str().unwrap();
            assert!(["canceled", "skipped"].contains(&status), "{record}");
        }
    }
}
