//! Pipes that a process leaves to another one: nobody waits for that one, and it is not killed.

use std::fs::{self, File};
use std::time::{Duration, Instant};

use prun::process::{Command, SpoolOptions, Stdio, wait_for};

use super::at::{At, MINUTE, engine_test};
use super::files::Folder;
use super::procfs::{Doomed, soon};

/// The default leak grace.
const LEAK_GRACE: Duration = Duration::from_millis(200);

fn capture() -> Stdio {
    Stdio::Capture(SpoolOptions::default())
}

/// A shell that leaves a process behind, prints its id first, and then `mine`.
fn leaving(at: At, behind: &str) -> Command {
    at.shell(format!("({behind}) & echo $!; echo mine"))
}

/// The process that was left behind, and the output after its id.
#[track_caller]
fn split(stdout: &[u8]) -> (Doomed, &[u8]) {
    let end = stdout.iter().position(|&byte| byte == b'\n').unwrap();
    (Doomed::from_line(&stdout[..end]), &stdout[end + 1..])
}

// Ours; asyncio waits for the grandchild.
engine_test!(
    communicate_does_not_wait_for_who_was_left_behind,
    |at: At| async move {
        let mut command = leaving(at, "exec sleep 60");
        command.stdout(Stdio::Pipe).stderr(Stdio::Pipe);
        let mut process = command.spawn().await.unwrap();
        let begun = Instant::now();
        let given = process.communicate(None).await.unwrap();
        let (behind, rest) = split(&given.stdout);
        assert_eq!((rest, given.stderr.as_slice()), (&b"mine\n"[..], &b""[..]));
        assert!(begun.elapsed() >= LEAK_GRACE, "it had its grace");
        assert!(behind.is_alive());
        assert_eq!(process.returncode(), Some(0));
        assert!(given.leaked);
    }
);

// Ours: the grace is absolute, and does not restart with each line.
engine_test!(
    a_chatty_grandchild_does_not_delay_communicate,
    |at: At| async move {
        let behind = "while :; do echo noise; echo noise >&2; done";
        let mut command = leaving(at, behind);
        command.stdout(Stdio::Pipe).stderr(Stdio::Pipe);
        let mut process = command.spawn().await.unwrap();
        let given = process.communicate(None).await.unwrap();
        // Its lines may be before, between and after the shell's own two.
        let text = String::from_utf8(given.stdout).unwrap();
        let own: Vec<_> = text
            .lines()
            .filter(|line| !"noise".starts_with(line))
            .collect();
        assert_eq!(own.len(), 2, "{own:?}");
        let behind = Doomed::from_line(own[0].as_bytes());
        assert_eq!(own[1], "mine");
        assert!(behind.is_alive());
        assert!(given.leaked);
    }
);

// Ours: by then all output of the process itself was read, however much it was.
engine_test!(
    nothing_of_the_process_itself_is_lost_by_a_leak,
    |at: At| async move {
        let line =
            "exec 3>&1 >/dev/null; sleep 60 >&3 & exec >&3; echo $!; head -c 1000000 /dev/zero";
        for output in [Stdio::Pipe, capture()] {
            let mut process = at.shell(line).stdout(output).spawn().await.unwrap();
            let stdout = process.communicate(None).await.unwrap().stdout;
            let (_behind, rest) = split(&stdout);
            assert_eq!(rest.len(), 1_000_000);
        }
    }
);

/// The process left behind: waits for a sign, prints much, and gives a sign itself.
fn daemon(folder: &Folder) -> String {
    let path = folder.path().display();
    format!(
        "n=0; while [ ! -e '{path}/go' ] && [ $n -lt 6000 ]; do sleep 0.01; n=$((n+1)); done; \
         head -c 500000 /dev/zero && echo printed && echo >'{path}/done'"
    )
}

async fn goes_on(folder: &Folder, behind: &Doomed) {
    assert!(behind.is_alive());
    File::create(folder.path().join("go")).unwrap();
    let done = folder.path().join("done");
    soon("the daemon's sign", || done.exists()).await;
    soon("the daemon's end", || !behind.is_alive()).await;
    fs::remove_file(done).unwrap();
    fs::remove_file(folder.path().join("go")).unwrap();
}

// Ours: a closed pipe would kill it, and a full one block it.
engine_test!(
    a_process_left_behind_may_print_after_communicate,
    |at: At| async move {
        let folder = Folder::new();
        let mut command = leaving(at, &daemon(&folder));
        command.stdout(Stdio::Pipe);
        let mut process = command.spawn().await.unwrap();
        let stdout = process.communicate(None).await.unwrap().stdout;
        let (behind, rest) = split(&stdout);
        assert_eq!(rest, b"mine\n");
        goes_on(&folder, &behind).await;
        // Its further output is discarded.
        assert_eq!(process.communicate(None).await.unwrap().stdout, b"");
    }
);

