//! Signals to one process: their effect, their results, and when they are not sent.

use std::time::Duration;

use prun::process::{
    Command, Delivery, KillOnDrop, Process, Scope, Signal, SignalError, Stdio, wait_for,
};

use super::at::{At, engine_test, isolated_test};
use super::files::Folder;
use super::procfs::{Life, soon};

/// Starts a process that prints a line once it runs, and waits for that line.
async fn begun(mut command: Command) -> Process {
    command.stdout(Stdio::Pipe).kill_on_drop(KillOnDrop::Leader);
    let mut process = command.spawn().await.unwrap();
    let line = process.stdout.as_mut().unwrap().read_line().await.unwrap();
    assert_eq!(line, b"begun\n");
    process
}

async fn sleeping(at: At) -> Process {
    begun(at.shell("echo begun; exec sleep 60")).await
}

// CPython, asyncio test_kill; test_kill.
engine_test!(kill_ends_a_process_with_sigkill, |at: At| async move {
    let process = sleeping(at).await;
    assert_eq!(process.kill().unwrap(), Delivery::Sent);
    let exit = process.wait().await.unwrap();
    assert_eq!((exit.returncode(), exit.signal), (-9, Some(Signal::KILL)));
});

// CPython, asyncio test_terminate; test_terminate.
engine_test!(terminate_ends_a_process_with_sigterm, |at: At| async move {
    let process = sleeping(at).await;
    assert_eq!(process.terminate().unwrap(), Delivery::Sent);
    let exit = process.wait().await.unwrap();
    assert_eq!((exit.returncode(), exit.signal), (-15, Some(Signal::TERM)));
});

// CPython, asyncio test_send_signal; test_send_signal. Not SIGHUP, which `nohup` ignores.
engine_test!(any_signal_can_be_sent, |at: At| async move {
    let process = sleeping(at).await;
    assert_eq!(process.send_signal(Signal::USR1).unwrap(), Delivery::Sent);
    let exit = process.wait().await.unwrap();
    assert_eq!(exit.returncode(), -libc::SIGUSR1);
    assert_eq!(exit.signal, Some(Signal::USR1));
});

// CPython, asyncio test_send_signal: a process may handle a signal.
engine_test!(
    a_caught_signal_ends_nothing_by_itself,
    |at: At| async move {
        let line = "trap 'exit 5' USR1; echo begun; while :; do sleep 0.01; done";
        let process = begun(at.shell(line)).await;
        process.send_signal(Signal::USR1).unwrap();
        let exit = process.wait().await.unwrap();
        assert_eq!((exit.returncode(), exit.signal), (5, None));
    }
);

// CPython, asyncio test_kill_issue43884: the shell dies, even if its child holds the pipe.
engine_test!(
    killing_a_shell_gives_its_code_at_once,
    |at: At| async move {
        let process = begun(at.shell("echo begun; sleep 60 & sleep 60; wait")).await;
        process.kill().unwrap();
        assert_eq!(process.wait().await.unwrap().returncode(), -9);
        // No late errors from the runtime.
        tokio::task::yield_now().await;
        assert_eq!(process.returncode(), Some(-9));
    }
);

// CPython, asyncio test_proc_exited; test_send_signal_dead, test_kill_dead, test_terminate_dead.
engine_test!(
    signals_after_the_wait_are_told_to_go_nowhere,
    |at: At| async move {
        let process = at.shell("exit 6").spawn().await.unwrap();
        assert_eq!(process.wait().await.unwrap().returncode(), 6);
        assert_eq!(
            process.send_signal(Signal::INT).unwrap(),
            Delivery::AlreadyExited
        );
        assert_eq!(process.terminate().unwrap(), Delivery::AlreadyExited);
        assert_eq!(process.kill().unwrap(), Delivery::AlreadyExited);
        assert_eq!(process.returncode(), Some(6));
    }
);

// CPython, test_send_signal_dead: it has ended, and was not polled yet.
engine_test!(
    a_signal_before_anybody_looked_is_no_error,
    |at: At| async move {
        let process = at.shell("exit 6").spawn().await.unwrap();
        let life = Life::of(process.pid());
        soon("its end", || !life.is_alive()).await;
        // The kernel accepts a signal for a zombie, without effect.
        process.kill().unwrap();
        assert_eq!(process.wait().await.unwrap().returncode(), 6);
    }
);

// asyncio, by trial: signal 0 checks whether it is alive.
engine_test!(signal_0_asks_without_doing, |at: At| async move {
    let process = sleeping(at).await;
    let nothing = Signal::from_raw(0);
    assert_eq!(process.send_signal(nothing).unwrap(), Delivery::Sent);
    assert_eq!(process.returncode(), None);
    process.kill().unwrap();
    process.wait().await.unwrap();
    assert_eq!(
        process.send_signal(nothing).unwrap(),
        Delivery::AlreadyExited
    );
});

// asyncio, by trial: EINVAL.
engine_test!(
    a_signal_that_does_not_exist_is_an_error,
    |at: At| async move {
        let process = sleeping(at).await;
        for number in [-1, 12345] {
            let error = process.send_signal(Signal::from_raw(number)).unwrap_err();
            assert!(
                matches!(error, SignalError::NoSuchSignal { .. }),
                "{error:?}"
            );
        }
        assert_eq!(process.returncode(), None);
        process.kill().unwrap();
        process.wait().await.unwrap();
    }
);

