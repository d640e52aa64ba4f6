//! Jobs that need others, take several slots or belong to a pool: in which order they run, and what becomes
//! of those that need a job which failed.

use serde_json::{Value, json};

use crate::stage::Stage;

/// A stage with a job file of these jobs.
fn stage(jobs: &[Value]) -> Stage {
    Stage::new().jobs(jobs)
}

#[test]
fn a_job_starts_when_those_that_it_needs_have_ended() {
    stage(&[
        json!({"name": "last", "cmd": "cat built tested", "needs": ["test", "build"]}),
        json!({"name": "test", "cmd": "cat built > tested; echo t >> tested", "needs": ["build"]}),
        json!({"name": "build", "cmd": "sleep 0.1; echo b > built"}),
    ])
    .args(["-j8", "-f", "jobs.jsonl"])
    .stdout("b\nb\nt\n")
    .run();
}

#[test]
fn jobs_that_need_a_failed_job_are_skipped_with_its_name_as_the_reason() {
    let outcome = stage(&[
        json!({"name": "build", "cmd": "exit 3"}),
        json!({"name": "test", "cmd": "touch ran", "needs": ["build"]}),
        json!({"name": "deploy", "cmd": "touch ran", "needs": ["lint", "test"]}),
        json!({"name": "lint", "cmd": "sleep 0.1"}),
    ])
    .args(["--json", "-f", "jobs.jsonl"])
    .stdout_any()
    .stderr_any()
    .code(1)
    .run();
    assert_eq!(
        ["build", "test", "deploy", "lint"].map(|name| outcome.ending(name)),
        [
            "failed - -",
            "skipped needs build: exit 3",
            "skipped needs build: exit 3",
            "ok - -"
        ]
    );
    assert!(!outcome.path("ran").exists());
    assert_eq!(
        outcome.record_named("deploy")["needs"],
        json!(["lint", "test"])
    );
}

#[test]
fn a_job_that_may_fail_fails_neither_the_run_nor_its_users() {
    let outcome = stage(&[
        json!({"name": "flaky", "cmd": "exit 3", "allow_failure": true}),
        json!({"name": "after", "cmd": "echo after", "needs": ["flaky"]}),
    ])
    .args(["--json", "--fail-fast", "-f", "jobs.jsonl"])
    .stdout_any()
    .stderr_any()
    .run();
    assert_eq!(
        ["flaky", "after"].map(|name| outcome.ending(name)),
        ["failed - -", "ok - -"]
    );
    assert_eq!(outcome.record_named("flaky")["allow_failure"], true);
}

#[test]
fn a_retried_job_is_waited_for() {
    stage(&[
        json!({"name": "third", "cmd": "test $PRUN_ATTEMPT -ge 3 && touch done", "retries": 3}),
        json!({"name": "after", "cmd": "ls done", "needs": ["third"]}),
    ])
    .args(["-f", "jobs.jsonl"])
    .stdout("done\n")
    .run();
}

#[test]
fn a_heavy_job_runs_alone_and_its_turn_comes() {
    // A light job fails if it runs while the heavy one does; the heavy one if a later one was first.
    let light = |name: &str| json!({"name": name, "cmd": format!("test ! -e busy && sleep 0.02 && test ! -e busy && touch {name}")});
    let mut jobs = vec![light("a"), light("b")];
    jobs.push(json!({"name": "heavy", "cmd": "touch busy; test ! -e z && sleep 0.1; rm busy", "weight": 9}));
    jobs.extend(["c", "d", "z"].map(light));
    let outcome = stage(&jobs)
        .args(["--json", "-j3", "-f", "jobs.jsonl"])
        .stdout_any()
        .run();
    assert_eq!(outcome.record_named("heavy")["weight"], 9);
}

#[test]
fn a_pool_runs_one_job_at_a_time_and_others_meanwhile() {
    let locked = |name: &str| json!({"name": name, "cmd": "mkdir lock && sleep 0.05 && rmdir lock", "pool": "db"});
    let mut jobs: Vec<Value> = ["a", "b", "c", "d"].map(locked).into();
    // It ends while the pool is in use, though it is behind all of them.
    jobs.push(json!({"name": "free", "cmd": "until [ -d lock ]; do sleep 0.01; done"}));
    let outcome = stage(&jobs)
        .args(["--json", "-j4", "-f", "jobs.jsonl"])
        .stdout_any()
        .run();
    assert_eq!(outcome.record_named("a")["pool"], "db");
    assert_eq!(outcome.json().last().unwrap()["name"], "d");
}

