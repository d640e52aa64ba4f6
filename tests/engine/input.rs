//! A process that does not read its input: an error for the writer, none for communicate.

use std::time::Duration;

use prun::process::{Command, Process, Stdio, wait_for};
use tokio::signal::unix::{SignalKind, signal};

use super::at::{At, engine_test, isolated_test, streams};
use super::sys;

/// More than any pipe holds, so that a write cannot complete without a reader.
const MUCH: usize = 10 << 20;

async fn fed(mut command: Command) -> Process {
    command.stdin(Stdio::Pipe).stdout(Stdio::Pipe);
    command.spawn().await.unwrap()
}

// CPython, asyncio test_stdin_broken_pipe.
engine_test!(a_writer_learns_that_nobody_reads, |at: At| async move {
    let mut process = fed(at.command("true")).await;
    let stdin = process.stdin.as_mut().unwrap();
    // The process may have ended before the first write, or end in the middle.
    let written = stdin.write(vec![b'x'; MUCH]);
    let error = match written {
        Ok(()) => stdin.drain().await.unwrap_err(),
        Err(error) => error,
    };
    assert_eq!(error.kind(), std::io::ErrorKind::BrokenPipe);
    assert_eq!(process.wait().await.unwrap().returncode(), 0);
});

// CPython, asyncio test_communicate_ignore_broken_pipe; test_communicate_epipe.
engine_test!(
    much_input_for_a_process_that_ends_is_no_error,
    |at: At| async move {
        let mut process = fed(at.command("true")).await;
        let given = process.communicate(Some(vec![b'x'; MUCH])).await.unwrap();
        assert_eq!(streams(given), (vec![], vec![]));
        assert_eq!(process.returncode(), Some(0));
    }
);

// CPython, test_communicate_epipe_only_stdin: the process has ended already.
engine_test!(
    input_for_a_process_that_has_ended_is_no_error,
    |at: At| async move {
        let mut command = at.command("true");
        command.stdin(Stdio::Pipe);
        let mut process = command.spawn().await.unwrap();
        process.wait().await.unwrap();
        let given = process.communicate(Some(vec![b'x'; MUCH])).await.unwrap();
        assert_eq!(streams(given), (vec![], vec![]));
    }
);

// CPython, test_communicate_BrokenPipeError_stdin_write: it closes its input, prints and continues.
engine_test!(
    output_after_a_closed_input_is_not_lost,
    |at: At| async move {
        let mut process = fed(at.shell("exec <&-; echo closed; exit 4")).await;
        let given = process.communicate(Some(vec![b'x'; MUCH])).await.unwrap();
        assert_eq!(given.stdout, b"closed\n");
        assert_eq!(process.returncode(), Some(4));
    }
);

// CPython, test_communicate_BrokenPipeError_stdin_close and _stdin_flush.
engine_test!(
    closing_what_nobody_reads_is_no_error_in_communicate,
    |at: At| {
        async move {
            let mut process = fed(at.command("true")).await;
            let queued = process.stdin.as_mut().unwrap().write(vec![b'x'; MUCH]);
            process.wait().await.unwrap();
            drop(queued);
            assert_eq!(process.communicate(None).await.unwrap().stdout, b"");
        }
    }
);

// CPython, test_communicate_BrokenPipeError_stdin_close_with_timeout.
engine_test!(
    a_broken_pipe_within_a_timeout_is_no_error,
    |at: At| async move {
        let mut process = fed(at.shell("exec <&-; exec sleep 60")).await;
        let input = Some(vec![b'x'; MUCH]);
        let short = Duration::from_millis(30);
        assert!(wait_for(process.communicate(input), short).await.is_err());
        process.kill().unwrap();
        assert_eq!(process.communicate(None).await.unwrap().stdout, b"");
        assert_eq!(process.returncode(), Some(-9));
    }
);

// CPython, ContextManagerTests test_broken_pipe_cleanup.
engine_test!(
    unsent_input_goes_away_with_the_process_value,
    |at: At| async move {
        let mut process = fed(at.command("true")).await;
        let _ = process.stdin.as_mut().unwrap().write(vec![b'x'; MUCH]);
        let handle = process.handle();
        drop(process);
        assert_eq!(handle.wait().await.unwrap().returncode(), 0);
    }
);

// CPython, ContextManagerTests test_communicate_stdin: dropping the writer ends the input.
engine_test!(dropping_the_writer_ends_the_input, |at: At| async move {
    let mut process = fed(at.command("cat")).await;
    let mut stdin = process.stdin.take().unwrap();
    stdin.write_all("kept").await.unwrap();
    drop(stdin);
    assert_eq!(process.communicate(None).await.unwrap().stdout, b"kept");
});

// CPython, asyncio test_stdin_not_inheritable.
engine_test!(nobody_else_holds_the_input_open, |at: At| async move {
    let run = || async move {
        let mut process = fed(at.shell("cat | wc -c")).await;
        let given = process.communicate(Some(b"len".to_vec())).await.unwrap();
        assert_eq!(given.stdout.trim_ascii(), b"3");
    };
    // In parallel: no process may inherit the pipes of the others.
    let all: Vec<_> = (0..8).map(|_| tokio::spawn(run())).collect();
    for one in all {
        one.await.unwrap();
    }
});

// CPython, asyncio test_stdin_not_inheritable; test_pipe_cloexec: a later sibling does not hold it.
engine_test!(
    a_later_process_does_not_hold_an_earlier_pipe,
    |at: At| async move {
        let mut reader = fed(at.command("cat")).await;
        let sister = at.command("sleep").arg("60").spawn().await.unwrap();
        let given = reader.communicate(Some(b"end".to_vec())).await.unwrap();
        assert_eq!(given.stdout, b"end");
        assert_eq!(sister.returncode(), None);
        sister.kill().unwrap();
        sister.wait().await.unwrap();
    }
);

// CPython, test_communicate_eintr: interrupted system calls are retried.
isolated_test!(
    a_storm_of_signals_disturbs_nothing,
    "",
    |at: At| async move {
        // A handler of tokio would restart the calls; this one does not.
        let restarting = signal(SignalKind::user_defined1()).unwrap();
        drop(restarting);
        sys::interrupt_by(libc::SIGUSR1);
        let storm = format!("while kill -USR1 {}; do :; done", std::process::id());
        let storm = at.shell(storm).stderr(Stdio::Null).spawn().await.unwrap();
        for _ in 0..20 {
            let mut process = fed(at.command("cat")).await;
            let given = process
                .communicate(Some(vec![b'x'; 300_000]))
                .await
                .unwrap();
            assert_eq!(given.stdout.len(), 300_000);
            assert_eq!(process.returncode(), Some(0));
        }
        storm.kill().unwrap();
        assert_eq!(storm.wait().await.unwrap().returncode(), -9);
    }
);
