//! Spawning from code that is not async.

use std::fs::{File, OpenOptions};
use std::time::{Duration, Instant};

use prun::process::{Command, SpawnErrorKind, Stdio};

use super::at::{At, MINUTE, plain_test};
use super::files::Folder;
use super::isolated::{isolated, name_of};
use super::procfs::{children, eventually};
use super::ways::ways;
use crate::shared::needs::held;

// As tokio's spawn, which is not async.
plain_test!(a_process_is_started_without_an_await, |at: At| {
    let runtime = at.runtime();
    let _context = runtime.enter();
    let mut cat = at.command("cat");
    cat.stdin(Stdio::Pipe).stdout(Stdio::Pipe);
    for (way, cat) in ways(&cat) {
        let mut process = cat.blocking_spawn().unwrap();
        let given = runtime.block_on(process.communicate(Some(b"lime".to_vec())));
        assert_eq!(given.unwrap().stdout, b"lime", "{way}");
    }
});

// Like tokio's spawn: a task may call it, and blocks.
plain_test!(a_process_is_started_within_a_task, |at: At| {
    at.play(|at| async move {
        // In another directory, so that the spawn thread does it.
        let folder = Folder::new();
        let mut pwd = at.command("pwd");
        pwd.current_dir(folder.path()).stdout(Stdio::Pipe);
        let mut process = pwd.blocking_spawn().unwrap();
        let given = process.communicate(None).await.unwrap();
        assert_eq!(
            given.stdout,
            format!("{}\n", folder.path().display()).as_bytes()
        );
    });
});

// CPython, asyncio test_create_subprocess_fails_with_inactive_watcher.
plain_test!(without_a_runtime_it_is_an_error, |at: At| {
    let error = at.command("true").blocking_spawn().unwrap_err();
    assert_eq!(error.kind, SpawnErrorKind::NoRuntime);
});

// CPython, test_file_not_found_includes_filename.
plain_test!(a_missing_program_is_named_at_once, |at: At| {
    let runtime = at.runtime();
    let _context = runtime.enter();
    for (way, command) in ways(&at.command("/no/such/program")) {
        let error = command.blocking_spawn().unwrap_err();
        let kind = SpawnErrorKind::ProgramNotFound("/no/such/program".into());
        assert_eq!(error.kind, kind, "{way}");
    }
});

// Ours: ETXTBSY is retried here, too.
plain_test!(a_program_that_is_being_written_is_waited_for, |at: At| {
    isolated(&name_of(module_path!(), at), "", || {
        let runtime = at.runtime();
        let _context = runtime.enter();
        let folder = Folder::new();
        let script = folder.script("script", "#!/bin/sh\nexit 3\n");
        let writer = OpenOptions::new().append(true).open(&script).unwrap();
        let command = at.command(&script);
        let begun = Instant::now();
        let error = command.blocking_spawn().unwrap_err();
        assert!(
            matches!(error.kind, SpawnErrorKind::TextFileBusy(_)),
            "{error:?}"
        );
        assert!(begun.elapsed() >= Duration::from_millis(127), "tried again");
        drop::<File>(writer);
        let process = command.blocking_spawn().unwrap();
        assert_eq!(runtime.block_on(process.wait()).unwrap().returncode(), 3);
    });
});

// Ours: a hanging start does not block those of other threads for ever.
plain_test!(a_start_continues_beside_one_that_hangs, |at: At| {
    isolated(&name_of(module_path!(), at), "", || {
        let runtime = at.runtime();
        let folder = Folder::new();
        let program = folder.script("program", "#!/bin/sh\n");
        let Some(held) = held(&program) else { return };
        let start = |command: Command| {
            let _context = runtime.enter();
            command.blocking_spawn().unwrap()
        };
        std::thread::scope(|threads| {
            let hung = threads.spawn(|| start(at.command(&program)));
            eventually("its birth", || children().len() == 1);
            let begun = Instant::now();
            let other = start(at.command("true"));
            assert!(runtime.block_on(other.wait()).unwrap().success());
            assert!(begun.elapsed() < MINUTE && !hung.is_finished());
            drop(held);
            let process = hung.join().unwrap();
            assert!(runtime.block_on(process.wait()).unwrap().success());
        });
    });
});