// Ours: a group is signalled only if there is one.
engine_test!(
    a_process_without_a_group_has_none_to_signal,
    |at: At| async move {
        let process = sleeping(at).await;
        let error = process
            .send_signal_to(Scope::Group, Signal::TERM)
            .unwrap_err();
        assert!(matches!(error, SignalError::NoGroup { .. }), "{error:?}");
        assert_eq!(process.returncode(), None);
        process.kill().unwrap();
        process.wait().await.unwrap();
    }
);

// Ours: sending a signal needs no runtime, and works from any thread.
engine_test!(a_signal_can_be_sent_from_any_thread, |at: At| async move {
    let process = sleeping(at).await;
    let handle = process.handle();
    let sent = std::thread::spawn(move || handle.kill().unwrap())
        .join()
        .unwrap();
    assert_eq!(sent, Delivery::Sent);
    assert_eq!(process.wait().await.unwrap().returncode(), -9);
});

// CPython, asyncio test_cancel_process_wait and many more: one waits, another kills.
engine_test!(
    a_process_can_be_killed_while_it_is_waited_for,
    |at: At| async move {
        let process = sleeping(at).await;
        let handle = process.handle();
        let waiting = tokio::spawn(async move { handle.wait().await.unwrap().returncode() });
        tokio::task::yield_now().await;
        process.kill().unwrap();
        assert_eq!(waiting.await.unwrap(), -9);
    }
);

// CPython, test_stopped, with a real process: a stopped process has not ended.
engine_test!(a_stopped_process_has_not_ended, |at: At| async move {
    let process = sleeping(at).await;
    let life = Life::of(process.pid());
    process
        .send_signal(Signal::from_raw(libc::SIGSTOP))
        .unwrap();
    soon("its SIGSTOP", || life.is_stopped()).await;
    assert_eq!(process.returncode(), None);
    let short = Duration::from_millis(30);
    assert!(wait_for(process.wait(), short).await.is_err());
    process.send_signal(Signal::CONT).unwrap();
    assert_eq!(process.returncode(), None);
    process.terminate().unwrap();
    assert_eq!(process.wait().await.unwrap().returncode(), -15);
});

// CPython, test_stopped; a stopped process cannot act on SIGTERM alone.
engine_test!(
    shutdown_ends_a_stopped_process_with_sigterm,
    |at: At| async move {
        let process = sleeping(at).await;
        let life = Life::of(process.pid());
        process
            .send_signal(Signal::from_raw(libc::SIGSTOP))
            .unwrap();
        soon("its SIGSTOP", || life.is_stopped()).await;
        let exit = process
            .shutdown(Scope::Leader, Duration::from_secs(60))
            .await
            .unwrap();
        assert_eq!(exit.returncode(), -15);
    }
);

// CPython, RunFuncTestCase's timeouts: SIGKILL if SIGTERM does not help.
engine_test!(
    shutdown_kills_a_process_that_ignores_sigterm,
    |at: At| async move {
        let line = "trap '' TERM; echo begun; while :; do sleep 0.01; done";
        let process = begun(at.shell(line)).await;
        let exit = process
            .shutdown(Scope::Leader, Duration::from_millis(100))
            .await
            .unwrap();
        assert_eq!(exit.returncode(), -9);
        assert!(
            exit.elapsed >= Duration::from_millis(100),
            "it had its grace"
        );
    }
);

// Ours: without grace there is no SIGTERM.
engine_test!(shutdown_without_grace_kills_at_once, |at: At| async move {
    let line = "trap 'exit 5' TERM; echo begun; while :; do sleep 0.01; done";
    let process = begun(at.shell(line)).await;
    let exit = process
        .shutdown(Scope::Leader, Duration::ZERO)
        .await
        .unwrap();
    assert_eq!(exit.returncode(), -9);
});

// CPython, test_run_abort.
engine_test!(an_abort_is_reported_with_its_signal, |at: At| async move {
    let process = at
        .shell("ulimit -c 0; kill -ABRT $$")
        .spawn()
        .await
        .unwrap();
    let exit = process.wait().await.unwrap();
    assert_eq!((exit.returncode(), exit.code), (-6, None));
    assert!(!exit.core_dumped);
});

// CPython, test_run_abort: with a core dump, where the system writes one.
isolated_test!(
    a_core_dump_is_reported,
    "ulimit -c unlimited",
    |at: At| async move {
        let pattern = std::fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap();
        let folder = Folder::new();
        let mut command = at.shell("kill -ABRT $$");
        command.current_dir(folder.path());
        let process = command.spawn().await.unwrap();
        let exit = process.wait().await.unwrap();
        assert_eq!(exit.returncode(), -6);
        // A pattern with a program or another directory may or may not yield a core file.
        if !pattern.contains(['|', '/']) {
            let wrote_one = std::fs::read_dir(folder.path()).unwrap().count() == 1;
            assert_eq!(exit.core_dumped, wrote_one);
        }
    }
);

// CPython, asyncio by trial: a signal within a shell becomes the shell's exit code.
engine_test!(
    a_signal_inside_of_a_shell_shows_as_128_and_more,
    |at: At| async move {
        let process = at
            .shell("sh -c 'kill -9 $$'; exit $?")
            .stderr(Stdio::Null)
            .spawn()
            .await
            .unwrap();
        assert_eq!(process.wait().await.unwrap().returncode(), 137);
    }
);
