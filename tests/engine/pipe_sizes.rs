//! The capacity of a process's pipes.

use prun::process::{Command, SpawnErrorKind, SpoolOptions, Stdio};

use super::at::{At, engine_test, needs_linux};
use crate::shared::needs::needs;

/// The capacities of its standard streams, as the process sees them.
async fn sizes(command: &mut Command) -> String {
    let line = "import fcntl, sys; sys.stdin.read()
sys.stdout.write(' '.join(str(fcntl.fcntl(fd, fcntl.F_GETPIPE_SZ)) for fd in range(3)))";
    let mut process = command.arg("-c").arg(line).spawn().await.unwrap();
    let given = process.communicate(None).await.unwrap();
    String::from_utf8(given.stdout).unwrap()
}

// CPython, test_pipesizes.
engine_test!(every_pipe_has_the_size_asked_for, |at: At| async move {
    if !needs_linux() {
        return;
    }
    if !needs("python3") {
        return;
    }
    for bytes in [4096, 512 * 1024] {
        let mut command = at.command("python3");
        command
            .stdin(Stdio::Pipe)
            .stdout(Stdio::Pipe)
            .stderr(Stdio::Pipe);
        let expected = format!("{bytes} {bytes} {bytes}");
        assert_eq!(sizes(command.pipe_size(bytes)).await, expected);
    }
});

// Ours: a capture that spills to a file would enlarge it otherwise.
engine_test!(
    a_captured_pipe_keeps_the_size_asked_for,
    |at: At| async move {
        if !needs_linux() {
            return;
        }
        if !needs("python3") {
            return;
        }
        let line = "import fcntl, sys; sys.stdout.write('x' * 1000000)
sys.stdout.flush(); sys.stderr.write(str(fcntl.fcntl(1, fcntl.F_GETPIPE_SZ)))";
        for (size, expected) in [(Some(8192), "8192"), (None, "262144")] {
            let mut command = at.command("python3");
            command.args(["-c", line]).stderr(Stdio::Pipe);
            command.stdout(Stdio::Capture(SpoolOptions::default()));
            if let Some(size) = size {
                command.pipe_size(size);
            }
            let output = command.output().await.unwrap();
            assert_eq!(output.stdout.len(), 1_000_000);
            assert_eq!(String::from_utf8(output.stderr).unwrap(), expected);
        }
    }
);

// CPython, test_pipesizes: a size that the system refuses.
engine_test!(a_size_that_is_refused_is_an_error, |at: At| async move {
    if !needs_linux() {
        return;
    }
    for (number, stream) in ["standard input", "standard output", "standard error"]
        .iter()
        .enumerate()
    {
        let mut command = at.command("true");
        command.pipe_size(usize::MAX);
        match number {
            0 => command.stdin(Stdio::Pipe),
            1 => command.stdout(Stdio::Pipe),
            _ => command.stderr(Stdio::Capture(SpoolOptions::default())),
        };
        let error = command.spawn().await.unwrap_err();
        let SpawnErrorKind::Setup { what, .. } = &error.kind else {
            panic!("{error:?}");
        };
        assert_eq!(what, stream);
    }
});

// Ours: without a pipe there is nothing to enlarge.
engine_test!(without_a_pipe_no_size_is_refused, |at: At| async move {
    let mut command = at.command("true");
    command.pipe_size(usize::MAX).stdout(Stdio::Null);
    assert!(command.status().await.unwrap().success());
});
