//! Incomplete output: every way to read it reports the loss, and returns what was kept.

use std::error::Error as _;
use std::io::{self, Read as _};
use std::num::NonZeroUsize;

use prun::process::{Captured, CommunicateError, LostOutput, Process, Spool, SpoolOptions, Stdio};

use super::at::{At, engine_test};
use super::sys;

/// More than fits in memory, with no space for the rest.
const PRINTED: u64 = 200_000;
const KEPT: usize = 1000;

fn without_room() -> Stdio {
    Stdio::Capture(SpoolOptions::default().memory(KEPT).dir("/no/such/folder"))
}

async fn started(at: At) -> Process {
    let line = format!("yes | head -c {PRINTED}; echo whole >&2");
    let mut command = at.shell(line);
    command.stdout(without_room()).stderr(Stdio::Pipe);
    command.spawn().await.unwrap()
}

async fn spool(at: At) -> Spool {
    let Captured { stdout, .. } = started(at).await.captured().await.unwrap();
    stdout.unwrap()
}

/// The kept bytes are the beginning.
#[track_caller]
fn assert_kept(bytes: &[u8]) {
    assert!(bytes == b"y\n".repeat(KEPT / 2), "{} bytes", bytes.len());
}

// Ours: the call must fail if part of the output is missing.
engine_test!(
    communicate_with_lost_output_fails_and_gives_what_was_kept,
    |at: At| async move {
        let mut process = started(at).await;
        let error = process.communicate(None).await.unwrap_err();
        assert_eq!(error.to_string(), "199000 bytes of the output are lost");
        assert!(error.source().is_some());
        let CommunicateError::OutputLost {
            stdout,
            stderr,
            lost,
            source,
        } = error
        else {
            panic!("{error:?}")
        };
        assert_kept(&stdout);
        assert_eq!(
            (stderr.as_slice(), lost),
            (&b"whole\n"[..], PRINTED - KEPT as u64)
        );
        assert_eq!(source.kind(), io::ErrorKind::NotFound);
        assert_eq!(process.returncode(), Some(0));
    }
);

// Ours: as communicate.
engine_test!(
    bytes_of_a_spool_with_a_loss_come_with_an_error,
    |at: At| async move {
        let spool = spool(at).await;
        let LostOutput {
            kept, lost, source, ..
        } = spool.into_bytes().unwrap_err();
        assert_kept(&kept);
        assert_eq!(lost, PRINTED - KEPT as u64);
        assert_eq!(source.kind(), io::ErrorKind::NotFound);
    }
);

// Ours: as communicate.
engine_test!(
    a_copy_of_a_spool_with_a_loss_ends_in_an_error,
    |at: At| async move {
        let mut copied = Vec::new();
        let error = spool(at).await.copy_to(&mut copied).unwrap_err();
        assert_kept(&copied);
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        let message = error.to_string();
        assert!(
            message.starts_with("199000 bytes of the output are lost: "),
            "{message}"
        );
    }
);

// Ours: as communicate; the error takes the place of the lost bytes.
engine_test!(
    reading_a_spool_with_a_loss_ends_in_an_error,
    |at: At| async move {
        let spool = spool(at).await;
        let mut read = Vec::new();
        let mut reader = spool.reader(0);
        let error = reader.read_to_end(&mut read).unwrap_err();
        assert_kept(&read);
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        assert!(reader.read(&mut [0]).is_err(), "and stays");
        assert_eq!(reader.read(&mut []).unwrap(), 0);
    }
);

// Ours: the exit status and the output are independent.
engine_test!(
    the_output_of_a_lost_status_is_to_be_had,
    |at: At| async move {
        let mut command = at.shell("echo out; echo err >&2");
        command.stdout(Stdio::Capture(SpoolOptions::default()));
        command.stderr(Stdio::Capture(SpoolOptions::default()));
        let mut process = command.spawn().await.unwrap();
        sys::reap(process.pid());
        let captured = process.captured().await.unwrap();
        assert_eq!(captured.stdout.unwrap().into_bytes().unwrap(), b"out\n");
        assert_eq!(captured.stderr.unwrap().into_bytes().unwrap(), b"err\n");
        assert!(!captured.leaked);
        assert_eq!(process.returncode(), None);
    }
);

// Ours: communicate cannot return the exit status, and returns the rest.
engine_test!(
    communicate_of_a_lost_status_fails_with_the_output,
    |at: At| async move {
        let mut command = at.shell("echo out; echo err >&2");
        command.stdout(Stdio::Pipe);
        command.stderr(Stdio::Capture(SpoolOptions::default()));
        let mut process = command.spawn().await.unwrap();
        sys::reap(process.pid());
        let error = process.communicate(None).await.unwrap_err();
        let CommunicateError::StatusLost { stdout, stderr, .. } = &error else {
            panic!("{error:?}")
        };
        assert_eq!(
            (stdout.as_slice(), stderr.as_slice()),
            (&b"out\n"[..], &b"err\n"[..])
        );
        let pid = process.pid();
        let expected = format!(
            "the output is complete, but the exit status of process {pid} is lost: reaped by other \
             code, or SIGCHLD is ignored"
        );
        assert_eq!(error.to_string(), expected);
    }
);

// Ours: refused input is returned.
engine_test!(
    input_that_cannot_be_sent_is_given_back,
    |at: At| async move {
        let input = || Some(b"input".to_vec());
        let mut command = at.command("cat");
        let mut process = command.stdin(Stdio::Null).spawn().await.unwrap();
        match process.communicate(input()).await {
            Err(CommunicateError::NoStdin(back)) => assert_eq!(back, b"input"),
            other => panic!("{other:?}"),
        }
        let mut process = command.stdin(Stdio::Pipe).spawn().await.unwrap();
        process.stdin.as_mut().unwrap().close();
        match process.communicate(input()).await {
            Err(CommunicateError::StdinClosed(back)) => assert_eq!(back, b"input"),
            other => panic!("{other:?}"),
        }
        // The refusal has changed nothing.
        assert!(process.communicate(None).await.unwrap().exit.success());
        match process.communicate(input()).await {
            Err(CommunicateError::AlreadyStarted(back)) => assert_eq!(back, b"input"),
            other => panic!("{other:?}"),
        }
    }
);

// Ours: a limit is not a loss.
engine_test!(
    output_beyond_the_limit_of_a_line_is_whole,
    |at: At| async move {
        let mut command = at.shell("yes | head -c 100000");
        command.limit(NonZeroUsize::MIN);
        let output = command.output().await.unwrap();
        assert_eq!(output.stdout.len(), 100_000);
    }
);
