//! With or without a shell: a command line has the meaning that a shell gives it.

use serde_json::{Value, json};

use crate::needs::needs;
use crate::stage::Stage;

#[test]
fn a_plain_line_is_executed_without_a_shell() {
    let outcome = Stage::new()
        .args(["--json", "ls -la 'a b'"])
        .file("a b", "")
        .stdout_any()
        .run();
    let record = outcome.record(1);
    assert_eq!(record["argv"], json!(["ls", "-la", "a b"]));
    assert_eq!(record["shell"], false);
}

#[test]
fn shell_syntax_is_given_to_sh() {
    let outcome = Stage::new()
        .args(["--json", "echo a | tr a b && echo \"$0\""])
        .stdout_any()
        .run();
    let record = outcome.record(1);
    assert_eq!(record["stdout"], "b\n/bin/sh\n");
    assert_eq!(
        record["argv"],
        json!(["/bin/sh", "-c", "echo a | tr a b && echo \"$0\""])
    );
    assert_eq!(record["shell"], true);
}

#[test]
fn pipes_lists_and_redirections_work() {
    Stage::new()
        .args([
            "-j1",
            "printf '2\\n1\\n' | sort > sorted && cat sorted",
            "false || echo or; echo then",
        ])
        .stdout("1\n2\nor\nthen\n")
        .run();
}

#[test]
fn globs_and_variables_work() {
    Stage::new()
        .args([
            "-j1",
            "echo *.txt",
            "echo \"$NAME\" '$NAME' ${NAME%y}",
            "echo ~",
        ])
        .file("a.txt", "")
        .file("b.txt", "")
        .env("NAME", "x y")
        .stdout("a.txt b.txt\nx y $NAME x\n[DIR]\n")
        .run();
}

#[test]
fn builtins_work() {
    Stage::new()
        .args([
            "-j1",
            "cd sub && pwd",
            "umask 027; umask",
            "type cd",
            "exit 0",
            "export A=1; printenv A",
        ])
        .file("sub/x", "")
        .stdout("[DIR]/sub\n0027\ncd is a shell builtin\n1\n")
        .run();
}

/// A folder without programs: the message of a shell may depend on the folders in `PATH`.
const NOWHERE: &str = "/nonexistent";

/// The message of the system's shell about a missing program.
fn not_found(program: &str) -> String {
    let shell = Stage::of("/bin/sh")
        .args(["-c", program])
        .env("PATH", NOWHERE);
    let outcome = shell.stderr_has(program).code(127).run();
    String::from_utf8(outcome.stderr).expect("a shell writes text")
}

#[test]
fn a_missing_program_is_reported_by_the_shell() {
    let outcome = Stage::new()
        .args(["--json", "nosuch-program x"])
        .env("PATH", NOWHERE)
        .stdout_any()
        .stderr_any()
        .code(1)
        .run();
    let record = outcome.record(1);
    assert_eq!(record["status"], "failed");
    assert_eq!(record["exit_code"], 127);
    assert_eq!(record["error"], Value::Null);
    assert_eq!(record["shell"], true);
    assert_eq!(record["argv"], json!(["/bin/sh", "-c", "nosuch-program x"]));
    assert_eq!(record["stderr"], not_found("nosuch-program"));
}

#[test]
fn a_script_without_an_interpreter_line_is_run_by_the_shell() {
    Stage::new()
        .arg("./bare a 'b c'")
        .script("bare", "echo bare \"$1\" \"$2\" $#\n")
        .stdout("bare a b c 2\n")
        .run();
}

#[test]
fn a_busy_program_fails_as_under_a_shell() {
    // Another process has the file open for writing when it should run.
    let busy = |option: &[&str]| {
        let outcome = Stage::new()
            .args(["--json"])
            .args(option)
            .arg("./busy")
            .in_shell("cp /bin/true busy; exec 9<>busy; exec \"$@\"")
            .stdout_any()
            .stderr_any()
            .code(1)
            .run();
        let record = outcome.record(1);
        json!([record["status"], record["exit_code"], record["stderr"]])
    };
    assert_eq!(busy(&[]), busy(&["--shell"]));
}

#[test]
fn a_folder_to_run_in_is_known_to_the_job_as_under_a_shell() {
    // A shell keeps PWD correct, and programs rely on it: pwd -L, make, git, cmake.
    let folder = |options: &[&str]| {
        Stage::new()
            .args(options)
            .args(["-C", "sub", "printenv PWD"])
            .file("sub/x", "")
            .in_shell("export PWD; exec \"$@\"")
            .stdout("[DIR]/sub\n")
            .run();
    };
    folder(&["--shell"]);
    folder(&[]);
}

#[test]
fn an_argument_that_is_too_long_fails_alone_and_is_named() {
    let long = "x".repeat(200_000);
    let outcome = Stage::new()
        .args(["--json", "-j1"])
        .stdin(format!("echo a\n/bin/echo b {long}\n: {long}\necho c\n"))
        .stdout_any()
        .stderr_has("could not start: argument 2 is too long for the system: 200000 bytes")
        .code(1)
        .run();
    let result = |seq| {
        let record = outcome.record(seq);
        json!([record["status"], record["error"], record["stdout"]])
    };
    let error = |bytes| format!("argument 2 is too long for the system: {bytes} bytes");
    assert_eq!(result(1), json!(["ok", null, "a\n"]));
    assert_eq!(result(2), json!(["spawn_error", error(200_000), ""]));
    assert_eq!(result(3), json!(["spawn_error", error(200_002), ""]));
    assert_eq!(result(4), json!(["ok", null, "c\n"]));
}

