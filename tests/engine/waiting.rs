//! Waiting for the end of a process, with and without a timeout.

use std::time::{Duration, SystemTime};

use prun::process::{Command, KillOnDrop, Process, Stdio, TimeoutError, WaitError, wait_for};
use tokio::runtime::Builder;

use super::at::{At, MINUTE, engine_test, plain_test};
use super::polls::is_pending;
use super::procfs::{Doomed, soon};

async fn sleeping(at: At) -> Process {
    let mut command = at.command("sleep");
    command.arg("60").kill_on_drop(KillOnDrop::Leader);
    command.spawn().await.unwrap()
}

async fn killed(process: Process) {
    process.kill().unwrap();
    assert_eq!(process.wait().await.unwrap().returncode(), -9);
}

// CPython, test_wait.
engine_test!(wait_gives_the_code_again_and_again, |at: At| async move {
    let process = at.shell("exit 47").spawn().await.unwrap();
    assert_eq!(process.wait().await.unwrap().returncode(), 47);
    assert_eq!(process.wait().await.unwrap().returncode(), 47);
    assert_eq!(process.returncode(), Some(47));
});

// Ours: waiting with `SIGCHLD` needs a driver in the waiting runtime.
#[test]
fn waiting_without_a_driver_is_an_error() {
    let spawning = At::SIGCHLD_ONE.runtime();
    let process = spawning.block_on(sleeping(At::SIGCHLD_ONE));
    let bare = Builder::new_current_thread().enable_time().build().unwrap();
    let Err(WaitError::Os { source, .. }) = bare.block_on(process.wait()) else {
        panic!("no error of the system's kind");
    };
    assert_eq!(source.to_string(), "no tokio runtime with a driver for I/O");
    spawning.block_on(killed(process));
}

// CPython, test_poll: polling is enough, a wait is not needed.
engine_test!(
    polling_detects_that_a_process_has_ended,
    |at: At| async move {
        let process = sleeping(at).await;
        assert_eq!(process.returncode(), None);
        process.kill().unwrap();
        soon("its code", || process.returncode().is_some()).await;
        assert_eq!(process.returncode(), Some(-9));
        assert!(process.exit().is_some());
    }
);

// CPython, main, asyncio test_wait_even_if_pipe_is_open.
engine_test!(
    wait_returns_though_another_holds_the_pipe,
    |at: At| async move {
        let mut command = at.shell("sleep 60 & echo $!");
        command.stdout(Stdio::Pipe);
        let mut process = command.spawn().await.unwrap();
        let line = process.stdout.as_mut().unwrap().read_line().await.unwrap();
        assert_eq!(process.wait().await.unwrap().returncode(), 0);
        assert!(
            Doomed::from_line(&line).is_alive(),
            "it holds the pipe still"
        );
    }
);

// tokio closes standard input in `wait`; asyncio and we do not.
engine_test!(wait_leaves_the_input_open, |at: At| async move {
    let mut command = at.command("cat");
    command.stdin(Stdio::Pipe).stdout(Stdio::Pipe);
    let mut process = command.spawn().await.unwrap();
    let short = Duration::from_millis(20);
    assert!(wait_for(process.wait(), short).await.is_err());
    let stdin = process.stdin.as_mut().unwrap();
    stdin.write_all("still\n").await.unwrap();
    let line = process.stdout.as_mut().unwrap().read_line().await.unwrap();
    assert_eq!(line, b"still\n");
    stdin.close();
    assert_eq!(process.wait().await.unwrap().returncode(), 0);
});

// CPython, asyncio test_cancel_process_wait.
engine_test!(
    a_cancelled_wait_can_be_taken_up_again,
    |at: At| async move {
        let process = sleeping(at).await;
        assert!(is_pending(process.wait()).await);
        let handle = process.handle();
        let waiting = tokio::spawn(async move { handle.wait().await.map(drop) });
        tokio::task::yield_now().await;
        waiting.abort();
        assert!(waiting.await.unwrap_err().is_cancelled());
        killed(process).await;
    }
);

// CPython, test_wait_timeout.
engine_test!(a_wait_that_takes_too_long_times_out, |at: At| async move {
    let process = sleeping(at).await;
    let error = wait_for(process.wait(), Duration::from_millis(10))
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "timed out");
    assert_eq!(process.returncode(), None, "the process goes on");
    killed(process).await;
});

// CPython, test_wait_timeout, second half: a sufficient timeout.
engine_test!(
    a_wait_with_enough_time_gives_the_code,
    |at: At| async move {
        let process = at.shell("exit 3").spawn().await.unwrap();
        let exit = wait_for(process.wait(), MINUTE).await.unwrap().unwrap();
        assert_eq!(exit.returncode(), 3);
    }
);

