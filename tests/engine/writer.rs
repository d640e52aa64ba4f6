//! Writing to a process: queued bytes, waiting for them, and errors when nobody reads.

use std::io::ErrorKind;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

use prun::process::{KillOnDrop, Process, Signal, Stdio, StreamWriter, wait_for};

use super::at::{At, engine_test};
use super::polls::{Flag, When, cancelled, is_pending};
use super::procfs::{Doomed, soon};

/// The capacity of a pipe, and how much more may be queued before `drain` waits.
pub(super) const PIPE: usize = 64 * 1024;
pub(super) const HIGH: usize = 64 * 1024;

pub(super) async fn cat(at: At) -> Process {
    let mut command = at.command("cat");
    command.stdin(Stdio::Pipe).stdout(Stdio::Pipe);
    command.spawn().await.unwrap()
}

/// A process that reads nothing until it gets a signal.
pub(super) async fn deaf(at: At) -> Process {
    deaf_until(at, "exec cat >/dev/null").await
}

/// As `deaf`; then it runs this.
pub(super) async fn deaf_until(at: At, then: &str) -> Process {
    let line = format!("trap '{then}' USR1; echo begun; while :; do sleep 0.01; done");
    let mut command = at.shell(line);
    command.stdin(Stdio::Pipe).stdout(Stdio::Pipe);
    command.kill_on_drop(KillOnDrop::Leader);
    let mut process = command.spawn().await.unwrap();
    process.stdout.as_mut().unwrap().read_line().await.unwrap();
    process
}

/// The further output of the process.
pub(super) async fn rest(process: &mut Process) -> Vec<u8> {
    let stdout = process.stdout.as_mut().unwrap();
    stdout.read_to_end().await.unwrap()
}

#[track_caller]
pub(super) fn assert_broken(result: std::io::Result<()>) {
    assert_eq!(result.unwrap_err().kind(), ErrorKind::BrokenPipe);
}

/// Writes until an error says that nobody reads.
async fn until_broken(stdin: &mut StreamWriter) {
    while stdin.write_all("x").await.is_ok() {
        tokio::task::yield_now().await;
    }
}

// CPython, asyncio test_stdin_stdout.
engine_test!(written_and_drained_bytes_are_read, |at: At| async move {
    let mut process = cat(at).await;
    let stdin = process.stdin.as_mut().unwrap();
    stdin.write("some data").unwrap();
    stdin.drain().await.unwrap();
    stdin.close();
    assert_eq!(rest(&mut process).await, b"some data");
    assert_eq!(process.wait().await.unwrap().returncode(), 0);
});

// asyncio, by trial: 131,072 bytes are accepted without waiting, half in the pipe and half in the queue.
engine_test!(drain_waits_above_64_kib_in_the_queue, |at: At| async move {
    let mut process = deaf(at).await;
    let stdin = process.stdin.as_mut().unwrap();
    stdin.write(vec![0; PIPE + HIGH]).unwrap();
    assert_eq!(stdin.unsent(), HIGH);
    stdin.drain().await.unwrap();
    stdin.write([0]).unwrap();
    assert_eq!(stdin.unsent(), HIGH + 1);
    assert!(is_pending(stdin.drain()).await);
    process.kill().unwrap();
});

// asyncio, streams.py: down to a quarter of that.
engine_test!(drain_returns_when_16_kib_are_left, |at: At| async move {
    let mut process = deaf(at).await;
    let stdin = process.stdin.as_mut().unwrap();
    stdin.write(vec![0; 300_000]).unwrap();
    assert!(is_pending(stdin.drain()).await);
    process.send_signal(Signal::USR1).unwrap();
    let stdin = process.stdin.as_mut().unwrap();
    stdin.drain().await.unwrap();
    assert!(stdin.unsent() <= 16 * 1024, "{}", stdin.unsent());
    stdin.wait_closed().await.unwrap();
    assert_eq!(stdin.unsent(), 0);
    assert_eq!(process.wait().await.unwrap().returncode(), 0);
});

