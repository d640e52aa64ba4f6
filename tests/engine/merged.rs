//! Standard error merged into standard output, as with Python's `STDOUT`.

use std::fs;
use std::os::fd::AsFd;
use std::sync::Arc;

use prun::process::{SpoolOptions, Stdio};

use super::at::{At, MINUTE, engine_test, isolated_test, streams};
use super::files::{file_of, text_of};
use super::isolated::dir;

/// Prints to both streams in turn.
const BOTH: &str = "printf apple; printf orange >&2; printf pear; printf plum >&2";
const MERGED: &[u8] = b"appleorangepearplum";

// CPython, test_stdout_stderr_pipe.
engine_test!(
    both_streams_share_a_pipe_in_the_order_of_the_writes,
    |at: At| {
        async move {
            let mut command = at.shell(BOTH);
            command.stdout(Stdio::Pipe).stderr(Stdio::ToStdout);
            let mut process = command.spawn().await.unwrap();
            assert!(process.stderr.is_none());
            let given = process.communicate(None).await.unwrap();
            assert_eq!(streams(given), (MERGED.to_vec(), vec![]));
        }
    }
);

// CPython, test_stdout_stderr_pipe, captured.
engine_test!(
    both_streams_share_a_capture_in_the_order_of_the_writes,
    |at: At| {
        async move {
            let capture = Stdio::Capture(SpoolOptions::default());
            let mut command = at.shell(BOTH);
            command.stdout(capture).stderr(Stdio::ToStdout);
            command.leak_grace(MINUTE);
            let mut process = command.spawn().await.unwrap();
            let captured = process.captured().await.unwrap();
            assert!(captured.stderr.is_none() && !captured.leaked);
            assert_eq!(captured.stdout.unwrap().into_bytes().unwrap(), MERGED);
        }
    }
);

// CPython, test_stdout_stderr_file.
engine_test!(
    both_streams_share_a_file_and_its_position,
    |at: At| async move {
        let file = Arc::new(file_of(""));
        let shared = Stdio::File(Arc::clone(&file));
        let mut command = at.shell(BOTH);
        command.stdout(shared).stderr(Stdio::ToStdout);
        let process = command.spawn().await.unwrap();
        assert_eq!(process.wait().await.unwrap().returncode(), 0);
        assert_eq!(text_of(&file).as_bytes(), MERGED);
    }
);

// CPython, test_stdout_stderr_file, for DEVNULL.
engine_test!(errors_follow_output_to_null, |at: At| async move {
    let line = "[ /proc/self/fd/2 -ef /dev/null ] && [ /proc/self/fd/1 -ef /dev/null ]";
    let mut command = at.shell(line);
    command.stdout(Stdio::Null).stderr(Stdio::ToStdout);
    let process = command.spawn().await.unwrap();
    assert_eq!(process.wait().await.unwrap().returncode(), 0);
});

// CPython, test_stderr_redirect_with_no_stdout_redirect: to our standard output, not standard error.
isolated_test!(
    errors_follow_an_inherited_output,
    "cd \"$PRUN_ENGINE_DIR\"; exec >out 2>err",
    |at: At| {
        async move {
            let mut command = at.shell("echo mistaken >&2");
            command.stderr(Stdio::ToStdout);
            let process = command.spawn().await.unwrap();
            assert_eq!(process.wait().await.unwrap().returncode(), 0);
            let text = |name| fs::read_to_string(dir().join(name)).unwrap();
            assert!(text("out").contains("mistaken") && !text("err").contains("mistaken"));
        }
    }
);

// CPython, test_stdout_filedes_of_stdout: descriptor 1, given by its number, is our standard output.
isolated_test!(
    our_own_output_can_be_given_as_a_descriptor,
    "exec >\"$PRUN_ENGINE_DIR/out\"",
    |at: At| {
        async move {
            let ours = std::io::stdout().as_fd().try_clone_to_owned().unwrap();
            let process = at.shell("echo given").stdout(ours).spawn().await.unwrap();
            assert_eq!(process.wait().await.unwrap().returncode(), 0);
            let output = fs::read_to_string(dir().join("out")).unwrap();
            assert!(output.contains("given\n"));
        }
    }
);
