//! The reasons that prun reports for a failed job: only what it has observed, and the same everywhere.

use serde_json::json;

use crate::needs::{MOUNT_NAMESPACE, MOUNTS, ROOT, needs};
use crate::readers::{case, junit, report_data};
use crate::stage::{Outcome, Stage};

/// Checks how the failure of a job is reported.
#[track_caller]
fn check_ending(stage: Stage, job: &str, ending: &str) -> Outcome {
    stage
        .arg(job)
        .stdout_any()
        .stderr_has(format!("── {job} ({ending}, [TIME])\n"))
        .code(1)
        .run()
}

#[test]
fn exit_codes_126_and_127_may_be_the_jobs_own() {
    for (job, code) in [
        ("perl -e 'exit 127'", 127),
        ("sh -c 'exit 126'", 126),
        ("exit 127", 127),
        ("true; nosuch-program", 127),
        ("nosuch-program || exit 126", 126),
        ("nosuch-program > /dev/null", 127),
    ] {
        check_ending(Stage::new(), job, &format!("exit {code}"));
    }
    // With -s, prun does not search for the program.
    check_ending(Stage::new().arg("-s"), "nosuch-program", "exit 127");
    // Some shells import a function of this name from the environment.
    let function = "() { return 127; }";
    let stage = Stage::new().env("BASH_FUNC_nosuch-program%%", function);
    check_ending(stage, "nosuch-program", "exit 127");
    // An exit code of 128 + N need not be a death by a signal.
    check_ending(Stage::new(), "exit 137", "exit 137");
    check_ending(Stage::new(), "sh -c 'kill -9 $$'; exit $?", "exit 137");
}

#[test]
fn the_exit_code_of_a_script_without_an_interpreter_line_is_its_own() {
    check_ending(Stage::new().script("s", "exit 127\n"), "./s", "exit 127");
}

#[test]
fn a_missing_program_is_reported_in_words() {
    for (job, program) in [
        ("nosuch-program -x", "nosuch-program"),
        ("./nosuch", "./nosuch"),
        ("./data/x", "./data/x"),
    ] {
        let stage = Stage::new().file("data", "");
        check_ending(stage, job, &format!("exit 127, no such program: {program}"));
    }
}

#[test]
fn a_file_that_cannot_be_executed_is_reported_with_the_reason() {
    for (job, ending) in [
        (
            "./data",
            "exit 126, not executable: ./data (no execute permission; chmod +x sets it)",
        ),
        ("./sub", "exit 126, not executable: ./sub (a directory)"),
        (
            "./missing",
            "exit 127, ./missing: bad interpreter: no such program: /no/such",
        ),
        (
            "./crlf -x",
            "exit 127, ./crlf: its #! line ends with CRLF: convert the file to LF line endings",
        ),
        ("./link", "exit 127, ./link: broken symbolic link"),
        ("./busy", "exit 126, ./busy: the file is open for writing"),
    ] {
        let stage = Stage::new()
            .file("data", "x")
            .file("sub/x", "")
            .script("missing", "#!/no/such -x\n")
            .script("crlf", "#!/bin/sh\r\nexit 0\r\n")
            .in_shell("ln -s nowhere link; cp /bin/true busy; exec 9<>busy; exec \"$@\"");
        check_ending(stage, job, ending);
    }
}

#[test]
fn a_program_in_an_unreadable_folder_is_not_reported_missing() {
    if !needs(ROOT) {
        return;
    }
    let stage = Stage::new().script("closed/s", "#!/bin/sh\n").in_shell(
        "chmod 755 . ..; chmod 700 closed; exec setpriv --reuid=65534 --clear-groups \"$@\"",
    );
    let why = "permission denied for a directory in its path";
    let ending = format!("exit 126, not executable: ./closed/s ({why})");
    check_ending(stage, "./closed/s", &ending);
}

#[test]
fn an_unreadable_folder_in_path_hides_no_missing_program() {
    if !needs(ROOT) {
        return;
    }
    Stage::new()
        .file("closed/s", "")
        .args(["--exec", "nosuch-program"])
        .in_shell(
            "chmod 755 . ..; chmod 700 closed; PATH=$PWD/closed:$PATH; \
             exec setpriv --reuid=65534 --clear-groups \"$@\"",
        )
        .stderr_has("(could not start: no such program: nosuch-program, [TIME])\n")
        .code(1)
        .run();
}

#[test]
fn a_noexec_file_system_is_not_reported_as_a_file_mode() {
    if !needs(MOUNT_NAMESPACE) {
        return;
    }
    let mount = "mkdir m; mount -t tmpfs -o noexec none m; cp /bin/true m; exec \"$@\"";
    let stage = Stage::new().under(MOUNTS).in_shell(mount);
    let ending = "exit 126, not executable: ./m/true (permission denied)";
    check_ending(stage, "./m/true", ending);
}

#[test]
fn a_missing_dev_null_is_not_taken_for_a_missing_program() {
    if !needs(MOUNT_NAMESPACE) {
        return;
    }
    for options in [&[][..], &["-s"], &["--exec"]] {
        let without_devices = "mount -t tmpfs none /dev; exec \"$@\"";
        let stage = Stage::new().under(MOUNTS).in_shell(without_devices);
        let outcome = stage
            .args(options)
            .args(["--json", "ls /"])
            .stdout_any()
            .stderr_any()
            .code(1)
            .run();
        let record = outcome.record(1);
        let error =
            "cannot set up standard input (/dev/null): No such file or directory (os error 2)";
        assert_eq!(record["status"], "spawn_error");
        assert_eq!(record["error"], error);
    }
}

#[test]
fn without_a_shell_the_missing_program_is_reported() {
    if !needs(MOUNT_NAMESPACE) {
        return;
    }
    let without_shell = "mount --bind /etc/passwd \"$(readlink -f /bin/sh)\"; exec \"$@\"";
    let stage = Stage::new().under(MOUNTS).in_shell(without_shell);
    let ending = "could not start: no such program: nosuch-program";
    check_ending(stage, "nosuch-program", ending);
}

#[test]
fn all_outputs_and_a_replay_report_the_same_reason() {
    if !needs("python3") {
        return;
    }
    let files = ["--junit", "run.xml", "--report", "run.html"];
    let ending = "exit 127, ./s: bad interpreter: no such program: /no/such";
    let check = |outcome: &Outcome| {
        let suite = junit(&outcome.path("run.xml"));
        let case = case(&suite, "job");
        assert_eq!(case["message"], ending, "{case:#}");
        let data = report_data(&outcome.path("run.html"));
        assert_eq!(data["jobs"][0]["ending"], ending);
        let text = String::from_utf8_lossy(&outcome.stderr);
        let count = text.matches(&format!("({ending}")).count();
        // For each attempt, and in the digest.
        assert_eq!(count, 3, "{text}");
    };
    let run = Stage::new()
        .args(["-v", "-f", "-", "--retries", "1", "--joblog", "run.log"])
        .args(files)
        .script("s", "#!/no/such\n")
        .stdin(json!({"name": "job", "cmd": "./s"}).to_string())
        .stderr_any()
        .code(1)
        .run();
    check(&run);
    let again = Stage::new()
        .file("run.log", run.read("run.log"))
        .args(["-v", "--replay", "run.log"])
        .args(files)
        .stderr_any()
        .code(1)
        .run();
    check(&again);
    assert_eq!(run.stderr, again.stderr);
}
