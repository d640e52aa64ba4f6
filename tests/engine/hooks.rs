//! Hooks of the caller in the new process: when they run, and their errors.

use std::io;

use prun::process::{Command, SpawnErrorKind};

use super::at::{At, engine_test, isolated_test};
use super::files::{Folder, file_of};
use super::procfs::{children, descriptors};
use super::spawn_errors::assert_error;
use super::sys;

/// Writes a word to standard error; safe after a fork.
fn say(word: &'static str) -> impl Fn() -> io::Result<()> + Send + Sync + 'static {
    move || {
        rustix::io::write(io::stderr(), word.as_bytes())?;
        Ok(())
    }
}

// CPython, test_preexec.
engine_test!(a_hook_runs_in_the_new_process, |at: At| async move {
    let ours = rustix::process::getpriority_process(None).unwrap();
    let mut command = at.command("nice");
    sys::hook(&mut command, || {
        rustix::process::setpriority_process(None, 7)?;
        Ok(())
    });
    assert_eq!(command.output().await.unwrap().stdout, b"7\n");
    assert_eq!(rustix::process::getpriority_process(None).unwrap(), ours);
});

// As std: in the order in which they were added, before the program.
engine_test!(hooks_run_one_after_the_other, |at: At| async move {
    let mut command = at.shell("printf program >&2");
    for word in ["one ", "two ", "three "] {
        sys::hook(&mut command, say(word));
    }
    for _ in 0..2 {
        let output = command.output().await.unwrap();
        assert_eq!(output.stderr, b"one two three program");
    }
});

// Ours: all other steps are done by then.
engine_test!(
    a_hook_finds_the_process_as_it_is_to_be,
    |at: At| async move {
        let folder = Folder::new();
        let mut command = at.command("true");
        command
            .current_dir(folder.path())
            .umask(0o137)
            .new_session(true);
        command.pass_fd(file_of("passed"), 50);
        let path = folder.path().to_owned();
        sys::hook(&mut command, move || {
            let mut text = [0; 6];
            let found = rustix::process::getcwd(Vec::with_capacity(4096))?;
            let is_there = found.as_bytes() == path.as_os_str().as_encoded_bytes();
            let mask = rustix::process::umask(rustix::fs::Mode::empty());
            let leads = rustix::process::getsid(None)? == rustix::process::getpid();
            sys::read_at_start(50, &mut text)?;
            let is_so = is_there && leads && mask.bits() == 0o137 && &text == b"passed";
            is_so
                .then_some(())
                .ok_or(io::Error::from_raw_os_error(libc::EDOM))
        });
        assert!(command.status().await.unwrap().success());
    }
);

// CPython, test_preexec_exception and test_preexec_errpipe_does_not_double_close_pipes.
isolated_test!(
    an_error_of_a_hook_is_the_error_of_the_start,
    "",
    |at: At| async move {
        at.command("true").status().await.unwrap();
        let before = descriptors();
        for (gives, number) in [(Some(libc::EDOM), libc::EDOM), (None, libc::EINVAL)] {
            let mut command = at.shell("printf program >&2");
            sys::hook(&mut command, move || {
                Err(gives.map_or(
                    io::ErrorKind::InvalidData.into(),
                    io::Error::from_raw_os_error,
                ))
            });
            sys::hook(&mut command, say("the next one"));
            let error = command.output().await.unwrap_err();
            let prun::process::RunError::Spawn(error) = error else {
                panic!("{error:?}");
            };
            let why = io::Error::from_raw_os_error(number).to_string();
            let text = format!("cannot set up pre_exec: {why}");
            let what = "pre_exec".to_owned();
            let kind = SpawnErrorKind::Setup { what, why };
            assert_error(&error, kind, &text, Some(number));
            assert_eq!(children(), [0u32; 0]);
            assert_eq!(descriptors(), before);
        }
    }
);

// Ours; std panics.
isolated_test!(
    a_fork_while_sigchld_is_ignored_is_refused,
    "",
    |at: At| async move {
        sys::ignore(libc::SIGCHLD);
        for program in ["true", "/no/such/program"] {
            let mut command = at.command(program);
            sys::fork_first(&mut command);
            let error = command.spawn().await.unwrap_err();
            let text = "cannot fork a process while SIGCHLD is ignored";
            assert_error(&error, SpawnErrorKind::SigchldIgnored, text, None);
        }
    }
);

// Ours: a command with a hook has the same traits as any other.
#[test]
fn a_command_with_a_hook_can_be_cloned_and_shown() {
    let mut command = Command::exec("true");
    sys::fork_first(&mut command);
    assert!(format!("{:?}", command.clone()).contains("hooks: [Hook]"));
}
