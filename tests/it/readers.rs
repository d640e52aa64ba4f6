//! Readers that we did not write: what they make of the files that prun leaves.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Runs a script of this folder on a file, and reads the JSON that it prints.
#[track_caller]
fn read(script: &str, file: &Path) -> Value {
    let output = Command::new("python3")
        .args(["-c", script])
        .arg(file)
        .output()
        .expect("python3 can be run");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {complaint}", file.display());
    serde_json::from_slice(&output.stdout).expect("the script prints JSON")
}

/// The suite of a JUnit report and its test cases, as Python's own XML reader sees them, and as
/// `junitparser` does where it is installed.
#[track_caller]
pub(crate) fn junit(file: &Path) -> Value {
    read(include_str!("readers/junit.py"), file)
}

/// The one test case of this name.
#[track_caller]
pub(crate) fn case<'a>(suite: &'a Value, name: &str) -> &'a Value {
    let cases = suite["cases"].as_array().expect("there are test cases");
    let mut found = cases.iter().filter(|case| case["name"] == name);
    match (found.next(), found.next()) {
        (Some(case), None) => case,
        _ => panic!("there is no one test case {name:?}: {suite:#}"),
    }
}

/// The events of a trace, whose array may be open: the format allows it, as a run may be killed.
#[track_caller]
pub(crate) fn trace(file: &Path) -> Vec<Value> {
    let script = include_str!("readers/trace.py");
    let events = read(script, file);
    events.as_array().expect("a trace is an array").clone()
}
