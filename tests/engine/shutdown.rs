//! The errors of `shutdown`, and its costs.

use std::fs;
use std::time::Duration;

use prun::process::{
    Command, Group, KillOnDrop, Process, Scope, ShutdownError, Signal, SignalError, Stdio,
};

use super::at::{At, MINUTE, engine_test, isolated_test, plain_test};
use super::isolated::{isolated, name_of};
use super::procfs::{Doomed, soon};
use crate::shared::needs::{ROOT, needs};

/// Short enough to wait for.
const SHORT: Duration = Duration::from_millis(50);

/// Starts it, and reads the id of a process from its first line.
async fn telling(command: &mut Command) -> (Process, Doomed) {
    command.stdout(Stdio::Pipe);
    let mut process = command.spawn().await.unwrap();
    let line = process.stdout.as_mut().unwrap().read_line().await.unwrap();
    (process, Doomed::from_line(&line))
}

// Ours: an error instead of waiting for ever.
engine_test!(shutdown_without_a_group_is_an_error, |at: At| async move {
    let (process, itself) = telling(&mut at.shell("echo $$; exec sleep 60")).await;
    for grace in [MINUTE, Duration::ZERO] {
        match process.shutdown(Scope::Group, grace).await {
            Err(ShutdownError::Signal(SignalError::NoGroup { pid })) => {
                assert_eq!(pid, process.pid());
            }
            other => panic!("it has no group, and yet: {other:?}"),
        }
    }
    assert!(itself.is_alive(), "nothing was sent");
});

// Ours: also after the end of the process.
engine_test!(
    shutdown_without_a_group_is_an_error_after_the_end,
    |at: At| async move {
        let process = at.command("true").spawn().await.unwrap();
        process.wait().await.unwrap();
        let error = process.shutdown(Scope::Group, MINUTE).await.unwrap_err();
        let is_no_group = matches!(error, ShutdownError::Signal(SignalError::NoGroup { .. }));
        assert!(is_no_group, "{error:?}");
    }
);

/// Drops root's privilege to signal all processes, and continues as the test.
const WITHOUT_KILL: &str = "exec setpriv --bounding-set=-kill --inh-caps=-kill \"$0\" \"$@\"";

/// A process that such a root may not signal; it prints its id, and ends with our end of its input.
const ANOTHER: &str =
    "setpriv --reuid=12345 --regid=12345 --clear-groups sh -c 'echo $$; read x' <&3";

/// Starts a line with such a process, in a group of its own.
async fn with_another(at: At, line: &str) -> (Process, Doomed) {
    let line = format!("exec 3<&0; {}", line.replace("ANOTHER", ANOTHER));
    let mut command = at.shell(line);
    telling(command.stdin(Stdio::Pipe).process_group(Group::New)).await
}

/// A test in a process that is root without that privilege.
macro_rules! powerless_test {
    ($name:ident, $promise:expr $(,)?) => {
        plain_test!($name, |at: At| {
            if needs(ROOT) {
                isolated(&name_of(module_path!(), at), WITHOUT_KILL, || {
                    at.play($promise)
                });
            }
        });
    };
}

#[track_caller]
fn assert_forbidden(stopped: Result<impl std::fmt::Debug, ShutdownError>, signal: Signal) {
    match stopped {
        Err(ShutdownError::Signal(SignalError::Permission { signal: sent, .. })) => {
            assert_eq!(sent, signal);
        }
        other => panic!("it may not be signalled, and yet: {other:?}"),
    }
}

// Ours: a process that may not be signalled is not waited for.
powerless_test!(
    shutdown_of_a_process_that_may_not_be_signalled_is_an_error,
    |at: At| {
        async move {
            let (process, itself) = with_another(at, "exec ANOTHER").await;
            for scope in [Scope::Leader, Scope::Group] {
                assert_forbidden(process.shutdown(scope, MINUTE).await, Signal::TERM);
                assert_forbidden(process.shutdown(scope, Duration::ZERO).await, Signal::KILL);
            }
            assert!(itself.is_alive());
        }
    }
);

// Ours: the zombie of another user's process refuses signals, too.
powerless_test!(
    shutdown_of_an_ended_process_is_no_error,
    |at: At| async move {
        for scope in [Scope::Leader, Scope::Group] {
            let (mut process, itself) = with_another(at, "exec ANOTHER").await;
            process.stdin.take();
            soon("its end", || !itself.is_alive()).await;
            let exit = process.shutdown(scope, MINUTE).await.unwrap();
            assert_eq!(exit.code, Some(1), "`read` found the end");
        }
    }
);

// Ours: a signal that reaches some members of a group is sent, and the others may end by themselves.
powerless_test!(
    shutdown_of_a_group_that_may_be_signalled_in_part_is_no_error,
    |at: At| async move {
        let (mut process, other) = with_another(at, "ANOTHER & wait").await;
        let stdin = process.stdin.take();
        let ends = async {
            process.wait().await.unwrap();
            drop(stdin);
        };
        let (stopped, ()) = tokio::join!(process.shutdown(Scope::Group, MINUTE), ends);
        assert_eq!(stopped.unwrap().returncode(), -15);
        assert!(!other.is_alive(), "it was waited for");
    }
);

// Ours: a remaining member is reported. If the zombie accepts the signal, after the wait.
powerless_test!(
    shutdown_reports_a_member_that_may_not_be_killed,
    |at: At| async move {
        let (process, other) = with_another(at, "ANOTHER & wait").await;
        assert_forbidden(process.shutdown(Scope::Group, SHORT).await, Signal::KILL);
        assert_eq!(process.returncode(), Some(-15));
        assert!(other.is_alive());
    }
);