// asyncio, streams.py: it need not be all.
engine_test!(drain_does_not_wait_for_the_last_byte, |at: At| async move {
    let mut process = deaf_until(at, "head -c 229376 >/dev/null").await;
    let stdin = process.stdin.as_mut().unwrap();
    stdin.write(vec![0; 300_000]).unwrap();
    let flag = Arc::new(Flag::default());
    let waker = Waker::from(Arc::clone(&flag));
    let polled = pin!(stdin.drain()).poll(&mut Context::from_waker(&waker));
    assert!(polled.is_pending());
    process.send_signal(Signal::USR1).unwrap();
    soon("the waking", || flag.is_set()).await;
    let stdin = process.stdin.as_mut().unwrap();
    assert!((1..=16 * 1024).contains(&stdin.unsent()));
    stdin.drain().await.unwrap();
});

// CPython, test_streams.py test_multiple_drain.
engine_test!(drain_of_little_returns_at_once, |at: At| async move {
    let mut process = deaf(at).await;
    let stdin = process.stdin.as_mut().unwrap();
    for _ in 0..3 {
        stdin.write("little").unwrap();
        assert!(!is_pending(stdin.drain()).await);
    }
    process.kill().unwrap();
});

// CPython, test_streams.py test_drain_raises.
engine_test!(drain_reports_a_broken_pipe, |at: At| async move {
    let mut process = deaf(at).await;
    let stdin = process.stdin.as_mut().unwrap();
    stdin.write(vec![0; 300_000]).unwrap();
    process.kill().unwrap();
    let stdin = process.stdin.as_mut().unwrap();
    assert_broken(stdin.drain().await);
    // And again, and from any other method.
    assert_broken(stdin.drain().await);
    assert_broken(stdin.write("more"));
    assert_broken(stdin.write_all("more").await);
    assert!(stdin.is_closing());
    assert_broken(stdin.wait_closed().await);
});

// asyncio silently ignores it.
engine_test!(writing_after_the_close_is_an_error, |at: At| async move {
    let mut process = cat(at).await;
    let stdin = process.stdin.as_mut().unwrap();
    assert!(!stdin.is_closing());
    stdin.write("first").unwrap();
    stdin.close();
    assert!(stdin.is_closing());
    assert_broken(stdin.write("second"));
    assert_broken(stdin.write_all("third").await);
    stdin.close();
    stdin.wait_closed().await.unwrap();
    assert_eq!(rest(&mut process).await, b"first");
});

// CPython, test_streams.py test_async_writer_api; tokio's own `shutdown` leaves the pipe open.
engine_test!(closing_ends_the_input_of_the_process, |at: At| async move {
    let mut process = cat(at).await;
    process.stdin.as_mut().unwrap().close();
    assert_eq!(process.wait().await.unwrap().returncode(), 0);
    process.stdin.as_mut().unwrap().wait_closed().await.unwrap();
});

// CPython, test_streams.py test_wait_closed_on_close_with_unread_data.
engine_test!(
    bytes_queued_before_the_close_are_sent,
    |at: At| async move {
        let mut process = cat(at).await;
        let mut stdin = process.stdin.take().unwrap();
        stdin.write(vec![7; 500_000]).unwrap();
        stdin.close();
        assert!(stdin.unsent() > 0 && stdin.is_closing());
        let closing = tokio::spawn(async move { stdin.wait_closed().await });
        let all = rest(&mut process).await;
        assert_eq!(all, vec![7; 500_000]);
        closing.await.unwrap().unwrap();
    }
);

