//! Files that change while prun reads them: checked lines run as checked, and appended lines run.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::time::Duration;

use crate::stage::{Outcome, Running, Stage};

/// Far more than any of these runs needs.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// A first job that creates `up` and waits for the change.
const FIRST: &str = "touch up; until [ -e go ]; do sleep 0.01; done; echo first";

/// Runs the jobs one by one and changes the file while the first job runs.
#[track_caller]
fn run_and_change(stage: Stage, change: impl FnOnce(&Running)) -> Outcome {
    let mut run = stage.within(TIME_LIMIT).start();
    run.wait_for_file("up");
    change(&run);
    fs::write(run.dir().join("go"), "").expect("the folder is writable");
    run.finish()
}

/// A run of this job file, one job at a time.
fn with_jobs(text: impl AsRef<[u8]>) -> Stage {
    Stage::new().args(["-j1", "-f", "jobs"]).file("jobs", text)
}

/// Appends to a file.
fn append(run: &Running, name: &str, text: &str) {
    let file = OpenOptions::new().append(true).open(run.dir().join(name));
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .expect("the file can be appended to");
}

/// More empty jobs than prun reads at once.
fn many_empty_jobs() -> String {
    "# a comment, to fill the file\n".repeat(5000)
}

#[test]
fn appended_lines_are_run() {
    for between in [String::new(), many_empty_jobs()] {
        run_and_change(
            with_jobs(format!("{FIRST}\n{between}")).stdout("first\nadded\nlast\n"),
            |run| append(run, "jobs", "echo added\necho last"),
        );
    }
}

#[test]
fn a_job_may_append_to_its_own_file() {
    with_jobs("for n in 1 2 3; do echo \"echo $n\" >> jobs; done\n")
        .stdout("1\n2\n3\n")
        .run();
}

#[test]
fn an_invalid_line_that_is_added_is_reported_when_it_is_reached() {
    let stage = Stage::new()
        .args(["-j1", "-f", "jobs.jsonl"])
        .file("jobs.jsonl", format!("{{\"cmd\":\"{FIRST}\"}}\n"))
        .stdout("first\nadded\n")
        .stderr_has("prun: jobs.jsonl:3:6: unknown key `cmb`: did you mean `cmd`?\n")
        .code(2);
    let outcome = run_and_change(stage, |run| {
        append(
            run,
            "jobs.jsonl",
            "{\"cmd\":\"echo added\"}\n{\"cmb\":1}\n{\"cmd\":\"touch started\"}\n",
        );
    });
    assert!(!outcome.path("started").exists(), "a job was started");
}

#[test]
fn a_file_that_is_rewritten_does_not_run_part_of_a_line() {
    // The new file is longer, and the old end is in the middle of a line.
    let outcome = run_and_change(with_jobs(format!("{FIRST}\n")).stdout("first\n"), |run| {
        let line = "true; true; true; true; true; touch started\n";
        fs::write(run.dir().join("jobs"), line.repeat(100)).unwrap();
    });
    assert!(!outcome.path("started").exists(), "a job was started");
}

#[test]
fn a_change_of_lines_that_have_not_run_yet_is_an_error() {
    let stage = with_jobs(format!("{FIRST}\n{}touch started\n", many_empty_jobs()))
        .stdout("first\n")
        .stderr_has(
            "prun: jobs: cannot read: the file changed after it was checked: \
             edit it after prun has exited, or only append lines\n",
        )
        .code(2);
    let outcome = run_and_change(stage, |run| {
        let text = format!("{FIRST}\n# one more\n{}touch started\n", many_empty_jobs());
        fs::write(run.dir().join("jobs"), text).unwrap();
    });
    assert!(!outcome.path("started").exists(), "a job was started");
}

#[test]
fn a_file_of_arguments_is_read_in_the_same_way() {
    let stage = || {
        Stage::new()
            .args(["-j1", "-a", "args"])
            .arg("touch up; until [ -e go ]; do sleep 0.01; done; echo {}")
            .file("args", "a\n")
    };
    run_and_change(stage().stdout("a\nb\n"), |run| append(run, "args", "b\n"));
    run_and_change(stage().stdout("a\n"), |run| {
        fs::write(run.dir().join("args"), "another\nfile\n").unwrap();
    });
}

#[test]
fn a_file_of_the_kernel_is_read_once() {
    // Its contents differ at each reading.
    let outcome = Stage::new()
        .args(["-a", "/proc/sys/kernel/random/uuid", "echo"])
        .stdout_any()
        .run();
    assert_eq!(
        outcome.stdout.len(),
        "00000000-0000-0000-0000-000000000000\n".len()
    );
}

#[test]
fn a_file_that_is_emptied_or_removed_has_been_read() {
    run_and_change(with_jobs(format!("{FIRST}\n")).stdout("first\n"), |run| {
        fs::write(run.dir().join("jobs"), "").unwrap();
    });
    run_and_change(
        with_jobs(format!("{FIRST}\n{}", many_empty_jobs())).stdout("first\n"),
        |run| {
            fs::remove_file(run.dir().join("jobs")).unwrap();
        },
    );
}