#[test]
fn a_heavy_job_takes_the_lowest_slots_with_slots() {
    stage(&[json!({"name": "two", "cmd": "echo $PRUN_SLOT_VALUE", "weight": 2})])
        .args(["--slots", "gpu0,gpu1,gpu2", "-f", "jobs.jsonl"])
        .stdout("gpu0\n")
        .run();
}

#[test]
fn what_an_earlier_run_has_done_satisfies() {
    let jobs = [
        json!({"name": "build", "cmd": "echo build"}),
        json!({"name": "test", "cmd": "echo test; test -e fixed", "needs": ["build"]}),
        json!({"name": "deploy", "cmd": "echo deploy", "needs": ["test"]}),
    ];
    stage(&jobs)
        .args(["--joblog", "log", "-f", "jobs.jsonl"])
        .in_shell("\"$@\" >first; touch fixed; \"$@\" --resume")
        .stdout("test\ndeploy\n")
        .stderr_any()
        .run();
}

#[test]
fn the_longest_jobs_start_first() {
    let jobs = [
        json!({"name": "short", "cmd": "sleep 0.01; echo short"}),
        json!({"name": "long", "cmd": "sleep 0.4; echo long"}),
        json!({"name": "chain", "cmd": "sleep 0.1; echo chain"}),
        json!({"name": "end", "cmd": "sleep 0.7; echo end", "needs": ["chain"]}),
    ];
    stage(&jobs)
        .args(["--joblog", "log", "-f", "jobs.jsonl"])
        .in_shell("\"$@\" >first; \"$@\" -j1 --order longest")
        .stdout("chain\nend\nlong\nshort\n")
        .run();
}

#[test]
fn the_order_by_length_needs_a_job_log() {
    Stage::new()
        .args(["--order", "longest", "true"])
        .stderr("prun: --order longest needs --joblog FILE: add it\n")
        .code(2)
        .run();
}

#[test]
fn when_the_run_is_cancelled_the_waiting_jobs_are_skipped_for_that_reason() {
    let mut run = stage(&[
        json!({"name": "first", "cmd": "touch up; exec sleep 300"}),
        json!({"name": "second", "cmd": "touch ran", "needs": ["first"]}),
        json!({"name": "pooled", "cmd": "exec sleep 300", "pool": "p"}),
        json!({"name": "waits", "cmd": "touch ran", "pool": "p"}),
    ])
    .args(["--json", "-j8", "-f", "jobs.jsonl"])
    .stdout_any()
    .stderr_any()
    .signal(libc::SIGINT)
    .start();
    run.wait_for_file("up");
    run.send(libc::SIGINT);
    let outcome = run.finish();
    assert_eq!(
        ["second", "waits"].map(|name| outcome.ending(name)),
        ["skipped signal -", "skipped signal -"]
    );
    assert!(!outcome.path("ran").exists());
}

#[test]
fn a_race_and_a_deadline_skip_what_waits() {
    let jobs = [
        json!({"name": "quick", "cmd": "true"}),
        json!({"name": "slow", "cmd": "exec sleep 300"}),
        json!({"name": "after", "cmd": "touch ran", "needs": ["slow"]}),
    ];
    let outcome = stage(&jobs)
        .args(["--json", "--race", "-f", "jobs.jsonl"])
        .stdout_any()
        .stderr_any()
        .run();
    assert_eq!(
        ["after"].map(|name| outcome.ending(name)),
        ["skipped race -"]
    );
    let outcome = stage(&jobs)
        .args(["--json", "--deadline", "0.5", "-f", "jobs.jsonl"])
        .stdout_any()
        .stderr_any()
        .code(124)
        .run();
    assert_eq!(
        ["after"].map(|name| outcome.ending(name)),
        ["skipped deadline -"]
    );
}

#[test]
fn the_output_of_jobs_that_wait_keeps_the_order_of_the_input() {
    stage(&[
        json!({"name": "a", "cmd": "echo a", "needs": ["c"]}),
        json!({"name": "b", "cmd": "echo b"}),
        json!({"name": "c", "cmd": "echo c"}),
    ])
    .args(["-k", "-j2", "-f", "jobs.jsonl"])
    .stdout("a\nb\nc\n")
    .run();
}

