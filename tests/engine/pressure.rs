//! Starts at the limits of the system: the error says what ran out, and nothing is leaked.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::pin::pin;
use std::task::Poll;

use prun::process::{Backend, Command, Shortage, SpawnErrorKind, Stdio};

use super::at::{At, isolated_test, needs_linux};
use super::files::Folder;
use super::isolated::isolated;
use super::procfs::{children, descriptors};
use super::sys;
use crate::shared::needs::{ROOT, needs};

/// Opens files up to the limit, then closes `spare` of them.
fn use_up(spare: usize) -> Vec<File> {
    let mut files = Vec::new();
    while let Ok(file) = File::open("/dev/null") {
        files.push(file);
    }
    files.truncate(files.len() - spare);
    files
}

// CPython, test_nonexisting_with_pipes and test_handles_closed_on_exception, at the limit.
isolated_test!(
    running_out_of_descriptors_is_reported,
    "ulimit -n 64",
    |at: At| async move {
        let mut command = at.command("true");
        command.stdin(Stdio::Pipe).stdout(Stdio::Pipe);
        command.stderr(Stdio::Pipe);
        let before = descriptors();
        // Any number of remaining descriptors, from none to enough.
        let mut failed = 0;
        for spare in 0..14 {
            let used = use_up(spare);
            match command.spawn().await {
                Ok(process) => drop(process.wait().await.unwrap()),
                Err(error) => {
                    failed += 1;
                    let what = Shortage::FileDescriptors;
                    assert_eq!(error.kind, SpawnErrorKind::Resource(what));
                    assert_eq!(error.to_string(), "out of file descriptors (ulimit -n)");
                    assert_eq!(error.raw_os_error(), Some(libc::EMFILE));
                }
            }
            drop(used);
            assert_eq!(descriptors(), before, "with {spare} to spare");
            assert_eq!(children(), [0u32; 0], "with {spare} to spare");
        }
        assert!((1..14).contains(&failed), "{failed} of 14 failed");
    }
);

// Ours: the process runs already when no descriptor is left for its pidfd.
isolated_test!(
    a_process_that_cannot_be_watched_is_not_lost,
    "ulimit -n 64",
    |at: At| async move {
        if !needs_linux() {
            return;
        }
        let used = use_up(0);
        let process = at.command("sleep").arg("0.05").spawn().await.unwrap();
        assert_eq!(process.backend(), Backend::Sigchld);
        assert_eq!(process.wait().await.unwrap().returncode(), 0);
        drop(used);
        assert_eq!(children(), [0u32; 0]);
    }
);

// Ours: no more processes for this user.
#[test]
fn running_out_of_processes_is_reported() {
    let test = concat!(module_path!(), "::running_out_of_processes_is_reported");
    // The limit does not apply to root, who becomes another user first.
    let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
    if !needs("prlimit") || is_root && !needs(ROOT) {
        return;
    }
    // That user has no other processes, which would be counted.
    let somebody = match is_root {
        true => "setpriv --reuid=45678 --regid=45678 --clear-groups",
        false => "",
    };
    // That user may not reach this binary by its path, but by a descriptor.
    let prelude = format!(
        "chmod 777 \"$PRUN_ENGINE_DIR\"; cd /; exec 3<\"$0\"
        exec prlimit --nproc=1 {somebody} /proc/self/fd/3 \"$@\""
    );
    isolated(test, &prelude, || {
        At::PIDFD_ONE.play(|at| async move {
            let error = at.command("true").spawn().await.unwrap_err();
            let what = Shortage::Processes;
            assert_eq!(error.kind, SpawnErrorKind::Resource(what));
            assert_eq!(error.to_string(), "out of processes (ulimit -u, pids.max)");
            assert_eq!(error.raw_os_error(), Some(libc::EAGAIN));
        });
    });
}

/// An executable script, and a file that is open for writing to it.
fn half_written(folder: &Folder) -> (std::path::PathBuf, File) {
    let script = folder.script("script", "#!/bin/sh\nexit 3\n");
    let writer = OpenOptions::new().append(true).open(&script).unwrap();
    (script, writer)
}

