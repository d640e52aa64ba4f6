//! prun and its jobs are signalled at once, as service managers do, and the jobs die first.

use std::time::Duration;

use crate::signals::is_stopped;
use crate::stage::{Stage, is_alive, kill, rounds};

const TIME_LIMIT: Duration = Duration::from_secs(60);

/// Sends `signal` to the job, and to prun after the job has died of it. Returns the job's record.
fn signal_with_job(job: &str, signal: i32) -> serde_json::Value {
    let mut run = Stage::new()
        .args(["--json", &format!("echo partial; echo $$ > up; {job}")])
        .stdout_any()
        .stderr_has("── 1 job: 1 canceled ([TIME])\n")
        .signal(signal)
        .within(TIME_LIMIT)
        .start();
    let pid: i32 = run.wait_for_line_in("up").parse().expect("a number");
    // The job ends while prun is stopped, so that both its end and the signal are pending when prun
    // continues.
    run.send(libc::SIGSTOP);
    run.wait_until("the stop", |run| is_stopped(run.pid()).then_some(()));
    assert!(kill(-pid, signal));
    run.wait_until("the death", |_| (!is_alive(pid)).then_some(()));
    run.send(signal);
    run.send(libc::SIGCONT);
    run.finish().record(1)
}

#[test]
fn a_job_that_dies_of_the_signal_before_prun_gets_it_is_canceled() {
    for (signal, name) in [
        (libc::SIGTERM, "SIGTERM"),
        (libc::SIGINT, "SIGINT"),
        (libc::SIGHUP, "SIGHUP"),
    ] {
        let record = signal_with_job("exec sleep 300", signal);
        assert_eq!(
            (&record["status"], &record["reason"]),
            (&"canceled".into(), &"signal".into())
        );
        assert_eq!(
            (&record["signal"], &record["stdout"]),
            (&name.into(), &"partial\n".into())
        );
    }
}

#[test]
fn a_job_whose_shell_exits_with_the_code_of_the_signal_is_canceled() {
    let job = "trap 'exit 143' TERM; while :; do sleep 0.01; done";
    let record = signal_with_job(job, libc::SIGTERM);
    assert_eq!(
        (&record["status"], &record["exit_code"]),
        (&"canceled".into(), &143.into())
    );
}

#[test]
fn in_any_order_of_delivery_all_jobs_are_canceled() {
    for round in 0..rounds() {
        let mut run = Stage::new()
            .args(["--json", "-j4"])
            .stdin("echo $$ >> up; exec sleep 300\n".repeat(4))
            .stdout_any()
            .stderr_any()
            .signal(libc::SIGTERM)
            .within(TIME_LIMIT)
            .start();
        let pids: Vec<i32> = run.wait_until("all jobs", |run| {
            let text = std::fs::read_to_string(run.dir().join("up")).ok()?;
            let pids: Vec<i32> = text.lines().filter_map(|line| line.parse().ok()).collect();
            (pids.len() == 4 && text.ends_with('\n')).then_some(pids)
        });
        // A service manager signals all processes within a moment; this test may be delayed in
        // between.
        run.send(libc::SIGSTOP);
        run.wait_until("the stop", |run| is_stopped(run.pid()).then_some(()));
        for (position, pid) in pids.iter().enumerate() {
            if position == round % 5 {
                run.send(libc::SIGTERM);
            }
            kill(*pid, libc::SIGTERM);
        }
        run.send(libc::SIGTERM);
        run.send(libc::SIGCONT);
        for record in run.finish().json() {
            assert_eq!(record["status"], "canceled", "{record}");
        }
    }
}

#[test]
fn a_job_that_is_signalled_alone_is_signaled() {
    let outcome = Stage::new()
        .args(["--json", "kill -TERM $$", "exit 143"])
        .stdout_any()
        .stderr_any()
        .code(1)
        .run();
    assert_eq!(outcome.record(1)["status"], "signaled");
    assert_eq!(outcome.record(2)["status"], "failed");
}
