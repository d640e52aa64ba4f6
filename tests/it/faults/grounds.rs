//! What faults are made of: system calls that fail, file systems of a size.

use crate::needs::MOUNTS;
use crate::stage::Stage;

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
