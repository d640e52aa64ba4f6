//! Queued bytes of a writer: they are written without the caller, take bounded memory, and a failure is
//! reported.

use std::fs;
use std::io::ErrorKind;
use std::os::fd::AsRawFd;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::thread;

use prun::process::{KillOnDrop, Process, Signal, Stdio, StreamWriter};
use tokio::net::unix::pipe::OpenOptions;
use tokio::runtime::Handle;

use super::at::{At, engine_test, isolated_test, plain_test};
use super::polls::{Flag, is_pending};
use super::procfs::{descriptors, soon};
use super::writer::{HIGH, PIPE, assert_broken, cat, deaf, deaf_until, rest};
use crate::shared::rounds;

/// More than a pipe and the queue's high-water mark hold together.
const MUCH: usize = 300_000;

/// The number of the runtime's tasks.
fn tasks() -> usize {
    Handle::current().metrics().num_alive_tasks()
}

/// A line of `/proc/self/status`, in bytes.
fn memory(name: &str) -> usize {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with(name));
    let kib = line.unwrap().split_whitespace().nth(1).unwrap();
    kib.parse::<usize>().unwrap() * 1024
}

fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|n| (n % 251) as u8).collect()
}

fn stdin(process: &mut Process) -> &mut StreamWriter {
    process.stdin.as_mut().unwrap()
}

// asyncio, by trial: all 100,000 bytes.
engine_test!(
    bytes_written_before_the_close_arrive_while_the_output_is_read,
    |at: At| async move {
        let mut process = cat(at).await;
        stdin(&mut process).write(pattern(MUCH)).unwrap();
        stdin(&mut process).close();
        assert!(rest(&mut process).await == pattern(MUCH));
        assert_eq!(stdin(&mut process).unsent(), 0);
    }
);

// asyncio, by trial.
engine_test!(
    queued_bytes_are_written_in_the_background,
    |at: At| async move {
        let mut process = cat(at).await;
        stdin(&mut process).write(pattern(MUCH)).unwrap();
        let stdout = process.stdout.as_mut().unwrap();
        assert!(stdout.read_exactly(MUCH).await.unwrap() == pattern(MUCH));
        // It is still open.
        stdin(&mut process).write_all("more").await.unwrap();
        let stdout = process.stdout.as_mut().unwrap();
        assert_eq!(stdout.read_exactly(4).await.unwrap(), b"more");
    }
);

// asyncio, by trial: the event loop keeps the transport until it is flushed.
engine_test!(
    a_dropped_writer_delivers_what_is_queued,
    |at: At| async move {
        let mut process = cat(at).await;
        let mut stdin = process.stdin.take().unwrap();
        stdin.write(pattern(MUCH)).unwrap();
        drop(stdin);
        assert!(rest(&mut process).await == pattern(MUCH));
        assert_eq!(process.wait().await.unwrap().returncode(), 0);
    }
);

// Ours: a writer may be on any thread; the runtime writes the bytes.
engine_test!(a_writer_needs_no_runtime_around_it, |at: At| async move {
    let mut process = cat(at).await;
    let mut stdin = process.stdin.take().unwrap();
    let writing = thread::spawn(move || {
        stdin.write(pattern(MUCH)).unwrap();
        stdin.write("end").unwrap();
    });
    writing.join().unwrap();
    let mut expected = pattern(MUCH);
    expected.extend(b"end");
    assert!(rest(&mut process).await == expected);
});

// Ours: no future runs for writers without queued bytes.
engine_test!(
    a_future_moves_bytes_only_while_some_are_queued,
    |at: At| async move {
        let mut process = cat(at).await;
        let before = tasks();
        stdin(&mut process).write("little").unwrap();
        assert_eq!(tasks(), before);
        for _ in 0..2 {
            stdin(&mut process).write(vec![0; MUCH]).unwrap();
            stdin(&mut process).write(vec![0; MUCH]).unwrap();
            assert_eq!(tasks(), before + 1);
            let stdout = process.stdout.as_mut().unwrap();
            stdout.read_exactly(2 * MUCH).await.unwrap();
            soon("its end", || tasks() == before).await;
        }
    }
);

// asyncio, by trial: `transport.abort()`.
engine_test!(
    an_aborted_writer_throws_away_what_is_queued,
    |at: At| async move {
        let mut process = deaf_until(at, "exec wc -c").await;
        let before = tasks();
        stdin(&mut process).write(pattern(MUCH)).unwrap();
        assert!(is_pending(stdin(&mut process).flush()).await);
        assert_eq!(stdin(&mut process).unsent(), MUCH - PIPE);
        stdin(&mut process).abort();
        assert_eq!(stdin(&mut process).unsent(), 0);
        assert!(stdin(&mut process).fd().is_none());
        assert_broken(stdin(&mut process).write("more"));
        stdin(&mut process).wait_closed().await.unwrap();
        soon("the end of its future", || tasks() == before).await;
        process.send_signal(Signal::USR1).unwrap();
        assert_eq!(rest(&mut process).await, b"65536\n");
    }
);

