//! prun is ended from outside: by a CI service, a closed terminal, a key, an abort.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::time::{Duration, Instant};

use crate::needs::{ROOT, needs};
use crate::signals::{is_stopped, up};
use crate::stage::{Stage, is_alive, kill, rounds};

const TIME_LIMIT: Duration = Duration::from_secs(60);

#[test]
fn a_run_ends_before_a_ci_service_sends_sigkill() {
    // The service sends INT, TERM after 7.5 s, and KILL to prun alone 2.5 s later.
    let stage = Stage::new()
        .args([
            "--json",
            "trap '' INT TERM; echo partial; echo up > up; while :; do sleep 0.1; done",
        ])
        .stdout_any()
        .stderr_any()
        .signal(libc::SIGINT)
        .within(TIME_LIMIT);
    let mut run = up(stage);
    let sent = Instant::now();
    run.send(libc::SIGINT);
    run.wait_until("the end", |run| (!is_alive(run.pid())).then_some(()));
    let took = sent.elapsed();
    let record = run.finish().record(1);
    assert_eq!(
        (&record["signal"], &record["stdout"]),
        (&"SIGKILL".into(), &"partial\n".into())
    );
    assert!(
        took > Duration::from_secs(5) && took < Duration::from_millis(7500),
        "{took:?}"
    );
}

/// prun in a shell with job control, on a terminal.
fn in_shell(command: &str) -> Stage {
    Stage::of("/bin/bash")
        .args(["--norc", "--noprofile", "-ic"])
        .arg(format!("$PRUN {command}; echo code=$?"))
        .env("PRUN", env!("CARGO_BIN_EXE_prun"))
        .pty(24, 100)
        .within(TIME_LIMIT)
}

#[test]
fn a_closed_terminal_ends_prun_under_a_shell_and_its_jobs() {
    if !needs("/bin/bash") {
        return;
    }
    let mut run = in_shell("\"sleep 300 & echo up > up; trap '' HUP; sleep 300\" 'sleep 300'")
        .signal(libc::SIGHUP)
        .start();
    run.wait_for_line_in("up");
    run.hang_up();
    run.finish();
}

#[test]
fn the_quit_key_ends_background_processes_that_ignore_it() {
    let mut run = Stage::new()
        .args(["--grace", "1", "sleep 300 & echo up > up; wait"])
        .in_shell("ulimit -c unlimited; exec \"$@\"")
        .pty(24, 100)
        .signal(libc::SIGQUIT)
        .within(TIME_LIMIT)
        .start();
    run.wait_for_line_in("up");
    run.type_keys(b"\x1c");
    let outcome = run.finish();
    assert!(!outcome.status.core_dumped());
}

#[test]
fn a_job_that_takes_the_terminal_stops_no_other_process() {
    if !needs("/bin/bash") || !needs("python3") {
        return;
    }
    // It ignores SIGTTOU, as interactive shells do.
    let thief = "import os, signal, time\n\
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)\n\
        os.tcsetpgrp(os.open('/dev/tty', os.O_RDWR), os.getpgrp())\n\
        print('taken')\n";
    let mut run = in_shell("-j1 'python3 thief.py' 'echo next'; stty -a > modes")
        .file("thief.py", thief)
        .start();
    run.wait_for_screen("taken");
    run.wait_for_screen("next");
    run.wait_for_screen("code=0");
    run.finish();
}

#[test]
fn an_interactive_shell_as_a_job_is_reported_to_need_the_terminal() {
    if !needs("/bin/bash") {
        return;
    }
    let outcome = in_shell("--json 'bash --norc -ic \"echo hi\"' | tee records")
        .screen_has("run it with --tty")
        .run();
    assert!(
        outcome
            .read_text("records")
            .contains("\"reason\":\"needs_terminal\"")
    );
}

#[test]
fn an_abort_ends_the_jobs_and_leaves_a_log_that_can_be_resumed() {
    let mut run = Stage::new()
        .args(["--joblog", "run.log", "-C", "/", "-j1", "echo one"])
        .arg("sleep 300")
        .in_shell("ulimit -c 0; exec \"$@\"")
        .stdout("one\n")
        .stderr_has("prun: SIGABRT: cancelling 1 job ")
        .signal(libc::SIGABRT)
        .within(TIME_LIMIT)
        .start();
    let log = run.dir().join("run.log");
    run.wait_until("the second start", |_| {
        let text = std::fs::read_to_string(&log).ok()?;
        (text.matches("job_start").count() == 2).then_some(())
    });
    run.send(libc::SIGABRT);
    let outcome = run.finish();
    let log = outcome.path("run.log");
    let log = log.to_str().expect("a temporary path is text");
    Stage::new()
        .args([
            "--joblog",
            log,
            "--resume",
            "-C",
            "/",
            "-j1",
            "echo one",
            "echo three",
        ])
        .stdout("three\n")
        .run();
}

