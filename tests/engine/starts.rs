//! Starts with every spawn path: many at once, with signals, and with changes to our own environment.

use std::collections::BTreeMap;
use std::io;

use prun::process::{Command, Environment, Group, InvalidFd, SpawnErrorKind, Stdio};

use super::at::{At, engine_test, isolated_test, needs_linux, plain_test};
use super::files::{Folder, file_of};
use super::isolated::{isolated, name_of};
use super::procfs::{children, descriptors};
use super::spawn_errors::assert_error;
use super::sys;
use super::ways::ways;
use crate::shared::rounds;

// CPython, test_restore_signals.
engine_test!(sigpipe_has_its_default_action_by_default, |at: At| {
    async move {
        let is_ignored = async |command: &Command| {
            let output = command.output().await.unwrap();
            let text = String::from_utf8(output.stdout).unwrap();
            let signals = text.split_whitespace().nth(1).unwrap();
            u64::from_str_radix(signals, 16).unwrap() & 1 << (libc::SIGPIPE - 1) != 0
        };
        let line = "grep SigIgn /proc/self/status";
        for (way, mut command) in ways(&at.shell(line)) {
            assert!(!is_ignored(&command).await, "{way}");
            assert!(is_ignored(command.restore_signals(false)).await, "{way}");
        }
    }
});

// Ours; std panics: the program is looked up without a fork.
isolated_test!(
    a_missing_program_is_named_though_sigchld_is_ignored,
    "",
    |at: At| async move {
        if !needs_linux() {
            return;
        }
        sys::ignore(libc::SIGCHLD);
        for program in ["no-such-program", "/no/such/program"] {
            let mut command = at.command(program);
            let error = command.new_session(true).spawn().await.unwrap_err();
            assert_eq!(error.kind, SpawnErrorKind::ProgramNotFound(program.into()));
            assert_eq!(children(), [0u32; 0]);
        }
    }
);

// Ours: a handler of this program must not run in a process that shares its memory.
plain_test!(no_handler_of_ours_runs_in_a_new_process, |at: At| {
    isolated(&name_of(module_path!(), at), "", || {
        sys::lead_a_group();
        sys::count_by_process(libc::SIGUSR1);
        let stop = std::sync::atomic::AtomicBool::new(false);
        std::thread::scope(|threads| {
            let (stop, seen) = (&stop, std::thread::current());
            threads.spawn(move || {
                while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                    // To the whole group, which new processes belong to.
                    sys::signal_our_group(libc::SIGUSR1);
                    std::thread::yield_now();
                }
                seen.unpark();
            });
            at.play(|at| async move {
                for _ in 0..rounds() * 10 {
                    for (way, command) in ways(&at.command("true")) {
                        let exit = command.status().await.unwrap();
                        let code = exit.returncode();
                        assert!(code == 0 || code == -libc::SIGUSR1, "{way}: {code}");
                    }
                }
            });
            stop.store(true, std::sync::atomic::Ordering::Relaxed);
        });
        let (here, elsewhere) = sys::counted();
        assert!(here > 0, "the storm blew");
        assert_eq!(elsewhere, 0, "of {}", here + elsewhere);
    });
});

// CPython, test_pipe_cloexec_real_tools: from 32 threads at once, with every spawn path, each its own.
isolated_test!(
    thirty_two_threads_may_start_processes_by_every_way,
    "",
    |at: At| async move {
        at.command("true").status().await.unwrap();
        let runtime = tokio::runtime::Handle::current();
        let start = move |n: usize| {
            let _context = runtime.enter();
            let mut command = at.command("/bin/cat");
            command
                .stdin(Stdio::Pipe)
                .stdout(Stdio::Pipe)
                .stderr(Stdio::Pipe);
            let (way, mut command) = ways(&command).into_iter().nth(n % 3).unwrap();
            if n.is_multiple_of(2) {
                command
                    .pass_fd(file_of(""), 40 + n as i32)
                    .new_session(n.is_multiple_of(4));
            }
            (way, command.blocking_spawn().unwrap())
        };
        for _ in 0..rounds().div_ceil(10) {
            let threads: Vec<_> = (0..32)
                .map(|n| {
                    let start = start.clone();
                    std::thread::spawn(move || start(n))
                })
                .collect();
            for (n, thread) in threads.into_iter().enumerate() {
                // Blocking: the runtime may have only this thread, and is not needed for a start.
                let (way, mut process) = thread.join().unwrap();
                let input = vec![n as u8; 1000 * n];
                let given = process.communicate(Some(input.clone())).await.unwrap();
                assert!(
                    given.stdout == input && given.stderr.is_empty(),
                    "{n} {way}"
                );
                assert!(given.exit.success() && !given.leaked, "{n} {way}");
            }
        }
        assert_eq!(children(), [0u32; 0]);
    }
);

// Ours: nothing remains of a start that fails at any of its steps.
isolated_test!(
    a_start_that_fails_at_any_step_leaves_nothing,
    "ulimit -n 64",
    |at: At| async move {
        if !needs_linux() {
            return;
        }
        at.command("true").status().await.unwrap();
        let piped = || {
            let mut command = at.command("true");
            command
                .stdin(Stdio::Pipe)
                .stdout(Stdio::Pipe)
                .stderr(Stdio::Pipe);
            command
        };
        let mut bad = [(); 5].map(|()| piped());
        bad[0].current_dir("/no/such");
        bad[1].process_group(Group::Join(i32::MAX as u32));
        bad[2].pass_fd(file_of(""), 1000);
        bad[3].pipe_size(usize::MAX);
        bad[4].uid(u32::MAX);
        let before = descriptors();
        for _ in 0..rounds() {
            for (at, bad) in bad.iter().enumerate() {
                for (way, bad) in ways(bad) {
                    bad.spawn().await.expect_err(way);
                    assert_eq!(children(), [0u32; 0], "{at} {way}");
                }
            }
            assert_eq!(descriptors(), before);
        }
    }
);