// Ours: another thread writes the program just now (ETXTBSY); it is tried again.
isolated_test!(
    a_program_that_is_being_written_is_waited_for,
    "",
    |at: At| async move {
        let folder = Folder::new();
        let (script, mut writer) = half_written(&folder);
        for fork in [false, true] {
            let mut command = at.command(&script);
            command.new_session(fork);
            writer = OpenOptions::new().append(true).open(&script).unwrap();
            let mut start = pin!(command.spawn());
            let first = std::future::poll_fn(|cx| Poll::Ready(start.as_mut().poll(cx))).await;
            assert!(first.is_pending(), "it waits");
            writer.write_all(b"# done\n").unwrap();
            drop(writer);
            let process = start.await.unwrap();
            assert_eq!(process.wait().await.unwrap().returncode(), 3);
            writer = File::open("/dev/null").unwrap();
        }
        drop(writer);
    }
);

// Ours: but not for ever.
isolated_test!(
    a_program_that_stays_open_for_writing_is_an_error,
    "",
    |at: At| async move {
        let folder = Folder::new();
        let (script, _writer) = half_written(&folder);
        let error = at.command(&script).spawn().await.unwrap_err();
        assert_eq!(
            error.kind,
            SpawnErrorKind::TextFileBusy(script.clone().into())
        );
        let text = format!("{}: the file is open for writing", script.display());
        assert_eq!(error.to_string(), text);
        assert_eq!(error.raw_os_error(), Some(libc::ETXTBSY));
    }
);

// CPython, test_leaking_fds_on_error; asyncio test_popen_error_with_stdin_pipe: 1,024 starts that
// fail with all three pipes, then 200 that do not, where a leak of 40 descriptors would show.
isolated_test!(
    failed_starts_leak_no_descriptor,
    "ulimit -n 64",
    |at: At| async move {
        let piped = |mut command: Command| {
            command.stdin(Stdio::Pipe).stdout(Stdio::Pipe);
            command.stderr(Stdio::Pipe);
            command
        };
        let bad = piped(at.command("/no/such/program"));
        let mut bad_by_fork = piped(at.command("/bin/sh"));
        bad_by_fork.current_dir("/no/such");
        sys::fork_first(&mut bad_by_fork);
        let mut bad_in_our_memory = piped(at.command("/bin/sh"));
        bad_in_our_memory.current_dir("/no/such");
        let good = piped(at.command("cat"));
        // The first of each opens the runtime's own descriptors.
        bad.spawn().await.unwrap_err();
        good.spawn().await.unwrap().communicate(None).await.unwrap();
        let before = descriptors();
        for round in 0..1024 {
            let bad = match round % 4 {
                0 => &bad_by_fork,
                1 => &bad_in_our_memory,
                _ => &bad,
            };
            bad.spawn().await.unwrap_err();
        }
        assert_eq!(descriptors(), before, "after 1,024 that failed");
        for _ in 0..200 {
            let mut process = good.spawn().await.unwrap();
            let given = process.communicate(Some(b"x".to_vec())).await.unwrap();
            assert_eq!(given.stdout, b"x");
        }
        assert_eq!(descriptors(), before, "after 200 that did not");
        assert_eq!(children(), [0u32; 0]);
    }
);

// CPython, test_no_leaking: many starts near the limit, with pipes that nobody reads.
isolated_test!(
    starts_near_the_limit_leak_nothing,
    "ulimit -n 64",
    |at: At| async move {
        let before = descriptors();
        let used = use_up(12);
        for _ in 0..15 {
            let mut command = at.command("cat");
            command.stdin(Stdio::Pipe).stdout(Stdio::Pipe);
            let mut process = command.stderr(Stdio::Pipe).spawn().await.unwrap();
            let _ = process.stdin.as_mut().unwrap().write("lime");
            drop(process.stdin.take());
            assert_eq!(process.wait().await.unwrap().returncode(), 0);
        }
        drop(used);
        assert_eq!(descriptors(), before);
    }
);
