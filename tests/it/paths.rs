//! The paths that options name are checked before they are written.

use crate::stage::Stage;

#[test]
fn a_file_that_is_not_a_job_log_is_refused_and_not_changed() {
    for bytes in [
        &b"{\"a\":1}"[..],
        b"echo a\necho b",
        b"echo a\n",
        b"SQLite format 3\0and more\0\n",
        b"\x7fELF\x02\x01\x01\0\0\0",
        b"\0\0\0\0an image of a disk",
        b"{\"type\":\"run_end\",\"wall_s\":1.0}\n",
        b"\n",
    ] {
        for resume in [None, Some("--resume")] {
            let outcome = Stage::new()
                .file("data", bytes)
                .args(["--joblog", "data"])
                .args(resume)
                .arg("touch never")
                .stderr(
                    "prun: --joblog data: not a job log, judging by its first line: name a different file\n",
                )
                .code(2)
                .run();
            assert_eq!(outcome.read("data"), bytes);
            assert!(!outcome.path("never").exists());
        }
    }
}

#[test]
fn a_job_log_without_a_whole_line_is_continued() {
    for bytes in [
        &b""[..],
        b"{\"type\":\"run_st",
        b"\0\0\0\0",
        b"{\"type\":\"run_start\",\"t_un\0\0",
    ] {
        let message = match bytes.len() {
            0 => String::new(),
            torn => format!("prun: log: {torn} bytes of an incomplete last line were removed\n"),
        };
        let outcome = Stage::new()
            .file("log", bytes)
            .args(["--joblog", "log", "echo ran"])
            .stdout("ran\n")
            .stderr(message)
            .run();
        assert!(
            outcome
                .read_text("log")
                .starts_with("{\"type\":\"run_start\",")
        );
    }
}

/// Checks that a run is refused before a file is changed.
fn assert_refused(stage: Stage, args: &[&str], message: &str) {
    let stage = stage.file("jobs", "touch never\n").file("old", "old");
    let outcome = stage
        .args(args)
        .stderr(format!("prun: {message}\n"))
        .code(2)
        .run();
    assert_eq!(outcome.read("jobs"), b"touch never\n");
    assert_eq!(outcome.read("old"), b"old");
    assert!(!outcome.path("never").exists());
    assert!(!outcome.path("new").exists());
}

#[test]
fn no_file_is_both_written_and_read_or_written_twice() {
    for option in ["--joblog", "--log-dir", "--junit", "--report", "--trace"] {
        for (input, more) in [("-f", &[][..]), ("-a", &["echo"])] {
            let args = [&[option, "./jobs", input, "jobs"], more].concat();
            let message =
                format!("{option} ./jobs: {input} reads the same file: name a different one");
            assert_refused(Stage::new(), &args, &message);
        }
    }
    let message = "--trace ./new: --junit writes the same file: name a different one";
    let args = ["--trace", "./new", "--junit", "new", "touch never"];
    assert_refused(Stage::new(), &args, message);
    let message = "--report old: --joblog writes the same file: name a different one";
    let args = ["--joblog", "./old", "--report", "old", "touch never"];
    assert_refused(Stage::new(), &args, message);
}

#[test]
fn a_file_is_the_same_through_links_and_by_its_descriptor() {
    for (script, path) in [
        ("ln -s jobs link; \"$@\"", "link"),
        ("ln jobs link; \"$@\"", "link"),
        ("exec \"$@\" 3<>jobs", "/dev/fd/3"),
        ("exec \"$@\" 3<>jobs", "/proc/self/fd/3"),
    ] {
        let message = format!("--junit {path}: -f reads the same file: name a different one");
        let args = ["--junit", path, "-f", "jobs"];
        assert_refused(Stage::new().in_shell(script), &args, &message);
    }
    let message = "--junit jobs: standard input reads the same file: name a different one";
    let stage = Stage::new().in_shell("exec \"$@\" <jobs");
    assert_refused(stage, &["--junit", "jobs"], message);
    let message = "--joblog jobs: standard output writes the same file: name a different one";
    let stage = Stage::new().in_shell("exec \"$@\" 1<>jobs");
    assert_refused(stage, &["--joblog", "jobs", "touch never"], message);
    let message = "--report dangling: --junit writes the same file: name a different one";
    let stage = Stage::new().in_shell("ln -s new dangling; \"$@\"");
    let args = ["--junit", "new", "--report", "dangling", "touch never"];
    assert_refused(stage, &args, message);
}

#[test]
fn no_file_of_the_run_has_the_name_of_a_jobs_file() {
    let message = "--junit logs/0001-a.out: --log-dir writes the same file: name a different one";
    let args = [
        "--log-dir",
        "logs",
        "--junit",
        "logs/0001-a.out",
        "touch never",
    ];
    assert_refused(Stage::new(), &args, message);
    let stage = Stage::new().args(["--log-dir", "logs", "--junit", "logs/run.xml"]);
    let outcome = stage.arg("true").run();
    assert!(
        outcome
            .read_text("logs/run.xml")
            .ends_with("</testsuites>\n")
    );
}

#[test]
fn standard_output_takes_one_file() {
    let same = |one: &str, path: &str, other: &str| {
        format!("{one} {path}: {other} writes the same file: name a different one")
    };
    let args = ["--junit", "-", "--trace", "-", "touch never"];
    assert_refused(Stage::new(), &args, &same("--trace", "-", "--junit"));
    for path in ["-", "/dev/fd/1"] {
        let args = ["--json", "--report", path, "touch never"];
        assert_refused(Stage::new(), &args, &same("--report", path, "--json"));
    }
    for (option, what) in [("--joblog", "a job log"), ("--log-dir", "a folder")] {
        let message = format!(
            "{option} -: standard output cannot be {what}: name a path (./- for one called -)"
        );
        assert_refused(Stage::new(), &[option, "-", "touch never"], &message);
    }
    // A device may have several writers.
    let stage = Stage::new().args(["--junit", "/dev/null", "--trace", "/dev/null", "echo a"]);
    stage.stdout("a\n").run();
}

#[test]
fn a_run_that_cannot_begin_leaves_the_old_files() {
    for option in ["--junit", "--report", "--trace"] {
        let script = "ln -s old link; exec \"$@\"";
        let args = [option, "old", "--joblog", "no/log", "touch never"];
        let message = "--joblog no/log: No such file or directory (os error 2)";
        assert_refused(Stage::new(), &args, message);
        let args = [option, "link", "--joblog", "no/log", "touch never"];
        assert_refused(Stage::new().in_shell(script), &args, message);
    }
}
