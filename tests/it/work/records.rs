//! The records of a journal are those of a run of its own.

use serde_json::{Value, json};

use super::{journal, lines, of_type, output, stage, work};
use crate::stage::Stage;

/// What a record says of a job, without when and where it ran.
fn meaning(record: &Value) -> Value {
    let mut meaning = record.clone();
    let keys = [
        "t_unix_s",
        "begun_s",
        "key",
        "pid",
        "start_unix_s",
        "queued_s",
        "wall_s",
        "user_s",
        "sys_s",
        "max_rss_bytes",
        "stdout",
        "stderr",
        "stdout_base64",
        "stderr_base64",
        "slot",
    ];
    for key in keys {
        meaning.as_object_mut().map(|record| record.remove(key));
    }
    meaning
}

#[test]
fn a_job_has_the_same_record_as_in_a_run_of_its_own() {
    let local = Stage::new();
    let dir = local.dir().to_str().expect("a temporary path is text");
    let dir = dir.to_owned();
    let plain = [
        json!({"cmd": "echo a; exit 3", "name": "x"}),
        json!({"cmd": "true"}),
        json!({"cmd": "nosuch-program a"}),
        json!({"cmd": "nosuch-program a", "shell": "bash -eu"}),
        json!({"argv": ["nosuch-program", "a b"]}),
        json!({"argv": ["sh", "-c", "kill -9 $$"]}),
        json!({"argv": ["echo"], "argv_base64": ["ZWNobw==", "/w=="]}),
        json!({"cmd": "cat; exit 1", "stdin": "in\n", "allow_failure": true}),
        json!({"cmd": "echo $A $B", "env": {"A": "b", "HOME": null}}),
        json!({"cmd": "pwd", "cwd": "/nowhere"}),
        json!({"cmd": "./script", "cwd": dir}),
    ];
    let local = local
        .jobs(&plain)
        .file("script", "no program")
        .args(["-f", "jobs.jsonl", "--joblog", "log", "-j1"])
        .stdout_any()
        .stderr_any()
        .code(1)
        .run();
    // The same as work: the shell is settled, and the folder is absolute.
    let jobs: Vec<Value> = (1..)
        .zip(plain)
        .map(|(seq, mut job)| {
            job["seq"] = Value::from(seq);
            if job["cwd"] != "/nowhere" {
                job["cwd"] = (*dir).into();
            }
            if job["shell"].is_string() {
                job["shell_words"] = json!(["bash", "-eu", "-c"]);
                job["direct"] = false.into();
                job.as_object_mut().map(|job| job.remove("shell"));
            }
            if job.get("argv_base64").is_some() {
                job.as_object_mut().map(|job| job.remove("argv"));
            }
            job
        })
        .collect();
    let remote = stage(work(json!({}), &jobs)).run();
    let records = |lines: &[Value]| -> Vec<Value> {
        let ends = of_type(lines, "job_end").into_iter();
        ends.map(meaning).collect()
    };
    let (here, there) = (lines(&local.path("log")), journal(&remote));
    for (here, there) in records(&here).iter().zip(records(&there)) {
        assert_eq!(*here, there);
    }
    assert_eq!(records(&here).len(), records(&there).len());
}

#[test]
fn a_filled_template_falls_back_to_its_shell_and_keeps_its_values() {
    let jobs = [
        json!({"seq": 1, "cmd": "nosuch {}", "argv": ["nosuch", "x y"], "shell": true, "cwd": "/",
            "shell_argv": ["/bin/sh", "-c", "echo \"$1\"; exit 127", "sh", "x y"], "args": ["x y"]}),
        json!({"seq": 2, "argv": ["func", "a"], "shell": true, "args": ["a"], "cwd": "/"}),
    ];
    let outcome = stage(work(json!({}), &jobs))
        .env("BASH_FUNC_func%%", "() { echo f \"$1\"; }")
        .run();
    let journal = journal(&outcome);
    let ends = of_type(&journal, "job_end");
    assert_eq!(output(&journal, 1, "stdout"), b"x y\n");
    assert_eq!(
        (&ends[0]["cmd"], &ends[0]["args"]),
        (&"nosuch {}".into(), &json!(["x y"]))
    );
    assert_eq!(
        (&ends[0]["exit_code"], &ends[0]["shell"]),
        (&127.into(), &true.into())
    );
    assert!(ends[0]["exec_error"].is_string(), "{}", ends[0]);
    assert_eq!(output(&journal, 2, "stdout"), b"f a\n");
}
