//! prun as process 1 of a container: it reaps orphans, and the default action of signals does not end
//! it.

use std::time::Duration;

use crate::needs::{NUMBERS, PID_NAMESPACE, needs};
use crate::stage::{Running, Stage, kill};

fn as_pid1(stage: Stage) -> Option<Stage> {
    needs(PID_NAMESPACE).then(|| stage.under(NUMBERS).within(Duration::from_secs(60)))
}

/// The pid of prun in the outer namespace.
fn outer_pid(run: &mut Running) -> i32 {
    let children = format!("/proc/{0}/task/{0}/children", run.pid());
    run.wait_until("prun", |_| {
        let text = std::fs::read_to_string(&children).ok()?;
        text.split_whitespace().next()?.parse().ok()
    })
}

#[test]
fn orphans_are_reaped_while_jobs_run() {
    // The job waits until every orphan has been reaped: a zombie would keep it waiting for ever.
    let job = "for n in 1 2 3 4 5 6 7 8 9; do (sh -c 'sleep 0.0'$n'; echo x >> gone' &); done
        setsid sh -c '(sleep 0.05; echo x >> gone) & exit 0'
        until [ \"$(wc -l < gone)\" = 10 ]; do sleep 0.01; done 2> /dev/null
        while grep -qs '^State:.Z' /proc/[0-9]*/status; do sleep 0.01; done; exit 3";
    let Some(stage) = as_pid1(Stage::new()) else {
        return;
    };
    let outcome = stage
        .args(["--json", "sleep 1; exit 4", job])
        .stdout_any()
        .stderr_any()
        .code(1)
        .run();
    assert_eq!(outcome.record(1)["exit_code"], 4);
    assert_eq!(outcome.record(2)["exit_code"], 3);
}

#[test]
fn no_orphan_takes_the_status_of_a_job() {
    // Each job leaves an orphan that ends with it, or just before or after.
    let jobs: String = (0..300)
        .map(|n| {
            format!(
                "(sleep 0.0{} &) ; {}\n",
                n % 3,
                ["exit 0", "exit 7", "kill -9 $$"][n % 3]
            )
        })
        .collect();
    let Some(stage) = as_pid1(Stage::new()) else {
        return;
    };
    let outcome = stage
        .args(["--json", "-j8"])
        .stdin(jobs)
        .stdout_any()
        .stderr_any()
        .code(1)
        .run();
    let records = outcome.json();
    assert_eq!(records.len(), 300);
    for record in records {
        let expected = ["signaled", "ok", "failed"][record["seq"].as_u64().unwrap() as usize % 3];
        assert_eq!(record["status"], expected, "{record}");
    }
}

#[test]
fn a_signal_ends_the_jobs_and_is_reported_by_the_exit_code() {
    let Some(stage) = as_pid1(Stage::new()) else {
        return;
    };
    let mut run = stage
        .arg("trap 'echo TERM > got; exit' TERM; echo up > up; while :; do sleep 0.02; done")
        .stderr_has("── 1 job: 1 canceled ([TIME])\n")
        .code(128 + libc::SIGTERM)
        .start();
    run.wait_for_line_in("up");
    let prun = outer_pid(&mut run);
    assert!(kill(prun, libc::SIGTERM));
    assert_eq!(run.finish().read_text("got"), "TERM\n");
}
