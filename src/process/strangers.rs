//! Process 1 of a container is the parent of all who lost theirs there, and has to reap them.
//!
//! A stranger is told from a child of ours by its number: ours are claimed for as long as anybody
//! may still ask for their status, which only their own handle collects.

use std::collections::HashSet;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use super::sys::{self, Child};

/// The children that are ours, if strangers may come beside them.
static OURS: LazyLock<Option<Mutex<HashSet<u32>>>> =
    LazyLock::new(|| (std::process::id() == 1).then(Mutex::default));

/// How long a stranger may have to wait for a child of ours that ended before it: the system shows
/// one ended child at a time.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Says that a process is ours, for as long as it lives.
#[derive(Debug)]
pub(super) struct Claim(u32);

impl Claim {
    /// Must be made before the runtime has another turn after the spawn.
    pub(super) fn on(pid: u32) -> Self {
        if let Some(mut ours) = ours() {
            ours.insert(pid);
        }
        Self(pid)
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if let Some(mut ours) = ours() {
            ours.remove(&self.0);
        }
    }
}

fn ours() -> Option<MutexGuard<'static, HashSet<u32>>> {
    // A set of numbers cannot be left half changed, so poison is ignored.
    let ours = OURS.as_ref()?;
    Some(ours.lock().unwrap_or_else(PoisonError::into_inner))
}

fn is_ours(pid: libc::pid_t) -> bool {
    let pid = u32::try_from(pid).unwrap_or_default();
    ours().is_some_and(|ours| ours.contains(&pid))
}

/// Reaps strangers for ever, if there can be any. For a runtime of one thread, which is the one that
/// spawns: between a child's start and its claim nobody can look.
pub(crate) async fn reap_strangers() {
    if OURS.is_none() {
        return;
    }
    // Without the signal there is no telling when to look; it fails where nothing else works either.
    let Ok(mut ends) = signal(SignalKind::child()) else {
        return;
    };
    loop {
        while let Some(pid) = sys::any_zombie() {
            if is_ours(pid) {
                tokio::time::sleep(LOOK_AGAIN).await;
            } else {
                // Nobody but us can take it away in between.
                let _ = sys::try_wait(Child::Pid(pid), false);
            }
        }
        if ends.recv().await.is_none() {
            return;
        }
    }
}
