//! A run on a cluster is like one here.

use std::collections::BTreeMap;

use serde_json::Value;

use super::lab::Lab;
use crate::needs::{SLURM, needs};
use crate::stage::{Outcome, Stage};

/// The keys that differ from run to run, or from machine to machine.
const OWN: [&str; 11] = [
    "host",
    "max_rss_bytes",
    "pid",
    "queued_s",
    "slot",
    "start_unix_s",
    "sys_s",
    "user_s",
    "wall_s",
    "cwd",
    "t_unix_s",
];

/// The records of a run by the numbers of their jobs, without what differs from run to run.
fn records(outcome: &Outcome) -> BTreeMap<u64, Value> {
    let folder = outcome.dir().display().to_string();
    let records = outcome.json().into_iter().map(|mut record| {
        let keys = record.as_object_mut().expect("a record is an object");
        keys.retain(|key, _| !OWN.contains(&key.as_str()));
        let seq = record["seq"].as_u64().expect("a record has a number");
        let text = record.to_string().replace(&folder, "DIR");
        (
            seq,
            serde_json::from_str(&text).expect("it is JSON as before"),
        )
    });
    records.collect()
}

/// Checks that these jobs have the same records here and on the cluster.
#[track_caller]
fn assert_alike(prepare: impl Fn(Stage) -> Stage) {
    let lab = Lab::shared();
    let run = |stage: Stage| {
        let stage = prepare(stage.arg("--json")).stdout_any().stderr_any();
        records(&stage.any_end().run())
    };
    let (local, remote) = (run(lab.stage()), run(lab.slurm()));
    assert!(!local.is_empty());
    for (seq, record) in &local {
        assert_eq!(remote.get(seq), Some(record), "job {seq}");
    }
    assert_eq!(remote.len(), local.len());
}

const JOBS: &str = r#"{"name":"ok","cmd":"echo out; echo err >&2"}
{"name":"fails","cmd":"echo x; exit 7"}
{"name":"killed","cmd":"kill -9 $$"}
{"name":"unknown","cmd":"no-such-program-here"}
{"name":"argv","argv":["printf","%s|","a b","c'd","","$HOME","\n"]}
{"name":"no-program","argv":["/no/such/program"]}
{"name":"shell","cmd":"a=1; echo $((a + 1)) | tr 2 3","shell":true}
{"name":"bash","cmd":"echo ${BASH_VERSION:+yes} <(:) | cut -c1-3","shell":"/bin/bash"}
{"name":"env","cmd":"echo \"$A,${B-unset},${FROM_CLIENT-lost}\"","env":{"A":"x y","B":null}}
{"name":"stdin","cmd":"cat","stdin":"to be read\n"}
{"name":"no-stdin","cmd":"wc -c"}
{"name":"cwd","cmd":"basename \"$PWD\"","cwd":"deeper"}
{"name":"no-cwd","cmd":"pwd","cwd":"nowhere"}
{"name":"late","cmd":"sleep 20","timeout":0.3}
{"name":"retried","cmd":"test -e tried && echo again || { touch tried; exit 1; }","retries":2}
{"name":"bytes","cmd":"printf 'a\\377\\000b\\n'; printf '\\200' >&2"}
{"name":"numbers","cmd":"echo $PRUN_SEQ $PRUN_ATTEMPT $PRUN_NAME"}
{"name":"allowed","cmd":"exit 1","allow_failure":true}
{"name":"large","cmd":"head -c 200000 /dev/zero | tr '\\0' x"}
{"name":"no-newline","cmd":"printf abc"}
"#;

#[test]
fn every_ending_every_byte_and_every_word_is_as_here() {
    if !needs(SLURM) {
        return;
    }
    assert_alike(|stage| {
        let stage = stage.file("jobs.jsonl", JOBS).file("deeper/x", "");
        let stage = stage.env("B", "of the client").env("FROM_CLIENT", "ü\tb");
        stage.args(["--grace", "0.2", "-f", "jobs.jsonl"])
    });
}

#[test]
fn templates_are_filled_as_here() {
    if !needs(SLURM) {
        return;
    }
    assert_alike(|stage| {
        let stage = stage.args(["--name", "n-{1/.}", "echo {1} {1.} {#} \"{2}\" '{{}}'"]);
        stage.args([":::", "a b.c", "'", "$x", ":::", "1", "*"])
    });
    assert_alike(|stage| {
        let stage = stage.arg("-N2").args(["-e", "GIVEN=a=b"]);
        stage.args(["printf", "%s,", "{}", ":::", "1", "2", "3"])
    });
}

