//! Streams used together: question and answer, order of the data, end after the data.

use prun::process::Stdio;

use super::at::{At, engine_test};

// CPython, asyncio test_subprocess_protocol_events: of each stream first the data, in order, then its
// end; the order of the streams is unspecified.
engine_test!(
    each_stream_gives_its_data_in_order_and_then_its_end,
    |at: At| async move {
        let line = "for n in 1 2 3; do echo out$n; echo err$n >&2; done; exec 2>&-; echo out4";
        let mut command = at.shell(line);
        command.stdout(Stdio::Pipe).stderr(Stdio::Pipe);
        let mut process = command.spawn().await.unwrap();
        let (mut stdout, mut stderr) = (
            process.stdout.take().unwrap(),
            process.stderr.take().unwrap(),
        );
        let out = tokio::spawn(async move {
            for n in 1..=4 {
                assert_eq!(
                    stdout.read_line().await.unwrap(),
                    format!("out{n}\n").as_bytes()
                );
                assert!(n == 4 || !stdout.at_eof());
            }
            assert_eq!(stdout.read_line().await.unwrap(), b"");
            assert!(stdout.at_eof());
        });
        for n in 1..=3 {
            assert_eq!(
                stderr.read_line().await.unwrap(),
                format!("err{n}\n").as_bytes()
            );
        }
        assert_eq!(stderr.read_line().await.unwrap(), b"");
        assert!(stderr.at_eof());
        out.await.unwrap();
        assert_eq!(process.wait().await.unwrap().returncode(), 0);
    }
);

// CPython, asyncio test_stdin_stdout, repeated: each answer arrives before the next question.
engine_test!(
    a_process_can_be_talked_with_line_by_line,
    |at: At| async move {
        let mut command = at.shell("while read n; do echo $((n * 2)); done");
        command.stdin(Stdio::Pipe).stdout(Stdio::Pipe);
        let mut process = command.spawn().await.unwrap();
        for n in 0..100 {
            process
                .stdin
                .as_mut()
                .unwrap()
                .write_all(format!("{n}\n"))
                .await
                .unwrap();
            let answer = process.stdout.as_mut().unwrap().read_line().await.unwrap();
            assert_eq!(answer, format!("{}\n", n * 2).as_bytes());
        }
        process.stdin.as_mut().unwrap().close();
        assert_eq!(
            process.stdout.as_mut().unwrap().read_line().await.unwrap(),
            b""
        );
        assert_eq!(process.wait().await.unwrap().returncode(), 0);
    }
);

// CPython, asyncio test_read_stdout_after_process_exit.
engine_test!(output_can_be_read_after_the_exit, |at: At| async move {
    let mut command = at.shell("head -c 65536 /dev/zero");
    let mut process = command.stdout(Stdio::Pipe).spawn().await.unwrap();
    assert_eq!(process.wait().await.unwrap().returncode(), 0);
    let mut read = 0;
    // Slowly, piece by piece.
    while read < 65_536 {
        tokio::task::yield_now().await;
        read += process
            .stdout
            .as_mut()
            .unwrap()
            .read_chunk(1000)
            .await
            .unwrap()
            .len();
    }
    assert_eq!(
        process
            .stdout
            .as_mut()
            .unwrap()
            .read_chunk(1)
            .await
            .unwrap(),
        b""
    );
});

// CPython, asyncio test_read_stdout_after_process_exit, with its 256 KiB.
engine_test!(a_slow_reader_gets_everything, |at: At| async move {
    let mut command = at.shell("head -c 262144 /dev/zero");
    command.stdout(Stdio::Pipe).limit(1024.try_into().unwrap());
    let mut process = command.spawn().await.unwrap();
    let mut read = 0;
    loop {
        let piece = process
            .stdout
            .as_mut()
            .unwrap()
            .read_chunk(5000)
            .await
            .unwrap();
        if piece.is_empty() {
            break;
        }
        read += piece.len();
        tokio::task::yield_now().await;
    }
    assert_eq!(read, 262_144);
    assert_eq!(process.wait().await.unwrap().returncode(), 0);
});

// Ours: readers and writers are values that may be sent to other threads, and outlive the process.
engine_test!(
    a_stream_may_be_given_to_another_thread,
    |at: At| async move {
        let mut command = at.command("cat");
        command.stdin(Stdio::Pipe).stdout(Stdio::Pipe);
        let mut process = command.spawn().await.unwrap();
        let (mut stdin, mut stdout) = (
            process.stdin.take().unwrap(),
            process.stdout.take().unwrap(),
        );
        let handle = process.handle();
        drop(process);
        let writing = tokio::spawn(async move {
            stdin.write_all(vec![1; 500_000]).await.unwrap();
            stdin.wait_closed().await.unwrap();
        });
        let reading = tokio::spawn(async move { stdout.read_to_end().await.unwrap().len() });
        writing.await.unwrap();
        assert_eq!(reading.await.unwrap(), 500_000);
        assert_eq!(handle.wait().await.unwrap().returncode(), 0);
    }
);
