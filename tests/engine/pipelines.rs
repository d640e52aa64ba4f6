//! Pipelines: the reader of one process as the standard input of the next.

use std::fs;
use std::io::ErrorKind;

use prun::process::{Command, Process, Stdio};

use super::at::{At, engine_test};
use super::fed::Fed;

/// Starts `first`, and `then` reading from it.
async fn piped(mut first: Command, mut then: Command) -> (Process, Process) {
    let mut first = first.stdout(Stdio::Pipe).spawn().await.unwrap();
    let pipe = first.stdout.take().unwrap();
    let then = then.stdin(Stdio::try_from(pipe).unwrap());
    let then = then.stdout(Stdio::Pipe).spawn().await.unwrap();
    (first, then)
}

fn words(mut command: Command, words: &[&str]) -> Command {
    command.args(words.iter().copied());
    command
}

// The shell's `yes | head`: when the second process has ended, the first one is notified.
engine_test!(
    a_process_that_nobody_reads_any_more_gets_sigpipe,
    |at: At| async move {
        let head = words(at.command("head"), &["-n", "2"]);
        let (yes, mut head) = piped(at.command("yes"), head).await;
        assert_eq!(head.communicate(None).await.unwrap().stdout, b"y\ny\n");
        assert_eq!(yes.wait().await.unwrap().returncode(), -libc::SIGPIPE);
    }
);

// The shell's `a | b`: much data, at the processes' own pace.
engine_test!(much_goes_through_two_processes, |at: At| async move {
    let head = words(at.command("head"), &["-c", "100000000", "/dev/zero"]);
    let (head, mut count) = piped(head, words(at.command("wc"), &["-c"])).await;
    let output = count.communicate(None).await.unwrap();
    assert_eq!(output.stdout.trim_ascii(), b"100000000");
    assert_eq!(head.wait().await.unwrap().returncode(), 0);
});

// The shell's `a | b | c`: bytes in order, and each end reaches the next process.
engine_test!(a_pipeline_may_have_three_processes, |at: At| async move {
    let sort = words(at.command("sort"), &["-rn"]);
    let (first, mut second) = piped(words(at.command("seq"), &["20000"]), sort).await;
    let pipe = second.stdout.take().unwrap();
    let mut last = words(at.command("head"), &["-n", "2"]);
    last.stdin(Stdio::try_from(pipe).unwrap());
    let output = last.output().await.unwrap();
    assert_eq!(output.stdout, b"20000\n19999\n");
    assert_eq!(first.wait().await.unwrap().returncode(), 0);
    drop(last);
    // It may or may not have been printing still.
    let second = second.wait().await.unwrap().returncode();
    assert!([0, -libc::SIGPIPE].contains(&second), "{second}");
});

// Ours: our reads are non-blocking, and those of other programs are not.
engine_test!(
    the_next_process_gets_a_pipe_whose_reads_wait,
    |at: At| async move {
        let mut first = at.shell("read word; echo $word");
        first.stdin(Stdio::Pipe);
        let (mut first, mut then) = piped(first, at.command("cat")).await;
        let info = format!("/proc/{}/fdinfo/0", then.pid());
        let info = fs::read_to_string(info).unwrap();
        let flags = info.lines().find_map(|line| line.strip_prefix("flags:"));
        let flags = i32::from_str_radix(flags.unwrap().trim(), 8).unwrap();
        assert_eq!(flags & libc::O_NONBLOCK, 0);
        first.communicate(Some(b"late\n".to_vec())).await.unwrap();
        let output = then.communicate(None).await.unwrap();
        assert_eq!(output.stdout, b"late\n");
    }
);

// Ours: the next process would not get them.
engine_test!(bytes_read_ahead_are_an_error, |_: At| async move {
    let mut fed = Fed::new().await;
    fed.feed("one\ntwo\n");
    fed.reader.read_line().await.unwrap();
    let error = Stdio::try_from(fed.reader).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(error.to_string(), "bytes of the stream were read ahead");
});

// Ours: bytes that were requested and returned are not read ahead.
engine_test!(
    a_read_that_took_no_more_leaves_the_rest_to_the_next_process,
    |at: At| async move {
        let mut fed = Fed::new().await;
        fed.feed("12345");
        fed.end();
        fed.reader.read(&mut [0; 3]).await.unwrap();
        let mut cat = at.command("cat");
        cat.stdin(Stdio::try_from(fed.reader).unwrap());
        assert_eq!(cat.output().await.unwrap().stdout, b"45");
    }
);

// Ours: a stream at its end is an empty input.
engine_test!(a_stream_at_its_end_gives_nothing, |at: At| async move {
    let mut fed = Fed::new().await;
    fed.feed("data");
    fed.end();
    fed.reader.read_to_end().await.unwrap();
    let input = Stdio::try_from(fed.reader).unwrap();
    assert!(matches!(input, Stdio::Null));
    let output = at.command("cat").stdin(input).output().await.unwrap();
    assert_eq!(output.stdout, b"");
});