// Ours: also after the close, when only the queue holds the pipe.
engine_test!(a_closed_writer_can_still_be_aborted, |at: At| async move {
    let mut process = deaf_until(at, "exec wc -c").await;
    stdin(&mut process).write(pattern(MUCH)).unwrap();
    stdin(&mut process).close();
    assert!(is_pending(stdin(&mut process).wait_closed()).await);
    stdin(&mut process).abort();
    process.send_signal(Signal::USR1).unwrap();
    assert_eq!(rest(&mut process).await, b"65536\n");
});

// Ours: bytes for a pipe that nobody will ever read are freed.
engine_test!(a_broken_pipe_frees_what_is_queued, |at: At| async move {
    let mut process = deaf(at).await;
    let before = tasks();
    stdin(&mut process).write(pattern(MUCH)).unwrap();
    process.kill().unwrap();
    let stdin = stdin(&mut process);
    soon("that the pipe is broken", || stdin.unsent() == 0).await;
    soon("the end of its future", || tasks() == before).await;
    assert!(stdin.is_closing());
    assert_broken(stdin.write("more"));
    assert_broken(stdin.flush().await);
    assert_broken(stdin.wait_closed().await);
});

isolated_test!(
    the_pipe_is_closed_when_the_last_byte_is_in_it,
    "",
    |at: At| async move {
        let mut process = deaf(at).await;
        let mut stdin = process.stdin.take().unwrap();
        let fd = stdin.fd().unwrap().as_raw_fd();
        stdin.write(pattern(MUCH)).unwrap();
        stdin.close();
        assert!(descriptors().contains_key(&fd));
        process.send_signal(Signal::USR1).unwrap();
        stdin.wait_closed().await.unwrap();
        assert!(!descriptors().contains_key(&fd));
    }
);

isolated_test!(
    with_nothing_queued_the_pipe_is_closed_at_once,
    "",
    |at: At| async move {
        let closes: [fn(&mut Option<StreamWriter>); 3] = [
            |stdin| stdin.as_mut().unwrap().close(),
            |stdin| stdin.as_mut().unwrap().abort(),
            |stdin| *stdin = None,
        ];
        for close in closes {
            let mut process = cat(at).await;
            let fd = stdin(&mut process).fd().unwrap().as_raw_fd();
            stdin(&mut process).write_all("little").await.unwrap();
            close(&mut process.stdin);
            assert!(!descriptors().contains_key(&fd));
            assert_eq!(rest(&mut process).await, b"little");
        }
    }
);

// Ours: asyncio's flush is a `drain` with other thresholds.
engine_test!(
    a_flush_waits_until_all_is_in_the_pipe_and_may_be_cancelled,
    |at: At| async move {
        let mut process = deaf(at).await;
        stdin(&mut process).flush().await.unwrap();
        stdin(&mut process).write(vec![0; PIPE + 1]).unwrap();
        assert!(is_pending(stdin(&mut process).flush()).await);
        process.send_signal(Signal::USR1).unwrap();
        stdin(&mut process).flush().await.unwrap();
        assert_eq!(stdin(&mut process).unsent(), 0);
    }
);

// Ours: waiting for a runtime that has shut down would never end.
plain_test!(
    a_waiting_writer_learns_that_the_runtime_shut_down,
    |at: At| {
        let spawning = at.runtime();
        let mut process = spawning.block_on(deaf(at));
        let mut stdin = process.stdin.take().unwrap();
        stdin.write(pattern(MUCH)).unwrap();
        let flag = Arc::new(Flag::default());
        {
            let waker = Waker::from(Arc::clone(&flag));
            let mut cx = Context::from_waker(&waker);
            let mut waiting = pin!(stdin.flush());
            assert!(waiting.as_mut().poll(&mut cx).is_pending());
            drop(spawning);
            assert!(flag.is_set());
            let Poll::Ready(Err(error)) = waiting.as_mut().poll(&mut cx) else {
                panic!("it waits on or is content");
            };
            let text = "the runtime shut down before everything was written";
            assert_eq!(error.to_string(), text);
        }
        assert_eq!(stdin.unsent(), 0);
        assert!(stdin.is_closing());
        let kind = |result: std::io::Result<()>| result.unwrap_err().kind();
        assert_eq!(kind(stdin.write("more")), ErrorKind::Other);
        let again = at.runtime();
        assert_eq!(kind(again.block_on(stdin.drain())), ErrorKind::Other);
        assert_eq!(kind(again.block_on(stdin.wait_closed())), ErrorKind::Other);
    }
);

