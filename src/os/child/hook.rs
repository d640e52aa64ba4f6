//! Hooks of the caller that run in a new process.

use std::fmt::{self, Debug, Formatter};
use std::io;
use std::sync::Arc;

/// A closure to run in a forked process.
#[derive(Clone)]
pub(crate) struct Hook(Arc<dyn Fn() -> io::Result<()> + Send + Sync>);

impl Hook {
    /// # Safety
    /// `hook` must be async-signal-safe: it runs after a fork of a program with many threads.
    pub(crate) unsafe fn new<F>(hook: F) -> Self
    where
        F: Fn() -> io::Result<()> + Send + Sync + 'static,
    {
        Self(Arc::new(hook))
    }

    pub(crate) fn call(&self) -> io::Result<()> {
        (self.0)()
    }
}

impl Debug for Hook {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("Hook")
    }
}
