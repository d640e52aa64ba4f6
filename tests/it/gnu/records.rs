//! The files that GNU parallel writes, and reads again. (`--jl` is `--joblog`, which is prun's own log
//! to the stage.)

use crate::stage::Stage;

fn parallel<const N: usize>(words: [&str; N]) -> Stage {
    let stage = Stage::new().env("SHELL", "/bin/bash").arg("--gnu");
    stage.args(words)
}

/// Returns these columns of a job log, from 1.
fn columns(log: &str, wanted: &[usize]) -> Vec<String> {
    let columns = |line: &str| {
        let columns: Vec<&str> = line.split('\t').collect();
        let wanted: Vec<&str> = wanted.iter().map(|at| columns[at - 1]).collect();
        wanted.join(" ")
    };
    log.lines().map(columns).collect()
}

#[test]
fn the_job_log_has_the_columns_of_that_program() {
    let stage = parallel(["-j1", "--jl", "log", "echo {}; exit {}", ":::", "0", "3"]);
    let outcome = stage.stdout("0\n3\n").code(1).run();
    let expected = [
        "Seq Host Send Receive Exitval Signal Command",
        "1 : 0 2 0 0 echo 0; exit 0",
        "2 : 0 2 3 0 echo 3; exit 3",
    ];
    assert_eq!(
        columns(&outcome.read_text("log"), &[1, 2, 5, 6, 7, 8, 9]),
        expected
    );
}

#[test]
fn a_run_is_resumed_by_the_numbers_in_the_log() {
    let log = "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand\n\
               1\t:\t1.0\t0.1\t0\t0\t0\t0\techo a\n2\t:\t1.0\t0.1\t0\t0\t1\t0\techo b\n";
    let resumed = |option: &str, stdout: &str| {
        parallel(["-k", option, "--jl", "log", "echo", ":::", "a", "b", "c"])
            .file("log", log)
            .stdout(stdout)
            .run();
    };
    resumed("--resume", "c\n");
    resumed("--resume-failed", "b\nc\n");
    parallel(["--retry-failed", "--jl", "log"])
        .file("log", log)
        .stdout("b\n")
        .run();
}

#[test]
fn a_file_that_is_no_job_log_is_not_resumed_from() {
    parallel(["--resume", "--jl", "log", "echo", ":::", "a"])
        .file("log", "something else\n")
        .stderr("prun: --joblog log:1: not a line of GNU parallel's job log: name another file\n")
        .code(255)
        .run();
}

#[test]
fn results_are_a_tree_of_the_arguments() {
    let stage = parallel([
        "--results",
        "out",
        "echo {1}; echo {2} >&2",
        ":::",
        "a/b",
        ":::",
        "c",
    ]);
    let outcome = stage.run();
    assert_eq!(outcome.read_text("out/1/a\\_b/2/c/stdout"), "a/b\n");
    assert_eq!(outcome.read_text("out/1/a\\_b/2/c/stderr"), "c\n");
    assert_eq!(outcome.read_text("out/1/a\\_b/2/c/seq"), "1");
}

#[test]
fn no_argument_leads_out_of_the_tree() {
    let stage = parallel(["--results", "out/in", "echo", ":::", ".."]);
    stage
        .stderr_has("would lead out of the folder")
        .code(255)
        .run();
}

#[test]
fn results_are_a_table_with_quoted_fields() {
    let stage = parallel(["--results", "out.csv", "echo", ":::", "a,\"b"]);
    let table = stage.run().read_text("out.csv");
    let (header, row) = table.split_once('\n').unwrap();
    assert_eq!(
        header,
        "Seq,Host,Starttime,JobRuntime,Send,Receive,Exitval,Signal,Command,V1,Stdout,Stderr"
    );
    assert!(
        row.ends_with(",0,5,0,0,\"echo 'a,\"\"b'\",\"a,\"\"b\",\"a,\"\"b\n\",\n"),
        "{row}"
    );
}

#[test]
fn only_the_output_of_the_last_try_is_shown() {
    parallel(["--retries", "3", "echo {}; false", ":::", "a", "b"])
        .stdout_any()
        .code(2)
        .run();
    parallel(["-k", "--retries", "3", "echo {}; false", ":::", "a", "b"])
        .stdout("a\nb\n")
        .code(2)
        .run();
}

#[test]
fn a_file_that_is_no_job_log_is_not_overwritten() {
    let outcome = parallel(["--jl", "list", "echo", ":::", "a"])
        .file("list", "something else\n")
        .stderr("prun: --joblog list:1: not a line of GNU parallel's job log: name another file\n")
        .code(255)
        .run();
    assert_eq!(outcome.read_text("list"), "something else\n");
    // A log of an earlier run is, and so is an empty file.
    for before in ["Seq\tHost\n9\told\n", ""] {
        let outcome = parallel(["--jl", "log", "true", ":::", "a"])
            .file("log", before)
            .run();
        let log = outcome.read_text("log");
        assert!(log.lines().count() == 2 && !log.contains("old"), "{log}");
    }
}

#[test]
fn results_do_not_overwrite_the_arguments() {
    let outcome = parallel(["--results", "in.csv", "-a", "in.csv", "echo"])
        .file("in.csv", "a\nb\n")
        .stderr("prun: --results in.csv: -a reads the same file: name a different one\n")
        .code(255)
        .run();
    assert_eq!(outcome.read_text("in.csv"), "a\nb\n");
}
