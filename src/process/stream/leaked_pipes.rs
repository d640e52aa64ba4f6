//! Pipes that an ended process left to another one. They are read and discarded, since a full pipe
//! would block that process and a closed one kill it. Their number is limited: each is a descriptor.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::AbortHandle;

use crate::os::open_files_limit;

/// How many are kept even if fewer files may be open.
const MIN_KEPT: usize = 8;

/// The pipes that one process left behind.
pub(crate) struct LeakedPipes {
    /// The future that reads them and owns them.
    pub(crate) reading: AbortHandle,
    pub(crate) pipes: usize,
    /// Whether they received output since.
    pub(crate) has_output: Arc<AtomicBool>,
}

static LEAKED: Mutex<Vec<LeakedPipes>> = Mutex::new(Vec::new());

static HAS_CLOSED: AtomicBool = AtomicBool::new(false);

/// Keeps `pipes` while they have a writer, and closes others if there are too many: the oldest
/// without output, since a silent process seldom writes again, else the oldest.
pub(crate) fn keep(pipes: LeakedPipes) {
    let max = open_files_limit().map_or(usize::MAX, |limit| {
        MIN_KEPT.max(usize::try_from(limit / 4).unwrap_or(usize::MAX))
    });
    // Ignores poison: a panic while the lock is held cannot leave the state half changed.
    let mut leaked = LEAKED.lock().unwrap_or_else(PoisonError::into_inner);
    leaked.retain(|kept| !kept.reading.is_finished());
    for surplus in surplus(&mut leaked, pipes, max) {
        surplus.reading.abort();
        HAS_CLOSED.store(true, Ordering::Relaxed);
    }
}

/// Adds `pipes`, and removes the surplus.
fn surplus(leaked: &mut Vec<LeakedPipes>, pipes: LeakedPipes, max: usize) -> Vec<LeakedPipes> {
    let mut count = pipes.pipes + leaked.iter().map(|kept| kept.pipes).sum::<usize>();
    let mut surplus = Vec::new();
    while count > max && !leaked.is_empty() {
        let is_silent = |pipes: &LeakedPipes| !pipes.has_output.load(Ordering::Relaxed);
        let closed = leaked.remove(leaked.iter().position(is_silent).unwrap_or(0));
        count -= closed.pipes;
        surplus.push(closed);
    }
    leaked.push(pipes);
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
        let pipes = |pipes: usize, has_output: bool| LeakedPipes {
            reading: tokio::spawn(std::future::pending::<()>()).abort_handle(),
            pipes,
            has_output: Arc::new(has_output.into()),
        };
        let left = |leaked: &[LeakedPipes]| {
            let has_output =
                |pipes: &LeakedPipes| (pipes.pipes, pipes.has_output.load(Ordering::Relaxed));
            leaked.iter().map(has_output).collect::<Vec<_>>()
        };
        let mut leaked = vec![pipes(1, true), pipes(2, false), pipes(1, false)];
        assert_eq!(left(&surplus(&mut leaked, pipes(2, false), 6)), []);
        assert_eq!(
            left(&surplus(&mut leaked, pipes(1, false), 6)),
            [(2, false)]
        );
        assert_eq!(
            left(&surplus(&mut leaked, pipes(5, true), 6)),
            [(1, false), (2, false), (1, false)]
        );
        assert_eq!(
            left(&surplus(&mut leaked, pipes(2, false), 2)),
            [(1, true), (5, true)]
        );
        // The newest stays, even if it alone exceeds the limit.
        assert_eq!(left(&leaked), [(2, false)]);
    }
}
