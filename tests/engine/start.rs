//! The command of a process: program, arguments, shell and working directory.

use std::borrow::BorrowMut;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;

use prun::process::{Command, Stdio};

use super::at::{At, engine_test};
use super::files::Folder;
use crate::shared::needs::{needs, path_of};

/// The output of a process, which must succeed.
async fn printed(mut command: impl BorrowMut<Command>) -> String {
    let command = command.borrow_mut();
    command.stdin(Stdio::Null).stdout(Stdio::Pipe);
    let mut process = command.spawn().await.unwrap();
    let given = process.communicate(None).await.unwrap();
    assert_eq!(process.returncode(), Some(0));
    String::from_utf8(given.stdout).unwrap()
}

// CPython, asyncio test_shell.
engine_test!(a_shell_command_ends_with_its_code, |at: At| async move {
    let process = at.shell("exit 7").spawn().await.unwrap();
    assert_eq!(process.wait().await.unwrap().returncode(), 7);
});

// CPython, test_shell_string.
engine_test!(a_shell_command_sees_the_environment, |at: At| async move {
    let mut command = at.shell("echo $FRUIT");
    command.env("FRUIT", "apple");
    assert_eq!(printed(command).await, "apple\n");
});

// CPython, test_shell_sequence (POSIX): arguments after the line are `$0`, `$1` and so on.
engine_test!(words_after_a_shell_command_are_its_parameters, |at: At| {
    async move {
        let mut command = at.shell("echo $0 $1");
        command.args(["zero", "one"]);
        assert_eq!(printed(command).await, "zero one\n");
    }
});

// CPython, test_args_string: one string is the name of a program, including blanks.
engine_test!(
    a_program_alone_is_not_split_into_words,
    |at: At| async move {
        let folder = Folder::new();
        let script = folder.script("print me", "#!/bin/sh\necho \"$#\"\n");
        assert_eq!(printed(at.command(script)).await, "0\n");
    }
);

// asyncio, by trial: `create_subprocess_shell('')` ends with 0.
engine_test!(an_empty_shell_command_succeeds, |at: At| async move {
    let process = at.shell("").spawn().await.unwrap();
    assert_eq!(process.wait().await.unwrap().returncode(), 0);
});

// CPython, test_executable: the binary and its argument 0 are independent.
engine_test!(
    argument_0_may_differ_from_the_program,
    |at: At| async move {
        let mut command = at.command("/bin/sh");
        command.arg0("doesnotexist").args(["-c", "echo $0"]);
        assert_eq!(printed(command).await, "doesnotexist\n");
    }
);

// CPython, test_executable: by default the name is argument 0, wherever it was found.
engine_test!(
    a_name_that_is_looked_up_stays_argument_0,
    |at: At| async move {
        let path = std::env::var_os("PATH").unwrap();
        let mut sh = at.command("sh");
        sh.args(["-c", "echo $0"]);
        assert_eq!(printed(sh.clone()).await, "sh\n");
        assert_eq!(printed(sh.clone().env("PATH", &path)).await, "sh\n");
        assert_eq!(printed(sh.clone().env_clear()).await, "sh\n");
        assert_eq!(printed(sh.new_session(true)).await, "sh\n");
    }
);

// CPython, test_executable_takes_precedence: the binary is executed, whatever argument 0 is.
engine_test!(
    argument_0_does_not_choose_the_program,
    |at: At| async move {
        let mut command = at.command("/bin/echo");
        command.arg0("/bin/false").arg("started");
        assert_eq!(printed(command).await, "started\n");
    }
);

// CPython, test_executable_replaces_shell.
engine_test!(another_program_may_be_the_shell, |at: At| async move {
    let folder = Folder::new();
    let shell = folder.script("shell", "#!/bin/sh\nprintf '%s|' \"$@\"\n");
    let mut command = at.shell("echo hello");
    command.shell_path(shell);
    assert_eq!(printed(command).await, "-c|echo hello|");
});

// CPython, test_specific_shell.
engine_test!(a_shell_knows_itself_by_its_path, |at: At| async move {
    for name in ["sh", "bash", "dash"] {
        if !needs(name) {
            continue;
        }
        let shell = path_of(name).unwrap();
        let mut command = at.shell("echo $0");
        command.shell_path(&shell);
        assert_eq!(printed(command).await.trim_end(), shell.to_str().unwrap());
    }
});

