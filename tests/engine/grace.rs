//! The leak grace: how long to wait for output of other processes after the process has ended.

use std::time::{Duration, Instant};

use prun::process::{Command, Output, SpoolOptions, Stdio};

use super::at::{At, MINUTE, engine_test};
use super::files::Folder;

/// Prints `now` half a second after its exit, from a process that it left behind.
const LATE: &str = "(sleep 0.5; echo now) & exit 3";

/// Prints nothing, and keeps its output open for as long as the directory exists.
fn holding(folder: &Folder) -> String {
    let dir = folder.path().display();
    format!("(while test -d {dir}; do sleep 0.01; done) & exit 3")
}

fn kinds() -> [Stdio; 2] {
    [Stdio::Pipe, Stdio::Capture(SpoolOptions::default())]
}

async fn output(command: &Command) -> Output {
    command.output().await.unwrap()
}

// asyncio: communicate waits for the end of the pipes.
engine_test!(
    without_a_grace_late_output_is_waited_for,
    |at: At| async move {
        for kind in kinds() {
            let mut command = at.shell(LATE);
            let output = output(command.stdout(kind).leak_grace(None)).await;
            assert_eq!(output.stdout, b"now\n");
            assert!(!output.leaked);
            assert_eq!(output.exit.code, Some(3));
        }
    }
);

// Ours: the longest duration means for ever, as with all timeouts.
engine_test!(
    the_longest_grace_waits_for_late_output,
    |at: At| async move {
        for kind in kinds() {
            let mut command = at.shell(LATE);
            let output = output(command.stdout(kind).leak_grace(Duration::MAX)).await;
            assert_eq!(
                (output.stdout.as_slice(), output.leaked),
                (&b"now\n"[..], false)
            );
        }
    }
);

// Ours: a sufficient grace ends with the pipe.
engine_test!(a_grace_ends_with_the_pipe, |at: At| async move {
    for kind in kinds() {
        let begun = Instant::now();
        let mut command = at.shell(LATE);
        let output = output(command.stdout(kind).leak_grace(MINUTE)).await;
        assert_eq!(
            (output.stdout.as_slice(), output.leaked),
            (&b"now\n"[..], false)
        );
        assert!(begun.elapsed() < MINUTE / 2);
    }
});

// Ours: 200 ms by default.
engine_test!(
    by_default_a_pipe_that_stays_open_is_told_as_leaked,
    |at: At| async move {
        for kind in kinds() {
            let folder = Folder::new();
            let mut command = at.shell(holding(&folder));
            let begun = Instant::now();
            let output = output(command.stdout(kind)).await;
            assert!(begun.elapsed() >= Duration::from_millis(200));
            assert_eq!((output.stdout.as_slice(), output.leaked), (&b""[..], true));
            assert_eq!(output.exit.code, Some(3));
        }
    }
);

// Ours: without a grace, the output is what was written when the process ends.
engine_test!(a_grace_of_nothing_waits_for_nobody, |at: At| async move {
    for kind in kinds() {
        let folder = Folder::new();
        let mut command = at.shell(format!("echo said; {}", holding(&folder)));
        let output = output(command.stdout(kind).leak_grace(Duration::ZERO)).await;
        assert_eq!(
            (output.stdout.as_slice(), output.leaked),
            (&b"said\n"[..], true)
        );
    }
});

// Ours: the result does not depend on how often the call was dropped.
engine_test!(
    a_leak_is_told_by_the_call_that_ends_well,
    |at: At| async move {
        let folder = Folder::new();
        let mut command = at.shell(holding(&folder));
        command
            .stdout(Stdio::Pipe)
            .stderr(Stdio::Capture(SpoolOptions::default()));
        let mut process = command.spawn().await.unwrap();
        process.wait().await.unwrap();
        let output = loop {
            let call = process.communicate(None);
            if let Ok(output) = tokio::time::timeout(Duration::from_millis(250), call).await {
                break output.unwrap();
            }
        };
        assert!(output.leaked);
    }
);
