//! The children of this program that the engine has started, and whether their starts have completed.
//!
//! This tells them apart from other children: orphans that process 1 of a container inherits, and
//! children whose start has not completed.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use crate::process::exit::Started;

/// The engine's children, each with whether its start has completed.
static OURS: LazyLock<Mutex<HashMap<u32, bool>>> = LazyLock::new(Mutex::default);

thread_local! {
    /// The process that this thread is starting, once it has a process id.
    static STARTING_CHILD: Cell<Option<u32>> = const { Cell::new(None) };
}

/// Marks a process as the engine's, for as long as its status may be collected.
#[derive(Debug)]
pub(crate) struct Claim(u32);

impl Claim {
    /// Must be called by the thread that has just started the process, before it does anything else.
    pub(crate) fn on(pid: u32) -> Self {
        ours().insert(pid, false);
        STARTING_CHILD.set(Some(pid));
        Self(pid)
    }

    /// The process id.
    pub(crate) fn pid(&self) -> u32 {
        self.0
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        ours().remove(&self.0);
    }
}

/// The facts about a process that was just started.
pub(crate) struct ChildInfo {
    pub(crate) claim: Claim,
    pub(crate) started: Started,
    pub(crate) leads_group: bool,
}

/// Whether the engine has started this child.
pub(crate) fn is_ours(child: libc::pid_t) -> bool {
    ours().contains_key(&(child as u32))
}

/// Records that the start of this thread's process, if there is one, has completed.
pub(crate) fn start_is_over() {
    if let Some(pid) = STARTING_CHILD.take()
        && let Some(is_over) = ours().get_mut(&pid)
    {
        *is_over = true;
    }
}

/// Whether this child is being started.
#[cfg(linux)]
pub(crate) fn is_being_started(child: libc::pid_t) -> bool {
    ours().get(&(child as u32)) != Some(&true)
}

fn ours() -> MutexGuard<'static, HashMap<u32, bool>> {
    // Ignore poison: a map of numbers cannot be left half changed.
    OURS.lock().unwrap_or_else(PoisonError::into_inner)
}