#[test]
fn on_a_stream_earlier_jobs_can_be_needed() {
    Stage::new()
        .args(["-j4"])
        .stdin(
            "{\"name\":\"a\",\"cmd\":\"sleep 0.1; echo a\"}\n\
             {\"name\":\"b\",\"cmd\":\"echo b\",\"needs\":[\"a\"]}\n",
        )
        .stdout("a\nb\n")
        .run();
}

/// A job of a random graph: what it needs, and whether it fails.
struct RandomJob {
    needs: Vec<usize>,
    fails: bool,
    json: Value,
}

/// The exit codes of a job that runs before what it needs, and of one whose pool is overfull.
const TOO_EARLY: i32 = 9;
const OVERFULL: i32 = 8;

/// Random jobs, in a random order of the file. Each checks when it runs that those that it needs have
/// ended, and that it is alone in its pool.
fn random_graph(seed: u64) -> Vec<RandomJob> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 33) as usize % below
    };
    let count = 5 + random(25);
    let rank: Vec<usize> = (0..count).map(|_| random(1000)).collect();
    let mut jobs = Vec::new();
    for at in 0..count {
        let mut needs: Vec<usize> = (0..random(4)).map(|_| random(count)).collect();
        needs.retain(|need| rank[*need] < rank[at]);
        needs.sort_unstable();
        needs.dedup();
        let fails = random(9) == 0;
        let tests: String = needs
            .iter()
            .map(|need| format!("test -e done{need} || exit {TOO_EARLY}; "))
            .collect();
        let pool = (random(3) == 0).then(|| format!("p{}", random(2)));
        let (enter, leave) = pool.as_ref().map_or_else(Default::default, |pool| {
            (
                format!("mkdir {pool} || exit {OVERFULL}; "),
                format!("rmdir {pool}; "),
            )
        });
        let end = if fails {
            "exit 1".to_owned()
        } else {
            format!("touch done{at}")
        };
        let mut json = json!({
            "name": format!("j{at}"),
            "cmd": format!("{enter}{tests}{leave}{end}"),
            "needs": needs.iter().map(|need| format!("j{need}")).collect::<Vec<_>>(),
            "weight": 1 + random(3),
        });
        if let Some(pool) = pool {
            json["pool"] = pool.into();
        }
        jobs.push(RandomJob { needs, fails, json });
    }
    jobs
}

#[test]
fn random_graphs_end_as_their_failures_say() {
    for seed in 1..=12 {
        let jobs = random_graph(seed);
        let lines: Vec<Value> = jobs.iter().map(|job| job.json.clone()).collect();
        let outcome = stage(&lines)
            .args(["--json", "-j3", "-f", "jobs.jsonl"])
            .stdout_any()
            .stderr_any()
            .any_end()
            .run();
        let status = |at: usize| outcome.record_named(&format!("j{at}"))["status"].clone();
        for (at, job) in jobs.iter().enumerate() {
            let expected = match job.needs.iter().all(|need| status(*need) == "ok") {
                true if job.fails => "failed",
                true => "ok",
                false => "skipped",
            };
            let record = outcome.record_named(&format!("j{at}"));
            assert_eq!(record["status"], expected, "seed {seed}: {record}");
            assert!(record["exit_code"] != TOO_EARLY && record["exit_code"] != OVERFULL);
        }
    }
}

#[test]
fn random_graphs_that_are_interrupted_break_no_rule() {
    for seed in 100..=106 {
        let mut lines: Vec<Value> = random_graph(seed).into_iter().map(|job| job.json).collect();
        // It runs until the signal.
        lines.push(json!({"name": "last", "cmd": "touch up; exec sleep 300"}));
        let mut run = stage(&lines)
            .args(["--json", "-j3", "-f", "jobs.jsonl"])
            .stdout_any()
            .stderr_any()
            .signal(libc::SIGTERM)
            .start();
        run.wait_for_file("up");
        run.send(libc::SIGTERM);
        let outcome = run.finish();
        assert_eq!(outcome.json().len(), lines.len(), "seed {seed}");
        for record in outcome.json() {
            let code = &record["exit_code"];
            assert!(*code != TOO_EARLY && *code != OVERFULL, "{record}");
        }
    }
}
