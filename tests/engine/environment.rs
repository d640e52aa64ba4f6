//! What a process inherits besides descriptors: variables, signals, session and process group.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use prun::process::{
    Command, Delivery, Environment, Group, Scope, Signal, SpawnErrorKind, Stdio,
    reset_inherited_signals,
};

use super::at::{At, engine_test, plain_test};
use super::isolated::{isolated, name_of};
use super::procfs::group_and_session;
use super::sys;

/// The output of a process, as bytes.
async fn printed(command: &mut Command) -> Vec<u8> {
    command.stdin(Stdio::Null).stdout(Stdio::Pipe);
    let mut process = command.spawn().await.unwrap();
    process.communicate(None).await.unwrap().stdout
}

// CPython, asyncio test_create_subprocess_env_shell.
engine_test!(a_shell_sees_a_variable_that_was_set, |at: At| async move {
    let mut command = at.shell("printf '%s' \"$FOO\"");
    assert_eq!(printed(command.env("FOO", "baz")).await, b"baz");
});

// CPython, asyncio test_create_subprocess_env_exec; test_env.
engine_test!(
    a_program_sees_a_variable_that_was_set,
    |at: At| async move {
        let mut command = at.command("printenv");
        command.args(["FOO"]).env("FOO", "baz");
        assert_eq!(printed(&mut command).await, b"baz\n");
    }
);

// CPython, test_empty_env: none of our variables are in an empty environment.
engine_test!(a_cleared_environment_is_empty, |at: At| async move {
    let mut command = at.command("env");
    command.env("FOO", "baz").env_clear();
    assert_eq!(printed(&mut command).await, b"");
});

// CPython, test_env: a new environment replaces ours.
engine_test!(
    a_cleared_environment_holds_what_is_set_later,
    |at: At| async move {
        let mut command = at.command("env");
        command.env_clear();
        command.envs([("A", "1"), ("B", ""), ("A", "2")]);
        assert_eq!(printed(&mut command).await, b"A=2\nB=\n");
    }
);

// CPython, test_env, as a change to ours.
engine_test!(a_variable_can_be_removed, |at: At| async move {
    let mut command = at.shell("echo ${HIDDEN-gone} ${KEPT-gone}");
    command.envs([("HIDDEN", "1"), ("KEPT", "1")]);
    assert_eq!(printed(command.env_remove("HIDDEN")).await, b"gone 1\n");
});

// CPython, test_undecodable_env.
engine_test!(a_variable_may_be_no_text, |at: At| async move {
    let name = OsStr::from_bytes(b"b\xffs");
    let mut command = at.command("env");
    command.env_clear();
    command.env(name, OsString::from_vec(b"v\xfe".to_vec()));
    assert_eq!(printed(&mut command).await, b"b\xffs=v\xfe\n");
});

// CPython, test_invalid_env: a value may contain characters that a name may not.
engine_test!(a_value_may_hold_an_equals_sign, |at: At| async move {
    let mut command = at.command("printenv");
    command.arg("FRUIT").env("FRUIT", "orange=lemon");
    assert_eq!(printed(&mut command).await, b"orange=lemon\n");
});

// CPython, test_invalid_env.
engine_test!(
    a_variable_that_cannot_be_passed_on_is_an_error,
    |at: At| async move {
        for (name, value) in [("a=b", "c"), ("", "c"), ("a\0b", "c"), ("a", "b\0c")] {
            let error = at
                .command("true")
                .env(name, value)
                .spawn()
                .await
                .unwrap_err();
            assert_eq!(error.kind, SpawnErrorKind::BadEnv(name.into()));
            assert_eq!(error.raw_os_error(), None);
        }
    }
);

// CPython, test_env: `env=` is the complete environment.
engine_test!(
    a_settled_environment_is_the_whole_one,
    |at: At| async move {
        let settled = Environment::new([("A", "1"), ("B", "2"), ("C", "3")]).unwrap();
        let mut env = at.command("/usr/bin/env");
        env.environment(&settled);
        assert_eq!(printed(&mut env).await, b"A=1\nB=2\nC=3\n");
        env.env("B", "").env_remove("C").env("D", "4");
        let mut lines: Vec<_> = printed(&mut env)
            .await
            .split(|byte| *byte == b'\n')
            .map(<[u8]>::to_vec)
            .collect();
        lines.sort();
        assert_eq!(lines, [&b""[..], b"A=1", b"B=", b"D=4"]);
    }
);

// A name is looked up in the process's own PATH, with every spawn path.
engine_test!(
    a_program_is_looked_up_in_the_settled_path,
    |at: At| async move {
        let dir = tempfile::tempdir().unwrap();
        let script = dir.path().join("here-alone");
        std::fs::write(&script, "#!/bin/sh\necho \"$PATH\"\n").unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&script, mode).unwrap();
        let path = dir.path().to_str().unwrap().to_owned();
        let settled = Environment::new([("PATH", &path)]).unwrap();
        let mut command = at.command("here-alone");
        command.environment(&settled);
        let expected = format!("{path}\n");
        assert_eq!(printed(&mut command).await, expected.as_bytes());
        let elsewhere = printed(command.clone().current_dir("/")).await;
        assert_eq!(elsewhere, expected.as_bytes());
        let by_fork = printed(command.new_session(true)).await;
        assert_eq!(by_fork, expected.as_bytes());
        let nowhere = at.command("here-alone").spawn().await.unwrap_err();
        assert_eq!(
            nowhere.kind,
            SpawnErrorKind::ProgramNotFound("here-alone".into())
        );
    }
);

