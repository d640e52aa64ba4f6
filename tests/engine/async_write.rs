//! A writer used through tokio or the system: as an `AsyncWrite`, as a descriptor, and as the output of
//! another process.

use std::fs;
use std::future::poll_fn;
use std::io::{self, ErrorKind, IoSlice};
use std::os::fd::AsRawFd;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Waker};

use prun::process::{Process, Signal, Stdio, StreamWriter};
use tokio::io::AsyncWrite;

use super::at::{At, engine_test};
use super::polls::{Flag, When, cancelled, is_pending};
use super::procfs::soon;
use super::writer::{PIPE, assert_broken, cat, deaf, rest};

async fn write(stdin: &mut StreamWriter, bytes: &[u8]) -> io::Result<usize> {
    poll_fn(|cx| Pin::new(&mut *stdin).poll_write(cx, bytes)).await
}

async fn flush(stdin: &mut StreamWriter) -> io::Result<()> {
    poll_fn(|cx| Pin::new(&mut *stdin).poll_flush(cx)).await
}

async fn shutdown(stdin: &mut StreamWriter) -> io::Result<()> {
    poll_fn(|cx| Pin::new(&mut *stdin).poll_shutdown(cx)).await
}

fn stdin(process: &mut Process) -> &mut StreamWriter {
    process.stdin.as_mut().unwrap()
}

// tokio, AsyncWrite::poll_write: accepted bytes are written.
engine_test!(
    poll_write_queues_nothing_and_waits_for_room,
    |at: At| async move {
        let mut process = deaf(at).await;
        let much = vec![0; 300_000];
        assert_eq!(write(stdin(&mut process), &much).await.unwrap(), PIPE);
        assert!(is_pending(write(stdin(&mut process), &much)).await);
        assert_eq!(stdin(&mut process).unsent(), 0);
        process.send_signal(Signal::USR1).unwrap();
        assert!(write(stdin(&mut process), &much).await.unwrap() > 0);
        assert_eq!(stdin(&mut process).unsent(), 0);
        assert_eq!(write(stdin(&mut process), b"").await.unwrap(), 0);
    }
);

// Ours.
engine_test!(poll_write_comes_after_what_is_queued, |at: At| async move {
    let mut process = cat(at).await;
    let mut writer = process.stdin.take().unwrap();
    writer.write(vec![1; 200_000]).unwrap();
    let writing = tokio::spawn(async move {
        let mut left = &[2; 100_000][..];
        while !left.is_empty() {
            let written = write(&mut writer, left).await.unwrap();
            assert_eq!(writer.unsent(), 0);
            left = &left[written..];
        }
    });
    let mut expected = vec![1; 200_000];
    expected.extend([2; 100_000]);
    assert!(rest(&mut process).await == expected);
    writing.await.unwrap();
});

// Ours: dropped at any of its awaits, it sends each byte once, as tokio requires of `write`.
engine_test!(a_cancelled_poll_write_wrote_nothing, |at: At| async move {
    for when in [When::AtOnce, When::Woken] {
        let mut process = cat(at).await;
        let mut writer = process.stdin.take().unwrap();
        let all: Vec<u8> = (0..500_000).map(|n| (n % 251) as u8).collect();
        let sent = all.clone();
        let writing = tokio::spawn(async move {
            let mut left = &sent[..];
            while !left.is_empty() {
                match cancelled(1, when, write(&mut writer, left)).await {
                    Some(written) => left = &left[written.unwrap()..],
                    None => tokio::task::yield_now().await,
                }
            }
            while cancelled(1, when, flush(&mut writer)).await.is_none() {}
            while cancelled(1, when, shutdown(&mut writer)).await.is_none() {}
        });
        assert!(rest(&mut process).await == all, "{when:?}");
        writing.await.unwrap();
    }
});

engine_test!(a_vectored_write_takes_all_its_parts, |at: At| async move {
    let mut process = cat(at).await;
    let writer = stdin(&mut process);
    assert!(writer.is_write_vectored());
    let parts = [IoSlice::new(b"one "), IoSlice::new(b"and two")];
    let written = poll_fn(|cx| Pin::new(&mut *writer).poll_write_vectored(cx, &parts)).await;
    assert_eq!(written.unwrap(), 11);
    writer.close();
    assert_eq!(rest(&mut process).await, b"one and two");
});

engine_test!(
    poll_flush_waits_until_the_queue_is_empty,
    |at: At| async move {
        let mut process = deaf(at).await;
        flush(stdin(&mut process)).await.unwrap();
        stdin(&mut process).write(vec![0; PIPE + 1]).unwrap();
        assert!(is_pending(flush(stdin(&mut process))).await);
        process.send_signal(Signal::USR1).unwrap();
        flush(stdin(&mut process)).await.unwrap();
        assert_eq!(stdin(&mut process).unsent(), 0);
    }
);

