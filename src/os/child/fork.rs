//! A new process by std's fork.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::Arc;

use super::step::Failed;
use super::steps::{ChildKind, Forked, Steps};
use crate::os::sys::Mapping;

/// Where a forked process reports which step failed: std itself passes on only the error number.
pub(crate) struct ChildReport(Arc<Mapping>);

/// Makes `command` take `steps` after its fork, and after std has set up the standard streams.
pub(crate) fn take_after_fork(
    command: &mut Command,
    steps: Steps,
    forked: Forked,
) -> io::Result<ChildReport> {
    let report = ChildReport::empty()?;
    let there = ChildReport(Arc::clone(&report.0));
    let in_child = move || {
        let failed = steps.take(&ChildKind::Fork(&forked));
        there.report(Some(failed));
        Err(failed.error())
    };
    // SAFETY: the closure makes only system calls that are safe after a fork, and allocates nothing; for
    // the hooks their `unsafe` constructor guarantees it.
    unsafe { command.pre_exec(in_child) };
    Ok(report)
}

impl ChildReport {
    fn empty() -> io::Result<Self> {
        let report = Self(Arc::new(Mapping::shared(size_of::<Option<Failed>>())?));
        report.report(None);
        Ok(report)
    }

    /// Returns the step that failed. Only valid after std has reported that the start failed.
    pub(crate) fn failed(&self) -> Option<Failed> {
        // SAFETY: the mapping is large enough and page-aligned; its contents were written by `report`,
        // and the last writer has ended.
        unsafe { self.cell().read_volatile() }
    }

    fn report(&self, failed: Option<Failed>) {
        // SAFETY: the mapping is large enough and page-aligned. We write before the new process exists,
        // and then only the new process does.
        unsafe { self.cell().write_volatile(failed) };
    }

    fn cell(&self) -> *mut Option<Failed> {
        self.0.start().cast()
    }
}
