//! A new process that shares our memory until it executes its program.
//!
//! A fork copies the page tables, which takes longer the more memory we have; this does not. The C
//! library's `posix_spawn` does the same, but does not support all steps of a new process.

use std::cell::Cell;

use libc::{c_int, c_void};
use nix::errno::Errno;
use nix::sys::signal::{SigSet, SigmaskHow};
use nix::sys::wait::waitpid;
use nix::unistd::Pid;

use super::step::{Failed, Step};
use super::steps::{ChildKind, Steps};
use crate::os::sys::Mapping;

/// The stack size of the new process. It has few frames; the larger ones are those of an unoptimised
/// build.
const STACK: usize = 64 * 1024;

thread_local! {
    /// Reused for all starts of a thread, since a new process has left its stack when its start has
    /// completed. Absent until the first one.
    static STACK_CACHE: Cell<Option<Mapping>> = const { Cell::new(None) };
}

/// The arguments of the new process.
struct VforkArguments<'a> {
    steps: &'a Steps,
    /// The signal mask of the calling thread.
    mask: SigSet,
    failed: Cell<Option<Failed>>,
}

/// Has a new process take `steps`, and returns its process id once it executes its program. The calling
/// thread sleeps until then; other threads do not.
pub(crate) fn vfork(steps: &Steps) -> Result<u32, Failed> {
    let stack = STACK_CACHE.take().map_or_else(|| Mapping::stack(STACK), Ok);
    let stack = stack.map_err(Step::Birth.failed())?;
    // A handler that ran in the new process would change our memory as well.
    let all = SigSet::all();
    let mask = all.thread_swap_mask(SigmaskHow::SIG_SETMASK);
    let arguments = VforkArguments {
        steps,
        mask: mask.map_err(Step::Birth.failed())?,
        failed: Cell::new(None),
    };
    let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
    // SAFETY: the stack has the given size and no other user. With these flags our thread continues
    // only when the new process has left our memory, so all its arguments live until then; it changes
    // nothing but the one cell and errno, which any call of ours may change as well.
    let pid = unsafe {
        libc::clone(
            child_main,
            stack.end(),
            flags,
            (&raw const arguments).cast_mut().cast(),
        )
    };
    let pid = Errno::result(pid);
    STACK_CACHE.set(Some(stack));
    // The mask was in force before, and so is valid.
    let _ = arguments.mask.thread_set_mask();
    let pid = pid.map_err(Step::Birth.failed())?;
    match arguments.failed.get() {
        None => Ok(pid.cast_unsigned()),
        Some(failed) => {
            // It has ended. If SIGCHLD is ignored, the kernel has reaped it.
            while waitpid(Pid::from_raw(pid), None) == Err(Errno::EINTR) {}
            Err(failed)
        }
    }
}

/// The code of the new process before its program; returns its exit code if a step fails.
extern "C" fn child_main(arguments: *mut c_void) -> c_int {
    // SAFETY: the argument is a `VforkArguments`, which lives for as long as this runs.
    let arguments = unsafe { &*arguments.cast::<VforkArguments<'_>>() };
    arguments.failed.set(Some(
        arguments.steps.take(&ChildKind::Vfork(&arguments.mask)),
    ));
    127
}
