//! How the files of a run are written, depending on what exists at their paths.

use std::os::unix::fs::MetadataExt as _;

use crate::needs::{MOUNT_NAMESPACE, MOUNTS, ROOT, needs};
use crate::stage::{Stage, rounds};

/// The options for files of a run, and how their files begin and end.
const RUN_FILES: [(&str, &str, &str); 3] = [
    ("--junit", "<?xml ", "</testsuites>\n"),
    ("--report", "<!doctype html>", "</html>\n"),
    ("--trace", "[\n{\"", "\n]\n"),
];

#[track_caller]
fn assert_whole(text: &str, (option, begin, end): (&str, &str, &str)) {
    let begins = text.to_lowercase().starts_with(&begin.to_lowercase());
    assert!(begins && text.ends_with(end), "{option}: {text}");
}

#[test]
fn a_file_of_the_run_goes_to_standard_output_under_any_name() {
    for file in RUN_FILES {
        for (path, script) in [
            ("-", "exec \"$@\""),
            ("/dev/fd/1", "exec \"$@\""),
            ("link", "ln -s /proc/self/fd/1 link; exec \"$@\""),
        ] {
            let stage = Stage::new()
                .in_shell(script)
                .args(["-q", file.0, path, "true"]);
            let outcome = stage.stdout_any().run();
            assert_whole(&String::from_utf8_lossy(&outcome.stdout), file);
            if path == "link" {
                assert!(outcome.path("link").is_symlink());
            }
        }
    }
}

#[test]
fn a_file_of_the_run_follows_the_output_in_a_file() {
    for file in &RUN_FILES[..2] {
        for path in ["-", "out", "/dev/fd/1"] {
            let stage = Stage::new().in_shell("exec \"$@\" >out");
            let stage = stage.args([file.0, path, "echo a"]);
            let outcome = stage.run();
            let text = outcome.read_text("out");
            let rest = text.strip_prefix("a\n").expect("the output comes first");
            assert_whole(rest, *file);
        }
    }
}

#[test]
fn a_file_that_cannot_be_replaced_is_written_in_place() {
    for file in RUN_FILES {
        for (script, still) in [
            (
                "echo long old text >real; ln -s real f",
                "test -h f && cp real f2",
            ),
            (
                "echo long old text >real; ln real f",
                "test f -ef real && cp real f2",
            ),
            (
                "mkfifo f; cat f >f2 & \"$@\"; code=$?; wait; exit $code",
                "",
            ),
        ] {
            let script = match still {
                "" => script.to_owned(),
                still => format!("{script}; \"$@\" && {still}"),
            };
            let stage = Stage::new().in_shell(&script);
            let outcome = stage.args([file.0, "f", "true"]).run();
            assert_whole(&outcome.read_text("f2"), file);
        }
    }
}

#[test]
fn a_file_that_is_mounted_or_owned_by_another_user_keeps_its_owner() {
    for file in RUN_FILES {
        if needs(MOUNT_NAMESPACE) {
            let script = "touch f; mount --bind real f || exit 99; exec \"$@\"";
            let stage = Stage::new().under(MOUNTS).in_shell(script);
            let stage = stage.file("real", "something long and old");
            assert_whole(
                &stage.args([file.0, "f", "true"]).run().read_text("real"),
                file,
            );
        }
        if needs(ROOT) {
            let stage = Stage::new().in_shell("echo old >f; chown 1:1 f; exec \"$@\"");
            let outcome = stage.args([file.0, "f", "true"]).run();
            assert_whole(&outcome.read_text("f"), file);
            assert_eq!(outcome.path("f").metadata().unwrap().uid(), 1);
        }
    }
}

#[test]
fn an_own_file_is_replaced_and_keeps_its_mode() {
    for file in RUN_FILES {
        let script = "echo old >f; chmod 640 f; exec 3<f; \"$@\" && cat <&3";
        let stage = Stage::new().in_shell(script).args([file.0, "f", "true"]);
        let outcome = stage.stdout("old\n").run();
        assert_whole(&outcome.read_text("f"), file);
        let mode = outcome.path("f").metadata().unwrap().mode();
        assert_eq!(mode & 0o777, 0o640);
    }
}

#[test]
fn a_write_error_at_the_end_is_reported_and_the_old_file_stays() {
    if !needs("strace") {
        return;
    }
    for (option, what) in [("--junit", "the JUnit report"), ("--report", "the report")] {
        let message = format!("prun: cannot write {what} f: Disk quota exceeded (os error 122)\n");
        let inject = "inject=fdatasync,fsync:error=EDQUOT";
        let stage = Stage::new().under(["strace", "-f", "-o", "/dev/null", "-e", inject]);
        let stage = stage.file("f", "old").args([option, "f", "true"]);
        let outcome = stage.stderr(&message).code(3).run();
        assert_eq!(outcome.read("f"), b"old");
    }
}

