//! Job files: lines, JSON Lines and JSON arrays, and the keys of a job.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use crate::needs::needs;
use crate::stage::Stage;

/// A run of this job file, one job at a time.
fn with_file(name: &str, bytes: impl AsRef<[u8]>) -> Stage {
    Stage::new().args(["-j1", "-f", name]).file(name, bytes)
}

#[test]
fn a_line_is_a_command() {
    with_file("jobs", "echo a\necho b | tr b c\n")
        .stdout("a\nc\n")
        .run();
}

#[test]
fn blank_lines_and_comments_are_skipped() {
    with_file(
        "jobs",
        "\n# echo x\n   \n\t# echo y\necho a # behind\n\n#\n",
    )
    .stdout("a\n")
    .run();
}

#[test]
fn the_last_line_needs_no_newline() {
    with_file("jobs", "echo a\necho b").stdout("a\nb\n").run();
}

#[test]
fn a_line_is_not_continued() {
    with_file("jobs", "echo a\\\necho b\n")
        .stdout_has("b\n")
        .stdout_has("a")
        .run();
}

#[test]
fn an_empty_file_is_no_jobs() {
    for name in ["jobs", "jobs.jsonl", "jobs.json"] {
        with_file(name, "").run();
    }
    with_file("jobs", "\n# nothing\n").run();
    with_file("jobs.json", "[]").run();
}

#[test]
fn crlf_is_taken_with_one_warning() {
    with_file("jobs", "echo a\r\necho b\r\n\r\nprintf '[%s]\\n' c\r\n")
        .stdout("a\nb\n[c]\n")
        .stderr("prun: jobs:1: lines end with CRLF: the carriage returns are dropped\n")
        .run();
}

#[test]
fn a_byte_order_mark_is_dropped() {
    with_file("jobs", "\u{feff}echo a\n").stdout("a\n").run();
    with_file("jobs", "\u{feff}{\"cmd\":\"echo a\"}\n")
        .stdout("a\n")
        .run();
    with_file("jobs.json", "\u{feff}[{\"cmd\":\"echo a\"}]")
        .stdout("a\n")
        .run();
}

#[test]
fn the_extension_or_the_first_bytes_determine_the_format() {
    let lines = "{\"cmd\":\"echo a\"}\n\n{\"cmd\":\"echo b\"}\n";
    for name in ["jobs.jsonl", "jobs.ndjson", "jobs", "jobs.txt"] {
        with_file(name, lines).stdout("a\nb\n").run();
    }
    let array = "\n [ {\"cmd\" :\n \"echo a\"},\n{\"cmd\":\"echo b\"}\n]\n";
    for name in ["jobs.json", "jobs"] {
        with_file(name, array).stdout("a\nb\n").run();
    }
}

#[test]
fn a_line_with_a_brace_or_a_bracket_is_still_a_command() {
    with_file("jobs", "{ echo a; echo b; }\n")
        .stdout("a\nb\n")
        .run();
    with_file("jobs", "[ -e jobs ] && echo there\n")
        .stdout("there\n")
        .run();
}

#[test]
fn stdin_is_read_when_nothing_is_named() {
    Stage::new()
        .arg("-j1")
        .stdin("echo a\necho b\n")
        .stdout("a\nb\n")
        .run();
    Stage::new()
        .args(["-j1", "-f", "-"])
        .stdin("echo a\n")
        .stdout("a\n")
        .run();
    Stage::new()
        .arg("-j1")
        .file("jobs", "echo from a file\n")
        .in_shell("exec \"$@\" < jobs")
        .stdout("from a file\n")
        .run();
}

#[test]
fn a_job_may_have_a_folder() {
    with_file(
        "jobs.jsonl",
        "{\"cmd\":\"pwd\",\"cwd\":\"sub\"}\n{\"cmd\":\"pwd; true\",\"cwd\":\"/\"}\n{\"argv\":[\"pwd\"],\"cwd\":\"sub/..\"}\n",
    )
    .file("sub/x", "")
    .stdout_has("[DIR]/sub\n/\n[DIR]")
    .run();
}

#[test]
fn a_folder_of_a_job_is_relative_to_that_of_the_run() {
    let outcome = with_file(
        "jobs.jsonl",
        "{\"cmd\":\"pwd\",\"cwd\":\"b\"}\n{\"cmd\":\"pwd\"}\n",
    )
    .args(["--json", "-C", "a"])
    .file("a/b/x", "")
    .stdout_any()
    .run();
    let dir = outcome.dir().to_str().unwrap();
    assert_eq!(outcome.record(1)["stdout"], format!("{dir}/a/b\n"));
    assert_eq!(outcome.record(1)["cwd"], format!("{dir}/a/b"));
    assert_eq!(outcome.record(2)["cwd"], format!("{dir}/a"));
}

#[test]
fn a_job_may_set_and_unset_variables() {
    let show = "echo \"${A-none} ${B-none} ${HOME-none}\"";
    let jobs = json!([
        { "cmd": show },
        { "cmd": show, "env": { "A": "own", "B": null, "HOME": null } },
        { "cmd": show, "env": { "A": "" } },
    ]);
    with_file("jobs.json", jobs.to_string())
        .args(["-e", "A=all", "-e", "B=b", "-e", "HOME=h"])
        .stdout("all b h\nown none none\n b h\n")
        .run();
    with_file(
        "jobs.jsonl",
        json!({ "cmd": show, "env": { "A": "back" } }).to_string(),
    )
    .args(["-u", "A", "-u", "HOME"])
    .env("A", "old")
    .stdout("back none none\n")
    .run();
}