// Ours: the same with a capture, also after the value was dropped.
engine_test!(
    a_process_left_behind_may_print_after_captured,
    |at: At| async move {
        let folder = Folder::new();
        for keep in [true, false] {
            let mut command = leaving(at, &daemon(&folder));
            let grace = Duration::from_millis(20);
            command.stdout(capture()).leak_grace(grace);
            let mut process = command.spawn().await.unwrap();
            let captured = process.captured().await.unwrap();
            assert!(captured.leaked);
            let stdout = captured.stdout.unwrap().into_bytes().unwrap();
            let (behind, rest) = split(&stdout);
            assert_eq!(rest, b"mine\n");
            if !keep {
                drop(process);
            }
            goes_on(&folder, &behind).await;
        }
    }
);

// Ours: constant output does not delay this either.
engine_test!(
    a_chatty_grandchild_does_not_delay_captured,
    |at: At| async move {
        let behind = "while :; do echo noise >&2; done";
        let mut command = leaving(at, behind);
        command.stdout(capture()).stderr(capture());
        command.leak_grace(Duration::from_millis(50));
        let mut process = command.spawn().await.unwrap();
        let captured = process.captured().await.unwrap();
        assert!(captured.leaked);
        let stdout = captured.stdout.unwrap().into_bytes().unwrap();
        let (behind, rest) = split(&stdout);
        assert_eq!(rest, b"mine\n");
        assert!(behind.is_alive());
        let stderr = captured.stderr.unwrap().into_bytes().unwrap();
        assert!(stderr.chunks(6).all(|line| b"noise\n".starts_with(line)));
    }
);

// Ours: a process that ends within the grace leaked nothing, and its output is included.
engine_test!(
    a_process_that_ends_within_the_grace_is_no_leak,
    |at: At| async move {
        let mut command = leaving(at, "sleep 0.05; echo late");
        command.stdout(capture()).leak_grace(MINUTE);
        let mut process = command.spawn().await.unwrap();
        let captured = process.captured().await.unwrap();
        assert!(!captured.leaked);
        let stdout = captured.stdout.unwrap().into_bytes().unwrap();
        assert!(stdout.ends_with(b"mine\nlate\n"));
    }
);

// Ours: without a grace the result is as of that moment.
engine_test!(
    without_grace_a_held_pipe_is_a_leak_at_once,
    |at: At| async move {
        let mut command = leaving(at, "exec sleep 60");
        command.stdout(capture()).leak_grace(Duration::ZERO);
        let mut process = command.spawn().await.unwrap();
        let captured = process.captured().await.unwrap();
        assert!(captured.leaked);
        let stdout = captured.stdout.unwrap().into_bytes().unwrap();
        assert_eq!(split(&stdout).1, b"mine\n");
    }
);

// asyncio, by trial: `wait` hung if a grandchild held standard input with unsent bytes.
engine_test!(
    a_held_input_does_not_delay_communicate,
    |at: At| async move {
        let line = "exec 3<&0; sleep 60 <&3 >/dev/null & echo $!";
        let mut command = at.shell(line);
        command.stdin(Stdio::Pipe).stdout(Stdio::Pipe);
        let mut process = command.spawn().await.unwrap();
        let given = process
            .communicate(Some(vec![b'x'; 1 << 20]))
            .await
            .unwrap();
        assert_eq!(split(&given.stdout).1, b"");
        assert_eq!(process.returncode(), Some(0));
    }
);

// Ours: output that was read when the first grace ended is returned by the next call.
engine_test!(
    communicate_may_be_dropped_while_it_waits_for_a_captured_leak,
    |at: At| async move {
        let mut command = leaving(at, "exec sleep 60");
        command.stdout(Stdio::Pipe).stderr(capture());
        let mut process = command.spawn().await.unwrap();
        process.wait().await.unwrap();
        // Within the second grace, that of the capture.
        let cut = process.communicate(None);
        assert!(wait_for(cut, LEAK_GRACE * 3 / 2).await.is_err());
        let given = process.communicate(None).await.unwrap();
        let (_behind, rest) = split(&given.stdout);
        assert_eq!(rest, b"mine\n");
        assert!(given.leaked);
        assert!(process.stdout.is_none());
    }
);
