//! `communicate`: input, output and the end of the process at once.

use std::time::Duration;

use prun::process::{Command, CommunicateError, ExitInfo, Group, Process, Scope, Stdio, wait_for};

use super::at::{At, engine_test, streams};
use super::files::bytes;

async fn piped(command: &mut Command) -> Process {
    command.stdin(Stdio::Pipe).stdout(Stdio::Pipe);
    command.stderr(Stdio::Pipe).spawn().await.unwrap()
}

fn both(out: &[u8], err: &[u8]) -> (Vec<u8>, Vec<u8>) {
    (out.to_vec(), err.to_vec())
}

// CPython, asyncio test_communicate.
engine_test!(the_input_comes_back_from_cat, |at: At| async move {
    let mut process = piped(&mut at.command("cat")).await;
    let given = process
        .communicate(Some(b"some data".to_vec()))
        .await
        .unwrap();
    assert_eq!(streams(given), both(b"some data", b""));
    assert_eq!(process.returncode(), Some(0));
});

// CPython, test_communicate_stdin.
engine_test!(input_alone_is_sent, |at: At| async move {
    let mut command = at.shell("[ \"$(cat)\" = pear ]");
    let mut process = command.stdin(Stdio::Pipe).spawn().await.unwrap();
    let given = process.communicate(Some(b"pear".to_vec())).await.unwrap();
    assert_eq!(streams(given), both(b"", b""));
    assert_eq!(process.returncode(), Some(0));
});

// CPython, test_communicate_stdout.
engine_test!(output_alone_is_read, |at: At| async move {
    let mut command = at.shell("printf pineapple");
    let mut process = command.stdout(Stdio::Pipe).spawn().await.unwrap();
    let given = process.communicate(None).await.unwrap();
    assert_eq!(streams(given), both(b"pineapple", b""));
});

// CPython, test_communicate_stderr.
engine_test!(errors_alone_are_read, |at: At| async move {
    let mut command = at.shell("printf pineapple >&2");
    let mut process = command.stderr(Stdio::Pipe).spawn().await.unwrap();
    let given = process.communicate(None).await.unwrap();
    assert_eq!(streams(given), both(b"", b"pineapple"));
});

// CPython, test_communicate.
engine_test!(all_three_streams_are_served, |at: At| async move {
    let mut process = piped(&mut at.shell("printf pineapple >&2; cat")).await;
    let given = process.communicate(Some(b"banana".to_vec())).await.unwrap();
    assert_eq!(streams(given), both(b"banana", b"pineapple"));
});

// CPython, test_communicate_returns.
engine_test!(
    without_pipes_there_is_nothing_to_give,
    |at: At| async move {
        let mut process = at.shell("exit 47").spawn().await.unwrap();
        assert_eq!(
            streams(process.communicate(None).await.unwrap()),
            both(b"", b"")
        );
        assert_eq!(process.returncode(), Some(47));
    }
);

// CPython, asyncio test_communicate_none_input; test_communicate (None closes the pipe).
engine_test!(without_input_the_pipe_is_closed, |at: At| async move {
    let mut process = piped(&mut at.command("cat")).await;
    assert_eq!(
        streams(process.communicate(None).await.unwrap()),
        both(b"", b"")
    );
    assert_eq!(process.returncode(), Some(0));
});

// CPython, asyncio test_empty_input.
engine_test!(an_empty_input_closes_the_pipe, |at: At| async move {
    let mut process = piped(&mut at.command("cat")).await;
    assert_eq!(
        streams(process.communicate(Some(vec![])).await.unwrap()),
        both(b"", b"")
    );
    assert_eq!(process.returncode(), Some(0));
});

// asyncio, by trial (3.11: AttributeError; later: silently ignored). Here it is an error without effects.
engine_test!(input_without_a_pipe_is_an_error, |at: At| async move {
    let mut process = at.command("cat").stdin(Stdio::Null).spawn().await.unwrap();
    let error = process
        .communicate(Some(b"lost".to_vec()))
        .await
        .unwrap_err();
    let CommunicateError::NoStdin(input) = error else {
        panic!("{error}");
    };
    assert_eq!(input, b"lost", "it is given back");
    assert_eq!(
        streams(process.communicate(None).await.unwrap()),
        both(b"", b"")
    );
});

// CPython, test_writes_before_communicate.
engine_test!(bytes_written_before_go_first, |at: At| async move {
    let mut process = piped(&mut at.command("cat")).await;
    process.stdin.as_mut().unwrap().write("banana").unwrap();
    let given = process.communicate(Some(b"split".to_vec())).await.unwrap();
    assert_eq!(streams(given), both(b"bananasplit", b""));
});

// CPython, test_writes_before_communicate, with more queued than the pipe holds.
engine_test!(bytes_queued_before_go_first, |at: At| async move {
    let mut process = piped(&mut at.command("cat")).await;
    let all = bytes(300_000);
    process
        .stdin
        .as_mut()
        .unwrap()
        .write(&all[..200_000])
        .unwrap();
    assert!(process.stdin.as_mut().unwrap().unsent() > 0);
    let given = process
        .communicate(Some(all[200_000..].to_vec()))
        .await
        .unwrap();
    assert!(given.stdout == all);
});

