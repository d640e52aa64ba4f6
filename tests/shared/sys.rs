//! The system calls that both test programs need and std does not have, with their `unsafe`.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd as _;
use std::path::Path;
use std::time::{Duration, Instant};

/// Sends a signal to a process, or to the group `-pid`; says whether there was one to get it.
#[expect(unsafe_code, reason = "the standard library sends no signal but KILL")]
pub(crate) fn kill(pid: i32, signal: i32) -> bool {
    // SAFETY: kill takes two numbers and touches no memory of ours.
    unsafe { libc::kill(pid, signal) == 0 }
}

/// Calls `last` once when this process exits, by the end of `main` or by `exit`.
#[expect(unsafe_code, reason = "the standard library calls nobody at the exit")]
pub(crate) fn at_exit(last: extern "C" fn()) {
    // SAFETY: the function is there as long as the process is, and does not unwind.
    let taken = unsafe { libc::atexit(last) };
    assert_eq!(taken, 0, "there is room for the first few");
}

/// A program whose execution hangs in the kernel until this is dropped, as on a server that is gone.
pub(crate) struct Held(File);

impl Held {
    /// By a lease: whoever opens the file has to wait until it is given back (45 s at the most). None
    /// where the file system has no leases.
    #[expect(unsafe_code, reason = "the standard library knows no leases")]
    pub(crate) fn new(program: &Path) -> Option<Self> {
        // Of Linux; the libc crate does not have it.
        const F_SETSIG: libc::c_int = 10;
        let begun = Instant::now();
        let file = File::open(program).expect("the program is there");
        loop {
            // SAFETY: both calls take integers. A wish for the lease is told by a signal that does
            // nothing by itself.
            let taken = unsafe {
                libc::fcntl(file.as_raw_fd(), F_SETSIG, libc::SIGURG);
                libc::fcntl(file.as_raw_fd(), libc::F_SETLEASE, libc::F_WRLCK)
            };
            match check(taken).map_err(|error| error.kind()) {
                Ok(_) => return Some(Self(file)),
                // A child that another test starts may have it open for a moment.
                Err(io::ErrorKind::WouldBlock) if begun.elapsed() < Duration::from_secs(10) => {
                    std::thread::sleep(Duration::from_millis(1));
                }
                Err(_) => return None,
            }
        }
    }
}

impl Drop for Held {
    #[expect(unsafe_code, reason = "the standard library knows no leases")]
    fn drop(&mut self) {
        // SAFETY: the call takes integers.
        unsafe { libc::fcntl(self.0.as_raw_fd(), libc::F_SETLEASE, libc::F_UNLCK) };
    }
}

/// Turns the C way of failing into an error.
fn check(result: libc::c_int) -> io::Result<libc::c_int> {
    if result == -1 {
        return Err(io::Error::last_os_error());
    }
    Ok(result)
}
