//! Services: when they start, when they are ready, how they end, and what becomes of the jobs that need them.

use serde_json::{Value, json};

use crate::stage::{Stage, is_alive};

/// A stage with a job file of these jobs.
fn stage(jobs: &[Value]) -> Stage {
    Stage::new().jobs(jobs)
}

/// A service that is ready when it has made a file of its name, and notes its end.
fn service(name: &str) -> Value {
    let cmd = format!(
        "trap 'echo {name} >> ended; exit 0' TERM; touch {name}; while :; do sleep 0.02; done"
    );
    json!({"name": name, "cmd": cmd, "service": true, "ready": format!("test -e {name}")})
}

#[test]
fn a_service_runs_while_jobs_need_it_and_its_end_is_ok() {
    let outcome = stage(&[
        json!({"name": "test", "cmd": "ls api", "needs": ["api"]}),
        json!({"name": "api", "cmd": "sleep 0.2; touch api; exec sleep 300", "service": true, "ready": "test -e api"}),
    ])
    .args(["--json", "-j1", "-f", "jobs.jsonl"])
    .stdout_any()
    .run();
    assert_eq!(outcome.ending("test"), "ok - -");
    assert_eq!(outcome.ending("api"), "ok - -");
    assert_eq!(outcome.record_named("api")["signal"], "SIGTERM");
}

#[test]
fn a_service_starts_only_when_a_job_needs_nothing_else() {
    stage(&[
        service("api"),
        json!({"name": "build", "cmd": "sleep 0.2; ls api 2>/dev/null; echo built"}),
        json!({"name": "test", "cmd": "ls api", "needs": ["api", "build"]}),
    ])
    .args(["-j4", "-f", "jobs.jsonl"])
    .stdout("built\napi\n")
    .stderr_any()
    .run();
}

#[test]
fn a_service_that_no_job_needs_starts_at_the_beginning() {
    stage(&[
        json!({"name": "test", "cmd": "until [ -e log ]; do sleep 0.01; done; echo seen"}),
        service("log"),
    ])
    .args(["-j1", "-f", "jobs.jsonl"])
    .stdout("seen\n")
    .stderr_any()
    .run();
}

#[test]
fn services_end_in_the_reverse_order_of_need() {
    let mut api = service("api");
    api["needs"] = json!(["db"]);
    let outcome = stage(&[
        json!({"name": "test", "cmd": "ls api db", "needs": ["api"]}),
        service("db"),
        api,
    ])
    .args(["-f", "jobs.jsonl"])
    .stdout("api\ndb\n")
    .stderr_any()
    .run();
    assert_eq!(outcome.read_text("ended"), "api\ndb\n");
}

#[test]
fn a_service_that_ends_too_early_fails_and_ends_its_users() {
    let outcome = stage(&[
        json!({"name": "api", "cmd": "touch api; until [ -e up ]; do sleep 0.01; done; exit 0", "service": true, "ready": "test -e api"}),
        json!({"name": "test", "cmd": "touch up; exec sleep 300", "needs": ["api"], "retries": 2}),
        json!({"name": "later", "cmd": "touch ran", "needs": ["test"]}),
        json!({"name": "other", "cmd": "sleep 0.1; echo other"}),
    ])
    .args(["--json", "-j4", "-f", "jobs.jsonl"])
    .stdout_any()
    .stderr_any()
    .code(1)
    .run();
    assert_eq!(outcome.ending("api"), "failed - -");
    let why = "needs api: ended before the run";
    assert_eq!(outcome.ending("test"), format!("canceled {why}"));
    assert_eq!(outcome.ending("later"), format!("skipped {why}"));
    assert_eq!(outcome.ending("other"), "ok - -");
    assert_eq!(outcome.record_named("test")["attempts"], 1);
}

#[test]
fn a_service_that_is_not_ready_in_time_fails_and_leaves_nothing_behind() {
    let outcome = stage(&[
        json!({"name": "api", "cmd": "exec sleep 300", "service": true, "ready": "echo $$ > asked; exec sleep 300", "ready_timeout": "0.5s"}),
        json!({"name": "test", "cmd": "touch ran", "needs": ["api"]}),
    ])
    .args(["--json", "-f", "jobs.jsonl"])
    .stdout_any()
    .stderr_any()
    .code(1)
    .run();
    assert_eq!(outcome.ending("api"), "timeout - -");
    assert_eq!(
        outcome.ending("test"),
        "skipped needs api: not ready after 0.5 s"
    );
    let asked: i32 = outcome.read_text("asked").trim().parse().unwrap();
    assert!(!is_alive(asked), "the command that asks is left");
}

