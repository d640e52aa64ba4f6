//! Two system calls that std does not offer: a bare `posix_spawn`, and a `wait4` that returns the peak
//! memory.

#![expect(
    unsafe_code,
    reason = "the limit must be bare, and std's wait hides the rusage"
)]

use std::ffi::CString;
use std::io;
use std::mem::MaybeUninit;
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;
use std::ptr;

/// The program that does nothing; a path, so that there is no search.
pub(crate) const TRUE: &str = "/bin/true";

/// Any child of this process, for [`wait4`].
const ANY_CHILD: libc::pid_t = -1;

/// Runs [`TRUE`] this many times, with at most `alive` children at once, and nothing else: no pipes,
/// no environment, no bookkeeping. Returns the first status that is not a success.
pub(crate) fn bare_loop(jobs: u32, alive: u32) -> io::Result<ExitStatus> {
    let program = CString::new(TRUE)?;
    let mut worst = ExitStatus::default();
    let mut reap = || {
        let (status, _) = wait4(ANY_CHILD)?;
        if worst.success() {
            worst = status;
        }
        Ok::<(), io::Error>(())
    };
    let mut running = 0;
    for _ in 0..jobs {
        if running == alive {
            reap()?;
            running -= 1;
        }
        spawn(&program)?;
        running += 1;
    }
    for _ in 0..running {
        reap()?;
    }
    Ok(worst)
}

fn spawn(program: &CString) -> io::Result<()> {
    let argv = [program.as_ptr().cast_mut(), ptr::null_mut()];
    let envp = [ptr::null_mut()];
    let mut pid = 0;
    // SAFETY: `program` is a C string and both arrays end with a null pointer; all of them, and
    // `pid`, outlive the call, which does not keep them. Null means default attributes and no file
    // actions.
    let error = unsafe {
        libc::posix_spawn(
            &mut pid,
            program.as_ptr(),
            ptr::null(),
            ptr::null(),
            argv.as_ptr(),
            envp.as_ptr(),
        )
    };
    match error {
        0 => Ok(()),
        errno => Err(io::Error::from_raw_os_error(errno)),
    }
}

/// Waits for a child; returns its status and its peak memory in KiB.
pub(crate) fn wait4(pid: libc::pid_t) -> io::Result<(ExitStatus, u64)> {
    let mut status = 0;
    let mut usage = MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: both pointers are to live, writable memory of the right type.
    let reaped = unsafe { libc::wait4(pid, &mut status, 0, usage.as_mut_ptr()) };
    if reaped == -1 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: wait4 has filled it, and all zeros would be a valid rusage too.
    let usage = unsafe { usage.assume_init() };
    let peak = u64::try_from(usage.ru_maxrss).unwrap_or(0);
    Ok((ExitStatus::from_raw(status), peak))
}
