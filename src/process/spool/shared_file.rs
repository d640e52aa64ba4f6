//! One unlinked file, divided into extents.

use std::collections::BTreeMap;
use std::fs::{File, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::disk_threads::on_thread;

/// The granularity in which the system frees parts of a file.
#[cfg(linux)]
const BLOCK: u64 = 4096;

/// An unlinked temporary file for the bytes of many spools, created when the first one needs it, and
/// the accounting of them all.
#[derive(Debug)]
pub(super) struct SharedFile {
    pub(super) own_dir: Option<PathBuf>,
    /// How many bytes of spools that were handed out may stay in memory.
    pub(super) budget: usize,
    file: OnceLock<Arc<File>>,
    space: Mutex<FreeSpace>,
    in_memory: AtomicUsize,
}

impl SharedFile {
    pub(super) fn new(own_dir: Option<PathBuf>, budget: usize) -> Self {
        Self {
            own_dir,
            budget,
            file: OnceLock::new(),
            space: Mutex::default(),
            in_memory: AtomicUsize::new(0),
        }
    }

    /// The directory of the file: `$TMPDIR` unless set; as in a shell, an empty one counts as unset.
    pub(super) fn dir(&self) -> PathBuf {
        let dir = self.own_dir.clone().unwrap_or_else(std::env::temp_dir);
        match dir.as_os_str().is_empty() {
            true => "/tmp".into(),
            false => dir,
        }
    }

    /// Creates the file in `dir`, if there is none yet.
    pub(super) fn open_in(&self, dir: &Path) -> io::Result<&Arc<File>> {
        if let Some(file) = self.file.get() {
            return Ok(file);
        }
        let file = tempfile::tempfile_in(dir)?;
        // Accessible only to its owner, whatever the umask.
        file.set_permissions(Permissions::from_mode(0o600))?;
        Ok(self.file.get_or_init(|| Arc::new(file)))
    }

    /// Allocates an exclusive extent of the file: of `most` bytes, or of at least `least` in a gap between
    /// others.
    pub(super) fn extent(self: &Arc<Self>, least: u64, most: u64) -> io::Result<Arc<Extent>> {
        let file = match self.file.get() {
            Some(file) => file,
            None => self.open_in(&self.dir())?,
        };
        let (at, len) = self.space().take(least, most);
        Ok(Arc::new(Extent {
            file: Arc::clone(file),
            at,
            len,
            shared: Some(Arc::clone(self)),
        }))
    }

    /// Ignores poison: a panic while the lock is held cannot leave the state half changed.
    fn space(&self) -> MutexGuard<'_, FreeSpace> {
        self.space.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Frees an extent: first its disk space, then its range for the next allocation.
    fn free_extent(&self, file: &File, at: u64, len: u64) {
        #[cfg(linux)]
        {
            use rustix::fs::{FallocateFlags, fallocate};
            let (from, to) = (at.next_multiple_of(BLOCK), (at + len) / BLOCK * BLOCK);
            if from < to {
                let how = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
                // A file system without hole punching gets the space back later.
                let _ = fallocate(file, how, from, to - from);
            }
        }
        // Under the lock, since the range behind the new end may be allocated again after it.
        let mut space = self.space();
        if let Some(end) = space.free_extent(at, len) {
            // As above.
            let _ = file.set_len(end);
        }
    }

    /// Whether this many more bytes may stay in memory.
    pub(super) fn fits_in_memory(&self, bytes: usize) -> bool {
        self.in_memory.load(Ordering::Relaxed).saturating_add(bytes) <= self.budget
    }

    /// Counts bytes for as long as the returned value lives.
    pub(super) fn count(self: &Arc<Self>, bytes: usize) -> Counted {
        self.in_memory.fetch_add(bytes, Ordering::Relaxed);
        Counted {
            shared: Arc::clone(self),
            bytes,
        }
    }
}

/// Bytes in memory that are counted.
#[derive(Debug)]
pub(super) struct Counted {
    shared: Arc<SharedFile>,
    bytes: usize,
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.shared
            .in_memory
            .fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

/// An exclusive range of a file. It is freed when its last owner drops it.
#[derive(Debug)]
pub(super) struct Extent {
    pub(super) file: Arc<File>,
    pub(super) at: u64,
    pub(super) len: u64,
    /// `None` if the file does not belong to spools.
    shared: Option<Arc<SharedFile>>,
}

impl Extent {
    /// The first `len` bytes of a file that is not changed.
    pub(super) fn of_file(file: Arc<File>, len: u64) -> Self {
        Self {
            file,
            at: 0,
            len,
            shared: None,
        }
    }
}

impl Drop for Extent {
    fn drop(&mut self) {
        if let Some(shared) = self.shared.take() {
            let (file, at, len) = (Arc::clone(&self.file), self.at, self.len);
            // Nobody waits for the result.
            drop(on_thread(move || shared.free_extent(&file, at, len)));
        }
    }
}

/// The free ranges before the end.
#[derive(Debug, Default)]
struct FreeSpace {
    end: u64,
    /// Lengths by offset; no two ranges touch, and none touches the end.
    free: BTreeMap<u64, u64>,
}

impl FreeSpace {
    /// Returns the offset and the length of the range.
    fn take(&mut self, least: u64, most: u64) -> (u64, u64) {
        let Some((&at, &len)) = self.free.iter().find(|(_, len)| **len >= least) else {
            let at = self.end;
            self.end += most;
            return (at, most);
        };
        self.free.remove(&at);
        if len > most {
            self.free.insert(at + most, len - most);
        }
        (at, len.min(most))
    }

    /// Returns the new end, if it changed.
    fn free_extent(&mut self, mut at: u64, mut len: u64) -> Option<u64> {
        if let Some((&before, &gap)) = self.free.range(..at).next_back()
            && before + gap == at
        {
            self.free.remove(&before);
            (at, len) = (before, gap + len);
        }
        if let Some(gap) = self.free.remove(&(at + len)) {
            len += gap;
        }
        if at + len == self.end {
            self.end = at;
            return Some(at);
        }
        self.free.insert(at, len);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn extents_never_overlap_and_all_space_is_freed(
            steps in prop::collection::vec((1u64..200, 1u64..200, any::<prop::sample::Index>()), 1..60),
        ) {
            let mut space = FreeSpace::default();
            let mut taken: Vec<(u64, u64)> = Vec::new();
            for (least, more, which) in &steps {
                let (at, len) = space.take(*least, least + more);
                prop_assert!((*least..=least + more).contains(&len));
                for (other, length) in &taken {
                    prop_assert!(at + len <= *other || other + length <= at);
                }
                taken.push((at, len));
                if which.index(3) > 0 {
                    let (at, len) = taken.swap_remove(which.index(taken.len()));
                    space.free_extent(at, len);
                }
                let most: u64 = taken.iter().map(|(_, len)| len).sum();
                let free: u64 = space.free.values().sum();
                prop_assert_eq!(space.end, most + free);
            }
            for (at, len) in taken {
                space.free_extent(at, len);
            }
            prop_assert_eq!((space.end, space.free.len()), (0, 0));
        }
    }

    #[test]
    fn freed_extents_are_reused_first_and_free_disk_space() {
        use std::os::unix::fs::{FileExt, MetadataExt};
        let shared = Arc::new(SharedFile::new(None, usize::MAX));
        let written = |len: u64| {
            let extent = shared.extent(len, len).unwrap();
            let bytes = vec![1; len as usize];
            extent.file.write_all_at(&bytes, extent.at).unwrap();
            extent
        };
        let (first, second) = (written(1 << 20), written(1 << 16));
        let file = Arc::clone(&first.file);
        let blocks = || file.metadata().unwrap().blocks() * 512;
        assert!(blocks() >= (1 << 20) + (1 << 16));
        shared.free_extent(&file, first.at, first.len);
        if cfg!(linux) {
            assert!(blocks() < 1 << 20, "{}", blocks());
        }
        let again = shared.extent(1 << 16, 1 << 18).unwrap();
        assert_eq!((again.at, again.len), (0, 1 << 18));
        shared.free_extent(&file, again.at, again.len);
        shared.free_extent(&file, second.at, second.len);
        assert_eq!((file.metadata().unwrap().len(), blocks()), (0, 0));
        // By hand above, and not once more.
        for extent in [first, second, again] {
            std::mem::forget(extent);
        }
    }
}
