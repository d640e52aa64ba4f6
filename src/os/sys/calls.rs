//! How the system says that a call failed, as Rust says it.

use std::io;
use std::mem::MaybeUninit;

/// Retries a call that a signal handler interrupted.
pub(super) fn retry(mut call: impl FnMut() -> libc::c_int) -> io::Result<libc::c_int> {
    loop {
        let result = call();
        if result >= 0 {
            return Ok(result);
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
}

/// Lets `call` fill a C structure in.
///
/// # Safety
/// A `T` of zeros must be valid, and `call` must not write beyond it.
pub(super) unsafe fn filled<T>(mut call: impl FnMut(*mut T) -> libc::c_int) -> io::Result<T> {
    let mut value = MaybeUninit::zeroed();
    retry(|| call(value.as_mut_ptr()))?;
    // SAFETY: it is valid from the start, as the caller promises.
    Ok(unsafe { value.assume_init() })
}