#[test]
fn an_error_of_close_is_reported() {
    if !needs("strace") {
        return;
    }
    for (option, what) in [
        ("--junit", "the JUnit report"),
        ("--report", "the report"),
        ("--trace", "the trace"),
    ] {
        let script = "ln -s real f; exec strace -f -o /dev/null -P \"$PWD/real\" -e inject=close:error=EDQUOT \"$@\"";
        let stage = Stage::new().file("real", "old").in_shell(script);
        stage
            .args([option, "f", "true"])
            .stderr(format!(
                "prun: cannot write {what} f: Disk quota exceeded (os error 122)\n"
            ))
            .code(3)
            .run();
    }
}

#[test]
fn a_run_continues_without_locks() {
    if !needs("strace") {
        return;
    }
    let inject = "inject=flock:error=ENOLCK";
    Stage::new()
        .under(["strace", "-f", "-o", "/dev/null", "-e", inject])
        .args(["--joblog", "log", "--log-dir", "logs", "--junit", "f", "echo a"])
        .stdout("a\n")
        .stderr(
            "prun: --log-dir logs: cannot be locked (No locks available (os error 37)): make sure that no other prun writes there\n\
             prun: --joblog log: cannot be locked (No locks available (os error 37)): make sure that no other prun writes to it\n",
        )
        .run();
}

#[test]
fn a_folder_for_output_has_one_run_at_a_time() {
    let job = "a: echo up > up; while ! test -e told; do sleep 0.02; done";
    let mut run = Stage::new().args(["--log-dir", "logs", job]).start();
    run.wait_for_line_in("up");
    let logs = run.dir().join("logs");
    let logs = logs.to_str().expect("a temporary path is text");
    for resume in [&[][..], &["--resume", "--joblog", "log"]] {
        Stage::new()
            .args(["--log-dir", logs])
            .args(resume)
            .arg("touch never")
            .stderr(format!("prun: --log-dir {logs}: another prun is writing there: wait until it exits, or use another directory\n"))
            .code(2)
            .run();
    }
    std::fs::write(run.dir().join("told"), "").expect("the folder is writable");
    run.finish();
}

#[test]
fn of_runs_that_start_at_once_one_gets_the_folder() {
    let script = "\"$@\" 2>err & \"$@\" 2>err2; one=$?; wait $!; echo $one $?";
    for _ in 0..rounds() {
        let stage = Stage::new().in_shell(script);
        let outcome = stage
            .args(["--log-dir", "logs", "a: true"])
            .stdout_any()
            .run();
        let codes = String::from_utf8_lossy(&outcome.stdout).into_owned();
        assert!(["0 2\n", "2 0\n"].contains(&codes.as_str()), "{codes}");
    }
}

#[test]
fn nothing_is_left_of_a_run_that_was_killed() {
    let mut run = Stage::new()
        .args(["--junit", "f", "--report", "g", "--trace", "h"])
        .arg("echo up; exec sleep 300")
        .stdout("up\n")
        .leaves_processes()
        .signal(libc::SIGKILL)
        .start();
    run.wait_for_stdout("up\n");
    run.wait_for_file("h");
    run.send(libc::SIGKILL);
    let outcome = run.finish();
    let names: Vec<_> = std::fs::read_dir(outcome.path("."))
        .unwrap()
        .flatten()
        .collect();
    let names = names.iter().map(|entry| entry.file_name());
    assert_eq!(names.collect::<Vec<_>>(), ["h"]);
}

#[test]
fn leftover_files_of_a_killed_run_are_removed_by_the_next() {
    let stage = Stage::new()
        .file(".prun-a1B2c3.draft", "half")
        .file(".prun-config", "");
    let outcome = stage.args(["--junit", "f", "true"]).run();
    assert!(!outcome.path(".prun-a1B2c3.draft").exists());
    assert!(outcome.path(".prun-config").exists());
}

#[test]
fn a_job_log_may_be_a_link_or_a_stream() {
    let script = "ln -s real log; \"$@\" && test -h log && cat real";
    for (script, path) in [
        (script, "log"),
        (
            "mkfifo log; cat log & \"$@\"; code=$?; wait; exit $code",
            "log",
        ),
        ("exec \"$@\" 3>&1", "/dev/fd/3"),
    ] {
        let stage = Stage::new().in_shell(script);
        stage
            .args(["--joblog", path, "true"])
            .stdout_has("{\"type\":\"run_start\",")
            .stdout_has("{\"type\":\"run_end\",")
            .run();
    }
}

#[test]
fn an_error_of_close_of_a_jobs_file_is_reported() {
    if !needs("strace") {
        return;
    }
    let script =
        "exec strace -o /dev/null -P \"$PWD/logs/0001-a.out\" -e inject=close:error=EDQUOT \"$@\"";
    Stage::new()
        .in_shell(script)
        .args(["--log-dir", "logs", "a: echo a", "b: echo b"])
        .stdout_has("a\n")
        .stdout_has("b\n")
        .stderr_has(
            "prun: 2 bytes of output could not be kept: Disk quota exceeded (os error 122)\n",
        )
        .code(3)
        .run();
}