#[test]
fn a_process_in_its_own_session_is_reported_as_leaked() {
    // It cannot be signalled with its group; it is reported as leaked.
    let mut run = Stage::new()
        // The guard would be another child.
        .args([
            "--json",
            "--guard=never",
            "setsid sleep 300 & echo up > up; wait",
        ])
        .stdout_any()
        .stderr_any()
        .leaves_processes()
        .signal(libc::SIGTERM)
        .within(TIME_LIMIT)
        .start();
    run.wait_for_line_in("up");
    // The process creates its session a moment after the fork.
    run.wait_until("a session", |run| {
        let shell = run.children().pop()?.to_string();
        let children = format!("/proc/{shell}/task/{shell}/children");
        let daemon = std::fs::read_to_string(children).ok()?.trim().to_owned();
        let stat = std::fs::read_to_string(format!("/proc/{daemon}/stat")).ok()?;
        stat.contains(&format!("(sleep) S {shell} {daemon} {daemon} "))
            .then_some(())
    });
    run.send(libc::SIGTERM);
    let outcome = run.finish();
    assert_eq!(outcome.record(1)["leaked"], true);
    assert_eq!(outcome.left.len(), 1);
}

#[test]
fn a_time_limit_ends_jobs_without_delay() {
    // The limit and little more: no wait for zombies, no polling.
    let outcome = Stage::new()
        .args([
            "--json",
            "-t",
            "0.3",
            "sleep 300",
            "sleep 0.2 & sleep 300",
            "exec sleep 300",
        ])
        .stdout_any()
        .stderr_any()
        .code(1)
        .run();
    for seq in 1..=3 {
        let wall = outcome.record(seq)["wall_s"].as_f64().expect("a number");
        assert!((0.3..2.0).contains(&wall), "{wall}");
    }
}

#[test]
fn a_signal_at_the_end_of_a_run_is_not_lost() {
    // prun re-raises the signal, unless it had ended before.
    for round in 0..4 * rounds() {
        let mut run = std::process::Command::new(env!("CARGO_BIN_EXE_prun"))
            .arg("true")
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("prun can be started");
        let pid = i32::try_from(run.id()).expect("a process number is a pid_t");
        std::thread::sleep(Duration::from_micros(100 * (round as u64 % 60)));
        kill(pid, libc::SIGSTOP);
        let stopped = loop {
            if is_stopped(pid) {
                break true;
            }
            if !is_alive(pid) {
                break false;
            }
        };
        kill(pid, libc::SIGTERM);
        kill(pid, libc::SIGCONT);
        let status = run.wait().expect("it can be waited for");
        let expected = if stopped { Some(libc::SIGTERM) } else { None };
        assert_eq!(status.signal(), expected, "round {round}: {status}");
    }
}

#[test]
fn a_signal_during_any_system_call_is_not_lost() {
    if !needs("strace") {
        return;
    }
    // The signal arrives during each call, from the first to the last.
    for call in ["rt_sigaction", "rt_sigprocmask", "epoll_wait", "close"] {
        for number in 1.. {
            let injected = format!("inject={call}:signal=SIGTERM:when={number}");
            let traced = format!("trace={call}");
            let strace = std::process::Command::new("strace")
                .args(["-o", "/dev/stdout", "-e", &traced, "-e", &injected])
                .args([env!("CARGO_BIN_EXE_prun"), "-qq", "true"])
                .output()
                .expect("strace can be started");
            let trace = String::from_utf8_lossy(&strace.stdout);
            if !trace.contains("--- SIGTERM ") {
                assert!(number > 3, "{trace}");
                break;
            }
            let signal = strace.status.signal();
            assert_eq!(signal, Some(libc::SIGTERM), "{call} {number}: {trace}");
        }
    }
}

#[test]
fn a_job_that_could_not_be_signalled_at_first_is_still_killed() {
    // Root may signal all processes, so prun runs as another user. The job becomes root, and that user
    // again when prun has tried to send SIGTERM.
    if !needs(ROOT) {
        return;
    }
    let user = 20_000 + std::process::id() % 20_000;
    let change = "setpriv --clear-groups";
    let job = format!(
        "exec ./to_root --reuid=0 --regid=0 --clear-groups sh -c '
        trap \"\" TERM; mkfifo go; echo up > up; read line < go
        exec {change} --reuid={user} --regid={user} sh -c \"echo changed > changed; exec sleep 300\"'"
    );
    let stage = Stage::new()
        .args(["--grace", "1h"])
        .arg(job)
        .in_shell(&format!(
            "chmod 755 \"$HOME/..\"; chmod 777 \"$HOME\" \"$TMPDIR\"; cp \"$1\" prun; shift
            cp \"$(command -v setpriv)\" to_root; chmod 4755 to_root
            exec {change} --reuid={user} --regid={user} ./prun \"$@\""
        ))
        .stderr(
            "prun: SIGTERM: cancelling 1 job (SIGKILL in 1h00m); signal again to kill now\n\
             prun: SIGINT again: killing 1 job; press Ctrl-C again to exit now\n\
             ── 1 job: 1 canceled ([TIME])\n",
        )
        .signal(libc::SIGTERM)
        .within(TIME_LIMIT);
    let mut run = up(stage);
    run.send(libc::SIGTERM);
    run.wait_for_stderr("cancelling 1 job");
    fs::write(run.dir().join("go"), "go\n").unwrap();
    run.wait_for_line_in("changed");
    run.send(libc::SIGINT);
    run.finish();
}
