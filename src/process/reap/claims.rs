//! Which children of this program the engine has started, and whose starts are over.
//!
//! Where others are among our children, they are told apart by this: orphans that come to process 1
//! of a container, and children whose start is not over.

use std::cell::Cell;
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use crate::process::exit::Started;

/// Each of ours, and whether its start is over.
static OURS: LazyLock<Mutex<HashMap<u32, bool>>> = LazyLock::new(Mutex::default);

thread_local! {
    /// The process that this thread is starting, once it has a number.
    static NEWBORN: Cell<Option<u32>> = const { Cell::new(None) };
}

/// Says that a process is ours, for as long as anybody may ask for its status.
#[derive(Debug)]
pub(crate) struct Claim(u32);

impl Claim {
    /// To be made by the thread that has just started the process, before it does anything else.
    pub(crate) fn on(pid: u32) -> Self {
        ours().insert(pid, false);
        NEWBORN.set(Some(pid));
        Self(pid)
    }

    /// The process's number.
    pub(crate) fn pid(&self) -> u32 {
        self.0
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        ours().remove(&self.0);
    }
}

/// What is known of a process that was just started.
pub(crate) struct ChildInfo {
    pub(crate) claim: Claim,
    pub(crate) started: Started,
    pub(crate) leads_group: bool,
}

/// Whether the engine has started this child.
pub(crate) fn is_ours(child: libc::pid_t) -> bool {
    ours().contains_key(&(child as u32))
}

/// The process that this thread was starting, if there is one, is in the hands of whoever wanted it.
pub(crate) fn start_is_over() {
    if let Some(pid) = NEWBORN.take()
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
    // A map of numbers cannot be left half changed, so poison is ignored.
    OURS.lock().unwrap_or_else(PoisonError::into_inner)
}
