//! What faults are made of: system calls that fail, file systems of a size.

use std::path::Path;

use serde_json::Value;

use crate::needs::MOUNTS;
use crate::stage::{Running, Stage};

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

/// More than the pipe to a reader holds, and less than what prun takes off a job's hands.
pub(super) const LARGE: &str = "large: head -c 1000000 /dev/zero";

/// The whole lines of a job log.
pub(super) fn lines(log: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let whole = text
        .split_inclusive('\n')
        .filter(|line| line.ends_with('\n'));
    whole
        .map(|line| serde_json::from_str(line).expect("a whole line is JSON"))
        .collect()
}

/// The endings in a log: the name of the job, the status, and whether its output has arrived.
pub(super) fn endings(log: &Path) -> Vec<(String, String, bool)> {
    let lines = lines(log);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let is_delivered = |end: &Value| {
        let told = |line: &&Value| line["type"] == "job_delivered" && line["seq"] == end["seq"];
        end["delivered"].is_null() || lines.iter().any(|line| told(&line))
    };
    let mut endings: Vec<_> = lines
        .iter()
        .filter(|line| line["type"] == "job_end")
        .map(|end| (text(&end["name"]), text(&end["status"]), is_delivered(end)))
        .collect();
    endings.sort();
    endings
}

/// Waits for a line of this type about the job of this name.
pub(super) fn wait_for_line(run: &mut Running, kind: &str, name: &str) {
    let log = run.dir().join("run.log");
    run.wait_until("the line in the log", |_| {
        let is_it = |line: &Value| line["type"] == kind && line["name"] == name;
        lines(&log).iter().any(is_it).then_some(())
    });
}
