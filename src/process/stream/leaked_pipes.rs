//! Pipes that an ended process left to another one. They are read and discarded, since a full pipe
//! would block that process and a closed one kill it. Their number is limited: each is a descriptor.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::AbortHandle;

use crate::os::open_files_limit;

/// How many are kept even if fewer files may be open.
const LEAST: usize = 8;

/// The pipes that one process left behind.
pub(crate) struct LeakedPipes {
    /// The future that reads them and owns them.
    pub(crate) reading: AbortHandle,
    pub(crate) pipes: usize,
    /// Whether they received output since.
    pub(crate) spoke: Arc<AtomicBool>,
}

static DRAINS: Mutex<Vec<LeakedPipes>> = Mutex::new(Vec::new());

static HAS_CLOSED: AtomicBool = AtomicBool::new(false);

/// Keeps `drain` while its pipes have a writer, and closes others if there are too many: the oldest
/// without output, since a silent process seldom writes again, else the oldest.
pub(crate) fn keep(drain: LeakedPipes) {
    let most = open_files_limit().map_or(usize::MAX, |limit| {
        LEAST.max(usize::try_from(limit / 4).unwrap_or(usize::MAX))
    });
    // Ignores poison: a panic while the lock is held cannot leave the state half changed.
    let mut drains = DRAINS.lock().unwrap_or_else(PoisonError::into_inner);
    drains.retain(|drain| !drain.reading.is_finished());
    for surplus in surplus(&mut drains, drain, most) {
        surplus.reading.abort();
        HAS_CLOSED.store(true, Ordering::Relaxed);
    }
}

/// Adds `drain`, and removes the surplus.
fn surplus(drains: &mut Vec<LeakedPipes>, drain: LeakedPipes, most: usize) -> Vec<LeakedPipes> {
    let mut pipes = drain.pipes + drains.iter().map(|drain| drain.pipes).sum::<usize>();
    let mut surplus = Vec::new();
    while pipes > most && !drains.is_empty() {
        let is_silent = |drain: &LeakedPipes| !drain.spoke.load(Ordering::Relaxed);
        let closed = drains.remove(drains.iter().position(is_silent).unwrap_or(0));
        pipes -= closed.pipes;
        surplus.push(closed);
    }
    drains.push(drain);
    surplus
}

/// Whether pipes were closed because there were too many.
pub(crate) fn has_closed_leaked_pipes() -> bool {
    HAS_CLOSED.load(Ordering::Relaxed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_oldest_silent_ones_go_first() {
        let drain = |pipes: usize, spoke: bool| LeakedPipes {
            reading: tokio::spawn(std::future::pending::<()>()).abort_handle(),
            pipes,
            spoke: Arc::new(spoke.into()),
        };
        let left = |drains: &[LeakedPipes]| {
            let spoke = |drain: &LeakedPipes| (drain.pipes, drain.spoke.load(Ordering::Relaxed));
            drains.iter().map(spoke).collect::<Vec<_>>()
        };
        let mut drains = vec![drain(1, true), drain(2, false), drain(1, false)];
        assert_eq!(left(&surplus(&mut drains, drain(2, false), 6)), []);
        assert_eq!(
            left(&surplus(&mut drains, drain(1, false), 6)),
            [(2, false)]
        );
        assert_eq!(
            left(&surplus(&mut drains, drain(5, true), 6)),
            [(1, false), (2, false), (1, false)]
        );
        assert_eq!(
            left(&surplus(&mut drains, drain(2, false), 2)),
            [(1, true), (5, true)]
        );
        // The newest stays, even if it alone exceeds the limit.
        assert_eq!(left(&drains), [(2, false)]);
    }
}
