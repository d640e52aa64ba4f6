//! A new process in our memory, until it executes its program.
//!
//! A fork copies the table of our memory, which takes the longer the more we have; this does not. The
//! C library's `posix_spawn` does the same, but cannot do all that a new process may have to.

use std::cell::Cell;

use libc::{c_int, c_void};
use nix::errno::Errno;
use nix::sys::signal::{SigSet, SigmaskHow};
use nix::sys::wait::waitpid;
use nix::unistd::Pid;

use super::step::{Failed, Step};
use super::steps::{ChildKind, Steps};
use crate::os::sys::Mapping;

/// The stack of the new process. Its frames are few; the larger ones are those of a build that is not
/// optimised.
const STACK: usize = 64 * 1024;

thread_local! {
    /// One for all starts of a thread, since a new process has left its stack when its start is over.
    /// Absent until the first one.
    static STACK_OF_LAST: Cell<Option<Mapping>> = const { Cell::new(None) };
}

/// What the new process is given.
struct VforkArguments<'a> {
    steps: &'a Steps,
    /// The mask of the thread that starts it.
    mask: SigSet,
    failed: Cell<Option<Failed>>,
}

/// Lets a new process take `steps`, and says its number when it executes its program. Our thread
/// sleeps until then; the others do not.
pub(crate) fn vfork(steps: &Steps) -> Result<u32, Failed> {
    let stack = STACK_OF_LAST
        .take()
        .map_or_else(|| Mapping::stack(STACK), Ok);
    let stack = stack.map_err(Step::Birth.failed())?;
    // Were a handler run in the new process, it would change what is ours as well.
    let all = SigSet::all();
    let mask = all.thread_swap_mask(SigmaskHow::SIG_SETMASK);
    let birth = VforkArguments {
        steps,
        mask: mask.map_err(Step::Birth.failed())?,
        failed: Cell::new(None),
    };
    let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
    // SAFETY: the stack is as large as it is said to be and nobody else's. With these flags our thread
    // goes on when the new process has left our memory, so all that it is given lives until then; it
    // changes nothing but the one cell and, as errno, what each call of ours may change as well.
    let pid = unsafe {
        libc::clone(
            live,
            stack.end(),
            flags,
            (&raw const birth).cast_mut().cast(),
        )
    };
    let pid = Errno::result(pid);
    STACK_OF_LAST.set(Some(stack));
    // It was in force before, and so is sound.
    let _ = birth.mask.thread_set_mask();
    let pid = pid.map_err(Step::Birth.failed())?;
    match birth.failed.get() {
        None => Ok(pid.cast_unsigned()),
        Some(failed) => {
            // It has ended. Where SIGCHLD is ignored the system has reaped it.
            while waitpid(Pid::from_raw(pid), None) == Err(Errno::EINTR) {}
            Err(failed)
        }
    }
}

/// The life of the new process before its program; the answer is its exit code if there is none.
extern "C" fn live(birth: *mut c_void) -> c_int {
    // SAFETY: it was given a `VforkArguments`, which lives for as long as this runs.
    let birth = unsafe { &*birth.cast::<VforkArguments<'_>>() };
    birth
        .failed
        .set(Some(birth.steps.take(&ChildKind::Vfork(&birth.mask))));
    127
}
