//! Captured output taken in pieces while the process runs.

use std::time::Duration;

use prun::process::{Command, Pieces, Process, SpoolOptions, Stdio};

use super::at::{At, MINUTE, engine_test};
use super::files::Folder;
use super::polls::{When, cancelled};

const MEMORY: usize = 64 * 1024;

async fn captured(at: At, line: &str) -> (Process, Pieces) {
    started(at.shell(line).leak_grace(MINUTE)).await
}

async fn started(command: &mut Command) -> (Process, Pieces) {
    command.stdout(Stdio::Capture(SpoolOptions::default()));
    let process = command.spawn().await.unwrap();
    let pieces = process.stdout_pieces().unwrap();
    (process, pieces)
}

/// Takes everything until the end of the stream.
async fn all(pieces: &mut Pieces) -> Vec<u8> {
    let mut all = Vec::new();
    while pieces.ready().await {
        let piece = pieces.take();
        assert!(!piece.is_empty() && piece.taken() == 0);
        piece.copy_to(&mut all).unwrap();
    }
    all
}

engine_test!(
    pieces_come_before_the_process_has_ended,
    |at: At| async move {
        let folder = Folder::new();
        let go = folder.path().join("go");
        let line = format!(
            "echo begun; until [ -e {} ]; do sleep 0.01; done; echo ended",
            go.display()
        );
        let (process, mut pieces) = captured(at, &line).await;
        assert!(pieces.ready().await);
        assert_eq!(pieces.take().head(), b"begun\n");
        std::fs::write(go, "").unwrap();
        assert_eq!(all(&mut pieces).await, b"ended\n");
        assert!(process.wait().await.unwrap().success());
    }
);

engine_test!(pieces_are_the_whole_stream_in_order, |at: At| async move {
    let (mut process, mut pieces) = captured(at, "seq 200000").await;
    let mut given = all(&mut pieces).await;
    let captured = process.captured().await.unwrap();
    captured.stdout.unwrap().copy_to(&mut given).unwrap();
    let expected: String = (1..=200_000).map(|n| format!("{n}\n")).collect();
    assert!(given == expected.as_bytes(), "{} bytes", given.len());
});

engine_test!(
    pieces_not_taken_are_captured_at_the_end,
    |at: At| async move {
        let (mut process, mut pieces) = captured(at, "echo taken; sleep 0.1; echo left").await;
        assert!(pieces.ready().await);
        assert_eq!(pieces.take().head(), b"taken\n");
        let spool = process.captured().await.unwrap().stdout.unwrap();
        assert_eq!(
            (spool.taken(), spool.len(), spool.head()),
            (6, 11, &b"left\n"[..])
        );
        assert!(!pieces.ready().await, "after the end nothing comes");
        assert_eq!(pieces.take().len(), 0);
    }
);

engine_test!(
    the_end_of_what_was_taken_stays_readable,
    |at: At| async move {
        let (mut process, mut pieces) = captured(at, "seq 100000").await;
        all(&mut pieces).await;
        let spool = process.captured().await.unwrap().stdout.unwrap();
        let mut end = Vec::new();
        std::io::Read::read_to_end(&mut spool.reader(spool.len() - 14), &mut end).unwrap();
        assert_eq!(end, b"\n99999\n100000\n");
    }
);

engine_test!(
    a_process_waits_while_nobody_takes_and_no_file_is_made,
    |at: At| async move {
        let folder = Folder::new();
        let (go, done) = (folder.path().join("go"), folder.path().join("done"));
        let line = format!(
            "until [ -e {} ]; do sleep 0.01; done; head -c 1000000 /dev/zero; touch {}",
            go.display(),
            done.display()
        );
        let (mut process, mut pieces) = captured(at, &line).await;
        // The taker is registered before there is anything to take.
        assert!(cancelled(1, When::AtOnce, pieces.ready()).await.is_none());
        std::fs::write(&go, "").unwrap();
        assert!(pieces.ready().await);
        tokio::time::sleep(Duration::from_millis(100)).await;
        assert!(!done.exists(), "a pipe and a piece do not hold so much");
        let piece = pieces.take();
        assert!(piece.head().len() <= MEMORY);
        assert_eq!(
            piece.head().len() as u64,
            piece.len(),
            "the rest is in a file"
        );
        let rest = all(&mut pieces).await.len() as u64;
        let left = process.captured().await.unwrap().stdout.unwrap();
        assert_eq!(piece.len() + rest + left.len() - left.taken(), 1_000_000);
        assert!(done.exists());
    }
);

