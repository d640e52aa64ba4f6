//! What holds for the output of every run, whatever a test expects: prun does not panic, there is one
//! record per job, the records agree with the exit code, and the job log is well-formed.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::ffi::OsString;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::PathBuf;

use serde_json::Value;

use super::{Outcome, Stage};

/// All violations.
pub(super) fn complaints(stage: &Stage, outcome: &Outcome) -> Vec<String> {
    let mut all = Vec::new();
    let panic = b"panicked at";
    let outputs = [&outcome.stderr, &outcome.screen];
    if outputs
        .iter()
        .any(|bytes| bytes.windows(panic.len()).any(|part| part == panic))
    {
        all.push("prun panicked".to_owned());
    }
    if stage.args.iter().any(|arg| arg == "--json") {
        all.extend(check_records(stage, outcome));
    }
    all.extend(joblog_path(stage).and_then(|log| check_log(outcome, log)));
    all
}

/// Checks the records. Records that a reader missed or that SIGKILL cut off are not counted as
/// missing.
fn check_records(stage: &Stage, outcome: &Outcome) -> Option<String> {
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
    // A command before the program may have an exit code of its own; a race has the winner's.
    let is_race = |arg: &OsString| arg == "--race" || arg == "--race=ok";
    if !stage.under.is_empty() || stage.args.iter().any(is_race) {
        return None;
    }
    if records.is_empty() {
        return None;
    }
    let is_ok = |record: &Value| record["status"] == "ok" || record["allow_failure"] == true;
    let all_ok = records.iter().all(is_ok);
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

/// The job log of the run, if it is a regular file now.
fn joblog_path(stage: &Stage) -> Option<PathBuf> {
    let mut args = stage
        .args
        .iter()
        .skip_while(|arg| *arg != OsStr::new("--joblog"));
    let path = stage.dir().join(args.nth(1)?);
    path.is_file().then_some(path)
}

/// Checks the job log. After SIGKILL the last line may be cut; a log that prun refused may be
/// anything.
fn check_log(outcome: &Outcome, path: PathBuf) -> Option<String> {
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
