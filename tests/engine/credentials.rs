//! User, groups and umask of a process; and that those of this program do not change.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use prun::process::{Command, SpawnErrorKind, Stdio};

use super::at::{At, engine_test, isolated_test};
use super::files::Folder;
use super::isolated::isolated;
use super::spawn_errors::assert_error;
use super::sys;
use super::ways::ways;
use crate::shared::needs::{ROOT, needs};

// The ids differ from those of a test that counts the processes of a user.

/// The output of a process, which is the same with each spawn path.
async fn printed(command: &Command) -> String {
    let mut all = BTreeSet::new();
    for (way, command) in ways(command) {
        let output = command.output().await.unwrap();
        assert!(output.exit.success(), "{way}: {output:?}");
        all.insert(String::from_utf8(output.stdout).unwrap());
    }
    assert_eq!(all.len(), 1, "the same by each way");
    all.pop_first().unwrap()
}

/// Prints the ids in `/proc/self/status`, all four of each kind.
const WHO: &str = "grep -E '^(Uid|Gid|Groups):' /proc/self/status | tr -s '\\t ' ' '";

/// The ids, umask and directory of each thread of this program.
fn ours() -> BTreeSet<String> {
    const FIELDS: [&str; 4] = ["Uid:", "Gid:", "Groups:", "Umask:"];
    let is_shown = |line: &&str| FIELDS.iter().any(|name| line.starts_with(name));
    let threads = fs::read_dir("/proc/self/task").unwrap();
    let threads = threads.map(|thread| {
        let thread = thread.unwrap().path();
        let status = fs::read_to_string(thread.join("status")).unwrap();
        let dir = fs::read_link(thread.join("cwd")).unwrap();
        let lines = status.lines().filter(is_shown).collect::<String>();
        format!("{lines} {}", dir.display())
    });
    threads.collect()
}

// CPython, test_user, test_group and test_extra_groups.
engine_test!(
    a_process_has_the_user_and_the_groups_it_is_given,
    |at: At| async move {
        if !needs(ROOT) {
            return;
        }
        let mut shell = at.shell(WHO);
        shell.uid(23455).gid(23456).groups([23457, 23458]);
        let uid = "Uid: 23455 23455 23455 23455\n";
        let gid = "Gid: 23456 23456 23456 23456\n";
        let all = format!("{uid}{gid}Groups: 23457 23458 \n");
        assert_eq!(printed(&shell).await, all);
    }
);

// As std; Python keeps them.
isolated_test!(
    another_user_has_none_of_roots_groups,
    "test $(id -u) = 0 && exec setpriv --groups=23459 \"$0\" \"$@\"",
    |at: At| async move {
        if !needs(ROOT) {
            return;
        }
        let groups = "id -G";
        assert_eq!(printed(at.shell(groups).uid(23455)).await, "0\n");
        assert_eq!(printed(at.shell(groups).gid(23456)).await, "23456 23459\n");
        let mut with_groups = at.shell(groups);
        with_groups.uid(23455).groups([23460]);
        assert_eq!(printed(&with_groups).await, "0 23460\n");
        assert_eq!(printed(at.shell(groups).groups([])).await, "0\n");
    }
);

// Ours: the threads of this program do not change, and it may still be traced.
isolated_test!(we_stay_who_we_are, "", |at: At| async move {
    if !needs(ROOT) {
        return;
    }
    let mut umask = at.command("true");
    umask.umask(0o777).current_dir("/");
    let mut another = umask.clone();
    another.uid(23455).gid(23456).groups([23457]);
    let before = (ours(), sys::is_dumpable());
    assert!(before.1);
    for (way, command) in ways(&umask).into_iter().chain(ways(&another)) {
        assert!(command.status().await.unwrap().success(), "{way}");
        assert_eq!((ours(), sys::is_dumpable()), before, "{way}");
    }
});

