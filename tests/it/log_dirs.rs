//! `--log-dir`: the output of each job in its own files.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::needs::needs;
use crate::readers::{case, junit};
use crate::stage::{Outcome, Stage};

/// A run with files in `logs`.
fn with_log_dir() -> Stage {
    Stage::new().args(["--log-dir", "logs"])
}

/// The files of a folder and their contents.
#[track_caller]
fn contents(dir: &Path) -> Vec<(String, String)> {
    let entries = fs::read_dir(dir).expect("the folder is there");
    let read = |entry: fs::DirEntry| {
        let name = entry.file_name().into_string().expect("names are text");
        (
            name,
            fs::read_to_string(entry.path()).expect("output is text"),
        )
    };
    let mut contents: Vec<_> = entries.flatten().map(read).collect();
    contents.sort();
    contents
}

fn logs(outcome: &Outcome) -> Vec<(String, String)> {
    contents(&outcome.path("logs"))
}

fn file(name: &str, text: &str) -> (String, String) {
    (name.to_owned(), text.to_owned())
}

#[test]
fn each_job_has_its_files_and_its_output_is_shown_as_well() {
    let outcome = with_log_dir()
        .args(["-j1", "lint: echo out; echo err >&2", "exit 3"])
        .stdout("out\n")
        .stderr_has("err\n")
        .stderr_has("── exit 3 (exit 3, ")
        .code(1)
        .run();
    let expected = [
        file("0001-lint.err", "err\n"),
        file("0001-lint.out", "out\n"),
        file("0002-exit_3.err", ""),
        file("0002-exit_3.out", ""),
    ];
    assert_eq!(logs(&outcome), expected);
}

#[test]
fn each_attempt_has_its_files() {
    let outcome = with_log_dir()
        .args(["--retries", "1", "a: echo $PRUN_ATTEMPT; exit 1"])
        .stdout("1\n2\n")
        .stderr_any()
        .code(1)
        .run();
    let mut logs = logs(&outcome);
    logs.retain(|(name, _)| name.ends_with(".out"));
    let expected = [file("0001-a.2.out", "2\n"), file("0001-a.out", "1\n")];
    assert_eq!(logs, expected);
}

#[test]
fn output_is_streamed_to_its_file() {
    let mut run = with_log_dir()
        .args([
            "a: echo begun; until [ -e go ]; do sleep 0.01; done",
            "true",
        ])
        .stdout("begun\n")
        .start();
    let line = run.wait_for_line_in("logs/0001-a.out");
    assert_eq!(line, "begun");
    fs::write(run.dir().join("go"), "").expect("the folder is writable");
    run.finish();
}

#[test]
fn streams_with_one_destination_have_one_file_in_exact_order() {
    let outcome = with_log_dir()
        .in_shell("exec \"$@\" 2>&1")
        .args(["a: echo 1; echo 2 >&2; echo 3", "true"])
        .stdout("1\n2\n3\n")
        .run();
    let expected = [file("0001-a.out", "1\n2\n3\n"), file("0002-true.out", "")];
    assert_eq!(logs(&outcome), expected);
}

