//! Descriptors that the program of a new process does not inherit.
//!
//! They are marked, not closed: one of them may be the pipe on which the new process reports errors.

use std::os::fd::RawFd;

/// The first after the standard streams.
const FIRST: RawFd = 3;

/// The most numbers that are tried if the system does not list those in use.
const MAX_NUMBERS: u64 = 1 << 20;

/// The descriptors that the program inherits, besides the standard streams.
#[derive(Debug)]
pub(crate) struct KeptDescriptors(Vec<RawFd>);

impl FromIterator<RawFd> for KeptDescriptors {
    fn from_iter<T: IntoIterator<Item = RawFd>>(numbers: T) -> Self {
        let mut kept: Vec<_> = numbers.into_iter().collect();
        kept.sort_unstable();
        Self(kept)
    }
}

impl KeptDescriptors {
    /// Marks all other descriptors of this process.
    pub(crate) fn close_others_on_exec(&self) {
        #[cfg(linux)]
        if self.mark_ranges().is_ok() || self.mark_listed().is_ok() {
            return;
        }
        self.mark_by_number();
    }

    /// With one call for each gap between the kept ones (Linux 5.11).
    #[cfg(linux)]
    fn mark_ranges(&self) -> nix::Result<()> {
        let mut first = FIRST;
        for kept in &self.0 {
            if first < *kept {
                mark_range(first, kept - 1)?;
            }
            first = kept.saturating_add(1);
        }
        mark_range(first, RawFd::MAX)
    }

    /// One by one, as listed by the system.
    #[cfg(linux)]
    fn mark_listed(&self) -> rustix::io::Result<()> {
        use rustix::fs::{Mode, OFlags, RawDir, open};
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let list = open(c"/proc/self/fd", flags, Mode::empty())?;
        let mut buffer = [std::mem::MaybeUninit::uninit(); 1024];
        let mut entries = RawDir::new(list, &mut buffer);
        while let Some(entry) = entries.next() {
            if let Some(number) = number(entry?.file_name().to_bytes()) {
                self.mark(number);
            }
        }
        Ok(())
    }

    /// One by one, up to the limit of open files.
    fn mark_by_number(&self) {
        let limit = crate::os::limits::open_files_limit()
            .unwrap_or(MAX_NUMBERS)
            .min(MAX_NUMBERS);
        (FIRST..limit as RawFd).for_each(|number| self.mark(number));
    }

    fn mark(&self, number: RawFd) {
        if number >= FIRST && !self.0.contains(&number) {
            // SAFETY: the call takes integers. It fails for a number that is not in use.
            unsafe { libc::fcntl(number, libc::F_SETFD, libc::FD_CLOEXEC) };
        }
    }
}

#[cfg(linux)]
fn mark_range(first: RawFd, last: RawFd) -> nix::Result<()> {
    // SAFETY: the call takes integers.
    let marked = unsafe {
        libc::syscall(
            libc::SYS_close_range,
            first,
            last,
            libc::CLOSE_RANGE_CLOEXEC,
        )
    };
    nix::errno::Errno::result(marked).map(drop)
}

/// Parses a name in the list; `None` for `.` and `..`.
#[cfg(linux)]
fn number(name: &[u8]) -> Option<RawFd> {
    std::str::from_utf8(name).ok()?.parse().ok()
}
