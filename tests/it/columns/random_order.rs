//! `--shuf`: jobs in random order.

use crate::stage::Stage;

/// What a dry run prints in an order.
fn listed(order: &str, args: &[&str]) -> Vec<String> {
    let outcome = Stage::new()
        .file("jobs.txt", "a\nb\nc\nd\ne\n")
        .args([order, "-n"])
        .args(args)
        .stdin("a\nb\nc\nd\ne\n")
        .stdout_any()
        .stderr_has("prun: random order: --shuf=")
        .run();
    let text = String::from_utf8(outcome.stdout).expect("the jobs are text");
    text.lines().map(str::to_owned).collect()
}

#[test]
fn a_seed_repeats_the_order_of_every_source() {
    let list = ["echo", ":::", "a", "b", "c", "d", "e"];
    for args in [
        &list[..],
        &["a", "b", "c", "d", "e"],
        &["-f", "jobs.txt"],
        &["-a", "-", "echo"],
    ] {
        let first = listed("--shuf=7", args);
        assert_eq!(listed("--shuf=7", args), first);
        let mut sorted = first.clone();
        sorted.sort();
        assert_eq!(sorted.len(), 5);
        assert_ne!(sorted, first, "this seed leaves the order");
        sorted.dedup();
        assert_eq!(sorted.len(), 5);
    }
}

/// Six jobs, one after the other.
const SIX: [&str; 10] = [
    "-j1",
    "/bin/echo",
    "{}",
    ":::",
    "a",
    "b",
    "c",
    "d",
    "e",
    "f",
];

#[test]
fn the_seed_is_told() {
    let outcome = Stage::new()
        .arg("--shuf")
        .args(SIX)
        .stdout_any()
        .stderr_has("prun: random order: --shuf=")
        .run();
    let told = String::from_utf8_lossy(&outcome.stderr).into_owned();
    let seed = told
        .split(' ')
        .find(|word| word.starts_with("--shuf="))
        .expect("it is told");
    Stage::new()
        .arg(seed)
        .args(SIX)
        .stdout(outcome.stdout)
        .stderr(told.clone())
        .run();
}

#[test]
fn a_bad_line_of_a_stream_is_found_before_the_first_job() {
    let outcome = Stage::new()
        .args(["--shuf=1", "-f", "-"])
        .stdin("{\"cmd\":\"touch started\"}\n{\"cmd\":1}\n")
        .stderr_has("stdin:2")
        .code(2)
        .run();
    assert!(!outcome.path("started").exists());
}
