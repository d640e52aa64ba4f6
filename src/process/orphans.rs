//! Processes that nobody waits for: somebody must collect their exit statuses, or each would stay a
//! zombie for as long as this program lives.
//!
//! Those are the ones whose [`Process`](super::Process) was dropped while they ran; and, where this
//! program is process 1 of a container, all that lost their parent there: see `strangers`.

use std::sync::OnceLock;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::Duration;

use super::beside::start_beside;
use super::handle::ProcessHandle;

/// How long an orphan may stay a zombie; only while there are orphans does anything happen at all.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Takes over the duty to reap. Works without a runtime, since that may be gone already.
pub(super) fn adopt(process: ProcessHandle) {
    static REAPER: OnceLock<Option<Sender<ProcessHandle>>> = OnceLock::new();
    let reaper = REAPER.get_or_init(|| {
        let (sender, orphans) = mpsc::channel();
        let thread = start_beside("prun-orphans", move || reap_all(&orphans));
        thread.ok().map(|_| sender)
    });
    if let Some(reaper) = reaper {
        // The thread never ends, so it never stops receiving.
        let _ = reaper.send(process);
    }
}

fn reap_all(orphans: &mpsc::Receiver<ProcessHandle>) {
    let mut waiting: Vec<ProcessHandle> = Vec::new();
    loop {
        let next = if waiting.is_empty() {
            orphans.recv().map_err(RecvTimeoutError::from)
        } else {
            orphans.recv_timeout(LOOK_EVERY)
        };
        match next {
            Ok(process) => waiting.push(process),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        waiting.retain(ProcessHandle::is_running);
    }
}
