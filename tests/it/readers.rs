//! Independent readers of the files that prun writes.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

/// Runs a script of this folder on a file, and parses the JSON that it prints.
#[track_caller]
fn read(script: &str, file: &Path) -> Value {
    play(script, &[file.as_os_str()])
}

#[track_caller]
fn play(script: &str, args: &[&OsStr]) -> Value {
    let output = Command::new("python3")
        .args(["-c", script])
        .args(args)
        .output()
        .expect("python3 can be run");
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{args:?}: {complaint}");
    serde_json::from_slice(&output.stdout).expect("the script prints JSON")
}

/// The suite of a JUnit report and its test cases, as Python's XML reader and, if it is installed,
/// `junitparser` read them.
#[track_caller]
pub(crate) fn junit(file: &Path) -> Value {
    read(include_str!("readers/junit.py"), file)
}

/// The only test case with this name.
#[track_caller]
pub(crate) fn case<'a>(suite: &'a Value, name: &str) -> &'a Value {
    let cases = suite["cases"].as_array().expect("there are test cases");
    let mut found = cases.iter().filter(|case| case["name"] == name);
    match (found.next(), found.next()) {
        (Some(case), None) => case,
        _ => panic!("there is no one test case {name:?}: {suite:#}"),
    }
}

/// The events of a trace. Its array may be unterminated: the format allows it, because a run may be
/// killed.
#[track_caller]
pub(crate) fn trace(file: &Path) -> Vec<Value> {
    let script = include_str!("readers/trace.py");
    let events = read(script, file);
    events.as_array().expect("a trace is an array").clone()
}

/// What Chromium finds in a report: a scene of `browser.py`. Screenshots go to a folder of `target`.
#[track_caller]
pub(crate) fn browser(file: &Path, scene: &str) -> Value {
    // One at a time: each starts many processes.
    static BROWSER: Mutex<()> = Mutex::new(());
    let _one = BROWSER.lock().unwrap_or_else(PoisonError::into_inner);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("screenshots");
    std::fs::create_dir_all(&folder).expect("the target folder can hold a folder");
    let mut args = vec![file.as_os_str(), scene.as_ref()];
    if scene == "looks" {
        args.push(folder.as_os_str());
    }
    play(include_str!("readers/browser.py"), &args)
}

/// The data of a report, in the element that holds it.
#[track_caller]
pub(crate) fn report_data(file: &Path) -> Value {
    let page = std::fs::read_to_string(file).expect("the page is text");
    let begin = "<script type=\"application/json\" id=\"data\">";
    let (_, rest) = page.split_once(begin).expect("the page has its data");
    let (data, _) = rest.split_once("</script>").expect("the data has an end");
    serde_json::from_str(data).expect("the data is JSON")
}
