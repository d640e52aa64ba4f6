//! Cancelled and failed starts: nothing is left of them, and nothing happens later.

use std::cell::Cell;
use std::fs::{File, OpenOptions};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use prun::process::{Command, Driver, KillOnDrop, SpawnErrorKind, Stdio, wait_for};
use tokio::runtime::{Builder, Runtime};

use crate::shared::rounds;

use super::at::{At, isolated_test, plain_test};
use super::files::Folder;
use super::hangs::hanging;
use super::isolated::{isolated, name_of};
use super::polls::{When, cancelled};
use super::procfs::{children, descriptors, eventually};

/// A program that creates a file when it runs.
fn tattler(folder: &Folder) -> (PathBuf, PathBuf) {
    let sign = folder.path().join("ran");
    let text = format!("#!/bin/sh\n: >'{}'\nexec sleep 60\n", sign.display());
    (folder.script("program", text), sign)
}

/// Opens a program for writing: until this is dropped it cannot be executed.
fn busy(program: &Path) -> File {
    OpenOptions::new().append(true).open(program).unwrap()
}

fn piped(mut command: Command) -> Command {
    command.stdin(Stdio::Pipe).stdout(Stdio::Pipe);
    command.stderr(Stdio::Pipe).kill_on_drop(KillOnDrop::Leader);
    command
}

// CPython, asyncio test_cancel_post_init: cancelled before it began.
isolated_test!(
    a_start_that_is_never_polled_starts_nothing,
    "",
    |at: At| async move {
        let folder = Folder::new();
        let (program, sign) = tattler(&folder);
        drop(piped(at.command(program)).spawn());
        assert_eq!(children(), [0u32; 0]);
        assert!(!sign.exists());
    }
);

// CPython, asyncio test_cancel_make_subprocess_transport_exec: cancelled while it waits.
isolated_test!(
    a_start_that_is_dropped_while_it_waits_starts_nothing,
    "",
    |at: At| async move {
        let folder = Folder::new();
        let (program, sign) = tattler(&folder);
        let command = piped(at.command(&program));
        for polls in 1..6 {
            let held = busy(&program);
            assert!(
                cancelled(polls, When::AtOnce, command.spawn())
                    .await
                    .is_none()
            );
            // While it is held the program cannot be executed, whatever was begun.
            eventually("the end of what was begun", || children().is_empty());
            drop(held);
        }
        assert!(!sign.exists(), "and it can be executed now");
    }
);

// CPython, asyncio test_subprocess_read_pipe_cancelled and two related tests.
isolated_test!(
    a_dropped_start_leaves_no_pipe_open,
    "",
    |at: At| async move {
        let folder = Folder::new();
        let (program, _) = tattler(&folder);
        let command = piped(at.command(&program));
        let held = busy(&program);
        let before = descriptors();
        for polls in 1..6 {
            assert!(
                cancelled(polls, When::AtOnce, command.spawn())
                    .await
                    .is_none()
            );
            eventually("pipes that are closed", || descriptors() == before);
        }
        drop(held);
    }
);

// CPython, asyncio test_cancel_make_subprocess_transport_exec, at any moment.
isolated_test!(
    a_start_dropped_at_any_moment_leaves_no_process,
    "",
    |at: At| async move {
        let folder = Folder::new();
        let (program, _) = tattler(&folder);
        let command = piped(at.command(&program));
        for round in 0..rounds() * 10 {
            let held = busy(&program);
            let free_after = Duration::from_micros(round as u64 * 97 % 4000);
            let freeing = std::thread::spawn(move || {
                let until = Instant::now() + free_after;
                while Instant::now() < until {
                    std::thread::yield_now();
                }
                drop(held);
            });
            let patience = Duration::from_micros(round as u64 * 61 % 4000);
            match wait_for(command.spawn(), patience).await {
                Err(_) => eventually("the end of what was begun", || children().is_empty()),
                Ok(process) => {
                    let process = process.unwrap();
                    assert_eq!(children(), [process.pid()], "round {round}");
                    process.kill().unwrap();
                    process.wait().await.unwrap();
                }
            }
            freeing.join().unwrap();
        }
        assert_eq!(children(), [0u32; 0]);
    }
);

