//! The guard and nested runs: no process outlives prun, whether it is a job of another prun or is
//! killed.

use std::collections::BTreeSet;
use std::fs;
use std::time::Duration;

use super::fixtures::inject_faults;
use crate::needs::needs;
use crate::signals::is_stopped;
use crate::stage::{Running, Stage, is_alive, kill, rounds};

/// Far more than any of these runs needs.
const TIME_LIMIT: Duration = Duration::from_secs(60);

const PRUN: &str = env!("CARGO_BIN_EXE_prun");

/// A job that ignores TERM, and that creates `start` when it runs.
const STUBBORN: &str = "trap '' TERM; echo up > up; while :; do sleep 0.05; done";

#[test]
fn a_nested_run_ends_its_own_jobs_before_it_is_killed() {
    Stage::new()
        .args(["-t", "300ms", "--grace", "3"])
        .arg(format!("exec {PRUN} \"$STUBBORN\" true"))
        .env("STUBBORN", STUBBORN)
        .stderr_has("prun: SIGTERM: cancelling 1 job (SIGKILL in 2.7 s);")
        .stderr_has("timed out after 0.3 s")
        .code(1)
        .within(TIME_LIMIT)
        .run();
}

#[test]
fn the_grace_of_a_nested_run_is_nine_tenths_of_the_outer_one() {
    let inner = |options: &str| format!("{PRUN} {options} 'echo $PRUN_GRACE'");
    let check_grace = |options: &[&str], job: &str, grace: &str| {
        let stage = Stage::new().args(options).arg(job);
        stage.stdout(format!("{grace}\n")).run();
    };
    check_grace(&[], "echo $PRUN_GRACE", "5");
    check_grace(&["--grace", "250ms"], "echo $PRUN_GRACE", "0.25");
    check_grace(&[], &inner(""), "4.5");
    check_grace(&[], &inner("--grace 1h"), "4.5");
    check_grace(&[], &inner("--grace 1"), "1");
    // Without a grace of its own, the outer run's grace is not passed on.
    check_grace(&[], &inner("--grace 0"), "");
    check_grace(&["-e", "PRUN_GRACE=7"], "echo $PRUN_GRACE", "7");
}

#[test]
fn an_invalid_grace_in_the_environment_is_refused() {
    Stage::new()
        .env("PRUN_GRACE", "soon")
        .arg("touch never")
        .stderr_has("prun: PRUN_GRACE=soon: a duration needs a decimal number before each unit: write seconds")
        .stderr_has("or unset it (env -u PRUN_GRACE)\n")
        .code(2)
        .run();
}

/// The pids of prun's children: the guard, if there is one, and the jobs.
fn children(run: &Running) -> BTreeSet<i32> {
    // The kernel lists children per thread.
    let threads = fs::read_dir(format!("/proc/{}/task", run.pid()));
    let threads = threads.into_iter().flatten().flatten();
    let lists = threads.map(|thread| fs::read_to_string(thread.path().join("children")));
    let text: Vec<String> = lists.map(Result::unwrap_or_default).collect();
    let numbers = text.iter().flat_map(|text| text.split_whitespace());
    numbers.flat_map(str::parse).collect()
}

/// Waits for the guard of a run.
fn guard(run: &mut Running) -> i32 {
    run.wait_until("the guard", |run| {
        let name = |pid: &i32| fs::read_to_string(format!("/proc/{pid}/comm"));
        let is_guard = |pid: &i32| name(pid).is_ok_and(|name| name == "job-guard\n");
        children(run).into_iter().find(is_guard)
    })
}

/// Starts a run; returns when its first job and its guard are running.
fn start(stage: Stage) -> (Running, i32) {
    let mut run = stage.stdout_any().stderr_any().within(TIME_LIMIT).start();
    run.wait_for_line_in("up");
    let guard = guard(&mut run);
    (run, guard)
}

#[test]
fn any_death_of_prun_ends_every_group_that_it_started() {
    let job = "sleep 300 & (trap '' TERM; sleep 300) & echo up >> up; sleep 300";
    for signal in [libc::SIGKILL, libc::SIGABRT, libc::SIGILL] {
        let stage = Stage::new().args(["--grace", "200ms", job, "/bin/sleep 300"]);
        let (mut run, _) = start(stage.in_shell("ulimit -c 0; exec \"$@\"").signal(signal));
        run.send(signal);
        // The stage checks that no process is left.
        run.finish();
    }
}

