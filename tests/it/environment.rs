//! The environment of a run: closed streams, `PATH`, settings of other programs, secrets.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use crate::stage::Stage;

#[test]
fn closed_streams_are_empty_and_their_numbers_are_not_reused() {
    // A log that got the number of a closed stream would have output in it.
    for closed in ["<&- >&- 2>&-", ">&-", "<&- 2>&-"] {
        let outcome = Stage::new()
            .args([
                "--joblog",
                "run.log",
                "-v",
                "echo out; echo err >&2; exit 3",
            ])
            .in_shell(&format!("exec \"$@\" {closed}"))
            .stdout_any()
            .stderr_any()
            .code(1)
            .run();
        for line in outcome.read_text("run.log").lines() {
            let _: Value = serde_json::from_str(line).expect("the log holds nothing but records");
        }
    }
}

#[test]
fn a_closed_stdout_is_like_dev_null() {
    Stage::new()
        .args(["echo a", "head -c 1000000 /dev/zero"])
        .in_shell("exec \"$@\" >&-")
        .run();
}

#[test]
fn a_program_is_looked_up_where_a_shell_looks() {
    let results_with_path = |path: &str, options: &[&str]| {
        let outcome = Stage::new()
            .args(["--json"])
            .args(options)
            .arg("cat data")
            .env("PATH", path)
            .script("cat", "#!/bin/sh\necho here\n")
            .script("sub/cat", "#!/bin/sh\necho below\n")
            .file("data", "data\n")
            .file("sub/data", "data below\n")
            .stdout_any()
            .stderr_any()
            .run();
        let record = outcome.record(1);
        json!([record["stdout"], record["exit_code"]])
    };
    for (path, stdout, below) in [
        ("/usr/bin:/bin", "data\n", "data below\n"),
        ("/usr/bin:/bin:", "data\n", "data below\n"),
        (":/usr/bin:/bin", "here\n", "below\n"),
        (".:/usr/bin", "here\n", "below\n"),
        ("/none::/bin", "here\n", "below\n"),
        ("sub:/bin", "below\n", "data below\n"),
        ("", "here\n", "below\n"),
    ] {
        for shell in [&[][..], &["--shell"]] {
            assert_eq!(
                results_with_path(path, shell),
                json!([stdout, 0]),
                "PATH={path}"
            );
            let options = [shell, &["-C", "sub"]].concat();
            assert_eq!(
                results_with_path(path, &options),
                json!([below, 0]),
                "PATH={path}"
            );
        }
    }
}

#[test]
fn settings_of_other_programs_have_no_effect() {
    let mut stage = Stage::new()
        .args(["-j1", "echo $0", "echo plain"])
        .stdout("/bin/sh\nplain\n");
    for (name, value) in [
        ("SHELL", "/bin/false"),
        ("PARALLEL", "--dry-run"),
        ("PARALLEL_SHELL", "/bin/false"),
        ("MAKEFLAGS", "-n"),
        ("PRUN_OPTIONS", "--dry-run"),
        ("PRUN_SHELL", "/bin/false"),
        ("BASH_ENV", "evil"),
        ("ENV", "evil"),
    ] {
        stage = stage.env(name, value);
    }
    // The run's folder is its home as well.
    for file in [
        ".parallel/config",
        ".prunrc",
        "prun.toml",
        ".config/prun/config",
    ] {
        stage = stage.file(file, "--dry-run\n");
    }
    stage.file("evil", "echo evil\n").run();
}

/// Jobs that are given secrets, in a run that has inherited one.
fn with_secrets(options: &[&str]) -> Stage {
    let jobs = "{\"cmd\":\"exit 1\",\"env\":{\"OWN\":\"s3cr3t\"},\"stdin\":\"s3cr3t\"}\n{\"cmd\":\"true\"}\n";
    Stage::new()
        .args(["-e", "GIVEN=s3cr3t"])
        .args(options)
        .env("INHERITED", "inher1ted")
        .stdin(jobs)
        .stdout_any()
        .stderr_any()
        .code(i32::from(options != ["-n"]))
}

#[test]
fn a_variable_is_shown_only_in_the_command_to_paste() {
    for options in [&["-v"][..], &["-q"], &["-n"], &["--json"]] {
        let outcome = with_secrets(options).run();
        for stream in [&outcome.stdout, &outcome.stderr] {
            let text = String::from_utf8_lossy(stream);
            assert!(!text.contains("inher1ted"), "{text}");
            let mut lines = text.lines().filter(|line| line.contains("s3cr3t"));
            let is_to_be_pasted = |line: &str| options == ["-n"] || line.contains(" $ ");
            assert!(lines.all(is_to_be_pasted), "{text}");
        }
    }
}

#[test]
fn a_ci_log_contains_no_values_of_variables_and_no_input() {
    for options in [&["-v"][..], &["-q"], &["--json"]] {
        let outcome = with_secrets(options).env("CI", "1").run();
        for stream in [&outcome.stdout, &outcome.stderr] {
            let text = String::from_utf8_lossy(stream);
            assert!(
                !text.contains("inher1ted") && !text.contains("s3cr3t"),
                "{text}"
            );
        }
    }
    with_secrets(&["-q"])
        .env("CI", "1")
        .args(["-e", "a.b=s3cr3t", "-e", "IFS=s3cr3t"])
        .stderr_has(
            "   $ env GIVEN=\"$GIVEN\" IFS=\"$IFS\" OWN=\"$OWN\" a.b='***' sh -c 'exit 1' \
             # standard input: 6 bytes, omitted\n",
        )
        .run();
}

#[test]
fn a_file_of_output_is_for_its_owner_alone() {
    let mut run = Stage::new()
        .arg("head -c 5000000 /dev/zero; touch up; until [ -e go ]; do sleep 0.01; done")
        .arg("true")
        .in_shell("umask 0; exec \"$@\"")
        .stdout(vec![0; 5_000_000])
        .start();
    run.wait_for_file("up");
    let spill = run.wait_until("the file of output", |run| {
        let open = fs::read_dir(format!("/proc/{}/fd", run.pid())).ok()?;
        let mut paths = open.flatten().map(|entry| entry.path());
        paths.find(|path| {
            let target = fs::read_link(path).unwrap_or_default();
            let target = target.to_string_lossy();
            // The memory shared with the guard is not a file.
            target.contains("(deleted)") && !target.contains("memfd")
        })
    });
    let mode = fs::metadata(spill)
        .expect("the file is open")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    fs::write(run.dir().join("go"), "").expect("the folder is writable");
    run.finish();
}