/// The signal set in the line `field` of the process's `/proc/self/status`.
async fn signals(command: &mut Command, field: &str) -> u64 {
    let line = format!("grep {field} /proc/self/status");
    let line = printed(command.arg("-c").arg(line)).await;
    let line = String::from_utf8(line).unwrap();
    u64::from_str_radix(line.split_whitespace().nth(1).unwrap(), 16).unwrap()
}

// CPython, test_restore_signals: Rust ignores SIGPIPE, a process does not.
engine_test!(a_process_does_not_ignore_sigpipe, |at: At| async move {
    assert!(Signal::PIPE.is_ignored(), "Rust ignores it from the start");
    let of_pipe = 1 << (libc::SIGPIPE - 1);
    let by_posix_spawn = signals(&mut at.command("/bin/sh"), "SigIgn").await;
    assert_eq!(by_posix_spawn & of_pipe, 0);
    let by_fork = signals(at.command("/bin/sh").new_session(true), "SigIgn").await;
    assert_eq!(by_fork & of_pipe, 0);
});

// CPython, test_restore_signals, for signals that a parent left blocked and ignored.
plain_test!(a_sound_parent_blocks_nothing_for_its_children, |at: At| {
    isolated(&name_of(module_path!(), at), "", || {
        sys::block(libc::SIGUSR1);
        sys::block(libc::SIGTERM);
        sys::ignore(libc::SIGCHLD);
        reset_inherited_signals();
        // The threads of the runtime are started later, and inherit it.
        at.play(|at| async move {
            assert_eq!(signals(&mut at.command("/bin/sh"), "SigBlk").await, 0);
            let of_child = 1 << (libc::SIGCHLD - 1);
            let ignored = signals(&mut at.command("/bin/sh"), "SigIgn").await;
            assert_eq!(ignored & of_child, 0);
            let process = at.shell("exit 5").spawn().await.unwrap();
            assert_eq!(process.wait().await.unwrap().returncode(), 5);
        });
    });
});

// CPython, asyncio test_start_new_session.
engine_test!(
    a_process_in_a_new_session_ends_with_its_code,
    |at: At| async move {
        let process = at.shell("exit 8").new_session(true).spawn().await.unwrap();
        assert_eq!(process.wait().await.unwrap().returncode(), 8);
    }
);

// CPython, test_start_new_session.
engine_test!(
    a_process_can_lead_a_session_of_its_own,
    |at: At| async move {
        let mut command = at.command("sleep");
        command.arg("60").new_session(true);
        let process = command.spawn().await.unwrap();
        assert_eq!(
            group_and_session(process.pid()),
            (process.pid(), process.pid())
        );
        let sent = process.send_signal_to(Scope::Group, Signal::KILL).unwrap();
        assert_eq!(sent, Delivery::Sent);
        assert_eq!(process.wait().await.unwrap().returncode(), -9);
    }
);

// CPython, test_process_group_0.
engine_test!(a_process_can_lead_a_group_of_its_own, |at: At| async move {
    let mut command = at.command("sleep");
    command.arg("60").process_group(Group::New);
    let process = command.spawn().await.unwrap();
    let (_, our_session) = group_and_session(std::process::id());
    assert_eq!(
        group_and_session(process.pid()),
        (process.pid(), our_session)
    );
    process.kill().unwrap();
    process.wait().await.unwrap();
});

// CPython, test_process_group_0, without a group: that of the parent.
engine_test!(a_process_is_in_our_group_by_default, |at: At| async move {
    let process = at.command("sleep").arg("60").spawn().await.unwrap();
    let ours = group_and_session(std::process::id());
    assert_eq!(group_and_session(process.pid()), ours);
    process.kill().unwrap();
    process.wait().await.unwrap();
});

// CPython, test_process_group_0, for the group of another process.
engine_test!(
    a_process_can_join_the_group_of_another,
    |at: At| async move {
        let mut sleep = at.command("sleep");
        sleep.arg("60").process_group(Group::New);
        let leader = sleep.spawn().await.unwrap();
        sleep.process_group(Group::Join(leader.pid()));
        let member = sleep.spawn().await.unwrap();
        assert_eq!(group_and_session(member.pid()).0, leader.pid());
        leader.send_signal_to(Scope::Group, Signal::KILL).unwrap();
        assert_eq!(leader.wait().await.unwrap().returncode(), -9);
        assert_eq!(member.wait().await.unwrap().returncode(), -9);
    }
);
