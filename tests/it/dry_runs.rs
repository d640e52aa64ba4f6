//! `--dry-run`: prints the exact commands, and nothing else happens.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use crate::needs::needs;
use crate::stage::{Outcome, Stage};

#[test]
fn the_commands_are_printed_quoted_one_a_line() {
    Stage::new()
        .args([
            "-n",
            "echo \"$HOME\" | wc",
            "ls -l  'a  b' c",
            "web: cat it\\'s",
            "printf '\\n'",
            "nosuch",
        ])
        .stdout(
            "/bin/sh -c 'echo \"$HOME\" | wc'\nls -l 'a  b' c\n/bin/sh -c 'cat it\\'\"'\"'s'\n\
             /bin/sh -c 'printf '\"'\"'\\n'\"'\"''\nnosuch\n",
        )
        .run();
}

#[test]
fn nothing_is_started() {
    let outcome = Stage::new()
        .args(["--dry-run", "touch started", "touch started; true"])
        .stdout("touch started\n/bin/sh -c 'touch started; true'\n")
        .run();
    assert!(!outcome.path("started").exists());
}

#[test]
fn the_shell_that_would_be_used_is_shown() {
    Stage::new()
        .args(["-n", "--shell=bash -eu", "ls"])
        .stdout("bash -eu -c ls\n")
        .run();
    Stage::new()
        .args(["-n", "-s", "ls"])
        .stdout("/bin/sh -c ls\n")
        .run();
    Stage::new()
        .args(["-n", "--exec", "echo 'a b'"])
        .stdout("echo 'a b'\n")
        .run();
}

/// Jobs of every kind that print what they were given; the last has an argument that is not UTF-8.
const JOBS: &str = r#"{"cmd":"echo \"$A\" 'it''s' | cat"}
{"cmd":"printf '[%s]' a 'b c' \"\" '*' "}
{"name":"web","argv":["printf","%s|","x","","it's","$HOME","\n","\u001b[m","\\"]}
{"argv_base64":["cHJpbnRm","JXM=","Yf8="],"argv":["?"]}
"#;

#[test]
fn printed_commands_can_be_pasted() {
    let run = |args: &[&str]| {
        Stage::new()
            .args(args)
            .stdin(JOBS)
            .stdout_any()
            .run()
            .stdout
    };
    let (printed, script) = (run(&["-j1"]), run(&["-n"]));
    assert_eq!(
        printed,
        b" its\n[a][b c][][*]x||it's|$HOME|\n|\x1b[m|\\|a\xff"
    );
    Stage::of("/bin/sh").stdin(script).stdout(printed).run();
}

#[test]
fn a_job_file_is_printed_with_json() {
    let jobs = "{\"name\":\"web\",\"cmd\":\"serve 'a b'\",\"cwd\":\"sub\",\"env\":{\"B\":\"1\",\"C\":null},\
                \"stdin\":\"seed\\n\",\"timeout\":\"1m\",\"retries\":2}\n{\"cmd\":\"a | b\"}\n";
    Stage::new()
        .args([
            "--dry-run",
            "--json",
            "-e",
            "A=x",
            "-e",
            "B=2",
            "--unset",
            "D",
        ])
        .stdin(jobs)
        .stdout(
            "{\"name\":\"web\",\"argv\":[\"serve\",\"a b\"],\"cwd\":\"[DIR]/sub\",\
             \"env\":{\"A\":\"x\",\"B\":\"1\",\"C\":null,\"D\":null},\"stdin\":\"seed\\n\",\
             \"timeout\":60.0,\"retries\":2}\n\
             {\"argv\":[\"/bin/sh\",\"-c\",\"a | b\"],\"cwd\":\"[DIR]\",\
             \"env\":{\"A\":\"x\",\"B\":\"2\",\"D\":null}}\n",
        )
        .run();
}

