//! Descriptors: ours are closed after use, and no process inherits them unasked.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Seek, SeekFrom};
use std::os::fd::{AsRawFd, OwnedFd, RawFd};

use prun::process::{Command, SpoolOptions, Stdio};

use super::at::{At, engine_test, isolated_test, needs_linux, streams};
use super::files::{file_of, text_of};
use super::procfs::{descriptors, soon};
use super::sys;
use super::ways::ways;

/// The descriptors of a process, without the one that lists them.
pub(super) async fn seen_by(command: &mut Command) -> BTreeSet<RawFd> {
    // The shell's own pattern would include the descriptor with which it lists them, and so would `ls`
    // if the shell execs it, as bash does with the last command.
    command.arg("-c").arg("ls /proc/$$/fd; :");
    let mut process = command.stdout(Stdio::Pipe).spawn().await.unwrap();
    let given = process.communicate(None).await.unwrap();
    let stdout = String::from_utf8(given.stdout).unwrap();
    stdout.lines().map(|line| line.parse().unwrap()).collect()
}

/// The descriptors that this process inherited, and passes to its children.
pub(super) fn inherited() -> BTreeSet<RawFd> {
    const CLOSED_BY_EXEC: u32 = 0o2_000_000;
    let is_inherited = |fd: &RawFd| {
        let info = fs::read_to_string(format!("/proc/self/fdinfo/{fd}")).unwrap_or_default();
        let flags = info.lines().find_map(|line| line.strip_prefix("flags:"));
        let flags = flags.and_then(|flags| u32::from_str_radix(flags.trim(), 8).ok());
        flags.is_some_and(|flags| flags & CLOSED_BY_EXEC == 0)
    };
    descriptors().into_keys().filter(is_inherited).collect()
}

/// How many of our descriptors refer to this kind of file.
fn count_of(kind: &str) -> usize {
    let leads = descriptors();
    let leads = leads.values().map(|to| to.to_string_lossy());
    leads.filter(|to| to.contains(kind)).count()
}

// CPython, test_communicate_pipe_fd_leak.
isolated_test!(
    no_pipe_stays_open_after_communicate,
    "",
    |at: At| async move {
        let play = |pipes: u8| async move {
            let kind = |bit: u8| {
                if pipes & bit == 0 {
                    Stdio::Null
                } else {
                    Stdio::Pipe
                }
            };
            let mut command = at.command("cat");
            command.stdin(kind(1)).stdout(kind(2)).stderr(kind(4));
            let mut process = command.spawn().await.unwrap();
            process.communicate(None).await.unwrap();
        };
        // The first one opens the runtime's own descriptors.
        play(7).await;
        let before = descriptors();
        for pipes in 0..8 {
            play(pipes).await;
            assert_eq!(descriptors(), before, "pipes {pipes:03b}");
        }
    }
);

// CPython, test_communicate_pipe_fd_leak: the pipes are closed before the value is dropped.
isolated_test!(
    communicate_closes_the_pipes_by_itself,
    "",
    |at: At| async move {
        at.command("true")
            .spawn()
            .await
            .unwrap()
            .wait()
            .await
            .unwrap();
        let pipes = || count_of("pipe:");
        let before = pipes();
        let mut command = at.command("cat");
        command.stdin(Stdio::Pipe).stdout(Stdio::Pipe);
        let mut process = command.stderr(Stdio::Pipe).spawn().await.unwrap();
        assert_eq!(pipes(), before + 3);
        process.communicate(None).await.unwrap();
        assert_eq!(pipes(), before);
    }
);

// CPython, ContextManagerTests test_pipe: dropping the value closes its pipes.
isolated_test!(
    dropping_the_value_closes_everything,
    "",
    |at: At| async move {
        at.command("true")
            .spawn()
            .await
            .unwrap()
            .wait()
            .await
            .unwrap();
        let before = descriptors();
        let mut command = at.command("cat");
        command.stdin(Stdio::Pipe).stdout(Stdio::Pipe);
        let process = command.stderr(Stdio::Pipe).spawn().await.unwrap();
        let handle = process.handle();
        drop(process);
        assert_eq!(handle.wait().await.unwrap().returncode(), 0);
        drop(handle);
        // The reaper of dropped processes has a handle, too, until its next poll.
        soon("the closing", || descriptors() == before).await;
    }
);

// Ours: a view of the last line may be kept for any time.
isolated_test!(
    a_look_at_the_last_line_keeps_no_pipe_open,
    "",
    |at: At| async move {
        let capture = Stdio::Capture(SpoolOptions::default());
        let mut command = at.shell("echo x");
        command.stdout(capture);
        let pipes = || count_of("pipe:");
        let before = pipes();
        let mut process = command.spawn().await.unwrap();
        let last_line = process.last_line();
        process.captured().await.unwrap();
        assert_eq!(last_line.look(), None);
        soon("the closing", || pipes() == before).await;
        drop(last_line);
    }
);

// CPython, asyncio test_watcher_implementation: one pidfd for each running process, or none.
isolated_test!(
    a_pidfd_is_open_as_long_as_it_is_needed,
    "",
    |at: At| async move {
        let pidfds = || count_of("pidfd");
        let process = at.command("sleep").arg("60").spawn().await.unwrap();
        let by_pidfd = at.backend_here() == prun::process::Backend::Pidfd;
        assert_eq!(pidfds(), usize::from(by_pidfd));
        process.kill().unwrap();
        process.wait().await.unwrap();
        drop(process);
        assert_eq!(pidfds(), 0);
    }
);

