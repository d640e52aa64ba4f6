//! A jobserver in `MAKEFLAGS`: without -j, prun takes a token for each job beyond the first.

use super::{JOB, MAKEFILE, Outer, TIME_LIMIT, most_at_once, stage};
use crate::needs::needs;
use crate::shared::rounds;
use crate::stage::Stage;

const EIGHT_JOBS: [&str; 8] = [JOB; 8];

#[test]
fn jobs_run_with_a_token_each_but_the_first_and_all_come_back() {
    let stage = stage();
    let outer = Outer::with(2, stage.dir());
    let outcome = stage.env("MAKEFLAGS", outer.flags()).args(EIGHT_JOBS).run();
    let most = most_at_once(&outcome.read_text("log"));
    assert!((2..=3).contains(&most), "{most}");
    assert_eq!(outer.left(), "xx", "the very same");
}

#[test]
fn the_ends_of_a_pipe_are_inherited() {
    let stage = stage();
    let outer = Outer::with(2, stage.dir());
    let outcome = stage
        .in_shell("exec 8<>tokens; MAKEFLAGS=' -j3 --jobserver-auth=8,8' exec \"$@\"")
        .args(EIGHT_JOBS)
        .run();
    let most = most_at_once(&outcome.read_text("log"));
    assert!((2..=3).contains(&most), "{most}");
    assert_eq!(outer.left(), "xx");
}

#[test]
fn without_tokens_the_jobs_run_one_by_one() {
    let stage = stage();
    let outer = Outer::with(0, stage.dir());
    let outcome = stage
        .env("CARGO_MAKEFLAGS", outer.flags())
        .args(EIGHT_JOBS)
        .run();
    assert_eq!(most_at_once(&outcome.read_text("log")), 1);
}

#[test]
fn a_token_that_comes_later_starts_a_job_beside_the_first() {
    let stage = stage();
    let outer = Outer::with(0, stage.dir());
    let first = "sleep 0.2; printf x >tokens; while test ! -e second; do sleep 0.02; done";
    stage
        .env("MAKEFLAGS", outer.flags())
        .args([first, "touch second"])
        .run();
    assert_eq!(outer.left(), "x");
}

#[test]
fn tokens_come_back_from_jobs_that_are_killed_and_from_runs_that_end_early() {
    let hangs = "trap '' TERM; while :; do sleep 0.1; done";
    for options in [
        ["--timeout", "0.3", "--grace", "0.1"],
        ["--deadline", "0.3", "--grace", "0.1"],
        ["--fail-fast", "--grace", "0", "exit 3"],
        ["--race", "--grace", "0", "sleep 0.1; exit 3"],
    ] {
        let stage = stage();
        let outer = Outer::with(3, stage.dir());
        stage
            .env("MAKEFLAGS", outer.flags())
            .args(options)
            .args([hangs; 6])
            .stderr_any()
            .any_end()
            .run();
        assert_eq!(outer.left(), "xxx", "{options:?}");
    }
}

#[test]
fn tokens_come_back_on_ctrl_c_whenever_it_comes() {
    for round in 0..rounds() {
        let stage = stage();
        let outer = Outer::with(2, stage.dir());
        let mut running = stage
            .env("MAKEFLAGS", outer.flags())
            .args([
                "touch begun; sleep 300",
                "sleep 300",
                "sleep 300",
                "sleep 300",
            ])
            .stderr_any()
            .signal(libc::SIGINT)
            .start();
        running.wait_for_file("begun");
        std::thread::sleep(std::time::Duration::from_millis(round as u64 % 40));
        running.send(libc::SIGINT);
        running.finish();
        assert_eq!(outer.left(), "xx");
    }
}