// CPython, asyncio test_create_subprocess_exec_with_path: arguments may be paths.
engine_test!(
    paths_serve_as_program_and_as_argument,
    |at: At| async move {
        let folder = Folder::new();
        let file = folder.path().join("data");
        fs::write(&file, "seen").unwrap();
        let mut command = at.command(path_of("cat").unwrap());
        command.arg(file);
        assert_eq!(printed(command).await, "seen");
    }
);

// CPython, test_bytes_program: found by a bare name and by a path, even if it is not text.
engine_test!(
    a_program_may_have_a_name_that_is_no_text,
    |at: At| async move {
        let folder = Folder::new();
        let name = OsStr::from_bytes(b"prog\xff\xfe");
        let script = folder.script(name, "#!/bin/sh\necho found\n");
        assert_eq!(printed(at.command(script)).await, "found\n");
        let mut by_name = at.command(name);
        by_name.env("PATH", folder.path());
        assert_eq!(printed(by_name).await, "found\n");
    }
);

// CPython, asyncio test_create_subprocess_exec_with_path, for bytes.
engine_test!(
    arguments_reach_the_process_byte_for_byte,
    |at: At| async move {
        let word = OsStr::from_bytes(b" \xff\n'\"$x\\*\x01\t ");
        let mut command = at.command("printf");
        command.args([OsStr::new("%s|"), word, OsStr::new("")]);
        let mut process = command.stdout(Stdio::Pipe).spawn().await.unwrap();
        let given = process.communicate(None).await.unwrap();
        assert_eq!(given.stdout, [word.as_bytes(), b"||"].concat());
    }
);

// CPython, test_cwd.
engine_test!(
    a_process_starts_in_the_folder_it_was_given,
    |at: At| async move {
        let folder = Folder::new();
        let mut command = at.command("pwd");
        command.current_dir(folder.path());
        assert_eq!(
            printed(command).await.trim_end(),
            folder.path().to_str().unwrap()
        );
    }
);

// CPython, test_cwd_with_relative_arg: arguments are passed unchanged, and interpreted there.
engine_test!(a_relative_argument_is_seen_from_the_new_folder, |at: At| {
    async move {
        let folder = Folder::new();
        fs::write(folder.path().join("data"), "seen").unwrap();
        let mut command = at.command("cat");
        command.arg("data").current_dir(folder.path());
        assert_eq!(printed(command).await, "seen");
    }
});

// CPython, test_cwd_with_relative_executable.
engine_test!(a_relative_program_is_seen_from_the_new_folder, |at: At| {
    async move {
        let folder = Folder::new();
        folder.script("here", "#!/bin/sh\necho \"$0\"\n");
        let mut command = at.command("./here");
        command.current_dir(folder.path());
        assert_eq!(printed(command).await, "./here\n");
    }
});

// CPython, test_executable_with_cwd: an absolute path is independent of the directory.
engine_test!(a_whole_path_is_found_from_any_folder, |at: At| async move {
    let (scripts, other) = (Folder::new(), Folder::new());
    let script = scripts.script("there", "#!/bin/sh\npwd\n");
    let mut command = at.command(script);
    command.arg0("name").current_dir(other.path());
    assert_eq!(
        printed(command).await.trim_end(),
        other.path().to_str().unwrap()
    );
});

// CPython, test_executable_without_cwd: the child inherits the directory of this process.
engine_test!(
    without_a_folder_a_process_starts_in_ours,
    |at: At| async move {
        let ours = std::env::current_dir().unwrap();
        let mut command = at.command("sh");
        command.args(["-c", "pwd -P"]);
        let ours = ours.canonicalize().unwrap();
        assert_eq!(printed(command).await.trim_end(), ours.to_str().unwrap());
    }
);

// CPython, test_executable_with_cwd: relative directories in PATH are relative to the new directory.
engine_test!(
    a_relative_folder_of_the_path_is_seen_from_the_new_folder,
    |at: At| {
        async move {
            let folder = Folder::new();
            folder.script("bin/found", "#!/bin/sh\necho found\n");
            let mut command = at.command("found");
            command.env("PATH", "bin").current_dir(folder.path());
            assert_eq!(printed(command).await, "found\n");
        }
    }
);

// Ours: a command is a value, and may be used again.
engine_test!(a_command_can_be_started_many_times, |at: At| async move {
    let mut command = at.shell("echo again");
    for _ in 0..3 {
        assert_eq!(printed(&mut command).await, "again\n");
    }
});