#[test]
fn records_have_paths_instead_of_output() {
    let outcome = with_log_dir()
        .args(["--json", "--joblog", "run.log", "--junit", "run.xml"])
        .args(["a: echo out; echo err >&2; exit 1"])
        .stdout_any()
        .stderr_any()
        .code(1)
        .run();
    let path = |name: &str| json!(outcome.path("logs").join(name).to_str());
    let mut record = outcome.record(1);
    assert_eq!(
        (&record["stdout"], &record["stderr"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(
        (&record["stdout_bytes"], &record["stderr_bytes"]),
        (&json!(4), &json!(4))
    );
    assert_eq!(record["stdout_path"], path("0001-a.out"));
    assert_eq!(record["stderr_path"], path("0001-a.err"));
    // Other output forms contain the output itself, as they do without --log-dir.
    if needs("python3") {
        assert_eq!(case(&junit(&outcome.path("run.xml")), "a")["out"], "out\n");
    }
    let again = Stage::new()
        .file("run.log", outcome.read("run.log"))
        .args(["--replay", "run.log", "--json"])
        .stdout_any()
        .stderr_any()
        .code(1)
        .run();
    record["cwd"] = again.record(1)["cwd"].clone();
    assert_eq!(again.record(1), record);
}

#[test]
fn no_job_name_leads_out_of_the_folder() {
    let outcome = with_log_dir()
        .arg("-j1")
        .stdin(
            "{\"name\":\"../../up\",\"cmd\":\"echo 1\"}\n\
             {\"name\":\"/etc/x\",\"cmd\":\"echo 2\"}\n\
             {\"name\":\"a\\u0000b\\n..\",\"cmd\":\"echo 3\"}\n\
             {\"name\":\"A b\",\"cmd\":\"echo 4\"}\n\
             {\"name\":\"a B\",\"cmd\":\"echo 5\"}\n"
                .replace("\\u0000", "\\u0007"),
        )
        .stdout("1\n2\n3\n4\n5\n")
        .run();
    let mut logs = logs(&outcome);
    logs.retain(|(_, text)| !text.is_empty());
    let expected = [
        file("0001-.._.._up.out", "1\n"),
        file("0002-_etc_x.out", "2\n"),
        file("0003-a_b_...out", "3\n"),
        file("0004-A_b.out", "4\n"),
        file("0005-a_B.out", "5\n"),
    ];
    assert_eq!(logs, expected);
}

#[test]
fn files_of_another_run_are_never_overwritten() {
    let outcome = with_log_dir()
        .file("logs/0001-a.out", "old")
        .arg("a: echo ran")
        .stderr("prun: --log-dir logs: 0001-a.out is left from another run: use another directory, remove the file, or continue that run with --resume\n")
        .code(2)
        .run();
    assert_eq!(logs(&outcome), [file("0001-a.out", "old")]);
    // Other files do not matter.
    with_log_dir()
        .file("logs/notes.out", "old")
        .arg("a: echo ran")
        .stdout("ran\n")
        .run();
}

#[test]
fn a_folder_that_cannot_be_used_is_found_before_anything_runs() {
    Stage::new()
        .file("logs", "")
        .args(["--log-dir", "logs/a", "echo ran"])
        .stderr("prun: --log-dir logs/a: Not a directory (os error 20)\n")
        .code(2)
        .run();
    with_log_dir()
        .args(["-oraw", "echo ran"])
        .stderr("prun: --log-dir cannot be used with -o raw: only captured output goes to files\n")
        .code(2)
        .run();
}

#[test]
fn a_file_that_cannot_be_made_is_reported_as_the_jobs_end() {
    with_log_dir()
        .args(["-j1", "a: rm -r logs", "b: echo ran"])
        .stderr_has("── b (could not start: cannot create ")
        .code(1)
        .run();
}

#[test]
fn output_up_to_a_timeout_is_kept() {
    let outcome = with_log_dir()
        .args(["-t", "0.3", "--grace", "0", "a: echo begun; sleep 300"])
        .stdout("begun\n")
        .stderr_any()
        .code(1)
        .run();
    assert_eq!(logs(&outcome)[1], file("0001-a.out", "begun\n"));
}

#[test]
fn no_file_is_created_for_a_mode_without_captured_output() {
    for mode in ["raw", "none"] {
        let message = format!(
            "prun: --log-dir cannot be used with -o {mode}: only captured output goes to files\n"
        );
        let outcome = Stage::new()
            .args([
                "--joblog",
                "log",
                "--log-dir",
                "logs",
                "-o",
                mode,
                "touch ran",
            ])
            .stderr(message)
            .code(2)
            .run();
        for path in ["log", "logs", "ran"] {
            assert!(!outcome.path(path).exists(), "{path} with -o {mode}");
        }
    }
}

#[test]
fn a_run_that_resumes_from_another_adds_its_files_to_the_folder() {
    let run = || {
        let stage = Stage::new().args(["--log-dir", "logs", "--joblog", "log", "--resume", "-j1"]);
        stage.args([
            "a: echo ran",
            "b: test -e now && echo now",
            "c: echo no; exit 3",
        ])
    };
    let script = "\"$@\"; touch now; \"$@\"; exec \"$@\"";
    let outcome = run()
        .in_shell(script)
        .stdout("ran\nno\nnow\nno\nno\n")
        .stderr_any()
        .code(1)
        .run();
    for (file, text) in [
        ("0001-a.out", "ran\n"),
        ("0002-b.out", ""),
        ("0002-b.2.out", "now\n"),
        ("0003-c.out", "no\n"),
        ("0003-c.2.out", "no\n"),
        ("0003-c.3.out", "no\n"),
    ] {
        assert_eq!(outcome.read_text(format!("logs/{file}")), text, "{file}");
    }
    assert!(!outcome.path("logs/0001-a.2.out").exists());
}