// tokio's own `ChildStdin` leaves the pipe open.
engine_test!(poll_shutdown_closes_the_pipe, |at: At| async move {
    let mut process = cat(at).await;
    stdin(&mut process).write(vec![7; 300_000]).unwrap();
    let came = async {
        let stdout = process.stdout.as_mut().unwrap();
        stdout.read_to_end().await.unwrap()
    };
    let (shut, came) = tokio::join!(shutdown(process.stdin.as_mut().unwrap()), came);
    shut.unwrap();
    assert!(came == vec![7; 300_000]);
    assert_broken(write(stdin(&mut process), b"more").await.map(drop));
    shutdown(stdin(&mut process)).await.unwrap();
});

engine_test!(poll_write_tells_that_the_pipe_broke, |at: At| async move {
    let mut process = deaf(at).await;
    let much = vec![0; PIPE];
    assert_eq!(write(stdin(&mut process), &much).await.unwrap(), PIPE);
    process.kill().unwrap();
    assert_broken(write(stdin(&mut process), &much).await.map(drop));
    assert_broken(write(stdin(&mut process), &much).await.map(drop));
    assert_broken(stdin(&mut process).write("more"));
    assert_broken(flush(stdin(&mut process)).await);
});

// Ours: the pipe knows only one waker, which is then that of the future that writes the queue.
engine_test!(
    poll_write_is_woken_even_if_bytes_were_queued_since,
    |at: At| async move {
        let mut process = deaf(at).await;
        let writer = stdin(&mut process);
        writer.write(vec![0; PIPE]).unwrap();
        let flag = Arc::new(Flag::default());
        let waker = Waker::from(Arc::clone(&flag));
        let polled = {
            let mut cx = Context::from_waker(&waker);
            Pin::new(&mut *writer).poll_write(&mut cx, b"x")
        };
        assert!(polled.is_pending());
        // The future of the queue begins to wait.
        writer.write("queued").unwrap();
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        assert!(!flag.is_set());
        process.send_signal(Signal::USR1).unwrap();
        soon("the waking", || flag.is_set()).await;
    }
);

// Ours.
engine_test!(
    the_descriptor_is_there_until_the_close,
    |at: At| async move {
        let mut process = cat(at).await;
        let theirs = fs::read_link(format!("/proc/{}/fd/0", process.pid())).unwrap();
        let writer = stdin(&mut process);
        let fd = writer.fd().unwrap().as_raw_fd();
        let ours = fs::read_link(format!("/proc/self/fd/{fd}")).unwrap();
        assert_eq!(ours, theirs);
        writer.close();
        assert!(writer.fd().is_none());
    }
);

// Ours: queued bytes may be secret, and many.
engine_test!(a_writer_prints_none_of_its_bytes, |at: At| async move {
    fn is_shared<T: Send + Sync>(_: &T) {}
    let mut process = deaf(at).await;
    stdin(&mut process).write(vec![77; 300_000]).unwrap();
    is_shared(stdin(&mut process));
    let text = format!("{:?}", stdin(&mut process));
    assert!(text.contains("unsent: 234464"), "{text}");
    assert!(!text.contains("77, 77"), "{text}");
});

// tokio, `TryInto<Stdio>` of `ChildStdin`.
engine_test!(
    one_process_writes_straight_into_another,
    |at: At| async move {
        let mut second = cat(at).await;
        stdin(&mut second).write_all("ours, ").await.unwrap();
        let into = Stdio::try_from(second.stdin.take().unwrap()).unwrap();
        let mut first = at.shell("sed -n s/^flags://p /proc/self/fdinfo/1");
        let exit = first.stdout(into).status().await.unwrap();
        assert_eq!(exit.returncode(), 0);
        drop(first);
        let said = String::from_utf8(rest(&mut second).await).unwrap();
        let flags = said.strip_prefix("ours, ").unwrap().trim();
        // A process does not expect its writes to fail with EAGAIN.
        let flags = i32::from_str_radix(flags, 8).unwrap();
        assert_eq!(flags & libc::O_NONBLOCK, 0);
    }
);

engine_test!(
    a_writer_that_is_not_idle_is_no_standard_stream,
    |at: At| async move {
        let mut process = cat(at).await;
        let mut writer = process.stdin.take().unwrap();
        writer.write(vec![7; 300_000]).unwrap();
        let error = Stdio::try_from(writer).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_eq!(error.to_string(), "bytes are still queued");
        // They are not lost.
        assert!(rest(&mut process).await == vec![7; 300_000]);

        let mut process = cat(at).await;
        let mut writer = process.stdin.take().unwrap();
        writer.close();
        let error = Stdio::try_from(writer).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_eq!(error.to_string(), "the stream is closed");
    }
);