#[test]
fn a_kill_at_any_moment_leaves_no_process_behind() {
    for round in 0..rounds() {
        let mut run = Stage::new()
            .args(["--guard", "-j300", "--grace", "100ms"])
            .stdin("echo up >> up; exec sleep 300\n/bin/sleep 300\n".repeat(150))
            .stdout_any()
            .stderr_any()
            .signal(libc::SIGKILL)
            .within(TIME_LIMIT)
            .start();
        run.wait_for_line_in("up");
        // Most of the time prun is starting a job.
        let moment = run.elapsed() + Duration::from_micros(round as u64 * 3571 % 100_000);
        run.wait_until("the moment of the signal", |run| {
            (run.elapsed() >= moment).then_some(())
        });
        run.send(libc::SIGKILL);
        run.finish();
    }
}

#[test]
fn jobs_that_are_stopped_when_prun_is_killed_are_ended_gently() {
    // The kernel sends HUP and CONT to the orphaned, stopped group. Nobody reads the jobs' output,
    // so that writing would end them, too.
    let job = "exec 2> /dev/null; trap '' HUP; trap 'echo told > told; exit' TERM; echo up > up; while :; do sleep 0.05; done";
    let stage = Stage::new().args(["--grace", "1h", job]);
    let (mut run, guard) = start(stage.signal(libc::SIGKILL));
    run.send(libc::SIGTSTP);
    run.wait_until("the stop of all but the guard", |run| {
        let mut jobs = children(run).into_iter().filter(|pid| *pid != guard);
        (is_stopped(run.pid()) && jobs.all(is_stopped)).then_some(())
    });
    run.send(libc::SIGKILL);
    assert_eq!(run.finish().read_text("told"), "told\n");
}

#[test]
fn a_kill_after_a_term_kills_remaining_processes_at_once() {
    let stage = Stage::new().args(["--grace", "1h", STUBBORN]);
    let (mut run, _) = start(stage.signal(libc::SIGKILL));
    run.send(libc::SIGTERM);
    run.wait_for_stderr("prun: SIGTERM: cancelling 1 job");
    run.send(libc::SIGKILL);
    run.finish();
}

#[test]
fn timeout_with_a_kill_leaves_no_process() {
    if needs("timeout") {
        Stage::new()
            .under(["timeout", "-k", "0.3", "0.5"])
            .arg(STUBBORN)
            .stderr_any()
            .signal(libc::SIGKILL)
            .within(TIME_LIMIT)
            .run();
    }
}

#[test]
fn a_nested_run_that_is_killed_before_its_grace_ends_leaves_no_process() {
    Stage::new()
        .args(["-t", "300ms", "--grace", "300ms"])
        .arg(format!("exec env -u PRUN_GRACE {PRUN} \"$STUBBORN\" true"))
        .env("STUBBORN", STUBBORN)
        .stderr_has("timed out")
        .code(1)
        .within(TIME_LIMIT)
        .run();
}

#[test]
fn without_a_guard_jobs_outlive_a_kill() {
    let job = "echo $$ > up; exec sleep 300";
    let stage = Stage::new().args(["--guard=never", job]).stderr_any();
    let mut run = stage.signal(libc::SIGKILL).leaves_processes().start();
    let job: i32 = run.wait_for_line_in("up").parse().expect("a number");
    // Longer than a guard needs to start.
    std::thread::sleep(Duration::from_millis(200));
    assert_eq!(children(&run), [job].into());
    run.send(libc::SIGKILL);
    run.wait_until("the end", |run| (!is_alive(run.pid())).then_some(()));
    std::thread::sleep(Duration::from_millis(200));
    assert!(run.finish().left.iter().any(|left| left.pid == job));
}

#[test]
fn leftover_processes_of_an_ended_job_are_not_killed() {
    let ended = "sleep 300 > /dev/null 2>&1 & echo $! > daemon";
    let job = "echo $$ > up; exec sleep 300";
    let stage = Stage::new().args(["--json", "--grace", "200ms", ended, job]);
    let (mut run, _) = start(stage.signal(libc::SIGKILL).leaves_processes());
    run.wait_for_stdout("\"status\":\"ok\"");
    let read = |run: &mut Running, file| run.wait_for_line_in(file).parse().expect("a number");
    let (daemon, job) = (read(&mut run, "daemon"), read(&mut run, "up"));
    run.send(libc::SIGKILL);
    run.wait_until("the end of the job", |_| (!is_alive(job)).then_some(()));
    std::thread::sleep(Duration::from_millis(300));
    let left: Vec<i32> = run.finish().left.iter().map(|left| left.pid).collect();
    assert_eq!(left, [daemon]);
}

