//! Where captured output is kept: a little in memory, the rest in a file that has no name.
//!
//! Captured output must not sit in the heap: a job may print more than there is memory, and a big
//! heap makes every later fork slower.

#[cfg(feature = "cli")]
mod elsewhere;

use std::fs::{File, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::PathBuf;
use std::sync::Arc;

#[cfg(target_os = "linux")]
use super::relay::{self, Moved};

/// How much output stays in memory, and where the rest goes.
#[derive(Clone, Debug)]
pub struct SpoolOptions {
    memory: usize,
    dir: Option<PathBuf>,
}

impl Default for SpoolOptions {
    /// 64 KiB in memory, the rest in `$TMPDIR` (or `/tmp`).
    fn default() -> Self {
        Self {
            memory: 64 * 1024,
            dir: None,
        }
    }
}

impl SpoolOptions {
    /// Keeps at most `bytes` in memory.
    #[must_use]
    pub fn memory(mut self, bytes: usize) -> Self {
        self.memory = bytes;
        self
    }

    /// Puts what does not fit into an unlinked temporary file in `dir`.
    #[must_use]
    pub fn dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.dir = Some(dir.into());
        self
    }

    /// A file without a name, for its owner alone whatever the umask.
    pub(super) fn temporary_file(&self) -> io::Result<File> {
        let file = match &self.dir {
            Some(dir) => tempfile::tempfile_in(dir)?,
            None => tempfile::tempfile()?,
        };
        file.set_permissions(Permissions::from_mode(0o600))?;
        Ok(file)
    }
}

/// So much of a file goes into a pipe before its reader must have taken some.
#[cfg(all(target_os = "linux", feature = "cli"))]
const SENT_AT_ONCE: usize = 256 * 1024;

/// So much of what was taken out stays readable, for those who want to know how it ended.
const KEPT_OF_TAKEN: usize = 64 * 1024;

/// One captured stream: its head in memory, the rest in an unlinked temporary file.
///
/// Of a stream that is taken out in [pieces](super::Pieces) while the process runs, it is what was
/// not taken yet, and before that the last 64 KiB of what was.
///
/// The file is made when the first byte needs it. When it cannot be made or written (no room left,
/// say), the bytes are counted in [`lost`](Self::lost) and the capture goes on, so that the
/// process does not block for ever on a pipe that nobody reads.
#[derive(Debug, Default)]
pub struct Spool {
    options: SpoolOptions,
    memory: Vec<u8>,
    file: Option<Arc<File>>,
    in_file: u64,
    /// Where that begins in the file.
    file_from: u64,
    /// Bytes before those in memory, which were taken and are kept no more.
    dropped: u64,
    /// Bytes of the stream that were taken.
    taken: u64,
    lost: u64,
    error: Option<io::Error>,
}

impl Spool {
    /// An empty spool; nothing is allocated or opened yet.
    #[must_use]
    pub fn new(options: SpoolOptions) -> Self {
        Self {
            options,
            ..Self::default()
        }
    }

