//! Fixtures: system calls that fail, file systems of limited size, readers of the job log.

use std::path::Path;

use serde_json::Value;

use crate::needs::MOUNTS;
use crate::stage::{Running, Stage};

/// Runs prun under strace with injected errors: `epoll_ctl:error=ENOSPC:when=3+` fails from the third
/// call on in each thread; a name alone is only traced. All these calls are written to the file
/// `trace`.
pub(super) fn inject_faults(stage: Stage, faults: &[&str]) -> Stage {
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

/// Runs prun with `small` as the folder of its temporary files: a file system of this size, in which
/// the shell command `before` runs first.
pub(super) fn in_small_tmpfs(stage: Stage, size: &str, before: &str) -> Stage {
    let script = format!(
        "mkdir small && mount -t tmpfs -o size={size} tmpfs small || exit 99
         export TMPDIR=$PWD/small; {before}; exec \"$@\""
    );
    stage.under(MOUNTS).in_shell(&script)
}

/// Larger than the pipe to a reader, smaller than what prun buffers of a job's output.
pub(super) const LARGE: &str = "large: head -c 1000000 /dev/zero";

/// The complete lines of a job log.
pub(super) fn lines(log: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let whole = text
        .split_inclusive('\n')
        .filter(|line| line.ends_with('\n'));
    whole
        .map(|line| serde_json::from_str(line).expect("a whole line is JSON"))
        .collect()
}

/// The endings in a job log: the name of the job, its status, and whether its output was delivered.
pub(super) fn endings(log: &Path) -> Vec<(String, String, bool)> {
    let lines = lines(log);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let is_delivered = |end: &Value| {
        let is_delivery =
            |line: &&Value| line["type"] == "job_delivered" && line["seq"] == end["seq"];
        end["delivered"].is_null() || lines.iter().any(|line| is_delivery(&line))
    };
    let mut endings: Vec<_> = lines
        .iter()
        .filter(|line| line["type"] == "job_end")
        .map(|end| (text(&end["name"]), text(&end["status"]), is_delivered(end)))
        .collect();
    endings.sort();
    endings
}

/// Waits for a log line of this type about the job with this name.
pub(super) fn wait_for_line(run: &mut Running, kind: &str, name: &str) {
    let log = run.dir().join("run.log");
    run.wait_until("the line in the log", |_| {
        let matches = |line: &Value| line["type"] == kind && line["name"] == name;
        lines(&log).iter().any(matches).then_some(())
    });
}
