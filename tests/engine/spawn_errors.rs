//! Failed starts: the error names the part that is at fault, with every spawn path.

use std::borrow::Borrow;
use std::fs;
use std::path::{Path, PathBuf};

use prun::process::{Command, Environment, SpawnError, SpawnErrorKind};

use super::at::{At, engine_test};
use super::files::Folder;
use super::ways::ways as every_way;

/// The error of a start that fails, the same with every spawn path.
pub(super) async fn refused(command: impl Borrow<Command>) -> SpawnError {
    let command = command.borrow();
    let error = command.spawn().await.expect_err("it cannot be started");
    for (way, command) in every_way(command) {
        let another = command.spawn().await.expect_err(way);
        assert_eq!(another.kind, error.kind, "{way}");
        assert_eq!(another.raw_os_error(), error.raw_os_error(), "{way}");
    }
    error
}

#[track_caller]
pub(super) fn assert_error(
    error: &SpawnError,
    kind: SpawnErrorKind,
    text: &str,
    number: Option<i32>,
) {
    assert_eq!(error.kind, kind);
    assert_eq!(error.to_string(), text);
    assert_eq!(error.raw_os_error(), number);
}

// CPython, asyncio test_popen_error; test_file_not_found_includes_filename.
engine_test!(a_missing_program_is_named, |at: At| async move {
    for name in ["no-such-program", "/no/such/program", "./no-such-program"] {
        // Our own PATH may contain a directory that we may not search, which changes the error number.
        let error = refused(at.command(name).env("PATH", "/usr/bin:/bin")).await;
        let kind = SpawnErrorKind::ProgramNotFound(name.into());
        let text = format!("no such program: {name}");
        assert_error(&error, kind, &text, Some(libc::ENOENT));
        assert_eq!(error.program, name);
    }
});

// CPython, test_exception_bad_executable: a file in place of a directory.
engine_test!(a_program_below_a_file_is_missing, |at: At| async move {
    let name = "/dev/null/program";
    let error = refused(at.command(name)).await;
    let kind = SpawnErrorKind::ProgramNotFound(name.into());
    assert_error(
        &error,
        kind,
        "no such program: /dev/null/program",
        Some(libc::ENOTDIR),
    );
});

// CPython, test_exception_bad_args_0, for a PATH that only the process has.
engine_test!(
    a_program_is_missing_that_only_our_own_path_has,
    |at: At| async move {
        let folder = Folder::new();
        let error = refused(at.command("true").env("PATH", folder.path())).await;
        let kind = SpawnErrorKind::ProgramNotFound("true".into());
        assert_error(&error, kind, "no such program: true", Some(libc::ENOENT));
    }
);

// CPython, test_exception_bad_executable: no permission to execute.
engine_test!(a_file_without_permission_is_named, |at: At| async move {
    let folder = Folder::new();
    let path = folder.path().join("data");
    fs::write(&path, "#!/bin/sh\n").unwrap();
    let text = format!(
        "not executable: {} (no execute permission; chmod +x sets it)",
        path.display()
    );
    let mut by_name = at.command("data");
    by_name.env("PATH", folder.path());
    for command in [at.command(&path), by_name] {
        let error = refused(command).await;
        let why = "no execute permission; chmod +x sets it";
        let kind = SpawnErrorKind::NotExecutable {
            path: path.clone(),
            why,
        };
        assert_error(&error, kind, &text, Some(libc::EACCES));
    }
});

// CPython, test_exception_bad_executable: the search continues after a file without permission.
engine_test!(
    a_later_folder_of_the_path_may_have_the_program,
    |at: At| async move {
        let (first, second) = (Folder::new(), Folder::new());
        fs::write(first.path().join("program"), "").unwrap();
        second.script("program", "#!/bin/sh\nexit 9\n");
        let path = std::env::join_paths([first.path(), second.path()]).unwrap();
        let process = at
            .command("program")
            .env("PATH", path)
            .spawn()
            .await
            .unwrap();
        assert_eq!(process.wait().await.unwrap().returncode(), 9);
    }
);

// CPython, test_exception_bad_executable: a directory.
engine_test!(a_folder_is_no_program, |at: At| async move {
    let folder = Folder::new();
    let path = folder.path().to_path_buf();
    let error = refused(at.command(&path)).await;
    let text = format!("not executable: {} (a directory)", path.display());
    let kind = SpawnErrorKind::NotExecutable {
        path,
        why: "a directory",
    };
    assert_error(&error, kind, &text, Some(libc::EACCES));
});

