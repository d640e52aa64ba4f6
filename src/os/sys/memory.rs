//! Memory mappings.

use std::io;
use std::ptr::{self, NonNull};
use std::{
    os::fd::{AsRawFd, BorrowedFd},
    sync::atomic::AtomicU64,
};

use libc::{c_int, c_void};

/// Anonymous memory, unmapped on drop.
pub(crate) struct Mapping {
    start: NonNull<c_void>,
    bytes: usize,
}

// SAFETY: memory belongs to no thread; its readers and writers must synchronise themselves.
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Maps at least this many bytes, all zero, that a forked process shares with us.
    pub(crate) fn shared(bytes: usize) -> io::Result<Self> {
        Self::new(bytes, libc::MAP_SHARED)
    }

    /// Maps a stack of at least this many bytes. An overflow raises `SIGSEGV`.
    #[cfg(linux)]
    pub(crate) fn stack(bytes: usize) -> io::Result<Self> {
        let page = rustix::param::page_size();
        let stack = Self::new(page + bytes, libc::MAP_PRIVATE | libc::MAP_STACK)?;
        // SAFETY: the page is in this mapping, and not used yet.
        let forbidden = unsafe { libc::mprotect(stack.start(), page, libc::PROT_NONE) };
        match forbidden {
            0 => Ok(stack),
            _ => Err(io::Error::last_os_error()),
        }
    }

    fn new(bytes: usize, kind: c_int) -> io::Result<Self> {
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let kind = kind | libc::MAP_ANONYMOUS;
        // SAFETY: a new mapping at an address that the kernel chooses does not affect our memory.
        let start = unsafe { libc::mmap(ptr::null_mut(), bytes, access, kind, -1, 0) };
        match NonNull::new(start) {
            Some(start) if start.as_ptr() != libc::MAP_FAILED => Ok(Self { start, bytes }),
            _ => Err(io::Error::last_os_error()),
        }
    }

    pub(crate) fn start(&self) -> *mut c_void {
        self.start.as_ptr()
    }

    /// The end of the mapping, where a stack begins.
    #[cfg(linux)]
    pub(crate) fn end(&self) -> *mut c_void {
        // SAFETY: the offset is not beyond the end.
        unsafe { self.start().byte_add(self.bytes) }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: the mapping belongs to this value, and is no longer used. It cannot fail for a valid
        // mapping.
        unsafe { libc::munmap(self.start(), self.bytes) };
    }
}

/// Maps a file, which other processes map too, as cells that each of them may change at any time.
/// It is never unmapped.
pub(crate) fn map_shared(file: BorrowedFd<'_>) -> io::Result<&'static [AtomicU64]> {
    let cells = rustix::fs::fstat(file)?.st_size as usize / size_of::<AtomicU64>();
    let bytes = cells * size_of::<AtomicU64>();
    let access = libc::PROT_READ | libc::PROT_WRITE;
    let (anywhere, fd) = (ptr::null_mut(), file.as_raw_fd());
    // SAFETY: a new mapping at an address that the kernel chooses does not affect our memory.
    let start = unsafe { libc::mmap(anywhere, bytes, access, libc::MAP_SHARED, fd, 0) };
    if start == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the mapping is page-aligned, has this length, and stays mapped. Any bytes are valid
    // integers, and other processes access the file as atomics. Nobody truncates the file.
    Ok(unsafe { std::slice::from_raw_parts(start.cast(), cells) })
}
