//! Runs on a cluster with Slurm: the same jobs, and the same told of them, whatever dies meanwhile.
//!
//! `lab` is a cluster on this machine. `alike` compares runs there with local ones, `spread` is where and when
//! jobs run, `lost` what becomes of those whose node, task or controller is gone, `ends` how a run is ended,
//! `followed` how it is followed by another prun, `folders` where its files are, `limits` what the cluster
//! does not take, and `readme` the lines of the README.

mod alike;
mod ends;
mod folders;
mod followed;
mod lab;
mod limits;
mod lost;
mod readme;
mod spread;

use serde_json::Value;

use crate::stage::Outcome;

/// The names and endings of a run's jobs by its records, in order: `a ok`, `b failed lost`.
fn endings(outcome: &Outcome) -> Vec<String> {
    let mut endings: Vec<String> = outcome.json().iter().map(ending).collect();
    endings.sort();
    endings
}

fn ending(record: &Value) -> String {
    let text = |key: &str| record[key].as_str().unwrap_or_default().to_owned();
    let name = match &record["name"] {
        Value::Null => record["seq"].to_string(),
        _ => text("name"),
    };
    format!("{name} {} {}", text("status"), text("reason"))
        .trim_end()
        .to_owned()
}

/// How many jobs are `ok`, by their records; no job may have two.
#[track_caller]
fn ok_jobs(outcome: &Outcome) -> usize {
    let records = outcome.json();
    let mut seqs: Vec<u64> = records
        .iter()
        .filter_map(|record| record["seq"].as_u64())
        .collect();
    seqs.sort_unstable();
    seqs.dedup();
    assert_eq!(
        seqs.len(),
        records.len(),
        "each job is told once: {records:#?}"
    );
    records
        .iter()
        .filter(|record| record["status"] == "ok")
        .count()
}