// Ours: the link exists, its target does not.
engine_test!(a_broken_link_is_reported, |at: At| async move {
    let folder = Folder::new();
    let (link, round) = (folder.path().join("link"), folder.path().join("round"));
    std::os::unix::fs::symlink("nowhere", &link).unwrap();
    std::os::unix::fs::symlink("round", &round).unwrap();
    let error = refused(at.command(&link)).await;
    let text = format!("{}: broken symbolic link", link.display());
    let kind = SpawnErrorKind::BrokenLink(link);
    assert_error(&error, kind, &text, Some(libc::ENOENT));
    let error = refused(at.command(&round)).await;
    let why = std::io::Error::from_raw_os_error(libc::ELOOP).to_string();
    let text = format!("could not start {}: {why}", round.display());
    let kind = SpawnErrorKind::Os {
        program: round.into(),
        why,
    };
    assert_error(&error, kind, &text, Some(libc::ELOOP));
});

// Ours: neither a directory nor a file without permission.
engine_test!(a_socket_is_no_program, |at: At| async move {
    let folder = Folder::new();
    let path = folder.path().join("socket");
    let _socket = std::os::unix::net::UnixListener::bind(&path).unwrap();
    let error = refused(at.command(&path)).await;
    let text = format!("not executable: {} (not a regular file)", path.display());
    let kind = SpawnErrorKind::NotExecutable {
        path,
        why: "not a regular file",
    };
    assert_error(&error, kind, &text, Some(libc::EACCES));
});

/// Every way to name the program and to change the environment, each of which std handles differently.
fn ways(at: At, folder: &Folder, name: &str) -> [Command; 4] {
    let path = folder.path();
    let mut ways = [
        at.command(path.join(name)),
        at.command(name),
        at.command(name),
        at.command(format!("./{name}")),
    ];
    ways[1].env("PATH", path);
    ways[2].env_clear().env("PATH", path);
    ways[3].current_dir(path);
    ways
}

// CPython, by trial: ENOEXEC. A shell would run it, and so would glibc's search after a fork.
engine_test!(
    a_script_without_its_first_line_is_named,
    |at: At| async move {
        let folder = Folder::new();
        for (name, text) in [("text", "exit 3\n"), ("empty", "")] {
            let script = folder.script(name, text);
            for command in ways(at, &folder, name) {
                let error = refused(command).await;
                let text = format!("{}: neither a binary nor a script with #!", shown(&error));
                let SpawnErrorKind::NoShebang(path) = &error.kind else {
                    panic!("{error:?}");
                };
                assert_eq!(fs::canonicalize(path).unwrap(), script);
                assert_error(&error, error.kind.clone(), &text, Some(libc::ENOEXEC));
            }
        }
    }
);

fn shown(error: &SpawnError) -> std::path::Display<'_> {
    match &error.kind {
        SpawnErrorKind::NoShebang(path) => path.display(),
        _ => Path::new("?").display(),
    }
}

// CPython, test_file_not_found_with_bad_cwd; test_exception_cwd.
engine_test!(
    a_missing_folder_is_named_and_not_the_program,
    |at: At| async move {
        let dir = PathBuf::from("/no/such/folder");
        for program in ["true", "/bin/sh", "no-such-program"] {
            let error = refused(at.command(program).current_dir(&dir)).await;
            let why = "no such directory".to_owned();
            let kind = SpawnErrorKind::BadCwd {
                path: dir.clone(),
                why,
            };
            let text = "cannot start in /no/such/folder: no such directory";
            assert_error(&error, kind, text, Some(libc::ENOENT));
        }
    }
);

// CPython, test_exception_cwd: a file.
engine_test!(a_file_is_no_folder_to_start_in, |at: At| async move {
    let folder = Folder::new();
    let path = folder.path().join("data");
    fs::write(&path, "").unwrap();
    let error = refused(at.command("true").current_dir(&path)).await;
    let text = format!("cannot start in {}: not a directory", path.display());
    let why = "not a directory".to_owned();
    assert_error(
        &error,
        SpawnErrorKind::BadCwd { path, why },
        &text,
        Some(libc::ENOTDIR),
    );
});

