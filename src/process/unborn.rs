//! Children that were stopped between their birth and their program.
//!
//! `posix_spawn` returns when the child has executed its program, and cannot be interrupted before.
//! A child that a Ctrl-Z stops in that moment, while it is still in our process group, would hold us
//! up for ever: it has its own group by then, which nobody continues.

use std::io;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
#[cfg(target_os = "linux")]
use std::time::Duration;

#[cfg(target_os = "linux")]
use super::{beside::start_beside, group, sys};

/// A spawn takes well under a millisecond; one that takes so long is looked at.
#[cfg(target_os = "linux")]
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// How many spawns are going on, and how many have ended: counted, as that costs nothing.
static GOING_ON: AtomicUsize = AtomicUsize::new(0);
static ENDED: AtomicU64 = AtomicU64::new(0);

/// A spawn that goes on.
pub(super) struct Spawning;

impl Spawning {
    pub(super) fn begin() -> Self {
        GOING_ON.fetch_add(1, Ordering::Relaxed);
        Self
    }
}

impl Drop for Spawning {
    fn drop(&mut self) {
        ENDED.fetch_add(1, Ordering::Relaxed);
        GOING_ON.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Starts a thread that continues children which were stopped before they executed their program.
///
/// For programs that are started from a terminal: a Ctrl-Z in the moment in which a process begins
/// can stop it while it is still in the group of its parent, but too late for it to have its own
/// program; the parent would wait for it for ever. The thread looks ten times a second, and lives as
/// long as the program. Linux only; elsewhere nothing is done.
///
/// # Errors
/// When no thread can be started.
///
/// ```
/// prun::process::continue_stopped_spawns().expect("a thread can be started");
/// ```
pub fn continue_stopped_spawns() -> io::Result<()> {
    #[cfg(target_os = "linux")]
    start_beside("prun-spawns", look_for_ever)?;
    Ok(())
}

#[cfg(target_os = "linux")]
fn look_for_ever() {
    let mut before = ENDED.load(Ordering::Relaxed);
    loop {
        std::thread::sleep(LOOK_EVERY);
        let ended = ENDED.load(Ordering::Relaxed);
        if ended == before && GOING_ON.load(Ordering::Relaxed) > 0 {
            continue_stopped_children();
        }
        before = ended;
    }
}

/// Continues the stopped children that have not executed their program yet, so that they still have
/// ours.
#[cfg(target_os = "linux")]
fn continue_stopped_children() {
    let ours = std::fs::read_link("/proc/self/exe").ok();
    let threads = std::fs::read_dir("/proc/self/task").into_iter().flatten();
    for thread in threads.flatten() {
        let children = std::fs::read_to_string(thread.path().join("children"));
        for pid in children.unwrap_or_default().split_whitespace() {
            let exe = std::fs::read_link(format!("/proc/{pid}/exe")).ok();
            let Ok(pid) = pid.parse() else { continue };
            if exe == ours && group::is_stopped(pid) {
                // Its number cannot be another one's: whoever would reap it waits for it.
                let _ = sys::kill(pid as libc::pid_t, libc::SIGCONT);
            }
        }
    }
}