engine_test!(a_wait_for_a_piece_may_be_dropped, |at: At| async move {
    for when in [When::AtOnce, When::Woken] {
        let (mut process, mut pieces) = captured(at, "seq 30000; sleep 0.01; echo end").await;
        let mut given = Vec::new();
        let mut polls = 0;
        loop {
            polls += 1;
            match cancelled(polls % 3 + 1, when, pieces.ready()).await {
                Some(true) => pieces.take().copy_to(&mut given).unwrap(),
                Some(false) => break,
                None => tokio::task::yield_now().await,
            }
        }
        let left = process.captured().await.unwrap().stdout.unwrap();
        left.copy_to(&mut given).unwrap();
        let expected: String = (1..=30_000).map(|n| format!("{n}\n")).collect();
        assert!(
            given == (expected + "end\n").as_bytes(),
            "{} bytes",
            given.len()
        );
    }
});

engine_test!(
    a_leaked_pipe_does_not_hold_the_end_up,
    |at: At| async move {
        let mut command = at.shell("sleep 1 & echo mine");
        command.leak_grace(Duration::from_millis(50));
        let (mut process, mut pieces) = started(&mut command).await;
        assert!(pieces.ready().await);
        pieces.take();
        let captured = process.captured().await.unwrap();
        assert!(captured.leaked);
        assert!(!pieces.ready().await);
    }
);

engine_test!(the_last_line_can_be_looked_at, |at: At| async move {
    let line = "echo one; sleep 0.05; echo two >&2; printf 'thr\\n\\nee'; read go";
    let capture = || Stdio::Capture(SpoolOptions::default());
    let mut command = at.shell(line);
    command.stdin(Stdio::Pipe);
    command.stdout(capture()).stderr(Stdio::ToStdout);
    let mut process = command.leak_grace(MINUTE).spawn().await.unwrap();
    let last = process.last_line();
    while last.look() != Some(b"ee".to_vec()) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    process.stdin.take().unwrap().close();
    let captured = process.captured().await.unwrap();
    assert_eq!(captured.stdout.unwrap().head(), b"one\ntwo\nthr\n\nee");
    assert_eq!(last.look(), None, "it was handed out");
});

engine_test!(
    the_last_line_is_of_the_stream_that_printed_last,
    |at: At| async move {
        let capture = || Stdio::Capture(SpoolOptions::default());
        for (line, expected) in [
            ("echo out; sleep 0.1; echo err >&2; read go", "err"),
            ("echo err >&2; sleep 0.1; echo out; read go", "out"),
        ] {
            let mut command = at.shell(line);
            command.stdin(Stdio::Pipe);
            let process = command
                .stdout(capture())
                .stderr(capture())
                .spawn()
                .await
                .unwrap();
            let last = process.last_line();
            while last.look() != Some(expected.as_bytes().to_vec()) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        }
    }
);

// Ours: a taker that stops taking pieces blocks nobody, and the rest is returned at the end.
engine_test!(
    pieces_that_are_dropped_hold_the_process_up_no_more,
    |at: At| async move {
        let (mut process, mut pieces) = captured(at, "yes | head -c 1000000").await;
        assert!(pieces.ready().await);
        let piece = pieces.take();
        drop(pieces);
        let rest = process.captured().await.unwrap().stdout.unwrap();
        assert_eq!(rest.len(), 1_000_000);
        assert_eq!(rest.taken(), piece.len());
    }
);
