//! Children that are stopped before they have executed their program.
//!
//! `posix_spawn` returns when the child has executed its program, and cannot be interrupted before. A
//! child that Ctrl-Z stops at that moment, while it is still in our process group, would block the start
//! for ever: it has its own group by then, which nobody continues.

use std::io;
#[cfg(linux)]
use std::time::Duration;

#[cfg(linux)]
use super::{spawn_thread, starting};
#[cfg(linux)]
use crate::os::start_thread;

/// A spawn takes well under a millisecond; one that takes this long is examined.
#[cfg(linux)]
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Starts a thread that continues children that were stopped before they executed their program.
///
/// For programs started from a terminal: a Ctrl-Z while a process is being started can stop it while it
/// is still in its parent's group, but too late for it to have executed its program; the spawn would
/// wait for ever. The thread polls ten times a second, and lives as long as the program. Linux only; on
/// other systems this does nothing.
///
/// # Errors
/// If no thread can be started.
/// When no thread can be started.
#[doc(hidden)]
pub fn continue_stopped_spawns() -> io::Result<()> {
    #[cfg(linux)]
    start_thread("prun-spawns", poll_for_ever)?;
    Ok(())
}

#[cfg(linux)]
fn poll_for_ever() {
    let mut before = Vec::new();
    loop {
        std::thread::sleep(LOOK_EVERY);
        let taken = spawn_thread::requests_in_progress();
        for start in taken.iter().filter(|start| before.contains(*start)) {
            starting::continue_stopped(start.1);
        }
        before = taken;
    }
}