/// The commands and results of a run, in the order of the jobs.
fn results(outcome: &Outcome) -> Vec<String> {
    let mut records = outcome.json();
    records.sort_by_key(|record| record["seq"].as_u64());
    let keys = [
        "name",
        "argv",
        "argv_base64",
        "cwd",
        "status",
        "stdout",
        "stdout_base64",
        "stderr",
    ];
    let result = |record: &serde_json::Value| keys.map(|key| record[key].to_string()).join(" ");
    records.iter().map(result).collect()
}

#[test]
fn a_job_file_printed_with_json_runs_the_same() {
    if !needs("bash") {
        return;
    }
    let more = "{\"cmd\":\"pwd; cat; echo $A ${B-unset} ${HOME-unset}\",\"cwd\":\"sub\",\"env\":{\"B\":null},\"stdin\":\"seed\\u0000\\n\"}\n\
                {\"cmd\":\"exit 3\",\"shell\":\"bash -eu\"}\n";
    // One run prints the job file; the next two run the jobs and that file in the same folder.
    let script = "\"$@\" --dry-run -f jobs.jsonl > printed.jsonl && \"$@\" -f jobs.jsonl > first; \
                  sh -c 'cd /; exec \"$0\" --json -f \"$1\"' \"$1\" \"$PWD\"/printed.jsonl";
    let outcome = Stage::new()
        .args(["--json", "-e", "A=x y", "-e", "B=2", "-u", "HOME"])
        .in_shell(script)
        .file("jobs.jsonl", format!("{JOBS}{more}"))
        .file("sub/x", "")
        .env("B", "0")
        .stdout_any()
        .stderr_any()
        .code(1)
        .run();
    let first = Stage::of("cat")
        .stdin(outcome.read("first"))
        .stdout_any()
        .run();
    assert_eq!(results(&outcome).len(), 6);
    assert_eq!(results(&outcome), results(&first));
}

#[test]
fn folders_variables_and_input_that_are_not_text_are_read_back() {
    let script = "\"$@\" --dry-run --json -f jobs.jsonl > printed.jsonl && \"$@\" -f jobs.jsonl; \
                  cd / && exec \"$1\" -f \"$OLDPWD\"/printed.jsonl";
    let outcome = Stage::new()
        .arg("-C")
        .arg(OsStr::from_bytes(b"sub\xff"))
        .arg("-e")
        .arg(OsStr::from_bytes(b"N=\xfe"))
        .in_shell(script)
        .file(OsStr::from_bytes(b"sub\xff/here"), "")
        .file(
            "jobs.jsonl",
            "{\"cmd\":\"ls; printenv N; cat\",\"stdin_base64\":\"/QA=\"}\n",
        )
        .stdout(b"here\n\xfe\n\xfd\0here\n\xfe\n\xfd\0")
        .run();
    let printed = outcome.read_text("printed.jsonl");
    for key in ["cwd_base64", "env_base64", "stdin_base64"] {
        assert!(printed.contains(key), "{key} is missing: {printed}");
    }
}

#[test]
fn a_bad_line_of_a_file_is_reported_before_anything_is_printed() {
    Stage::new()
        .args(["-n", "-f", "jobs.jsonl"])
        .file("jobs.jsonl", "{\"cmd\":\"a\"}\n{\"cmb\":\"b\"}\n")
        .stderr("prun: jobs.jsonl:2:6: unknown key `cmb`: did you mean `cmd`?\n")
        .code(2)
        .run();
}

#[test]
fn a_bad_line_of_a_stream_is_reported_after_the_lines_before_it() {
    Stage::new()
        .args(["-n"])
        .stdin("{\"cmd\":\"a\"}\n{\"cmb\":\"b\"}\n{\"cmd\":\"c\"}\n")
        .stdout("a\n")
        .stderr("prun: stdin:2:6: unknown key `cmb`: did you mean `cmd`?\n")
        .code(2)
        .run();
}

#[test]
fn a_list_that_cannot_be_written_is_reported() {
    Stage::new()
        .args(["-n", "ls"])
        .in_shell("exec \"$@\" > /dev/full")
        .stderr_has("No space left on device")
        .code(3)
        .run();
}
