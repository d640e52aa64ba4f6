//! The system calls that both test programs need and std does not have, with their `unsafe`.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd as _;
use std::path::Path;
use std::time::{Duration, Instant};

/// Sends a signal to a process, or to the group `-pid`; returns whether it exists.
#[expect(unsafe_code, reason = "std can send no signal but SIGKILL")]
pub(crate) fn kill(pid: i32, signal: i32) -> bool {
    // SAFETY: kill takes two integers and touches no memory of ours.
    unsafe { libc::kill(pid, signal) == 0 }
}

/// Calls `last` once when this process exits, at the end of `main` or with `exit`.
#[expect(unsafe_code, reason = "std has no exit handlers")]
pub(crate) fn at_exit(last: extern "C" fn()) {
    // SAFETY: the function exists as long as the process does, and does not unwind.
    let taken = unsafe { libc::atexit(last) };
    assert_eq!(taken, 0, "there is room for the first few");
}

/// A program whose execution hangs in the kernel until this is dropped, as on a server that is down.
pub(crate) struct Held(File);

impl Held {
    /// Takes a lease: opening the file blocks until the lease is released (45 s at most). `None` if the
    /// file system does not support leases.
    #[expect(unsafe_code, reason = "std has no leases")]
    pub(crate) fn new(program: &Path) -> Option<Self> {
        // A Linux constant that the libc crate lacks.
        const F_SETSIG: libc::c_int = 10;
        let begun = Instant::now();
        let file = File::open(program).expect("the program is there");
        loop {
            // SAFETY: both calls take integers. A lease break is announced with a signal that does
            // nothing by default.
            let taken = unsafe {
                libc::fcntl(file.as_raw_fd(), F_SETSIG, libc::SIGURG);
                libc::fcntl(file.as_raw_fd(), libc::F_SETLEASE, libc::F_WRLCK)
            };
            match check(taken).map_err(|error| error.kind()) {
                Ok(_) => return Some(Self(file)),
                // A child started by another test may have it open for a moment.
                Err(io::ErrorKind::WouldBlock) if begun.elapsed() < Duration::from_secs(10) => {
                    std::thread::sleep(Duration::from_millis(1));
                }
                Err(_) => return None,
            }
        }
    }
}

impl Drop for Held {
    #[expect(unsafe_code, reason = "std has no leases")]
    fn drop(&mut self) {
        // SAFETY: the call takes integers.
        unsafe { libc::fcntl(self.0.as_raw_fd(), libc::F_SETLEASE, libc::F_UNLCK) };
    }
}

/// Converts a C return value to a result.
fn check(result: libc::c_int) -> io::Result<libc::c_int> {
    if result == -1 {
        return Err(io::Error::last_os_error());
    }
    Ok(result)
}
