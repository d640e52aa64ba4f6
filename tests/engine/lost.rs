//! Lost exit statuses: an error, never a made-up code, and no signals afterwards.

use std::time::Duration;

use prun::process::{
    CommunicateError, Delivery, KillOnDrop, Process, Scope, ShutdownError, Signal, SpoolOptions,
    Stdio, WaitError, wait_for,
};

use super::at::{At, engine_test, isolated_test, plain_test};
use super::procfs::{Life, descriptors, eventually, soon};
use super::sys;

#[track_caller]
fn assert_lost<T: std::fmt::Debug>(result: Result<T, WaitError>, process: &Process) {
    match result {
        Err(WaitError::StatusLost { pid }) => assert_eq!(pid, process.pid()),
        other => panic!("the status is lost, and yet: {other:?}"),
    }
}

// CPython, test_send_signal_race and _race2: other code reaped it.
engine_test!(a_status_that_another_took_is_lost, |at: At| async move {
    let process = at.shell("exit 3").spawn().await.unwrap();
    sys::reap(process.pid());
    assert_lost(process.wait().await, &process);
    assert_lost(process.wait().await, &process);
    assert_eq!(process.returncode(), None);
    assert_eq!(process.exit(), None);
});

// CPython, test_send_signal_race2: the process id may have been reused.
engine_test!(
    nothing_is_signalled_after_a_lost_status,
    |at: At| async move {
        let process = at.command("true").spawn().await.unwrap();
        sys::reap(process.pid());
        assert_lost(process.wait().await, &process);
        for signal in [Signal::TERM, Signal::KILL, Signal::from_raw(0)] {
            assert_eq!(
                process.send_signal(signal).unwrap(),
                Delivery::AlreadyExited
            );
        }
        assert_eq!(process.kill().unwrap(), Delivery::AlreadyExited);
    }
);

// CPython, test_send_signal_race: shutdown neither hangs nor reports success.
engine_test!(shutdown_reports_a_lost_status, |at: At| async move {
    let process = at.command("true").spawn().await.unwrap();
    sys::reap(process.pid());
    match process
        .shutdown(Scope::Leader, Duration::from_secs(60))
        .await
    {
        Err(ShutdownError::Wait(error)) => assert_lost(Err::<(), _>(error), &process),
        other => panic!("the status is lost, and yet: {other:?}"),
    }
});

// CPython, main, asyncio test_pidfd_closed_when_waitpid_raises.
isolated_test!(
    a_lost_status_leaves_no_descriptor_open,
    "",
    |at: At| async move {
        let lose = || async move {
            let process = at.command("true").spawn().await.unwrap();
            sys::reap(process.pid());
            assert_lost(process.wait().await, &process);
        };
        // The first one opens the runtime's own descriptors.
        lose().await;
        let before = descriptors();
        for _ in 0..20 {
            lose().await;
        }
        assert_eq!(descriptors(), before);
    }
);

// CPython, test_wait_when_sigchild_ignored: Popen makes up a 0.
isolated_test!(
    a_status_that_the_system_threw_away_is_lost,
    "",
    |at: At| async move {
        sys::ignore(libc::SIGCHLD);
        // A start that needs a fork is refused then.
        let mut command = at.shell("exit 3");
        let process = command.close_fds(false).spawn().await.unwrap();
        // It ended without a zombie; only then is it polled.
        soon("its end", || {
            !std::fs::exists(format!("/proc/{}", process.pid())).unwrap()
        })
        .await;
        assert_lost(process.wait().await, &process);
        assert_eq!(process.returncode(), None);
    }
);

// CPython, test_wait_when_sigchild_ignored: the output is not lost with the status.
engine_test!(communicate_reports_a_lost_status, |at: At| async move {
    let mut command = at.shell("echo out");
    command.stdout(Stdio::Pipe);
    let mut process = command.spawn().await.unwrap();
    sys::reap(process.pid());
    match process.communicate(None).await.unwrap_err() {
        CommunicateError::StatusLost {
            stdout,
            stderr,
            source,
        } => {
            assert_eq!((stdout, stderr), (b"out\n".to_vec(), vec![]));
            assert_lost::<()>(Err(source), &process);
        }
        other => panic!("the status is lost, and yet: {other:?}"),
    }
});