// CPython, test_user and test_group without the permission.
#[test]
fn an_id_without_permission_is_named() {
    let name = concat!(module_path!(), "::an_id_without_permission_is_named");
    // Only for users other than root; root becomes another user first.
    let is_root = rustix::process::geteuid().is_root();
    if is_root && !needs(ROOT) {
        return;
    }
    let somebody = match is_root {
        true => "setpriv --reuid=23455 --regid=23455 --clear-groups",
        false => "",
    };
    // That user may not reach this binary by its path, but by a descriptor.
    let prelude = format!(
        "chmod 777 \"$PRUN_ENGINE_DIR\"; cd /; exec 3<\"$0\"
        exec {somebody} /proc/self/fd/3 \"$@\""
    );
    isolated(name, &prelude, || {
        At::PIDFD_ONE.play(|at| async move {
            let set = |set: fn(&mut Command)| {
                let mut command = at.command("true");
                set(&mut command);
                command
            };
            let refused = [
                (
                    set(|command| {
                        command.uid(0);
                    }),
                    "user id 0",
                ),
                (
                    set(|command| {
                        command.gid(0);
                    }),
                    "group id 0",
                ),
                (
                    set(|command| {
                        command.groups([0]);
                    }),
                    "the groups",
                ),
            ];
            for (command, what) in refused {
                for (_, command) in ways(&command) {
                    let error = command.spawn().await.unwrap_err();
                    let why = std::io::Error::from_raw_os_error(libc::EPERM).to_string();
                    let text = format!("cannot set up {what}: {why}");
                    let what = what.to_owned();
                    let kind = SpawnErrorKind::Setup { what, why };
                    assert_error(&error, kind, &text, Some(libc::EPERM));
                }
            }
            // Changing to the current id needs no permission.
            let mut command = at.command("true");
            command.uid(rustix::process::getuid().as_raw());
            assert!(command.status().await.unwrap().success());
        });
    });
}

// Ours: the directory is entered with our permissions, the program executed with those of the user.
engine_test!(
    the_directory_is_entered_before_the_user_changes_and_the_program_executed_after,
    |at: At| async move {
        if !needs(ROOT) {
            return;
        }
        let folder = Folder::new();
        let program = folder.script("program", "#!/bin/sh\n");
        let (open, closed) = (
            fs::Permissions::from_mode(0o755),
            fs::Permissions::from_mode(0o700),
        );
        fs::set_permissions(folder.path(), closed).unwrap();
        let mut pwd = at.command("/bin/pwd");
        pwd.uid(23455).current_dir(folder.path());
        let here = format!("{}\n", folder.path().display());
        assert_eq!(printed(&pwd).await, here);
        for (way, command) in ways(at.command(&program).uid(23455)) {
            let error = command.spawn().await.unwrap_err();
            let kind = SpawnErrorKind::NotExecutable {
                path: program.clone(),
                why: "permission denied",
            };
            assert_eq!(error.kind, kind, "{way}");
        }
        fs::set_permissions(folder.path(), open).unwrap();
    }
);

// CPython, test_user and test_group with invalid ids.
engine_test!(a_number_that_nobody_has_is_an_error, |at: At| async move {
    if !needs(ROOT) {
        return;
    }
    for (_, command) in ways(at.command("true").uid(u32::MAX)) {
        let error = command.spawn().await.unwrap_err();
        let SpawnErrorKind::Setup { what, .. } = &error.kind else {
            panic!("{error:?}");
        };
        assert_eq!(what, "user id 4294967295");
        assert_eq!(error.raw_os_error(), Some(libc::EINVAL));
    }
});

// CPython, test_umask.
engine_test!(a_process_has_the_umask_it_is_given, |at: At| async move {
    for mask in ["0077", "0137", "0000"] {
        let mut shell = at.shell("umask");
        shell.umask(u32::from_str_radix(mask, 8).unwrap());
        assert_eq!(printed(&shell).await, format!("{mask}\n"));
    }
});

// CPython, test_umask: it applies to files that the process creates, not to those opened for it.
engine_test!(
    a_file_that_a_process_makes_has_its_umask,
    |at: At| async move {
        let folder = Folder::new();
        let mut shell = at.shell("> made; stat -c %a made");
        shell
            .current_dir(folder.path())
            .umask(0o137)
            .stderr(Stdio::Inherit);
        assert_eq!(printed(&shell).await, "640\n");
    }
);
