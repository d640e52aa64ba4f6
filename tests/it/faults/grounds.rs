//! What faults are made of: system calls that fail, file systems of a size, process number 1.

use std::process::Command;

use crate::stage::Stage;

/// File systems of our own, which only this run sees.
pub(super) const MOUNTS: [&str; 4] = ["unshare", "--user", "--map-root-user", "--mount"];

/// Process numbers of our own, of which prun has the first.
pub(super) const NUMBERS: [&str; 6] = [
    "unshare",
    "--user",
    "--map-root-user",
    "--pid",
    "--fork",
    "--mount-proc",
];

/// Whether these words can be put before a program here. A test that cannot be made says so on
/// standard error, and is passed: a container may forbid namespaces or tracing, and prun none of it.
#[expect(clippy::print_stderr, reason = "a test that tries nothing must say so")]
pub(super) fn able(words: &[&str]) -> bool {
    let tried = Command::new(words[0])
        .args(&words[1..])
        .arg("true")
        .output();
    let able = tried.is_ok_and(|tried| tried.status.success());
    if !able {
        eprintln!(
            "not tried, because this cannot be done here: {} true",
            words.join(" ")
        );
    }
    able
}

pub(super) fn can_trace() -> bool {
    able(&["strace", "-o", "/dev/null"])
}

/// prun with system calls that fail: `epoll_ctl:error=ENOSPC:when=3+` is from the third on in each
/// thread, and a mere name is watched. All of them are then in the file `trace`.
pub(super) fn failing(stage: Stage, faults: &[&str]) -> Stage {
    let calls = faults
        .iter()
        .map(|fault| fault.split(':').next().unwrap_or(fault));
    let traced = format!("trace={}", calls.collect::<Vec<_>>().join(","));
    let injected = faults.iter().filter(|fault| fault.contains(':'));
    let injected = injected.flat_map(|fault| ["-e".to_owned(), format!("inject={fault}")]);
    // Without a terminal prun makes the same calls wherever the tests run.
    stage
        .new_session()
        .under(["strace", "-f", "-o", "trace", "-e", &traced])
        .under(injected)
}

/// prun in a folder `small`, which is a file system of this size and holds its temporary files.
/// `before` is done there first.
pub(super) fn in_small(stage: Stage, size: &str, before: &str) -> Stage {
    let script = format!(
        "mkdir small && mount -t tmpfs -o size={size} tmpfs small || exit 99
         export TMPDIR=$PWD/small; {before}; exec \"$@\""
    );
    stage.under(MOUNTS).in_shell(&script)
}