    /// How long the stream is, without the bytes that could not be kept.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.dropped + self.memory.len() as u64 + self.in_file
    }

    /// Whether the stream gave nothing that could be kept.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many bytes of the stream were taken out before.
    #[must_use]
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// How many bytes could not be kept; the reason is in [`error`](Self::error).
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// Why bytes could not be kept.
    #[must_use]
    pub fn error(&self) -> Option<&io::Error> {
        self.error.as_ref()
    }

    /// The bytes that were not taken before and are in memory: all, if there are no more than fit.
    #[must_use]
    pub fn head(&self) -> &[u8] {
        &self.memory[self.taken_in_memory()..]
    }

    /// Of the bytes in memory, those at the front were taken.
    fn taken_in_memory(&self) -> usize {
        (self.taken - self.dropped) as usize
    }

    /// How much more can be kept without a file.
    pub(super) fn room(&self) -> usize {
        self.options.memory.saturating_sub(self.head().len())
    }

    /// Takes out what was not taken yet.
    pub(super) fn take(&mut self) -> Self {
        let piece = Self {
            options: self.options.clone(),
            memory: self.memory.split_off(self.taken_in_memory()),
            file: self.file.take(),
            in_file: std::mem::take(&mut self.in_file),
            ..Self::default()
        };
        self.taken += piece.len();
        let kept = piece.len().min(KEPT_OF_TAKEN as u64);
        let before = KEPT_OF_TAKEN - kept as usize;
        self.memory
            .drain(..self.memory.len().saturating_sub(before));
        let mut end = piece.reader(piece.len() - kept);
        // What cannot be read back here cannot be told from the piece either, and there it is told.
        let _ = end.read_to_end(&mut self.memory);
        self.dropped = self.taken - self.memory.len() as u64;
        piece
    }

    /// Whether a file is open for it.
    pub(crate) fn has_file(&self) -> bool {
        self.file.is_some()
    }

    /// Moves what is in `pipe` to the file, without its bytes passing through this program; 0 is the
    /// end of the pipe. None where that cannot be done, or not now: then reading tells why.
    #[cfg(target_os = "linux")]
    pub(super) fn take_from(&mut self, pipe: &File) -> Option<io::Result<usize>> {
        let file = self.file.as_ref().filter(|_| self.error.is_none())?;
        let at = self.file_from + self.in_file;
        match relay::move_to_file(pipe, file, at) {
            Ok(Moved { in_file, left }) => {
                self.in_file += in_file as u64;
                // A file that takes no more says why when it is written to.
                self.append(&left);
                Some(Ok(in_file + left.len()))
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Some(Err(error)),
            Err(_) => None,
        }
    }

    /// Elsewhere bytes are read and written.
    #[cfg(not(target_os = "linux"))]
    pub(super) fn take_from(&mut self, _pipe: &File) -> Option<io::Result<usize>> {
        None
    }

    /// Adds `bytes` at the end.
    pub(super) fn append(&mut self, bytes: &[u8]) {
        if self.error.is_some() {
            // What comes after a hole is no longer this stream, so it is counted, not kept.
            self.lost += bytes.len() as u64;
            return;
        }
        let (head, rest) = bytes.split_at(self.room().min(bytes.len()));
        self.memory.extend_from_slice(head);
        if rest.is_empty() {
            return;
        }
        if let Err(error) = self.spill(rest) {
            self.error = Some(error);
            self.lost += rest.len() as u64;
        }
    }

    fn spill(&mut self, rest: &[u8]) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(Arc::new(self.options.temporary_file()?)),
        };
        // The position of the file is not to be trusted after a short write, so the offset is
        // ours; a piece that did not fit whole is not counted as kept.
        file.write_all_at(rest, self.file_from + self.in_file)?;
        self.in_file += rest.len() as u64;
        Ok(())
    }

    /// Reads the bytes from `offset` in the stream on; 0 at the end.
    ///
    /// # Errors
    /// When the temporary file cannot be read. `InvalidInput` when the bytes at `offset` were taken
    /// and are kept no more.
    pub fn read_at(&self, buf: &mut [u8], offset: u64) -> io::Result<usize> {
        let in_memory = self.memory.len() as u64;
        let Some(offset) = offset.checked_sub(self.dropped) else {
            return Err(io::ErrorKind::InvalidInput.into());
        };
        if offset < in_memory {
            let rest = &self.memory[offset as usize..];
            let n = rest.len().min(buf.len());
            buf[..n].copy_from_slice(&rest[..n]);
            return Ok(n);
        }
        let left = self.in_file.saturating_sub(offset - in_memory);
        let wanted = buf.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        match &self.file {
            Some(file) if wanted > 0 => {
                file.read_at(&mut buf[..wanted], self.file_from + offset - in_memory)
            }
            _ => Ok(0),
        }
    }

    /// A reader of the bytes from `offset` in the stream on, or from the first one that is kept.
    #[must_use]
    pub fn reader(&self, offset: u64) -> SpoolReader<'_> {
        SpoolReader {
            spool: self,
            offset: offset.max(self.dropped),
        }
    }

    /// Copies the bytes that were not taken before to `out`, holding no more than a small buffer of
    /// them at a time.
    ///
    /// # Errors
    /// Those of reading the spool and of writing to `out`.
    pub fn copy_to(&self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(self.head())?;
        if self.in_file > 0 {
            let mut buf = vec![0; 64 * 1024];
            let mut from = self.reader(self.len() - self.in_file);
            loop {
                let n = from.read(&mut buf)?;
                if n == 0 {
                    break;
                }
                out.write_all(&buf[..n])?;
            }
        }
        Ok(())
    }

    /// Writes the bytes that were not taken before to `out`; those in a file do not pass through this
    /// program where the system can do without.
    #[cfg(feature = "cli")]
    pub(crate) fn send_to(&self, mut out: &File) -> io::Result<()> {
        out.write_all(self.head())?;
        #[cfg_attr(not(target_os = "linux"), expect(unused_mut))]
        let mut sent = 0;
        #[cfg(target_os = "linux")]
        if let Some(file) = &self.file {
            super::pipe::enlarge(out, SENT_AT_ONCE);
            let mut at = self.file_from;
            while sent < self.in_file {
                let left = usize::try_from(self.in_file - sent).unwrap_or(usize::MAX);
                match rustix::fs::sendfile(out, file, Some(&mut at), left) {
                    Ok(0) => break,
                    Ok(more) => sent += more as u64,
                    Err(rustix::io::Errno::INTR) => {}
                    // Told by what follows, or no error at all: some files can only be written.
                    Err(_) => break,
                }
            }
        }
        let mut rest = self.reader(self.len() - self.in_file + sent);
        io::copy(&mut rest, &mut out).map(drop)
    }

    /// All bytes that were not taken before, in memory.
    ///
    /// # Errors
    /// When the temporary file cannot be read.
    pub fn into_bytes(mut self) -> io::Result<Vec<u8>> {
        let mut bytes = self.memory.split_off(self.taken_in_memory());
        let mut offset = 0;
        if let Some(file) = &self.file {
            bytes.reserve_exact(usize::try_from(self.in_file).unwrap_or(0));
            let mut buf = vec![0; 64 * 1024];
            while offset < self.in_file {
                let left = usize::try_from(self.in_file - offset).unwrap_or(buf.len());
                let wanted = buf.len().min(left);
                let n = file.read_at(&mut buf[..wanted], self.file_from + offset)?;
                if n == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                bytes.extend_from_slice(&buf[..n]);
                offset += n as u64;
            }
        }
        Ok(bytes)
    }
}

/// Reads a [`Spool`] from front to back.
#[derive(Debug)]
pub struct SpoolReader<'a> {
    spool: &'a Spool,
    offset: u64,
}

impl Read for SpoolReader<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.spool.read_at(buf, self.offset)?;
        self.offset += n as u64;
        Ok(n)
    }
}

#[cfg(test)]
mod tests;
