//! Conversion of C return values to Rust results.

use std::io;
use std::mem::MaybeUninit;

/// Retries a call on EINTR.
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

/// Returns a C structure that `call` fills in.
///
/// # Safety
/// An all-zero `T` must be valid, and `call` must not write beyond it.
pub(super) unsafe fn filled<T>(mut call: impl FnMut(*mut T) -> libc::c_int) -> io::Result<T> {
    let mut value = MaybeUninit::zeroed();
    retry(|| call(value.as_mut_ptr()))?;
    // SAFETY: it is valid from the start, as guaranteed by the caller.
    Ok(unsafe { value.assume_init() })
}
