//! Pipes that an ended process left to another one. They are read and thrown away, since a full one
//! would hold that process up and a closed one kill it; but only so many, since each is a descriptor.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::task::AbortHandle;

use crate::os::open_files_limit;

/// What is kept however few files may be open.
const LEAST: usize = 8;

/// The pipes that one process left behind.
pub(crate) struct LeakedPipes {
    /// What reads them, and has them.
    pub(crate) reading: AbortHandle,
    pub(crate) pipes: usize,
    /// Whether something came since.
    pub(crate) spoke: Arc<AtomicBool>,
}

static DRAINS: Mutex<Vec<LeakedPipes>> = Mutex::new(Vec::new());

static HAS_CLOSED: AtomicBool = AtomicBool::new(false);

/// Keeps `drain` while its pipes have a writer, and closes others where there are too many: the
/// oldest of which nothing came, since whoever is silent seldom writes again, else the oldest.
pub(crate) fn keep(drain: LeakedPipes) {
    let most = open_files_limit().map_or(usize::MAX, |limit| {
        LEAST.max(usize::try_from(limit / 4).unwrap_or(usize::MAX))
    });
    // A panic while the lock is held cannot leave it half changed, so poison is ignored.
    let mut drains = DRAINS.lock().unwrap_or_else(PoisonError::into_inner);
    drains.retain(|drain| !drain.reading.is_finished());
    for surplus in surplus(&mut drains, drain, most) {
        surplus.reading.abort();
        HAS_CLOSED.store(true, Ordering::Relaxed);
    }
}

/// Adds `drain`, and takes out those that are too many.
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
        // The newest stays, also where it is too much by itself.
        assert_eq!(left(&drains), [(2, false)]);
    }
}