#[test]
fn options_of_the_run_hold_on_the_nodes() {
    if !needs(SLURM) {
        return;
    }
    assert_alike(|stage| {
        let stage = stage.args([
            "-t",
            "0.5",
            "--grace",
            "0.2",
            "--retries",
            "1",
            "--shell=/bin/bash",
        ]);
        let stage = stage
            .args(["-e", "A=1", "-u", "GONE", "-C", "deeper"])
            .env("GONE", "x");
        let stage = stage.file("deeper/x", "");
        stage.args([
            "sleep 9",
            "echo ${A}${GONE-none} $BASH; basename $PWD",
            "exit 3",
        ])
    });
}

#[test]
fn output_is_shown_in_the_order_of_the_jobs() {
    if !needs(SLURM) {
        return;
    }
    let lab = Lab::shared();
    let stage = lab.slurm().args(["-k", "--chunk", "1"]);
    let stage = stage.args(["sleep {}; echo {}", ":::", "0.4", "0.2", "0"]);
    stage.stdout("0.4\n0.2\n0\n").stderr_any().run();
}

#[test]
fn lines_come_with_the_names_of_their_jobs() {
    if !needs(SLURM) {
        return;
    }
    let lab = Lab::shared();
    let stage = lab
        .slurm()
        .args(["-o", "line", "a: echo 1; sleep 2; echo 2", "b: echo 3"]);
    let mut run = stage.stdout_any().stderr_any().start();
    run.wait_for_stdout("1\n");
    let outcome = run.finish();
    let text = String::from_utf8_lossy(&outcome.stdout).into_owned();
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(
        lines[0].starts_with('a') && lines[0].ends_with('1'),
        "{text}"
    );
    assert!(
        lines[2].starts_with('b') && lines[2].ends_with('3'),
        "{text}"
    );
}

#[test]
fn events_come_as_they_happen_and_name_the_host() {
    if !needs(SLURM) {
        return;
    }
    let lab = Lab::shared();
    let stage = lab
        .slurm()
        .args(["--json=events", "echo a; sleep 1; echo b"]);
    let outcome = stage.stdout_any().stderr_any().run();
    let kinds: Vec<String> = outcome
        .json()
        .iter()
        .map(|event| event["type"].as_str().unwrap_or_default().to_owned())
        .collect();
    let first = |kind: &str| kinds.iter().position(|found| found == kind);
    assert_eq!(first("run_start"), Some(0), "{kinds:?}");
    let all = [
        first("job_start"),
        first("output"),
        first("job_end"),
        first("run_end"),
    ];
    assert!(all.iter().all(Option::is_some), "{kinds:?}");
    assert!(all.is_sorted(), "{kinds:?}");
    let end = outcome.record(1);
    let host = end["host"].as_str();
    assert!(matches!(host, Some("n1" | "n2")), "{host:?}");
}

#[test]
fn quiet_shows_failed_jobs_alone() {
    if !needs(SLURM) {
        return;
    }
    let lab = Lab::shared();
    let stage = lab.slurm().args(["-q", "echo fine", "echo bad; exit 1"]);
    stage.stdout("bad\n").stderr_any().code(1).run();
}

#[test]
fn a_resumed_run_runs_what_is_not_done() {
    if !needs(SLURM) {
        return;
    }
    let lab = Lab::shared();
    let script = "\"$@\" 'a: echo a >>ran' 'b: echo b >>ran; test -e fixed'; touch fixed
                  \"$@\" --resume 'a: echo a >>ran' 'b: echo b >>ran; test -e fixed'";
    let stage = lab.stage_of("/bin/sh").args(["-c", script, "sh"]);
    let prun = lab.folder().with_file_name("prun");
    let stage = stage
        .arg(prun)
        .args(["--on", "slurm", "--joblog", "run.log"]);
    let outcome = stage.stdout_any().stderr_any().run();
    let mut ran: Vec<String> = outcome
        .read_text("ran")
        .lines()
        .map(str::to_owned)
        .collect();
    ran.sort();
    assert_eq!(ran, ["a", "b", "b"]);
}

#[test]
fn files_of_a_log_dir_have_the_numbers_of_the_run() {
    if !needs(SLURM) {
        return;
    }
    let lab = Lab::shared();
    let stage = lab.slurm().args(["--log-dir", "logs", "--chunk", "1"]);
    let stage = stage.args(["echo", "{}", ":::", "a", "b", "c"]);
    let outcome = stage.stdout_any().stderr_any().run();
    let mut found: Vec<(String, String)> = std::fs::read_dir(outcome.path("logs"))
        .expect("the folder is there")
        .map(|entry| entry.expect("it can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "out"))
        .map(|path| {
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            let text = std::fs::read_to_string(&path).expect("it is text");
            (name[..4].to_owned(), text)
        })
        .collect();
    found.sort();
    let expected = [("0001", "a\n"), ("0002", "b\n"), ("0003", "c\n")];
    assert_eq!(
        found,
        expected.map(|(number, text)| (number.to_owned(), text.to_owned()))
    );
}
