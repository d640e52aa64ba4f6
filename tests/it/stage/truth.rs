//! What holds for everything that prun says, whatever a test expects of it: it does not panic, its
//! records tell of every job once and agree with its exit code, and its job log is whole.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;

use serde_json::Value;

use super::{Outcome, Stage};

/// All complaints about what was said.
pub(super) fn complaints(stage: &Stage, outcome: &Outcome) -> Vec<String> {
    let mut all = Vec::new();
    let panic = b"panicked at";
    let said = [&outcome.stderr, &outcome.screen];
    if said
        .iter()
        .any(|bytes| bytes.windows(panic.len()).any(|part| part == panic))
    {
        all.push("prun panicked".to_owned());
    }
    if stage.args.iter().any(|arg| arg == "--json") {
        all.extend(about_records(stage, outcome));
    }
    all.extend(log_of(stage).and_then(|log| about_log(outcome, log)));
    all
}

/// A record that a reader missed, or that SIGKILL cut, is no untruth, and so not looked at.
fn about_records(stage: &Stage, outcome: &Outcome) -> Option<String> {
    let lines = outcome.stdout.split(|&byte| byte == b'\n');
    let values = lines.filter_map(|line| serde_json::from_slice::<Value>(line).ok());
    let records: Vec<Value> = values.filter(|value| value["status"].is_string()).collect();
    let seqs: BTreeSet<_> = records
        .iter()
        .map(|record| record["seq"].as_u64())
        .collect();
    if seqs.len() < records.len() {
        return Some("a job has two records".to_owned());
    }
    // Words before the program may have an exit code of their own, and so has the winner of a race.
    if !stage.under.is_empty() || stage.args.iter().any(|arg| arg == "--race") {
        return None;
    }
    if records.is_empty() {
        return None;
    }
    let all_ok = records.iter().all(|record| record["status"] == "ok");
    match outcome.status.code() {
        Some(0) if !all_ok => {
            Some("a job is not ok by its record, and the exit code is 0".to_owned())
        }
        Some(1) if all_ok => {
            Some("all jobs are ok by their records, and the exit code is 1".to_owned())
        }
        _ => None,
    }
}

/// The job log that the run was given, if it is a file now.
fn log_of(stage: &Stage) -> Option<PathBuf> {
    let mut args = stage
        .args
        .iter()
        .skip_while(|arg| *arg != OsStr::new("--joblog"));
    let path = stage.dir().join(args.nth(1)?);
    path.is_file().then_some(path)
}

/// Nothing is promised of the last line after SIGKILL, nor of a log that prun refused.
fn about_log(outcome: &Outcome, path: PathBuf) -> Option<String> {
    if outcome.status.signal() == Some(libc::SIGKILL) || outcome.status.code() == Some(2) {
        return None;
    }
    let text = fs::read_to_string(path).unwrap_or_default();
    let is_whole = |line: &str| {
        let value = serde_json::from_str::<Value>(line);
        line.ends_with('\n') && value.is_ok_and(|value| value["type"].is_string())
    };
    let torn = text.split_inclusive('\n').find(|line| !is_whole(line))?;
    Some(format!("the job log has a line that is none: {torn:?}"))
}