plain_test!(
    after_the_runtime_only_what_the_pipe_takes_is_written,
    |at: At| {
        let spawning = at.runtime();
        let mut process = spawning.block_on(deaf(at));
        let mut stdin = process.stdin.take().unwrap();
        drop(spawning);
        stdin.write("little").unwrap();
        let error = stdin.write(pattern(MUCH)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Other);
        assert_eq!(stdin.unsent(), 0);
    }
);

// asyncio, by trial: 1 MB for 164 MB.
isolated_test!(
    a_steady_writer_needs_bounded_memory,
    "",
    |at: At| async move {
        let mut command = at.command("sleep");
        command
            .arg("60")
            .stdin(Stdio::Pipe)
            .kill_on_drop(KillOnDrop::Leader);
        let mut process = command.spawn().await.unwrap();
        // The test reads from the process's pipe as much as is written, so that the queue is never empty.
        let path = format!("/proc/{}/fd/0", process.pid());
        let reader = OpenOptions::new().open_receiver(path).unwrap();
        let stdin = stdin(&mut process);
        stdin.write(vec![7; PIPE + HIGH / 2]).unwrap();
        let before = memory("VmRSS");
        let mut piece = [7; 8192];
        for _ in 0..(64 << 20) / piece.len() {
            let mut read = 0;
            while read < piece.len() {
                reader.readable().await.unwrap();
                read += reader.try_read(&mut piece[read..]).unwrap_or(0);
            }
            stdin.write(piece).unwrap();
            stdin.drain().await.unwrap();
            while stdin.unsent() > HIGH / 2 {
                tokio::task::yield_now().await;
            }
            assert_eq!(stdin.unsent(), HIGH / 2);
        }
        let grown = memory("VmRSS").saturating_sub(before);
        assert!(grown < 4 << 20, "{grown}");
    }
);

// Ours.
isolated_test!(
    a_large_input_is_not_copied_and_its_memory_goes_as_it_is_read,
    "",
    |at: At| async move {
        const MIB: usize = 1 << 20;
        let script = "trap 'head -c 62914560 >/dev/null; echo read' USR1; echo begun; \
                      while :; do sleep 0.01; done";
        let mut command = at.shell(script);
        command.stdin(Stdio::Pipe).stdout(Stdio::Pipe);
        command.kill_on_drop(KillOnDrop::Leader);
        let mut process = command.spawn().await.unwrap();
        let line = process.stdout.as_mut().unwrap().read_line().await.unwrap();
        assert_eq!(line, b"begun\n");
        let before = memory("VmRSS");
        let input = vec![7; 64 * MIB];
        stdin(&mut process).write(input).unwrap();
        let peak = memory("VmHWM").saturating_sub(before);
        assert!(peak < 96 * MIB, "{peak}");
        process.send_signal(Signal::USR1).unwrap();
        let line = process.stdout.as_mut().unwrap().read_line().await.unwrap();
        assert_eq!(line, b"read\n");
        soon("the queue's end", || {
            stdin(&mut process).unsent() <= 4 * MIB
        })
        .await;
        let left = || memory("VmRSS").saturating_sub(before);
        soon("the memory", || left() < 16 * MIB).await;
        stdin(&mut process).abort();
        soon("the rest of it", || left() < 4 * MIB).await;
    }
);

// Ours: at each point at which a close, a drop or an abort can meet the future that writes the queue.
engine_test!(
    whenever_it_is_closed_each_byte_arrives_once,
    |at: At| async move {
        for round in 0..rounds() {
            let mut process = cat(at).await;
            let mut stdin = process.stdin.take().unwrap();
            let all = pattern(PIPE + round * 1001);
            let (first, second) = all.split_at(round * 997);
            stdin.write(first).unwrap();
            for _ in 0..round % 5 {
                tokio::task::yield_now().await;
            }
            stdin.write(second).unwrap();
            for _ in 0..round % 7 {
                tokio::task::yield_now().await;
            }
            match round % 3 {
                0 => drop(stdin),
                1 => stdin.close(),
                _ => stdin.abort(),
            }
            let came = rest(&mut process).await;
            match round % 3 {
                2 => assert!(all.starts_with(&came), "round {round}"),
                _ => assert!(came == all, "round {round}"),
            }
        }
    }
);