#[test]
fn the_users_shell_is_never_used() {
    Stage::new()
        .args(["-j1", "echo $0", "nosuch-program"])
        .env("SHELL", "/bin/false")
        .env("PATH", NOWHERE)
        .stdout("/bin/sh\n")
        .stderr_has(not_found("nosuch-program"))
        .code(1)
        .run();
}

#[test]
fn s_gives_every_line_to_a_shell() {
    let outcome = Stage::new().args(["--json", "-s", "ls"]).stdout_any().run();
    let record = outcome.record(1);
    assert_eq!(record["argv"], json!(["/bin/sh", "-c", "ls"]));
    assert_eq!(record["shell"], true);
}

#[test]
fn a_word_that_the_installed_bash_knows_is_for_a_shell() {
    if !needs("bash") {
        return;
    }
    let known = Stage::of("bash").args(["-c", "compgen -b; compgen -k"]);
    let known = known.stdout_any().run().stdout;
    let outcome = Stage::new()
        .stdin(known)
        .args(["--dry-run", "--json", "-f", "-"])
        .stdout_any()
        .run();
    let planned = outcome.json();
    assert!(planned.len() > 60, "{planned:?}");
    for job in planned {
        assert_eq!(job["argv"][0], "/bin/sh", "{job}");
    }
}

#[test]
fn shell_selects_another_shell() {
    if !needs("bash") {
        return;
    }
    let outcome = Stage::new()
        .args([
            "--json",
            "--shell=bash",
            "[[ abc == a* ]] && echo ${BASH_VERSION:+bash}",
        ])
        .stdout_any()
        .run();
    let record = outcome.record(1);
    assert_eq!(record["stdout"], "bash\n");
    assert_eq!(record["argv"][0], "bash");
    assert_eq!(record["argv"][1], "-c");
}

#[test]
fn a_shell_may_have_options() {
    if !needs("bash") {
        return;
    }
    let outcome = Stage::new()
        .args([
            "--json",
            "--shell=bash -euo pipefail",
            "false | true",
            "echo $NOT_SET",
        ])
        .stdout_any()
        .stderr_any()
        .code(1)
        .run();
    let record = outcome.record(1);
    assert_eq!(
        record["argv"],
        json!(["bash", "-euo", "pipefail", "-c", "false | true"])
    );
    assert_eq!(record["exit_code"], 1);
    assert_ne!(outcome.record(2)["exit_code"], 0);
}

#[test]
fn a_shell_may_already_have_c() {
    if !needs("bash") {
        return;
    }
    Stage::new()
        .args(["--shell=bash -ec", "false; echo not reached"])
        .stderr_any()
        .code(1)
        .run();
}

#[test]
fn any_program_may_be_the_shell() {
    if !needs("python3") {
        return;
    }
    Stage::new()
        .args(["--shell=python3 -c", "print(6 * 7)"])
        .stdout("42\n")
        .run();
}

#[test]
fn a_shell_that_is_missing_is_named() {
    Stage::new()
        .args(["--shell=/nope/sh", "ls"])
        .stderr_has("could not start: no such program: /nope/sh")
        .code(1)
        .run();
}

#[test]
fn exec_runs_words_without_a_shell() {
    let outcome = Stage::new()
        .args(["--json", "--exec", "echo 'a $HOME' \"it's\" '*'", "pwd"])
        .stdout_any()
        .run();
    let record = outcome.record(1);
    assert_eq!(record["stdout"], "a $HOME it's *\n");
    assert_eq!(record["shell"], false);
}

#[test]
fn exec_refuses_shell_syntax_before_anything_starts() {
    for line in [
        "ls | wc",
        "echo $HOME",
        "echo *",
        "a && b",
        "echo \"$x\"",
        "x > y",
        "(ls)",
        "ls;",
    ] {
        let outcome = Stage::new()
            .args(["--exec", "touch started", line])
            .stderr_has("prun: command 2: unquoted `")
            .stderr_has(
                " is shell syntax, but no shell may be used here: quote it, or allow a shell\n",
            )
            .code(2)
            .run();
        assert!(!outcome.path("started").exists());
    }
}

#[test]
fn exec_cannot_start_a_missing_program() {
    let outcome = Stage::new()
        .args(["--json", "--exec", "nosuch-program x"])
        .stdout_any()
        .stderr_any()
        .code(1)
        .run();
    let record = outcome.record(1);
    assert_eq!(record["status"], "spawn_error");
    assert_eq!(record["error"], "no such program: nosuch-program");
    assert_eq!(record["exit_code"], Value::Null);
}

#[test]
fn a_program_is_looked_up_in_the_path_of_the_job() {
    Stage::new()
        .args(["-j1", "-e"])
        .arg("PATH=bin:/usr/bin:/bin")
        .args(["tool a", "tool b; true"])
        .script("bin/tool", "#!/bin/sh\necho tool $1\n")
        .stdout("tool a\ntool b\n")
        .run();
    Stage::new()
        .args(["-e", "PATH=/nonexistent", "ls"])
        .stderr_has("(exit 127, no such program: ls, [TIME])\n")
        .stderr_has(not_found("ls"))
        .code(1)
        .run();
}