// Ours: our environment is read again for each process.
isolated_test!(
    a_variable_that_we_set_reaches_the_next_process,
    "",
    |at: At| async move {
        let fruit = async || {
            let mut command = Command::shell("echo $FRUIT");
            command.backend(at.backend);
            command.output().await.unwrap().stdout
        };
        for expected in ["apple", "pear", "apple"] {
            sys::set_variable("FRUIT", Some(expected));
            assert_eq!(fruit().await, format!("{expected}\n").as_bytes());
        }
        sys::set_variable("FRUIT", None);
        assert_eq!(fruit().await, b"\n");
    }
);

// Ours: an explicit environment replaces ours, whatever was cleared before.
engine_test!(an_environment_is_given_whatever_was_cleared, |at: At| {
    async move {
        let given = Environment::new([("A", "1"), ("B", "2")]).unwrap();
        let mut command = at.command("/usr/bin/env");
        command
            .env("C", "3")
            .env_clear()
            .environment(&given)
            .env("D", "4");
        for (way, command) in ways(&command) {
            let output = command.output().await.unwrap();
            assert_eq!(output.stdout, b"A=1\nB=2\nD=4\n", "{way}");
        }
    }
});

// Ours: invalid numbers are refused before anything is started.
engine_test!(a_number_of_a_descriptor_must_be_free, |at: At| async move {
    let cases = [
        (
            vec![-1],
            InvalidFd::Negative(-1),
            "descriptor -1: negative number",
        ),
        (
            vec![0],
            InvalidFd::Standard(0),
            "descriptor 0: a standard stream",
        ),
        (
            vec![3, 2],
            InvalidFd::Standard(2),
            "descriptor 2: a standard stream",
        ),
        (
            vec![3, 4, 3],
            InvalidFd::Twice(3),
            "descriptor 3: passed twice",
        ),
    ];
    for (numbers, why, text) in cases {
        let mut command = at.command("true");
        for number in numbers {
            command.pass_fd(file_of(""), number);
        }
        for (_, command) in ways(&command) {
            let error = command.spawn().await.unwrap_err();
            assert_error(&error, SpawnErrorKind::InvalidFd(why), text, None);
        }
    }
});

// Ours: 0 would be a new group, and the others are invalid.
engine_test!(
    a_group_must_have_a_number_that_can_be,
    |at: At| async move {
        for group in [0, i32::MAX as u32 + 1, u32::MAX] {
            for (_, command) in ways(at.command("true").process_group(Group::Join(group))) {
                let error = command.spawn().await.unwrap_err();
                let text = format!("invalid process group: {group}");
                assert_error(&error, SpawnErrorKind::InvalidGroup(group), &text, None);
            }
        }
    }
);

// As execvp: a directory that we may not search takes precedence over those without the file.
engine_test!(
    the_search_goes_on_behind_what_is_refused,
    |at: At| async move {
        let (first, second) = (Folder::new(), Folder::new());
        std::fs::write(first.path().join("program"), "").unwrap();
        let path =
            std::env::join_paths([first.path(), "/no/such".as_ref(), second.path()]).unwrap();
        let mut command = at.command("program");
        command.env("PATH", path);
        for (way, command) in ways(&command) {
            let error = command.spawn().await.unwrap_err();
            assert_eq!(error.raw_os_error(), Some(libc::EACCES), "{way}");
            assert!(
                matches!(error.kind, SpawnErrorKind::NotExecutable { .. }),
                "{way}"
            );
        }
        second.script("program", "#!/bin/sh\nexit 9\n");
        for (way, command) in ways(&command) {
            assert_eq!(command.status().await.unwrap().returncode(), 9, "{way}");
        }
    }
);

// All that std's command exposes.
engine_test!(a_command_of_stds_becomes_one_of_ours, |at: At| async move {
    let folder = Folder::new();
    let mut std = std::process::Command::new("/bin/sh");
    std.args(["-c", "echo $0 $1 $FRUIT ${GONE-gone}; pwd", "zero", "one"]);
    std.env("FRUIT", "apple")
        .env("GONE", "x")
        .env_remove("GONE");
    std.current_dir(folder.path());
    let mut command = Command::from(&std);
    let output = command.backend(at.backend).output().await.unwrap();
    let expected = format!("zero one apple gone\n{}\n", folder.path().display());
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
});

// Ours: the error of a step is the system's error for that step.
engine_test!(a_descriptor_that_cannot_be_given_is_named, |at: At| {
    async move {
        if !needs_linux() {
            return;
        }
        let mut command = at.command("true");
        command.pass_fd(file_of(""), i32::MAX);
        let mut numbers = BTreeMap::new();
        for (way, command) in ways(&command) {
            let error = command.spawn().await.unwrap_err();
            let SpawnErrorKind::Setup { what, why } = &error.kind else {
                panic!("{way}: {error:?}");
            };
            assert_eq!(what, "descriptor 2147483647", "{way}");
            numbers.insert(way, why.clone());
        }
        let bad = io::Error::from_raw_os_error(libc::EBADF).to_string();
        assert_eq!(numbers["in our memory"], bad);
    }
});
