//! What is wrong with a run that has ended: unmet expectations of the test and of all runs.

use std::fs::{self, File};
use std::os::unix::process::ExitStatusExt as _;

use super::sys::{self, Modes};
use super::{Outcome, Stage, invariants, leftovers};

const SHOW_CURSOR: &[u8] = b"\x1b[?25h";
const HIDE_CURSOR: &[u8] = b"\x1b[?25l";

/// All complaints, so that a wrong exit code is shown next to the message that explains it.
pub(super) fn complaints(
    stage: &Stage,
    terminal: Option<&(File, Modes)>,
    outcome: &Outcome,
) -> Vec<String> {
    let expected = &stage.expected;
    let dir = stage.dir();
    let mut all = Vec::from_iter(expected.end.complaint(outcome.status));
    all.extend(expected.stdout.complaint("stdout", &outcome.stdout, dir));
    all.extend(expected.stderr.complaint("stderr", &outcome.stderr, dir));
    all.extend(expected.screen.complaint("screen", &outcome.screen, dir));
    all.extend(invariants::complaints(stage, outcome));
    if outcome.elapsed < expected.not_before {
        let (least, actual) = (expected.not_before, outcome.elapsed);
        all.push(format!(
            "ended too soon: {actual:?}, and not after {least:?}"
        ));
    }
    if !stage.leaves_processes && !outcome.left.is_empty() {
        let left = leftovers::listing(&outcome.left);
        all.push(format!("processes were left alive:\n{left}"));
    }
    let files = fs::read_dir(&stage.folder.tmp).expect("TMPDIR is still there");
    let files: Vec<_> = files.flatten().map(|file| file.file_name()).collect();
    if !files.is_empty() {
        all.push(format!("files were left in TMPDIR: {files:?}"));
    }
    // SIGKILL leaves nobody to restore the terminal.
    if let Some((terminal, before)) = terminal
        && outcome.status.signal() != Some(libc::SIGKILL)
    {
        if !sys::modes(terminal).is_ok_and(|now| now == *before) {
            all.push("the terminal's modes were changed and not restored".to_owned());
        }
        if last_position(HIDE_CURSOR, &outcome.screen) > last_position(SHOW_CURSOR, &outcome.screen)
        {
            all.push("the cursor was hidden and not shown again".to_owned());
        }
    }
    all
}

fn last_position(code: &[u8], screen: &[u8]) -> Option<usize> {
    screen.windows(code.len()).rposition(|bytes| bytes == code)
}
