//! Commands on the command line: each is a job; and the environment of every job.

use crate::stage::Stage;

/// A job that ends only when `count` jobs, itself among them, run at the same time.
fn job_that_waits_for(count: usize) -> String {
    format!(
        "touch met.$PRUN_SEQ; until [ \"$(ls met.* | wc -l)\" -ge {count} ]; do sleep 0.01; done"
    )
}

/// This line, repeated `count` times.
fn lines(count: usize, line: &str) -> String {
    format!("{line}\n").repeat(count)
}

/// The number of CPUs available to this test, and so to its run.
fn cpus() -> usize {
    std::thread::available_parallelism()
        .expect("the processors can be counted")
        .get()
}

#[test]
fn each_command_is_a_job() {
    Stage::new()
        .args(["-j1", "echo one two", "printf '%s\\n' \"a  b\""])
        .stdout("one two\na  b\n")
        .run();
}

#[test]
fn a_failed_job_makes_the_exit_code_1() {
    Stage::new()
        .args(["exit 3", "true"])
        .stderr("── exit 3 (exit 3, [TIME])\n   $ exit 3\n── 2 jobs: 1 ok, 1 failed ([TIME])\n")
        .code(1)
        .run();
}

#[test]
fn all_commands_run_although_one_fails() {
    Stage::new()
        .args(["-j1", "echo a; exit 1", "echo b", "kill -9 $$", "echo c"])
        .stdout("a\nb\nc\n")
        .stderr_has("── 4 jobs: 2 ok, 1 failed, 1 signaled ([TIME])\n")
        .code(1)
        .run();
}

#[test]
fn the_exit_code_does_not_count_the_failures() {
    Stage::new()
        .stdin(lines(256, "exit 1"))
        .stderr_has("── 256 jobs: 256 failed ([TIME])\n")
        .code(1)
        .run();
}

#[test]
fn an_empty_list_of_jobs_is_a_success() {
    Stage::new().stdin("").run();
}

#[test]
fn typed_commands_all_start_at_once() {
    let count = 2 * cpus() + 3;
    let commands = vec![job_that_waits_for(count); count];
    Stage::new().args(commands).run();
}

#[test]
fn jobs_of_a_file_run_one_for_each_cpu() {
    let job = job_that_waits_for(cpus());
    Stage::new().stdin(lines(cpus(), &job)).run();
    let job = "echo $PRUN_SLOT >> slots; sleep 0.02";
    let outcome = Stage::new().stdin(lines(4 * cpus(), job)).run();
    let slots = outcome.read_text("slots");
    let highest = slots.lines().map(|slot| slot.parse::<usize>().unwrap());
    assert_eq!(highest.max(), Some(cpus()));
}

#[test]
fn j_is_how_many_run_at_once() {
    Stage::new()
        .arg("-j7")
        .stdin(lines(7, &job_that_waits_for(7)))
        .run();
}

#[test]
fn j1_runs_one_after_the_other() {
    let job = "mkdir alone && sleep 0.01 && rmdir alone";
    Stage::new().arg("-j1").stdin(lines(20, job)).run();
}

#[test]
fn j0_is_no_limit() {
    let count = 4 * cpus() + 3;
    let job = job_that_waits_for(count);
    Stage::new()
        .args(["-j", "0"])
        .stdin(lines(count, &job))
        .run();
}

#[test]
fn j_in_percent_is_of_the_cpus() {
    let count = 3 * cpus();
    let job = job_that_waits_for(count);
    Stage::new().arg("-j300%").stdin(lines(count, &job)).run();
}

#[test]
fn a_percentage_is_at_least_one_job() {
    let job = "mkdir alone && sleep 0.01 && rmdir alone";
    Stage::new().arg("-j1%").stdin(lines(10, job)).run();
}

#[test]
fn a_slot_is_never_held_twice_at_once() {
    let job = "mkdir slot.$PRUN_SLOT && echo $PRUN_SLOT >> slots && sleep 0.00$PRUN_SEQ \
               && rmdir slot.$PRUN_SLOT";
    let outcome = Stage::new().arg("-j3").stdin(lines(60, job)).run();
    let slots = outcome.read_text("slots");
    assert_eq!(slots.lines().count(), 60);
    assert!(
        slots.lines().all(|slot| ["1", "2", "3"].contains(&slot)),
        "{slots}"
    );
}

#[test]
fn a_job_knows_its_number_slot_attempt_and_name() {
    let job = "echo $PRUN_SEQ $PRUN_SLOT $PRUN_ATTEMPT \"[$PRUN_NAME]\"";
    Stage::new()
        .args(["-j1", job, &format!("web-1.x_y: {job}")])
        .stdout("1 1 1 []\n2 1 1 [web-1.x_y]\n")
        .run();
}