#[test]
fn a_guard_outlives_no_run() {
    let job = "sleep 0.1; cat /proc/$PPID/task/*/children > children";
    let script = "\"$@\" || exit; for pid in $(cat children); do ! kill -0 $pid || exit 9; done 2> /dev/null";
    for round in 0..rounds() {
        let options: &[&str] = if round % 2 == 0 { &["--guard"] } else { &[] };
        let stage = Stage::new().args(options).arg(job).in_shell(script);
        let children = stage.within(TIME_LIMIT).run().read_text("children");
        // The children are the job and the guard; a guard that was not requested may start
        // later.
        let guards = children.split_whitespace().count() - 1;
        assert!(guards >= usize::from(round % 2 == 0), "{children}");
    }
}

#[test]
fn a_job_log_stays_locked_until_the_jobs_of_a_killed_run_are_gone() {
    let job = format!("echo $$ > pid; {STUBBORN}");
    let stage = Stage::new().args(["--joblog", "run.log", "--grace", "3", &job]);
    let (mut run, _) = start(stage.signal(libc::SIGKILL));
    let pid = run.wait_for_line_in("pid").parse().expect("a number");
    let log = run.dir().join("run.log");
    let path = log.to_str().expect("a temporary path is text");
    run.send(libc::SIGKILL);
    Stage::new()
        .args(["--joblog", path, "--resume", "touch never"])
        .stderr(format!(
            "prun: --joblog {path}: another prun is writing to it: wait until it exits, or name a different file\n"
        ))
        .code(2)
        .run();
    run.wait_until("the lock", |_| fs::File::open(&log).ok()?.try_lock().ok());
    assert!(!is_alive(pid));
    run.finish();
}

#[test]
fn the_guard_has_only_its_own_descriptors_and_ignores_signals() {
    let stage = Stage::new().args(["--guard", "--grace", "200ms", STUBBORN]);
    let (mut run, guard) = start(stage.in_shell("exec \"$@\" 7>&1").signal(libc::SIGKILL));
    let entries = fs::read_dir(format!("/proc/{guard}/fd")).expect("it runs");
    let entries = entries.map(|entry| entry.expect("an entry").file_name());
    let open: BTreeSet<_> = entries
        .map(|name| name.into_string().expect("a number"))
        .collect();
    assert_eq!(open, ["0", "1", "2"].map(str::to_owned).into());
    let environment = fs::read(format!("/proc/{guard}/environ")).expect("it runs");
    assert!(environment.is_empty());
    for signal in [libc::SIGTERM, libc::SIGINT, libc::SIGHUP, libc::SIGQUIT] {
        assert!(kill(guard, signal));
    }
    run.send(libc::SIGKILL);
    run.finish();
}

#[test]
fn a_requested_guard_that_cannot_be_started_is_an_error() {
    if !needs("strace") {
        return;
    }
    let refused = |fault: &str, why: &str| {
        let outcome = inject_faults(Stage::new(), &[fault])
            .args(["--guard", "touch never"])
            .stderr(format!(
                "prun: cannot start: --guard: cannot start the guard process: {why}; use \
                 --guard=auto to run without it\n"
            ))
            .code(2)
            .within(TIME_LIMIT)
            .run();
        assert!(!outcome.path("never").exists());
        // Without --guard the run continues without a guard.
        let stage = inject_faults(Stage::new(), &[fault]).arg("sleep 0.2; echo a");
        stage.stdout("a\n").within(TIME_LIMIT).run();
    };
    refused(
        "memfd_create:error=ENOMEM",
        "Cannot allocate memory (os error 12)",
    );
}

#[test]
fn a_guard_process_without_a_run_names_the_option_to_use() {
    Stage::new()
        .arg("--guard-process")
        .stderr("prun: --guard-process is for internal use: use --guard\n")
        .code(2)
        .run();
}
