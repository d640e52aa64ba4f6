//! Running a command from start to end in one call.

use prun::process::{KillOnDrop, RunError, SpawnErrorKind, Stdio};

use super::at::{At, engine_test};
use super::files::Folder;
use super::procfs::{Life, soon};

// std, Command::output: both outputs are collected, and standard input is empty.
engine_test!(output_collects_both_streams, |at: At| async move {
    let command = at.shell("cat; echo out; echo err >&2; exit 7");
    let output = command.output().await.unwrap();
    assert_eq!(output.stdout, b"out\n");
    assert_eq!(output.stderr, b"err\n");
    assert_eq!(output.exit.code, Some(7));
    assert!(!output.leaked);
});

// std, Command::output: settings are kept.
engine_test!(
    output_leaves_streams_as_they_were_set,
    |at: At| async move {
        let mut command = at.shell("echo out; echo err >&2");
        command.stderr(Stdio::ToStdout);
        let output = command.output().await.unwrap();
        assert_eq!(
            (output.stdout.as_slice(), output.stderr.as_slice()),
            (&b"out\nerr\n"[..], &b""[..])
        );
        let output = command.stdout(Stdio::Null).output().await.unwrap();
        assert!(output.stdout.is_empty() && output.stderr.is_empty());
    }
);

// Ours: a command can be used again after a call.
engine_test!(a_command_gives_output_many_times, |at: At| async move {
    let command = at.shell("echo again");
    for _ in 0..3 {
        assert_eq!(command.output().await.unwrap().stdout, b"again\n");
    }
    // The pipes were only for the calls.
    assert!(command.spawn().await.unwrap().stdout.is_none());
});

// tokio, Command::status: a pipe that nobody reads or writes blocks nobody.
engine_test!(status_closes_pipes_at_once, |at: At| async move {
    let mut command = at.shell("cat; trap '' PIPE; yes 2>/dev/null; exit 4");
    command.stdin(Stdio::Pipe).stdout(Stdio::Pipe);
    assert_eq!(command.status().await.unwrap().code, Some(4));
});

// Ours: the error of a command that cannot be started is that of spawn.
engine_test!(
    a_failed_start_is_reported_by_both_calls,
    |at: At| async move {
        let command = at.command("/no/such/program");
        let errors = [
            command.output().await.unwrap_err(),
            command.status().await.unwrap_err(),
        ];
        for error in errors {
            match error {
                RunError::Spawn(error) => {
                    let kind = SpawnErrorKind::ProgramNotFound("/no/such/program".into());
                    assert_eq!(error.kind, kind);
                }
                other => panic!("{other:?}"),
            }
        }
    }
);

// tokio, kill_on_drop: a dropped call kills its process if that was set.
engine_test!(
    a_dropped_call_kills_if_it_was_told_to,
    |at: At| async move {
        let folder = Folder::new();
        let pid_file = folder.path().join("pid");
        let line = format!(
            "echo $$ > {0}.new; mv {0}.new {0}; exec sleep 600",
            pid_file.display()
        );
        let mut command = at.shell(line);
        command.kill_on_drop(KillOnDrop::Leader);
        let begun = async {
            loop {
                if let Ok(text) = std::fs::read_to_string(&pid_file) {
                    return Life::of(text.trim().parse().unwrap());
                }
                tokio::time::sleep(std::time::Duration::from_millis(5)).await;
            }
        };
        let life = tokio::select! {
            ended = command.output() => panic!("{ended:?}"),
            life = begun => life,
        };
        soon("the process is gone", || !life.is_there()).await;
    }
);