#[test]
fn a_word_with_a_colon_and_a_blank_is_a_name() {
    let outcome = Stage::new()
        .args([
            "--json",
            "-j1",
            "a.b_c-1: echo x",
            "a:b",
            "echo: b",
            "a b: c",
            "é: x",
        ])
        .stdout_any()
        .stderr_any()
        .code(1)
        .run();
    let actual: Vec<_> = outcome
        .json()
        .iter()
        .map(|record| format!("{} {}", record["name"], record["cmd"]))
        .collect();
    let expected = [
        r#""a.b_c-1" "echo x""#,
        r#"null "a:b""#,
        r#""echo" "b""#,
        r#"null "a b: c""#,
        r#"null "é: x""#,
    ];
    assert_eq!(actual, expected);
}

#[test]
fn a_procfile_works() {
    Stage::new()
        .arg("-j1")
        .stdin("web: echo web on 80\n# comment\nworker: echo $PRUN_NAME\n")
        .stdout("web on 80\nworker\n")
        .run();
}

#[test]
fn jobs_run_in_the_folder_of_c() {
    Stage::new()
        .args(["-j1", "-C", "sub/deep", "pwd", "cat here", "./tool"])
        .file("sub/deep/here", "found\n")
        .script("sub/deep/tool", "#!/bin/sh\necho tool in \"$(pwd)\"\n")
        .stdout("[DIR]/sub/deep\nfound\ntool in [DIR]/sub/deep\n")
        .run();
}

#[test]
fn e_sets_and_u_unsets_a_variable_for_all_jobs() {
    let job = "echo \"$A ${HOME-no home} $EQ\"";
    Stage::new()
        .args(["-j1", "-e", "A=x y", "-e", "EQ=a=b", "-u", "HOME", job, job])
        .stdout("x y no home a=b\nx y no home a=b\n")
        .run();
}

#[test]
fn variables_are_unset_before_any_is_set() {
    Stage::new()
        .args(["-e", "A=1", "-u", "A", "-e", "B=", "echo \"$A [$B]\""])
        .env("B", "old")
        .stdout("1 []\n")
        .run();
}

#[test]
fn a_variable_may_hold_any_bytes() {
    use std::os::unix::ffi::OsStrExt as _;
    Stage::new()
        .arg("-e")
        .arg(std::ffi::OsStr::from_bytes(b"A=\xff\xfe"))
        .arg("printenv A")
        .stdout(b"\xff\xfe\n")
        .run();
}

#[test]
fn a_job_has_nothing_on_its_stdin() {
    Stage::new()
        .arg("-j1")
        .stdin("cat\nreadlink /proc/self/fd/0\nread x || echo end\n")
        .stdout("/dev/null\nend\n")
        .run();
}

#[test]
fn a_closed_stdin_is_an_empty_one() {
    Stage::new().in_shell("exec \"$@\" <&-").run();
    Stage::new()
        .arg("readlink /proc/self/fd/0")
        .in_shell("exec \"$@\" <&-")
        .stdout("/dev/null\n")
        .run();
}

#[test]
fn a_job_gets_no_descriptor_of_pruns_own() {
    let list = ["-1", "/proc/self/fd"];
    let given = Stage::of("/bin/ls").args(list).stdout_any().run().stdout;
    // Pipes, pidfds and spill files of other jobs are open at that time.
    let others =
        "touch up.$PRUN_SEQ; head -c 100000 /dev/zero; until [ -e listed ]; do sleep 0.01; done";
    let lister = "until [ -e up.1 ] && [ -e up.2 ]; do sleep 0.01; done; touch listed; \
                  exec ls -1 /proc/self/fd > fds";
    let outcome = Stage::new()
        .args(["-o", "group", others, others, lister])
        .stdout(vec![0; 200_000])
        .run();
    assert_eq!(outcome.read("fds"), given);
}

#[test]
fn a_job_gets_the_descriptors_that_prun_was_given() {
    Stage::new()
        .arg("cat <&7")
        .file("inherited", "seven\n")
        .in_shell("exec 7<inherited; exec \"$@\"")
        .stdout("seven\n")
        .run();
}

#[test]
fn help_is_a_success_and_names_the_codes() {
    Stage::new()
        .arg("--help")
        .stdout_has("Usage: prun [OPTIONS] COMMAND...")
        .stdout_has("Exit status:\n  0\n          Every job succeeded")
        .run();
}

#[test]
fn without_jobs_on_a_terminal_help_is_printed() {
    Stage::new()
        .pty(40, 100)
        .screen_has("prun runs many commands at once. There are four ways to name them:")
        .screen_has("See `prun --help` for all options.")
        .code(2)
        .run();
}
