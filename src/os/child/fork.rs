//! A new process by std's fork.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::Arc;

use super::step::Failed;
use super::steps::{ChildKind, Forked, Steps};
use crate::os::sys::Mapping;

/// Where a forked process tells which step failed: std's own way takes nothing but the system's number.
pub(crate) struct ChildReport(Arc<Mapping>);

/// Lets `command` take `steps` after its fork, and after std has given the new process its streams.
pub(crate) fn take_after_fork(
    command: &mut Command,
    steps: Steps,
    forked: Forked,
) -> io::Result<ChildReport> {
    let told = ChildReport::nothing()?;
    let there = ChildReport(Arc::clone(&told.0));
    let in_child = move || {
        let failed = steps.take(&ChildKind::Fork(&forked));
        there.report(Some(failed));
        Err(failed.error())
    };
    // SAFETY: the closure makes only system calls that are safe after a fork, and allocates nothing; for
    // the hooks it is promised by whoever gave them.
    unsafe { command.pre_exec(in_child) };
    Ok(told)
}

impl ChildReport {
    fn nothing() -> io::Result<Self> {
        let told = Self(Arc::new(Mapping::shared(size_of::<Option<Failed>>())?));
        told.report(None);
        Ok(told)
    }

    /// What has failed, once std has said that the start did.
    pub(crate) fn failed(&self) -> Option<Failed> {
        // SAFETY: the mapping is as large as that and begins at a page; what is in it was written by
        // `report`, and the one who wrote it last has ended.
        unsafe { self.place().read_volatile() }
    }

    fn report(&self, failed: Option<Failed>) {
        // SAFETY: the mapping is as large as that and begins at a page. We write before there is a new
        // process, and then it alone.
        unsafe { self.place().write_volatile(failed) };
    }

    fn place(&self) -> *mut Option<Failed> {
        self.0.start().cast()
    }
}