#[test]
fn a_prun_in_a_makefile_shares_j_with_it() {
    if !needs("make") {
        return;
    }
    let prun = env!("CARGO_BIN_EXE_prun");
    let makefile = format!(
        "both: with rest\nwith:\n\t+@{prun} '{JOB}' 'make -f inner' 'make -f inner' 2>>err\nrest: r1 r2 r3 r4 r5 r6\nr%:\n\t@{JOB}\n"
    );
    let outcome = Stage::of("make")
        .within(TIME_LIMIT)
        .file("Makefile", makefile)
        .file("inner", MAKEFILE)
        .args(["-j4", "--no-print-directory"])
        .run();
    let most = most_at_once(&outcome.read_text("log"));
    assert!((2..=4).contains(&most), "{most}");
    assert_eq!(outcome.read_text("err"), "");
}

#[test]
fn make_gets_all_its_tokens_back_when_a_job_was_killed() {
    if !needs("make") {
        return;
    }
    let prun = env!("CARGO_BIN_EXE_prun");
    let makefile = format!(
        "all:\n\t+@{prun} -qq --timeout 0.3 --grace 0 'sleep 300' 'sleep 300' 'sleep 300'\n"
    );
    // It counts them at its end, and tells if one is missing.
    Stage::of("make")
        .within(TIME_LIMIT)
        .file("Makefile", makefile)
        .args(["-j4", "--no-print-directory"])
        .stderr("make: *** [Makefile:2: all] Error 1\n")
        .code(2)
        .run();
}

const CLOSED: &str = " -j4 --jobserver-auth=77,78";

#[test]
fn a_jobserver_that_make_keeps_to_itself_is_told_with_the_remedy() {
    for (flags, why) in [
        (CLOSED, "descriptor 77 is not open"),
        (" --jobserver-auth=-2,-2", "make keeps it from this process"),
        (
            " --jobserver-auth=fifo:/none",
            "cannot open /none: No such file or directory (os error 2)",
        ),
        (" --jobserver-auth=x", "`x` is neither R,W nor fifo:PATH"),
        (" --jobserver-auth=0,0", "/dev/fd/0 is no pipe"),
    ] {
        stage()
            .env("MAKEFLAGS", flags)
            .args(["true", "true"])
            .stderr(format!(
                "prun: MAKEFLAGS names a jobserver that cannot be used: {why}: begin the line of the makefile with `+`, or choose the number of jobs with -j\n"
            ))
            .run();
    }
}

#[test]
fn of_two_jobservers_the_one_that_is_open_is_taken() {
    let stage = stage();
    let outer = Outer::with(0, stage.dir());
    let outcome = stage
        .env("MAKEFLAGS", CLOSED)
        .env("CARGO_MAKEFLAGS", outer.flags())
        .args(EIGHT_JOBS)
        .run();
    assert_eq!(most_at_once(&outcome.read_text("log")), 1);
}

#[test]
fn few_descriptors_are_told_only_when_there_are_more_tokens() {
    let stage = stage();
    let outer = Outer::with(1, stage.dir());
    stage
        .in_shell("ulimit -n 64; exec \"$@\"")
        .env("MAKEFLAGS", outer.flags())
        .args(["true"; 40])
        .run();
}

#[test]
fn with_a_number_of_jobs_the_jobserver_is_for_the_jobs_alone() {
    for number in [["-j2"].as_slice(), &["--slots", "a,b"]] {
        stage()
            .env("MAKEFLAGS", CLOSED)
            .args(number)
            .args(["echo \"$MAKEFLAGS\""])
            .stdout(format!("{CLOSED}\n"))
            .run();
    }
    let stage = stage();
    let outer = Outer::with(0, stage.dir());
    let meet = "touch $PRUN_SEQ; while test ! -e 1 -o ! -e 2; do sleep 0.02; done";
    stage
        .env("MAKEFLAGS", outer.flags())
        .args(["-j2", meet, meet])
        .run();
}

#[test]
fn flags_without_a_jobserver_mean_nothing() {
    let meet = "touch $PRUN_SEQ; while test ! -e 1 -o ! -e 2; do sleep 0.02; done";
    stage().env("MAKEFLAGS", "ks -j").args([meet, meet]).run();
}