// CPython, test_communicate_pipe_buf: 4 MiB each way, more than any pipe holds.
engine_test!(
    much_goes_both_ways_without_a_deadlock,
    |at: At| async move {
        let mut process = piped(at.command("tee").arg("/dev/stderr")).await;
        let all = bytes(4 << 20);
        let given = process.communicate(Some(all.clone())).await.unwrap();
        assert!(given.stdout == all, "4 MiB come back by standard output");
        assert!(given.stderr == all, "4 MiB come back by standard error");
    }
);

// CPython, test_communicate_pipe_buf: a process that prints much before it reads.
engine_test!(a_process_may_print_before_it_reads, |at: At| async move {
    let line = "head -c 1000000 /dev/zero; head -c 1000000 /dev/zero >&2; exec cat >/dev/null";
    let mut process = piped(&mut at.shell(line)).await;
    let given = process.communicate(Some(bytes(1_000_000))).await.unwrap();
    assert_eq!(
        (given.stdout.len(), given.stderr.len()),
        (1_000_000, 1_000_000)
    );
    assert_eq!(process.returncode(), Some(0));
});

// CPython, asyncio test_subprocess_communicate_stdout: each gets its own output.
engine_test!(ten_at_once_do_not_mix_their_output, |at: At| async move {
    let run = |n: usize| async move {
        let mut process = piped(&mut at.command("cat")).await;
        let input = n.to_string().repeat(50_000).into_bytes();
        let given = process.communicate(Some(input.clone())).await.unwrap();
        assert!(given.stdout == input, "the output of process {n}");
    };
    let all: Vec<_> = (0..10).map(|n| tokio::spawn(run(n))).collect();
    for one in all {
        one.await.unwrap();
    }
});

// CPython, asyncio test_communicate: the code is known when it returns, whatever it is.
engine_test!(the_code_is_known_after_communicate, |at: At| async move {
    let mut process = piped(&mut at.shell("kill -TERM $$")).await;
    process.communicate(None).await.unwrap();
    assert_eq!(process.returncode(), Some(-15));
    assert_eq!(process.exit().map(|exit: ExitInfo| exit.code), Some(None));
});

// asyncio, by trial: a second call returns nothing more.
engine_test!(
    a_second_communicate_gives_empty_streams,
    |at: At| async move {
        let mut process = piped(&mut at.shell("echo once")).await;
        assert_eq!(
            streams(process.communicate(None).await.unwrap()),
            both(b"once\n", b"")
        );
        assert_eq!(
            streams(process.communicate(None).await.unwrap()),
            both(b"", b"")
        );
    }
);

// Ours: a stream that was taken is no longer read.
engine_test!(a_stream_that_was_taken_gives_none, |at: At| async move {
    let mut process = piped(&mut at.shell("echo out; echo err >&2")).await;
    let mut taken = process.stdout.take().unwrap();
    let given = process.communicate(None).await.unwrap();
    assert_eq!(streams(given), both(b"", b"err\n"));
    assert_eq!(taken.read_to_end().await.unwrap(), b"out\n");
});

// CPython, asyncio test_read_stdout_after_process_exit, with communicate: bytes already read are not
// returned again.
engine_test!(
    communicate_gives_what_was_not_read_yet,
    |at: At| async move {
        let mut process = piped(&mut at.shell("printf 'one\\ntwo\\n'")).await;
        assert_eq!(
            process.stdout.as_mut().unwrap().read_line().await.unwrap(),
            b"one\n"
        );
        assert_eq!(
            streams(process.communicate(None).await.unwrap()),
            both(b"two\n", b"")
        );
    }
);

// CPython, test_communicate_repeated_call_after_stdout_close.
engine_test!(
    a_process_may_close_its_output_and_go_on,
    |at: At| async move {
        let line = "exec >&- 2>&-; read line; exit 3";
        let mut process = piped(&mut at.shell(line)).await;
        let mut stdin = process.stdin.take().unwrap();
        for _ in 0..5 {
            let short = Duration::from_millis(10);
            assert!(wait_for(process.communicate(None), short).await.is_err());
        }
        stdin.write_all("go\n").await.unwrap();
        assert_eq!(
            streams(process.communicate(None).await.unwrap()),
            both(b"", b"")
        );
        assert_eq!(process.returncode(), Some(3));
    }
);

// CPython, RunFuncTestCase test_run_with_shell_timeout_and_capture_output; test_timeout.
engine_test!(
    a_timeout_is_not_held_up_by_a_grandchild,
    |at: At| async move {
        let mut command = at.shell("echo begun; sleep 60");
        let mut process = piped(command.process_group(Group::New)).await;
        let line = process.stdout.as_mut().unwrap().read_line().await.unwrap();
        assert_eq!(line, b"begun\n");
        let short = Duration::from_millis(50);
        assert!(wait_for(process.communicate(None), short).await.is_err());
        assert_eq!(
            process.returncode(),
            None,
            "a timeout ends nothing but the wait"
        );
        let exit = process
            .shutdown(Scope::Group, Duration::ZERO)
            .await
            .unwrap();
        assert_eq!(exit.returncode(), -9);
        assert_eq!(
            streams(process.communicate(None).await.unwrap()),
            both(b"", b"")
        );
    }
);