#[test]
fn a_job_may_have_input() {
    let jobs = json!([
        { "cmd": "cat", "stdin": "seed 1\nno newline" },
        { "argv": ["wc", "-c"], "stdin": "x".repeat(1_000_000) },
        { "cmd": "true", "stdin": "y".repeat(1_000_000) },
        { "cmd": "cat; echo end", "stdin": "" },
    ]);
    with_file("jobs.json", jobs.to_string())
        .stdout("seed 1\nno newline1000000\nend\n")
        .run();
}

#[test]
fn a_job_may_have_its_own_timeout() {
    let jobs = json!([
        { "cmd": "sleep 300", "timeout": "200ms" },
        { "cmd": "sleep 300", "timeout": 0.2 },
        { "cmd": "sleep 1.5", "timeout": 0 },
        { "cmd": "sleep 1.5", "timeout": "1m" },
    ]);
    let outcome = with_file("jobs.json", jobs.to_string())
        .args(["--json", "-t", "1", "--grace", "0"])
        .stdout_any()
        .stderr_any()
        .code(1)
        .within(Duration::from_secs(30))
        .run();
    let endings = (1..=4).map(|seq| outcome.record(seq)["status"].clone());
    assert_eq!(Vec::from_iter(endings), ["timeout", "timeout", "ok", "ok"]);
}

#[test]
fn a_job_may_have_a_shell() {
    if !needs("bash") {
        return;
    }
    let jobs = json!([
        { "cmd": "ls", "shell": true },
        { "cmd": "ls", "shell": "bash -eu" },
        { "cmd": "ls 'a b'", "shell": false },
        { "cmd": "ls" },
    ]);
    let outcome = with_file("jobs.json", jobs.to_string())
        .arg("--json")
        .file("a b", "")
        .stdout_any()
        .run();
    let argv = (1..=4).map(|seq| outcome.record(seq)["argv"].clone());
    let expected = json!([
        ["/bin/sh", "-c", "ls"],
        ["bash", "-eu", "-c", "ls"],
        ["ls", "a b"],
        ["ls"]
    ]);
    assert_eq!(json!(Vec::from_iter(argv)), expected);
}

#[test]
fn a_job_without_a_shell_is_refused_when_it_needs_one() {
    with_file("jobs.jsonl", "{\"cmd\":\"ls | wc\",\"shell\":false}\n")
        .stderr("prun: jobs.jsonl:1: `cmd`: unquoted `|` is shell syntax, but no shell may be used here: quote it, or allow a shell\n")
        .code(2)
        .run();
}

#[test]
fn an_argv_is_never_for_a_shell() {
    let argv = [
        "printf",
        "%s\n",
        "a b",
        "$HOME",
        "; touch hacked",
        "`id`",
        "*",
        "",
        "'\"",
    ];
    let outcome = with_file("jobs.jsonl", json!({ "argv": argv }).to_string())
        .stdout("a b\n$HOME\n; touch hacked\n`id`\n*\n\n'\"\n")
        .run();
    assert!(!outcome.path("hacked").exists());
}

#[test]
fn an_argv_may_hold_any_bytes() {
    let words = [&b"printf"[..], b"%s", b"\xff\xfe a"].map(|word| BASE64_STANDARD.encode(word));
    let jobs = json!({ "argv_base64": words }).to_string();
    with_file("jobs.jsonl", &jobs).stdout(b"\xff\xfe a").run();
    let outcome = with_file("jobs.jsonl", &jobs)
        .arg("--json")
        .stdout_any()
        .run();
    assert_eq!(outcome.record(1)["argv_base64"], json!(words));
}

#[test]
fn a_command_may_hold_any_bytes() {
    with_file("jobs", b"echo \xff\xfe\nprintf %s \xc3.\n")
        .stdout(b"\xff\xfe\n\xc3.")
        .run();
}

#[test]
fn a_file_may_have_any_name() {
    use std::os::unix::ffi::OsStrExt as _;
    let name = std::ffi::OsStr::from_bytes(b"jobs \xff\n.txt");
    Stage::new()
        .arg("-f")
        .arg(name)
        .file(name, "echo a\n")
        .stdout("a\n")
        .run();
}

#[test]
fn names_of_records_may_be_any_text() {
    let outcome = with_file(
        "jobs.jsonl",
        "{\"name\":\"é b/c: d\",\"cmd\":\"echo \\\"$PRUN_NAME\\\"\"}\n",
    )
    .arg("--json")
    .stdout_any()
    .run();
    assert_eq!(outcome.record(1)["stdout"], "é b/c: d\n");
    assert_eq!(outcome.record(1)["name"], "é b/c: d");
}

#[test]
fn a_long_line_is_no_problem() {
    let long = "x".repeat(100_000);
    with_file("jobs", format!("echo {long}\necho b\n"))
        .stdout(format!("{long}\nb\n"))
        .run();
}

#[test]
fn a_job_file_may_be_a_script_for_prun() {
    let program = env!("CARGO_BIN_EXE_prun");
    let text = format!("#!{program} -f\necho ran\n");
    let stage = Stage::of("./jobs").script("jobs", &text);
    stage.stdout("ran\n").run();
}
