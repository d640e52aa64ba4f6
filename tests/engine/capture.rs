//! Captured streams: always drained, kept in memory as far as they fit, and otherwise in a file.

use std::fs;
use std::io::Read;
use std::time::Duration;

use prun::process::{
    Command, Group, KillOnDrop, Process, Scope, Spool, SpoolOptions, Stdio, wait_for,
};

use super::at::{At, MINUTE, engine_test};
use super::files::Folder;
use super::polls::{When, cancelled};
use super::procfs::{Life, soon};

fn capture() -> Stdio {
    Stdio::Capture(SpoolOptions::default())
}

/// The output of a command.
async fn printed(command: &mut Command) -> Spool {
    let mut process = command.leak_grace(MINUTE).spawn().await.unwrap();
    let captured = process.captured().await.unwrap();
    assert!(!captured.leaked);
    captured.stdout.unwrap()
}

// Ours; a pipe would block the process for ever.
engine_test!(
    a_process_that_nobody_reads_ends_by_itself,
    |at: At| async move {
        let line = "head -c 3145728 /dev/zero; head -c 3145728 /dev/zero >&2; exit 3";
        let mut command = at.shell(line);
        command.stdout(capture()).stderr(capture());
        let mut process = command.leak_grace(MINUTE).spawn().await.unwrap();
        assert!(process.stdout.is_none() && process.stderr.is_none());
        assert_eq!(process.wait().await.unwrap().returncode(), 3);
        let captured = process.captured().await.unwrap();
        assert_eq!(captured.stdout.unwrap().len(), 3 << 20);
        assert_eq!(captured.stderr.unwrap().len(), 3 << 20);
        assert!(!captured.leaked);
    }
);

// Ours: output written right before the exit is captured, as with a pipe.
engine_test!(
    the_last_bytes_before_the_exit_are_captured,
    |at: At| async move {
        for n in 0..20 {
            let line = format!("head -c {} /dev/zero; exit 2", n * 3000);
            let spool = printed(at.shell(line).stdout(capture())).await;
            assert_eq!(spool.len(), n * 3000);
        }
    }
);

// Ours: 64 KiB in memory, the rest in a file; in order, however it is read.
engine_test!(a_spool_gives_back_what_was_printed, |at: At| async move {
    for size in [0usize, 1, 65_535, 65_536, 65_537, 1_000_000] {
        let line = format!("yes | head -c {size}");
        let spool = printed(at.shell(line).stdout(capture())).await;
        let expected: Vec<u8> = b"y\n".iter().copied().cycle().take(size).collect();
        assert_eq!(spool.len(), size as u64);
        assert_eq!(spool.is_empty(), size == 0);
        assert_eq!(spool.head(), &expected[..size.min(65_536)]);
        assert_eq!(spool.lost(), 0);
        assert!(spool.error().is_none());
        let mut copied = Vec::new();
        spool.copy_to(&mut copied).unwrap();
        assert!(copied == expected, "copied, {size}");
        let mut tail = Vec::new();
        let from = size.saturating_sub(100_000);
        spool.reader(from as u64).read_to_end(&mut tail).unwrap();
        assert!(tail == expected[from..], "the tail, {size}");
        assert_eq!(spool.read_at(&mut [0; 10], size as u64).unwrap(), 0);
        assert!(spool.into_bytes().unwrap() == expected, "whole, {size}");
    }
});

// Ours: any amount of memory, including none.
engine_test!(
    a_spool_keeps_no_more_in_memory_than_its_limit,
    |at: At| async move {
        for memory in [0, 10, 1 << 20] {
            let capture = Stdio::Capture(SpoolOptions::default().memory(memory));
            let spool = printed(at.shell("yes | head -c 200000").stdout(capture)).await;
            assert_eq!(spool.head().len(), memory.min(200_000));
            assert_eq!(spool.into_bytes().unwrap().len(), 200_000);
        }
    }
);

// Ours: the file is unlinked, so that nothing remains of it whatever happens.
engine_test!(a_spool_leaves_no_file_behind, |at: At| async move {
    let folder = Folder::new();
    let options = SpoolOptions::default().memory(0).dir(folder.path());
    let spool = printed(at.shell("echo kept").stdout(Stdio::Capture(options))).await;
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    assert_eq!(spool.into_bytes().unwrap(), b"kept\n");
});

// Ours: if there is no space the process is not blocked, and lost bytes are counted.
engine_test!(
    a_spool_without_room_counts_what_it_loses,
    |at: At| async move {
        let options = SpoolOptions::default().memory(1000).dir("/no/such/folder");
        let capture = Stdio::Capture(options);
        let spool = printed(at.shell("yes | head -c 1000000").stdout(capture)).await;
        assert_eq!((spool.len(), spool.lost()), (1000, 999_000));
        assert!(spool.error().is_some());
        let loss = spool.into_bytes().unwrap_err();
        assert_eq!((loss.kept.len(), loss.lost), (1000, 999_000));
    }
);

// Ours: communicate returns captured streams like pipes.
engine_test!(communicate_gives_captured_streams, |at: At| async move {
    let mut command = at.shell("cat; echo err >&2");
    command.stdin(Stdio::Pipe);
    command.stdout(capture()).stderr(Stdio::Pipe);
    let mut process = command.spawn().await.unwrap();
    let input = vec![b'x'; 300_000];
    let output = process.communicate(Some(input.clone())).await.unwrap();
    assert!(output.stdout == input);
    assert_eq!(output.stderr, b"err\n");
    assert_eq!(process.returncode(), Some(0));
});