// CPython, asyncio test_create_subprocess_fails_with_inactive_watcher.
plain_test!(without_a_runtime_nothing_is_started, |at: At| {
    isolated(&name_of(module_path!(), at), "", || {
        let before = descriptors();
        for command in [at.command("true"), piped(at.command("true"))] {
            let start = pin!(command.spawn());
            let polled = start.poll(&mut Context::from_waker(Waker::noop()));
            let Poll::Ready(Err(error)) = polled else {
                panic!("not an error at once");
            };
            assert_eq!(error.kind, SpawnErrorKind::NoRuntime);
            assert_eq!(
                error.to_string(),
                "no tokio runtime: call spawn from within one"
            );
        }
        assert_eq!(children(), [0u32; 0]);
        assert_eq!(descriptors(), before);
    });
});

/// A runtime without this driver.
fn without(driver: Driver) -> Runtime {
    let mut builder = Builder::new_current_thread();
    match driver {
        Driver::Io => builder.enable_time(),
        _ => builder.enable_io(),
    };
    builder.build().unwrap()
}

// CPython, asyncio test_create_subprocess_fails_with_inactive_watcher: the error comes before the start.
plain_test!(without_a_driver_nothing_is_started, |at: At| {
    isolated(&name_of(module_path!(), at), "", || {
        let folder = Folder::new();
        let (program, sign) = tattler(&folder);
        let text = [
            "the tokio runtime has no driver for I/O (build it with enable_io)",
            "the tokio runtime has no driver for time (build it with enable_time)",
        ];
        for (driver, text) in [Driver::Io, Driver::Time].into_iter().zip(text) {
            let runtime = without(driver);
            let before = descriptors();
            for command in [at.command(&program), piped(at.command(&program))] {
                let error = runtime.block_on(command.spawn()).unwrap_err();
                assert_eq!(error.kind, SpawnErrorKind::NoDriver(driver));
                assert_eq!(error.to_string(), text);
                assert_eq!(children(), [0u32; 0]);
                assert_eq!(descriptors(), before);
            }
        }
        assert!(!sign.exists());
    });
});

// Ours: a future may be polled in one runtime and then in another.
plain_test!(
    a_process_that_the_runtime_cannot_watch_is_killed,
    |at: At| {
        isolated(&name_of(module_path!(), at), "", || {
            let (first, second) = (at.runtime(), without(Driver::Io));
            for change in [|command| command, piped] {
                let folder = Folder::new();
                let Some((program, sign, held)) = hanging(&folder) else {
                    return;
                };
                let command = change(at.command(&program));
                let mut start = pin!(command.spawn());
                {
                    let _context = first.enter();
                    let polled = start.as_mut().poll(&mut Context::from_waker(Waker::noop()));
                    assert!(polled.is_pending());
                }
                drop(held);
                eventually("its first act", || sign.exists());
                let error = second.block_on(start).unwrap_err();
                assert_eq!(error.kind, SpawnErrorKind::NoDriver(Driver::Io));
                eventually("its reaping", || children().is_empty());
            }
        });
    }
);

// Ours: cleanup code may start a process during a panic, and that one is not killed.
plain_test!(a_process_can_be_started_while_a_panic_unwinds, |at: At| {
    struct Cleaner<'a>(At, &'a Cell<Option<i32>>);
    impl Drop for Cleaner<'_> {
        fn drop(&mut self) {
            let Self(at, code) = self;
            // A panic in here would abort the program, so nothing is asserted.
            code.set(at.runtime().block_on(async {
                let process = at.shell("sleep 0.05; exit 3").spawn().await.ok()?;
                Some(process.wait().await.ok()?.returncode())
            }));
        }
    }
    let code = Cell::new(None);
    let panic = catch_unwind(AssertUnwindSafe(|| {
        let _cleaner = Cleaner(at, &code);
        resume_unwind(Box::new("a panic"));
    }));
    assert!(panic.is_err());
    assert_eq!(code.get(), Some(3));
});