// CPython, test_wait_when_sigchild_ignored: `captured` does not report the exit status.
engine_test!(
    captured_gives_the_output_of_a_lost_status,
    |at: At| async move {
        let mut command = at.shell("echo out");
        command.stdout(Stdio::Capture(SpoolOptions::default()));
        let mut process = command.spawn().await.unwrap();
        sys::reap(process.pid());
        let captured = process.captured().await.unwrap();
        let stdout = captured.stdout.unwrap().into_bytes().unwrap();
        assert_eq!(stdout, b"out\n");
        assert_lost(process.wait().await, &process);
    }
);

// CPython, asyncio test_subprocess_repr, for a lost status.
engine_test!(a_lost_status_is_shown_as_lost, |at: At| async move {
    let process = at.command("true").spawn().await.unwrap();
    sys::reap(process.pid());
    assert_lost(process.wait().await, &process);
    let shown = format!("<Process {} status lost>", process.pid());
    assert_eq!(format!("{:?}", process.handle()), shown);
    let text = process.wait().await.unwrap_err().to_string();
    assert!(text.contains(&process.pid().to_string()), "{text}");
});

// asyncio, gh-114177: methods that need no runtime work after it has shut down.
plain_test!(a_process_outlives_its_runtime, |at: At| {
    let runtime = at.runtime();
    let mut command = at.command("sleep");
    command.arg("60").stdout(Stdio::Pipe);
    let process = runtime.block_on(command.spawn()).unwrap();
    drop(runtime);
    assert_eq!(process.returncode(), None);
    assert_eq!(process.kill().unwrap(), Delivery::Sent);
    eventually("its code", || process.returncode() == Some(-9));
    assert_eq!(process.kill().unwrap(), Delivery::AlreadyExited);
});

// asyncio, gh-114177: a wait in another runtime returns the status, or an error.
plain_test!(a_wait_after_the_runtime_is_gone_never_hangs, |at: At| {
    let runtime = at.runtime();
    let process = runtime
        .block_on(at.command("sleep").arg("60").spawn())
        .unwrap();
    let life = Life::of(process.pid());
    drop(runtime);
    at.play(|_| async move {
        let wait = wait_for(process.wait(), Duration::from_millis(50)).await;
        match wait {
            Ok(Err(WaitError::Os { pid, .. })) => assert_eq!(pid, process.pid()),
            // With SIGCHLD the wait uses whichever runtime it is called in.
            Err(_) => assert!(life.is_alive()),
            Ok(other) => panic!("it sleeps, and yet: {other:?}"),
        }
        process.kill().unwrap();
        soon("its code", || process.returncode() == Some(-9)).await;
        assert_eq!(process.wait().await.unwrap().returncode(), -9);
    });
});

// asyncio, gh-114177: a read in another runtime is an error, and does not wait for ever.
plain_test!(a_read_after_the_runtime_is_gone_never_hangs, |at: At| {
    let runtime = at.runtime();
    let mut command = at.command("sleep");
    command.arg("60").stdin(Stdio::Pipe).stdout(Stdio::Pipe);
    command.kill_on_drop(KillOnDrop::Leader);
    let mut process = runtime.block_on(command.spawn()).unwrap();
    drop(runtime);
    at.play(|_| async move {
        let stdout = process.stdout.as_mut().unwrap();
        assert!(stdout.read_chunk(1).await.is_err());
        assert!(stdout.read_line().await.is_err());
        let stdin = process.stdin.as_mut().unwrap();
        assert!(stdin.write(vec![0; 300_000]).is_err());
        assert!(stdin.drain().await.is_err());
        assert!(process.communicate(None).await.is_err());
    });
});