// CPython, test_invalid_cmd.
engine_test!(
    a_nul_in_an_argument_is_reported_with_its_index,
    |at: At| async move {
        let words = [
            ("tr\0ue", "a", "b"),
            ("true", "a\0", "b"),
            ("true", "a", "\0"),
        ];
        for (index, (program, first, second)) in words.into_iter().enumerate() {
            let error = refused(at.command(program).args([first, second])).await;
            let text = format!("argument {index} contains a NUL byte");
            assert_error(&error, SpawnErrorKind::NulInArg { index }, &text, None);
        }
    }
);

// CPython, by trial: PermissionError, since the empty name is joined with the directories of PATH.
engine_test!(an_empty_name_is_reported, |at: At| async move {
    let error = refused(at.command("")).await;
    assert_error(
        &error,
        SpawnErrorKind::EmptyProgram,
        "the program name is empty",
        None,
    );
});

// CPython, by trial: E2BIG, for one argument.
engine_test!(
    an_argument_that_is_too_long_is_told_by_its_place,
    |at: At| async move {
        // With its NUL it is one byte too long.
        let long = "x".repeat(128 * 1024);
        let error = refused(at.command("true").args(["short", &long])).await;
        let kind = SpawnErrorKind::ArgTooLong {
            index: 2,
            len: long.len(),
        };
        let text = "argument 2 is too long for the system: 131072 bytes";
        assert_error(&error, kind, text, Some(libc::E2BIG));
        let process = at
            .command("true")
            .args(["short", &long[1..]])
            .spawn()
            .await
            .unwrap();
        assert_eq!(process.wait().await.unwrap().returncode(), 0);
    }
);

// CPython, by trial: E2BIG, for all of them together.
engine_test!(
    arguments_that_are_too_long_together_are_reported,
    |at: At| async move {
        let words = vec!["x".repeat(100_000); 100];
        let error = refused(at.command("true").args(words)).await;
        let text = "the arguments and the environment together are too long for the system";
        assert_error(&error, SpawnErrorKind::ArgvTooLong, text, Some(libc::E2BIG));
    }
);

// CPython, by trial: E2BIG, for the environment.
engine_test!(
    a_variable_that_is_too_long_is_an_error,
    |at: At| async move {
        let long = "x".repeat(200_000);
        let text = "the environment variable LONG is too long for the system: 200005 bytes";
        let kind = SpawnErrorKind::EnvTooLong {
            name: "LONG".into(),
            len: 200_005,
        };
        let settled = Environment::new([("LONG", &long)]).unwrap();
        let mut by_change = at.command("true");
        by_change.env("LONG", &long);
        let mut by_environment = at.command("/bin/true");
        by_environment.environment(&settled);
        for command in [&by_change, &by_environment] {
            let error = refused(command).await;
            assert_error(&error, kind.clone(), text, Some(libc::E2BIG));
        }
        let process = by_environment.env("LONG", "").spawn().await.unwrap();
        assert_eq!(process.wait().await.unwrap().returncode(), 0);
    }
);

// CPython, test_exception_bad_args_0 of a shell: the shell is the missing program.
engine_test!(a_missing_shell_is_named, |at: At| async move {
    let error = refused(at.shell("true").shell_path("/no/such/shell")).await;
    let kind = SpawnErrorKind::ProgramNotFound("/no/such/shell".into());
    assert_error(
        &error,
        kind,
        "no such program: /no/such/shell",
        Some(libc::ENOENT),
    );
});

// CPython, test_exception_bad_args_0: within a shell, the shell reports it.
engine_test!(
    a_missing_program_inside_of_a_shell_is_its_code,
    |at: At| async move {
        let command = at.shell("no-such-program 2>/dev/null");
        let process = command.spawn().await.unwrap();
        assert_eq!(process.wait().await.unwrap().returncode(), 127);
    }
);

// Ours: a group that does not exist cannot be joined.
engine_test!(
    a_group_that_does_not_exist_is_an_error,
    |at: At| async move {
        use prun::process::Group;
        let mut command = at.command("true");
        command.process_group(Group::Join(i32::MAX as u32));
        let error = command.spawn().await.unwrap_err();
        let why = std::io::Error::from_raw_os_error(libc::EPERM).to_string();
        let text = format!("cannot set up process group 2147483647: {why}");
        let what = "process group 2147483647".to_owned();
        let kind = SpawnErrorKind::Setup { what, why };
        assert_error(&error, kind, &text, Some(libc::EPERM));
    }
);