// CPython, test_pipe_cloexec, test_close_fds: descriptors that we opened are not inherited.
isolated_test!(
    no_descriptor_of_ours_reaches_a_process,
    "",
    |at: At| async move {
        let expected: BTreeSet<_> = inherited().into_iter().chain([0, 1, 2]).collect();
        let mut sister = at.command("cat");
        sister.stdin(Stdio::Pipe).stdout(Stdio::Pipe);
        let mut sister = sister.stderr(Stdio::Pipe).spawn().await.unwrap();
        let _files: Vec<_> = (0..20).map(|_| file_of("")).collect();
        let _pipes: Vec<_> = (0..5).map(|_| std::io::pipe().unwrap()).collect();
        let shell = || {
            let mut shell = at.command("/bin/sh");
            shell.stdin(Stdio::Null);
            shell
        };
        for (way, mut shell) in ways(&shell()) {
            shell.close_fds(false);
            assert_eq!(seen_by(&mut shell).await, expected, "{way}");
        }
        sister.communicate(None).await.unwrap();
    }
);

// CPython, test_close_fds_max_fd_lowered: also numbers above the limit.
isolated_test!(
    a_descriptor_above_the_limit_stays_ours,
    "",
    |at: At| async move {
        if !needs_linux() {
            return;
        }
        let expected: BTreeSet<_> = inherited().into_iter().chain([0, 1, 2]).collect();
        let _files: Vec<_> = (0..40).map(|_| file_of("")).collect();
        sys::limit_files(24);
        // The current limit is below the open descriptors, and no number is left for a pipe.
        let line = "for fd in /proc/$$/fd/*; do fd=${fd##*/}; \
                case \" $0 \" in *\" $fd \"*) ;; *) [ $fd -lt 10 ] || exit 1;; esac; done";
        let known: Vec<_> = expected.iter().map(ToString::to_string).collect();
        let process = at.shell(line).arg(known.join(" ")).spawn().await.unwrap();
        assert_eq!(process.wait().await.unwrap().returncode(), 0);
    }
);

// CPython, test_pass_fds.
isolated_test!(
    a_passed_descriptor_reaches_the_process_alone,
    "",
    |at: At| async move {
        let expected: BTreeSet<_> = inherited().into_iter().chain([0, 1, 2, 50]).collect();
        let _others: Vec<_> = (0..5).map(|_| file_of("")).collect();
        let mut shell = at.command("/bin/sh");
        shell.stdin(Stdio::Null).close_fds(false);
        shell.pass_fd(file_of(""), 50);
        assert_eq!(seen_by(&mut shell).await, expected);
    }
);

/// The output of a process, which must succeed.
async fn printed(command: &mut Command) -> String {
    let mut process = command.stdout(Stdio::Pipe).spawn().await.unwrap();
    let given = process.communicate(None).await.unwrap();
    assert_eq!(given.exit.code, Some(0));
    String::from_utf8(given.stdout).unwrap()
}

// CPython, test_pass_fds: it can be read in the process, under any number.
engine_test!(a_passed_descriptor_can_be_read, |at: At| async move {
    for number in [3, 4, 5, 6, 7, 8, 9] {
        let mut command = at.shell(format!("cat <&{number}"));
        command.pass_fd(file_of("passed"), number);
        assert_eq!(printed(&mut command).await, "passed", "as {number}");
    }
});

// CPython, test_pass_fds: several, each under its own number.
engine_test!(several_descriptors_can_be_passed, |at: At| async move {
    let mut command = at.shell("cat <&3; cat <&4; cat <&5");
    command.pass_fd(file_of("c"), 5).pass_fd(file_of("a"), 3);
    assert_eq!(printed(command.pass_fd(file_of("b"), 4)).await, "abc");
});

// CPython, test_pass_fds_redirected: the numbers may be their own, exchanged.
isolated_test!(
    passed_descriptors_may_change_numbers,
    "",
    |at: At| async move {
        let (one, two) = (file_of("one"), file_of("two"));
        let (first, second) = (one.as_raw_fd(), two.as_raw_fd());
        let files = [first, second].map(|fd| format!("/proc/self/fd/{fd}"));
        let mut command = at.command("cat");
        command.args(files);
        command.pass_fd(one, second).pass_fd(two, first);
        assert_eq!(printed(&mut command).await, "twoone");
    }
);

// CPython, test_pass_fds_inheritable: the command can be spawned again, and we keep the descriptor.
engine_test!(
    a_passed_descriptor_is_passed_at_each_start,
    |at: At| async move {
        let mut file = file_of("again");
        let copy = OwnedFd::from(file.try_clone().unwrap());
        let mut command = at.shell("cat <&3");
        command.pass_fd(copy, 3);
        for _ in 0..3 {
            file.seek(SeekFrom::Start(0)).unwrap();
            assert_eq!(printed(&mut command).await, "again");
        }
        drop(command);
        assert_eq!(text_of(&file), "again");
    }
);

// CPython, test_pass_fds: with three pipes, and with a pipe as the passed descriptor.
engine_test!(a_passed_pipe_sees_its_end, |at: At| async move {
    let (mut reader, writer) = std::io::pipe().unwrap();
    let mut command = at.shell("cat; echo passed >&3");
    command
        .pass_fd(writer, 3)
        .stdin(Stdio::Pipe)
        .stdout(Stdio::Pipe)
        .stderr(Stdio::Pipe);
    let mut process = command.spawn().await.unwrap();
    // The command holds its end of the pipe.
    drop(command);
    let given = process.communicate(Some(b"in".to_vec())).await.unwrap();
    assert_eq!(streams(given), (b"in".to_vec(), vec![]));
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    assert_eq!(text, "passed\n");
});
