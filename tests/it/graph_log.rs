//! Job logs of jobs that need each other.

use serde_json::{Value, json};

use crate::stage::Stage;

/// When the runs of these logs began.
const BEGIN: f64 = 1_795_342_438.0;

/// The lines of a run, in the order of the jobs.
#[derive(Default)]
pub(crate) struct Log {
    lines: Vec<Value>,
    jobs: u32,
}

impl Log {
    /// Adds a job that ran in a slot from `start` for `wall` seconds; `more` are further keys of its record.
    pub(crate) fn ran(&mut self, name: &str, (slot, start, wall): (u32, f64, f64), more: Value) {
        self.jobs += 1;
        let seq = self.jobs;
        self.lines.push(json!({
            "type": "job_start", "t_unix_s": BEGIN + start, "key": null, "seq": seq, "name": name, "attempt": 1,
            "slot": slot, "pid": 4711, "pid_start_ticks": null, "command": format!("run {name}"), "begun_s": start,
        }));
        let mut record = json!({
            "type": "job_end", "t_unix_s": BEGIN + start + wall, "begun_s": start, "v": 1, "seq": seq,
            "name": name, "cmd": format!("run {name}"), "argv": ["/bin/sh", "-c", format!("run {name}")],
            "shell": true, "args": [], "cwd": "/w", "needs": [], "pool": null, "weight": 1, "allow_failure": false,
            "status": "ok", "reason": null, "exit_code": 0, "signal": null, "error": null, "attempts": 1,
            "slot": slot, "pid": 4711, "start_unix_s": BEGIN + start, "queued_s": start, "wall_s": wall,
            "user_s": 0.1, "sys_s": 0.1, "max_rss_bytes": 1 << 20, "leaked": false, "truncated": false,
            "stdout": "", "stderr": "", "stdout_bytes": 0, "stderr_bytes": 0,
        });
        for (key, value) in more.as_object().expect("keys") {
            record[key] = value.clone();
        }
        self.lines.push(record);
    }

    /// Adds a job that was skipped at this moment because of another one.
    pub(crate) fn skipped(&mut self, name: &str, needs: &[&str], why: &str, at: f64) {
        self.ran(name, (1, at, 0.0), json!({
            "needs": needs, "status": "skipped", "reason": "needs", "error": why, "failed_need": why.split(": ").next(), "exit_code": null, "attempts": 0,
            "slot": null, "pid": null, "start_unix_s": null, "queued_s": null, "wall_s": null, "user_s": null,
            "sys_s": null, "max_rss_bytes": null,
        }));
        // It has no start.
        let record = self.lines.pop();
        self.lines.pop();
        let mut record = record.expect("it was added");
        record.as_object_mut().expect("keys").remove("begun_s");
        self.lines.push(record);
    }

    /// The lines of the log, in the order of the endings.
    pub(crate) fn text(mut self) -> String {
        let at = |record: &Value| record["t_unix_s"].as_f64().expect("a time");
        self.lines.sort_by(|a, b| at(a).total_cmp(&at(b)));
        let end = self.lines.last().map_or(BEGIN, at);
        let begin = json!({"type": "run_start", "t_unix_s": BEGIN, "v": 1});
        let end = json!({"type": "run_end", "t_unix_s": end, "wall_s": end - BEGIN});
        let lines = std::iter::once(&begin).chain(&self.lines).chain([&end]);
        lines.map(|line| format!("{line}\n")).collect()
    }
}

/// A run with a service, a failure that was allowed, and one that was not.
pub(crate) fn log() -> String {
    let mut log = Log::default();
    let service = json!({"service_end": "ended_with_run", "exit_code": null, "signal": "SIGTERM"});
    log.ran("build", (1, 0.0, 12.0), json!({}));
    log.ran("lint", (2, 0.0, 4.0), json!({
        "allow_failure": true, "status": "failed", "exit_code": 3, "stderr": "unused\n", "stderr_bytes": 7,
    }));
    log.ran("docs", (2, 4.0, 2.0), json!({}));
    log.ran("db", (5, 0.1, 31.0), service.clone());
    let mut needs_db = service;
    needs_db["needs"] = json!(["build", "db"]);
    log.ran("api", (6, 12.01, 19.0), needs_db);
    log.ran(
        "test",
        (1, 14.0, 10.0),
        json!({"needs": ["build", "api"], "pool": "db", "weight": 2}),
    );
    log.ran("e2e", (2, 24.01, 6.0), json!({
        "needs": ["api"], "pool": "db", "status": "failed", "exit_code": 1, "stderr": "not equal\n",
        "stderr_bytes": 10,
    }));
    for name in ["deploy-a", "deploy-b"] {
        log.skipped(name, &["e2e"], "e2e: exit 1", 30.01);
    }
    for name in ["announce", "tag", "publish", "clean"] {
        log.skipped(name, &["deploy-a"], "e2e: exit 1", 30.01);
    }
    log.ran("load", (3, 20.0, 10.0), json!({
        "needs": ["api"], "status": "canceled", "reason": "needs", "error": "e2e: exit 1", "failed_need": "e2e", "exit_code": null,
        "signal": "SIGTERM",
    }));
    log.text()
}

/// A replay of a log; it fails as the run did.
pub(crate) fn replay(log: String) -> Stage {
    Stage::new()
        .file("run.log", log)
        .args(["--replay", "run.log"])
        .code(1)
}
