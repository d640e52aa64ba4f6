//! The kinds of standard streams: inherited, pipes, /dev/null, files and descriptors.

use std::fs::{self, File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

use prun::process::{InvalidStdio, SpawnErrorKind, SpoolOptions, Stdio};

use super::at::{At, engine_test, isolated_test, streams};
use super::files::{Folder, file_of, text_of};
use super::isolated::dir;
use super::sys;

// CPython, test_stdin_none, test_stdout_none, test_stderr_none.
engine_test!(a_stream_that_is_no_pipe_is_none, |at: At| async move {
    let process = at.command("true").spawn().await.unwrap();
    assert!(process.stdin.is_none());
    assert!(process.stdout.is_none() && process.stderr.is_none());
    assert_eq!(process.wait().await.unwrap().returncode(), 0);
});

// CPython, test_stdin_none and related tests: by default, streams are inherited.
isolated_test!(
    streams_are_inherited_by_default,
    "cd \"$PRUN_ENGINE_DIR\"; echo given >in; exec <in >out 2>err",
    |at: At| {
        async move {
            let process = at.shell("cat; echo mistaken >&2").spawn().await.unwrap();
            assert_eq!(process.wait().await.unwrap().returncode(), 0);
            let text = |name| fs::read_to_string(dir().join(name)).unwrap();
            let (out, err) = (text("out"), text("err"));
            assert!(out.contains("given\n") && !out.contains("mistaken"));
            assert!(err.contains("mistaken\n") && !err.contains("given"));
        }
    }
);

// CPython, test_stdin_pipe, test_stdout_pipe, test_stderr_pipe.
engine_test!(each_stream_can_be_a_pipe, |at: At| async move {
    let mut command = at.shell("read word; echo $word; echo no $word >&2");
    command.stdin(Stdio::Pipe).stdout(Stdio::Pipe);
    let mut process = command.stderr(Stdio::Pipe).spawn().await.unwrap();
    let stdin = process.stdin.as_mut().unwrap();
    stdin.write_all("pear\n").await.unwrap();
    let stdout = process.stdout.as_mut().unwrap();
    assert_eq!(stdout.read_to_end().await.unwrap(), b"pear\n");
    let stderr = process.stderr.as_mut().unwrap();
    assert_eq!(stderr.read_to_end().await.unwrap(), b"no pear\n");
    assert_eq!(process.wait().await.unwrap().returncode(), 0);
});

// CPython, test_stdin_fileobj, test_stdout_fileobj, test_stderr_fileobj.
engine_test!(each_stream_can_be_a_file, |at: At| async move {
    let (out, err) = (Arc::new(file_of("")), Arc::new(file_of("")));
    let mut command = at.shell("cat; echo strawberry >&2");
    command.stdin(file_of("pear"));
    command.stdout(Stdio::File(Arc::clone(&out)));
    command.stderr(Stdio::File(Arc::clone(&err)));
    let process = command.spawn().await.unwrap();
    assert_eq!(process.wait().await.unwrap().returncode(), 0);
    assert_eq!(
        (text_of(&out).as_str(), text_of(&err).as_str()),
        ("pear", "strawberry\n")
    );
});

// CPython, test_stdin_filedes, test_stdout_filedes, test_stderr_filedes.
engine_test!(each_stream_can_be_a_descriptor, |at: At| async move {
    let (out, err) = (file_of(""), file_of(""));
    let copy = |file: &File| OwnedFd::from(file.try_clone().unwrap());
    let mut command = at.shell("cat; echo strawberry >&2");
    command.stdin(OwnedFd::from(file_of("pear")));
    command.stdout(copy(&out)).stderr(copy(&err));
    let process = command.spawn().await.unwrap();
    assert_eq!(process.wait().await.unwrap().returncode(), 0);
    assert_eq!(
        (text_of(&out).as_str(), text_of(&err).as_str()),
        ("pear", "strawberry\n")
    );
});

// CPython, test_stdin_fileobj: at its current position, which the process moves.
engine_test!(a_file_is_read_from_its_position_on, |at: At| async move {
    let mut file = file_of("one\ntwo\n");
    file.seek(SeekFrom::Start(4)).unwrap();
    let mut command = at.command("cat");
    command.stdin(file).stdout(Stdio::Pipe);
    let mut process = command.spawn().await.unwrap();
    assert_eq!(process.communicate(None).await.unwrap().stdout, b"two\n");
});

// CPython, test_stdin_devnull; asyncio test_devnull_input.
engine_test!(nothing_can_be_read_from_null, |at: At| async move {
    let mut command = at.command("cat");
    command.stdin(Stdio::Null).stdout(Stdio::Pipe);
    let mut process = command.spawn().await.unwrap();
    assert!(process.stdin.is_none());
    let given = process.communicate(None).await.unwrap();
    assert_eq!(streams(given), (vec![], vec![]));
});

// CPython, test_stdout_devnull; asyncio test_devnull_output.
engine_test!(output_to_null_has_no_reader, |at: At| async move {
    let mut command = at.shell("head -c 200000 /dev/zero");
    command.stdout(Stdio::Null);
    let mut process = command.spawn().await.unwrap();
    assert!(process.stdout.is_none());
    let given = process.communicate(None).await.unwrap();
    assert_eq!(streams(given), (vec![], vec![]));
    assert_eq!(process.returncode(), Some(0));
});

// CPython, test_stderr_devnull; asyncio test_devnull_error.
engine_test!(errors_to_null_have_no_reader, |at: At| async move {
    let mut command = at.shell("head -c 200000 /dev/zero >&2");
    command.stderr(Stdio::Null);
    let mut process = command.spawn().await.unwrap();
    assert!(process.stderr.is_none());
    let given = process.communicate(None).await.unwrap();
    assert_eq!(streams(given), (vec![], vec![]));
    assert_eq!(process.returncode(), Some(0));
});

// CPython, test_pipesize_default.
engine_test!(
    pipes_have_the_size_that_the_system_gives,
    |at: At| async move {
        let (_, ours) = std::io::pipe().unwrap();
        let mut command = at.command("cat");
        command.stdin(Stdio::Pipe).stdout(Stdio::Pipe);
        let mut process = command.stderr(Stdio::Pipe).spawn().await.unwrap();
        for fd in 0..3 {
            let end = File::open(format!("/proc/{}/fd/{fd}", process.pid())).unwrap();
            assert_eq!(
                sys::pipe_size(end.as_fd()),
                sys::pipe_size(ours.as_fd()),
                "{fd}"
            );
        }
        process.communicate(None).await.unwrap();
    }
);

// CPython, asyncio test_devstdin_input: a real pipe can be opened again by its name.
engine_test!(dev_stdin_can_be_opened, |at: At| async move {
    let mut command = at.command("cat");
    command.arg("/dev/stdin");
    command.stdin(Stdio::Pipe).stdout(Stdio::Pipe);
    let mut process = command.spawn().await.unwrap();
    let given = process.communicate(Some(b"data".to_vec())).await.unwrap();
    assert_eq!(given.stdout, b"data");
});

// CPython, test_stdout_stdin_are_single_inout_fd.
engine_test!(one_file_can_be_input_and_output, |at: At| async move {
    let folder = Folder::new();
    let mut options = OpenOptions::new();
    let options = options.read(true).write(true).create(true);
    let file = Arc::new(options.open(folder.path().join("both")).unwrap());
    (&*file).write_all(b"x").unwrap();
    let both = Stdio::File(Arc::clone(&file));
    // The position is shared: it is after the x, where nothing is left to read.
    let mut command = at.shell("cat; echo written");
    command.stdin(both.clone()).stdout(both);
    let process = command.spawn().await.unwrap();
    assert_eq!(process.wait().await.unwrap().returncode(), 0);
    assert_eq!(text_of(&file), "xwritten\n");
});

// CPython, test_stderr_stdin_are_single_inout_fd.
engine_test!(one_file_can_be_input_and_errors, |at: At| async move {
    let file = Arc::new(file_of(""));
    let both = Stdio::File(Arc::clone(&file));
    let mut command = at.shell("cat; echo written >&2");
    command.stdin(both.clone()).stderr(both);
    let process = command.spawn().await.unwrap();
    assert_eq!(process.wait().await.unwrap().returncode(), 0);
    assert_eq!(text_of(&file), "written\n");
});

// CPython, test_stdout_stderr_file and test_stdout_stdin_are_single_inout_fd, all three at once.
engine_test!(
    one_descriptor_can_be_all_three_streams,
    |at: At| async move {
        let file = file_of("");
        let all = Stdio::Fd(Arc::new(file.try_clone().unwrap().into()));
        let mut command = at.shell("cat; echo out; echo err >&2");
        command.stdin(all.clone()).stdout(all.clone()).stderr(all);
        let process = command.spawn().await.unwrap();
        assert_eq!(process.wait().await.unwrap().returncode(), 0);
        assert_eq!(text_of(&file), "out\nerr\n");
    }
);

// CPython, test_stdout_filedes: a descriptor that was passed stays open, and can be used again.
engine_test!(
    a_given_descriptor_stays_open_for_the_next_start,
    |at: At| async move {
        let file = Arc::new(file_of(""));
        let mut command = at.shell("echo line");
        command.stdout(Stdio::File(Arc::clone(&file)));
        for _ in 0..2 {
            let process = command.spawn().await.unwrap();
            process.wait().await.unwrap();
        }
        assert_eq!(text_of(&file), "line\nline\n");
    }
);

// asyncio, by trial: `stdout=STDOUT` is an error.
engine_test!(
    a_kind_that_a_stream_cannot_have_is_an_error,
    |at: At| async move {
        let capture = Stdio::Capture(SpoolOptions::default());
        let mut commands = [
            (at.command("true"), InvalidStdio::ToStdout),
            (at.command("true"), InvalidStdio::ToStdout),
            (at.command("true"), InvalidStdio::CapturedInput),
        ];
        commands[0].0.stdin(Stdio::ToStdout);
        commands[1].0.stdout(Stdio::ToStdout);
        commands[2].0.stdin(capture);
        for (command, why) in commands {
            let error = command.spawn().await.unwrap_err();
            assert_eq!(error.kind, SpawnErrorKind::InvalidStdio(why));
            assert_eq!(error.raw_os_error(), None);
        }
    }
);