// asyncio returns a TimeoutError here: a result that is ready wins even over a timeout of zero.
engine_test!(
    an_ended_process_wins_over_a_timeout_of_zero,
    |at: At| async move {
        let process = at.command("true").spawn().await.unwrap();
        process.wait().await.unwrap();
        let exit = wait_for(process.wait(), Duration::ZERO).await.unwrap();
        assert_eq!(exit.unwrap().returncode(), 0);
        assert_eq!(wait_for(std::future::ready(1), Duration::ZERO).await, Ok(1));
        let never = wait_for(std::future::pending::<()>(), Duration::ZERO).await;
        assert_eq!(never, Err(TimeoutError));
    }
);

// asyncio, wait_for with None; and the longest duration.
engine_test!(
    a_wait_may_have_no_bound_or_the_longest,
    |at: At| async move {
        let process = at.command("sleep").arg("0.01").spawn().await.unwrap();
        let exit = wait_for(process.wait(), Duration::MAX).await.unwrap();
        assert_eq!(exit.unwrap().returncode(), 0);
        let exit = wait_for(process.wait(), None).await.unwrap();
        assert_eq!(exit.unwrap().returncode(), 0);
    }
);

// CPython, asyncio test_subprocess_repr.
engine_test!(a_process_shows_whether_it_runs, |at: At| async move {
    let process = sleeping(at).await;
    let pid = process.pid();
    assert_eq!(
        format!("{:?}", process.handle()),
        format!("<Process {pid} running>")
    );
    assert!(format!("{process:?}").contains(&format!("<Process {pid} running>")));
    process.kill().unwrap();
    process.wait().await.unwrap();
    assert_eq!(
        format!("{:?}", process.handle()),
        format!("<Process {pid} returncode -9>")
    );
    assert!(format!("{process:?}").contains(&format!("<Process {pid} returncode -9>")));
});

// CPython, asyncio test_proc_exited: the process id is kept.
engine_test!(
    the_number_of_a_process_stays_after_its_end,
    |at: At| async move {
        let mut command = at.shell("echo $$");
        command.stdout(Stdio::Pipe);
        let mut process = command.spawn().await.unwrap();
        let pid = process.pid();
        let given = process.communicate(None).await.unwrap();
        assert_eq!(given.stdout, format!("{pid}\n").as_bytes());
        assert_eq!(process.pid(), pid);
    }
);

// CPython, asyncio test_watcher_implementation (3.14).
engine_test!(a_process_reports_its_backend, |at: At| async move {
    let process = sleeping(at).await;
    assert_eq!(process.backend(), at.backend_here());
    killed(process).await;
});

// CPython, asyncio test_create_subprocess_with_pidfd: a runtime on any thread works.
plain_test!(a_runtime_in_another_thread_serves_as_well, |at: At| {
    let run = move || {
        at.play(|at| async move {
            let mut command = at.shell("echo ok; exit 4");
            command.stdout(Stdio::Pipe);
            let mut process = command.spawn().await.unwrap();
            let given = process.communicate(None).await.unwrap();
            assert_eq!(given.stdout, b"ok\n");
            assert_eq!(process.returncode(), Some(4));
        });
    };
    std::thread::spawn(run).join().unwrap();
});

// asyncio, "Subprocess and Threads": started on one thread, waited for on another.
engine_test!(
    a_process_may_be_given_to_another_thread,
    |at: At| async move {
        let process = sleeping(at).await;
        tokio::spawn(killed(process)).await.unwrap();
    }
);

// Ours: resource usage and times.
engine_test!(an_exit_has_resource_usage_and_times, |at: At| async move {
    let before = SystemTime::now();
    let line = "n=0; while [ $n -lt 20000 ]; do n=$((n+1)); done; sleep 0.05";
    let process = at.shell(line).spawn().await.unwrap();
    let exit = process.wait().await.unwrap();
    let used = exit.usage.user + exit.usage.system;
    assert!(
        used > Duration::ZERO && used <= exit.elapsed * 2,
        "{used:?}"
    );
    assert!(
        exit.usage.max_rss_bytes > 100_000,
        "{}",
        exit.usage.max_rss_bytes
    );
    assert!(
        exit.elapsed >= Duration::from_millis(50),
        "{:?}",
        exit.elapsed
    );
    assert!(exit.started_at >= before && exit.started_at <= SystemTime::now());
    // Later callers get the same.
    assert_eq!(process.wait().await.unwrap(), exit);
});

// Ours: only 0 is success.
engine_test!(only_code_0_is_success, |at: At| async move {
    for (line, success) in [("exit 0", true), ("exit 1", false), ("kill -9 $$", false)] {
        let process = at.shell(line).spawn().await.unwrap();
        assert_eq!(process.wait().await.unwrap().success(), success, "{line}");
    }
});

// CPython, asyncio test_watcher_implementation (3.14): the pidfd if available.
#[test]
fn the_backend_is_the_pidfd_by_default() {
    At::PIDFD_ONE.play(|at| async move {
        let process = Command::exec("true").spawn().await.unwrap();
        assert_eq!(process.backend(), at.backend_here());
        process.wait().await.unwrap();
    });
}