#[test]
fn a_service_that_ignores_sigterm_is_killed_after_the_grace() {
    let outcome = stage(&[
        json!({"name": "api", "cmd": "trap '' TERM; touch api; while :; do sleep 1; done", "service": true, "ready": "test -e api"}),
        json!({"name": "test", "cmd": "true", "needs": ["api"]}),
    ])
    .args(["--json", "--grace", "0.3", "-f", "jobs.jsonl"])
    .stdout_any()
    .run();
    assert_eq!(outcome.ending("api"), "ok - -");
    assert_eq!(outcome.record_named("api")["signal"], "SIGKILL");
}

#[test]
fn a_signal_ends_services_with_the_jobs() {
    let mut run = stage(&[
        service("api"),
        json!({"name": "test", "cmd": "touch up; exec sleep 300", "needs": ["api"]}),
    ])
    .args(["--json", "-f", "jobs.jsonl"])
    .stdout_any()
    .stderr_any()
    .signal(libc::SIGTERM)
    .start();
    run.wait_for_file("up");
    run.send(libc::SIGTERM);
    let outcome = run.finish();
    assert_eq!(outcome.ending("api"), "canceled signal -");
    assert_eq!(outcome.ending("test"), "canceled signal -");
}

#[test]
fn no_service_outlives_a_killed_prun() {
    let mut run = stage(&[
        json!({"name": "api", "cmd": "echo $$ > api; exec sleep 300", "service": true, "ready": "echo $$ > asked; exec sleep 300"}),
        json!({"name": "test", "cmd": "true", "needs": ["api"]}),
    ])
    .args(["--guard=always", "-j1", "-f", "jobs.jsonl"])
    .stdout_any()
    .stderr_any()
    .signal(libc::SIGKILL)
    .start();
    let pids = ["api", "asked"].map(|file| run.wait_for_line_in(file).parse::<i32>().unwrap());
    run.send(libc::SIGKILL);
    run.wait_until("the end of the service", |_| {
        pids.iter().all(|pid| !is_alive(*pid)).then_some(())
    });
    run.finish();
}

#[test]
fn a_service_is_not_started_for_jobs_that_are_done() {
    let jobs = [
        json!({"name": "api", "cmd": "echo started >> starts; touch api; exec sleep 300", "service": true, "ready": "test -e api"}),
        json!({"name": "test", "cmd": "echo test", "needs": ["api"]}),
        json!({"name": "last", "cmd": "test -e fixed"}),
    ];
    let outcome = stage(&jobs)
        .args(["--joblog", "log", "-f", "jobs.jsonl"])
        .in_shell("\"$@\" >first; touch fixed; \"$@\" --resume --json")
        .stdout_any()
        .stderr_any()
        .run();
    assert_eq!(outcome.read_text("first"), "test\n");
    assert_eq!(
        outcome.read_text("starts"),
        "started\n",
        "it is started once"
    );
    assert_eq!(outcome.ending("api"), "ok resumed -");
}

#[test]
fn the_output_of_later_jobs_does_not_wait_for_a_service() {
    let mut run = stage(&[
        json!({"name": "api", "cmd": "echo api; touch api; exec sleep 300", "service": true, "ready": "test -e api"}),
        json!({"name": "a", "cmd": "echo a", "needs": ["api"]}),
        json!({"name": "b", "cmd": "until [ -e go ]; do sleep 0.01; done; echo b", "needs": ["a"]}),
    ])
    .args(["-k", "-f", "jobs.jsonl"])
    .stdout_any()
    .start();
    run.wait_for_stdout("a\n");
    std::fs::write(run.dir().join("go"), "").unwrap();
    let outcome = run.finish();
    assert_eq!(String::from_utf8_lossy(&outcome.stdout), "a\nb\napi\n");
}

#[test]
fn a_service_starts_for_a_job_that_an_allowed_failure_releases() {
    // When the retry of `flaky` is due, its own service has ended: it ends at once, and `last` needs only
    // another service.
    let mut run = stage(&[
        json!({"name": "first", "cmd": "touch first; until [ -e go ]; do sleep 0.01; done", "service": true, "ready": "test -e first"}),
        json!({"name": "flaky", "cmd": "exit 1", "needs": ["first"], "allow_failure": true, "retries": 1}),
        service("second"),
        json!({"name": "last", "cmd": "ls second >ran", "needs": ["flaky", "second"]}),
    ])
    .args(["--json=events", "--retry-delay", "2", "-f", "jobs.jsonl"])
    .stdout_any()
    .stderr_any()
    .code(1)
    .start();
    run.wait_for_stdout("\"job_retry\"");
    std::fs::write(run.dir().join("go"), "").unwrap();
    assert_eq!(run.finish().read_text("ran"), "second\n");
}