// Ours: a stream that was not captured has no spool, and each can be taken once.
engine_test!(captured_gives_each_stream_once, |at: At| async move {
    let mut command = at.shell("echo out");
    command.stdout(capture()).stderr(Stdio::Null);
    let mut process = command.leak_grace(MINUTE).spawn().await.unwrap();
    let first = process.captured().await.unwrap();
    assert_eq!(first.stdout.unwrap().into_bytes().unwrap(), b"out\n");
    assert!(first.stderr.is_none());
    let second = process.captured().await.unwrap();
    assert!(second.stdout.is_none() && second.stderr.is_none() && !second.leaked);
});

// Ours: cancel safe.
engine_test!(a_cancelled_captured_loses_nothing, |at: At| async move {
    let line = "yes | head -c 200000; sleep 0.05; echo end";
    for when in [When::AtOnce, When::Woken] {
        let mut command = at.shell(line);
        command.stdout(capture()).leak_grace(MINUTE);
        let mut process = command.spawn().await.unwrap();
        let mut tries = 0;
        let captured = loop {
            tries += 1;
            match cancelled(tries, when, process.captured()).await {
                Some(captured) => break captured.unwrap(),
                None => tokio::task::yield_now().await,
            }
        };
        assert_eq!(captured.stdout.unwrap().len(), 200_004);
        assert!(!captured.leaked);
    }
});

// Ours: each process has its own spools.
engine_test!(
    two_starts_of_one_command_do_not_share_a_spool,
    |at: At| async move {
        let mut command = at.shell("cat");
        command.stdin(Stdio::Pipe).stdout(capture());
        let start = || async { command.spawn().await.unwrap() };
        let (mut one, mut two) = (start().await, start().await);
        one.stdin.as_mut().unwrap().write_all("one").await.unwrap();
        two.stdin.as_mut().unwrap().write_all("two").await.unwrap();
        assert_eq!(one.communicate(None).await.unwrap().stdout, b"one");
        assert_eq!(two.communicate(None).await.unwrap().stdout, b"two");
    }
);

async fn endless(at: At) -> Process {
    let mut command = at.shell("echo begun; yes >&2");
    command.stdout(Stdio::Pipe).stderr(capture());
    command
        .process_group(Group::New)
        .kill_on_drop(KillOnDrop::Group)
        .leak_grace(MINUTE);
    let mut process = command.spawn().await.unwrap();
    process.stdout.as_mut().unwrap().read_line().await.unwrap();
    process
}

// Ours (asyncio, PR 154223): output before a timeout and a kill is not lost.
engine_test!(output_before_a_kill_is_not_lost, |at: At| async move {
    let mut process = endless(at).await;
    let short = Duration::from_millis(20);
    assert!(wait_for(process.captured(), short).await.is_err());
    let last_line = process.last_line();
    soon("output", || last_line.look().is_some()).await;
    let exit = process
        .shutdown(Scope::Group, Duration::ZERO)
        .await
        .unwrap();
    assert_eq!(exit.returncode(), -9);
    let captured = process.captured().await.unwrap();
    assert!(!captured.leaked);
    let spool = captured.stderr.unwrap();
    assert!(!spool.is_empty());
    let bytes = spool.into_bytes().unwrap();
    assert!(bytes.chunks(2).all(|line| line == b"y\n" || line == b"y"));
});

// Ours: dropping the value ends the draining, and with it a process that prints without end.
engine_test!(a_dropped_capture_drains_no_more, |at: At| async move {
    let process = endless(at).await;
    let life = Life::of(process.pid());
    drop(process);
    soon("its end", || !life.is_there()).await;
});

// Ours: the total memory of all spools is limited as well; further spools are in the file as a whole.
engine_test!(
    spools_keep_no_more_in_memory_than_all_of_them_may,
    |at: At| async move {
        // Enough for one of them, however it came to be in memory.
        let options = SpoolOptions::default().total_memory(99_999);
        let mut kept = Vec::new();
        for n in 0..5 {
            let line = format!("yes {n} | head -c 50000");
            let capture = Stdio::Capture(options.clone());
            kept.push(printed(at.shell(&line).stdout(capture)).await);
        }
        let in_memory: Vec<_> = kept.iter().map(|spool| spool.head().len()).collect();
        assert_eq!(in_memory, [50_000, 0, 0, 0, 0]);
        for (n, spool) in kept.into_iter().enumerate() {
            let expected = format!("{n}\n").repeat(25_000).into_bytes();
            assert_eq!(spool.len(), 50_000);
            let mut end = Vec::new();
            spool.reader(49_990).read_to_end(&mut end).unwrap();
            assert!(end == expected[49_990..], "the end of {n}");
            let mut copied = Vec::new();
            spool.copy_to(&mut copied).unwrap();
            assert!(copied == expected, "a copy of {n}");
            assert!(spool.into_bytes().unwrap() == expected, "{n}");
        }
        // Those are dropped, and there is capacity in memory again.
        let one_more = printed(at.shell("echo x").stdout(Stdio::Capture(options))).await;
        assert_eq!(one_more.head(), b"x\n");
    }
);