// CPython, test_streams.py test_async_writer_api_exception_after_close.
engine_test!(
    a_close_that_cannot_send_everything_is_an_error,
    |at: At| async move {
        let mut process = deaf(at).await;
        let stdin = process.stdin.as_mut().unwrap();
        stdin.write(vec![0; 300_000]).unwrap();
        stdin.close();
        assert!(is_pending(stdin.wait_closed()).await);
        process.kill().unwrap();
        let stdin = process.stdin.as_mut().unwrap();
        assert_broken(stdin.wait_closed().await);
        assert_broken(stdin.wait_closed().await);
    }
);

// Ours: bounded, unlike `write`.
engine_test!(
    write_all_waits_until_everything_is_in_the_pipe,
    |at: At| async move {
        let mut process = cat(at).await;
        let mut stdin = process.stdin.take().unwrap();
        let writing = tokio::spawn(async move {
            for n in 0..20 {
                stdin.write_all(vec![n; 20_000]).await.unwrap();
                assert_eq!(stdin.unsent(), 0);
            }
        });
        let all = rest(&mut process).await;
        writing.await.unwrap();
        let expected: Vec<u8> = (0..20).flat_map(|n| vec![n; 20_000]).collect();
        assert!(all == expected);
    }
);

// Ours: dropped at any of its awaits, each byte is sent once.
engine_test!(
    a_cancelled_write_is_not_lost_and_not_doubled,
    |at: At| async move {
        for when in [When::AtOnce, When::Woken] {
            let mut process = cat(at).await;
            let mut stdin = process.stdin.take().unwrap();
            let writing = tokio::spawn(async move {
                for n in 0..10 {
                    if cancelled(1, when, stdin.write_all(vec![n; 100_000]))
                        .await
                        .is_none()
                    {
                        while cancelled(1, when, stdin.drain()).await.is_none() {
                            tokio::task::yield_now().await;
                        }
                    }
                }
                while cancelled(1, when, stdin.wait_closed()).await.is_none() {
                    tokio::task::yield_now().await;
                }
            });
            let all = rest(&mut process).await;
            writing.await.unwrap();
            let expected: Vec<u8> = (0..10).flat_map(|n| vec![n; 100_000]).collect();
            assert!(all == expected, "{when:?}");
        }
    }
);

// CPython, asyncio test_stdin_broken_pipe, a little at a time.
engine_test!(
    many_small_writes_learn_that_nobody_reads,
    |at: At| async move {
        let mut command = at.command("true");
        command.stdin(Stdio::Pipe);
        let mut process = command.spawn().await.unwrap();
        let mut stdin = process.stdin.take().unwrap();
        until_broken(&mut stdin).await;
        assert!(stdin.is_closing());
        assert_eq!(process.wait().await.unwrap().returncode(), 0);
    }
);

// asyncio, by trial: a grandchild that never reads keeps the queue; the wait can be cancelled.
engine_test!(
    a_close_that_nobody_reads_can_be_given_up,
    |at: At| async move {
        let mut command = at.shell("exec 3<&0; sleep 60 <&3 & echo $!");
        command.stdin(Stdio::Pipe).stdout(Stdio::Pipe);
        let mut process = command.spawn().await.unwrap();
        let line = process.stdout.as_mut().unwrap().read_line().await.unwrap();
        let _grandchild = Doomed::from_line(&line);
        let mut stdin = process.stdin.take().unwrap();
        stdin.write(vec![0; 300_000]).unwrap();
        let short = Duration::from_millis(20);
        assert!(wait_for(stdin.wait_closed(), short).await.is_err());
        drop(stdin);
        assert_eq!(process.wait().await.unwrap().returncode(), 0);
    }
);

// Ours: writing nothing queues nothing.
engine_test!(writing_nothing_is_no_end, |at: At| async move {
    let mut process = cat(at).await;
    let stdin = process.stdin.as_mut().unwrap();
    stdin.write("").unwrap();
    stdin.write_all("").await.unwrap();
    stdin.drain().await.unwrap();
    assert!(!stdin.is_closing());
    stdin.write_all("end").await.unwrap();
    stdin.close();
    assert_eq!(rest(&mut process).await, b"end");
});