// Ours: the others were killed, and the error is about the one that refused.
powerless_test!(
    shutdown_reports_a_member_whose_kill_was_refused,
    |at: At| async move {
        let (process, other) = with_another(at, "trap '' TERM; ANOTHER & sleep 60; wait").await;
        match process.shutdown(Scope::Group, SHORT).await {
            Err(ShutdownError::Signal(SignalError::Permission { signal, pid })) => {
                assert_eq!(signal, Signal::KILL);
                assert!(other.has(pid) || cfg!(not(linux)));
            }
            Ok(_) if cfg!(not(linux)) => {}
            stopped => panic!("one may not be killed, and yet: {stopped:?}"),
        }
        assert_eq!(process.returncode(), Some(-9));
        assert!(other.is_alive());
    }
);

/// A process, and a tracer that holds it when it dies: it does not die until the tracer ends. Both print
/// their ids. With an argument, it is left behind by the leader of the group.
const HELD: &str = "
import ctypes, os, sys, time
if len(sys.argv) > 1 and os.fork() != 0:
    sys.exit(0)
libc, held = ctypes.CDLL(None), os.getpid()
libc.prctl(0x59616d61, ctypes.c_long(-1))  # PR_SET_PTRACER, anybody
if os.fork() == 0:
    os.setsid()
    # PTRACE_SEIZE with PTRACE_O_TRACEEXIT
    if libc.ptrace(0x4206, ctypes.c_long(held), None, ctypes.c_long(0x40)) == 0:
        print(held, os.getpid(), sep='\\n', flush=True)
    os.close(1)
time.sleep(60)
";

/// Starts it, if that is possible: the process, the traced process and its tracer.
async fn held(at: At, words: &[&str]) -> Option<(Process, [Doomed; 2])> {
    if !needs("python3") {
        return None;
    }
    let mut command = at.command("python3");
    command.args(["-c", HELD]).args(words);
    let (mut process, held) = telling(command.process_group(Group::New)).await;
    let line = process.stdout.as_mut().unwrap().read_line().await.unwrap();
    Some((process, [held, Doomed::from_line(&line)]))
}

// Ours: in an uninterruptible system call, for example.
engine_test!(
    shutdown_reports_a_process_that_does_not_die,
    |at: At| async move {
        let Some((process, [_, holder])) = held(at, &[]).await else {
            return;
        };
        match process.shutdown(Scope::Leader, Duration::ZERO).await {
            Err(ShutdownError::StillRunning { pid }) => assert_eq!(pid, process.pid()),
            other => panic!("it is held, and yet: {other:?}"),
        }
        assert_eq!(process.returncode(), None);
        drop(holder);
        assert_eq!(process.wait().await.unwrap().returncode(), -9);
    }
);

// Ours: not the leader, which has ended, but the remaining member.
engine_test!(
    shutdown_names_the_member_that_does_not_die,
    |at: At| async move {
        let Some((process, [held, holder])) = held(at, &["behind"]).await else {
            return;
        };
        match process.shutdown(Scope::Group, Duration::ZERO).await {
            Err(ShutdownError::StillRunning { pid }) => assert!(held.has(pid)),
            // Other systems do not distinguish zombies from living processes here.
            Ok(_) if cfg!(not(linux)) => {}
            other => panic!("one is held, and yet: {other:?}"),
        }
        drop(holder);
        soon("its death", || !held.is_alive()).await;
    }
);

// Ours: the resource usage is known, although the end of the group was waited for.
engine_test!(shutdown_knows_the_resource_usage, |at: At| async move {
    for line in ["echo $$; sleep 60 & wait", "echo $$; exec sleep 60"] {
        let (process, _) = telling(at.shell(line).process_group(Group::New)).await;
        let exit = process.shutdown(Scope::Group, MINUTE).await.unwrap();
        assert!(exit.usage.max_rss_bytes > 0, "{line}: {:?}", exit.usage);
    }
});

/// How many read calls this process has made.
fn reads() -> u64 {
    let io = fs::read_to_string("/proc/self/io").unwrap();
    let count = io.lines().find_map(|line| line.strip_prefix("syscr: "));
    count.unwrap().parse().unwrap()
}

// Ours: while waiting for a member of a group, other processes are not read again and again.
isolated_test!(
    while_a_member_lives_the_others_are_not_looked_at,
    "",
    |at: At| async move {
        let mut others = Vec::new();
        for _ in 0..100 {
            let mut command = at.command("sleep");
            command.arg("60").kill_on_drop(KillOnDrop::Leader);
            others.push(command.spawn().await.unwrap());
        }
        // A member that ignores SIGTERM, and a leader that does not.
        let line = "sh -c 'trap \"\" TERM; echo $$; while :; do sleep 0.05; done' & wait";
        let (process, _member) = telling(at.shell(line).process_group(Group::New)).await;
        let processes = fs::read_dir("/proc").unwrap().count() as u64;
        let before = reads();
        process
            .shutdown(Scope::Group, Duration::from_secs(1))
            .await
            .unwrap();
        // Each poll reads one file twice: the second time for its end. There are more than twenty
        // polls.
        let all = reads() - before;
        assert!(
            all < 8 * 2 * processes,
            "{all} reads for {processes} processes"
        );
    }
);
