//! [`Spool`]: one stream of captured output.

use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use super::loss::LostOutput;
use super::options::SpoolOptions;
use super::segment::{OpenExtent, Segment};
use super::shared_file::{Counted, SharedFile};
use crate::os::Blocking;

/// How many bytes of a file are put into a pipe at once.
#[cfg(linux)]
const SEND_SIZE: usize = 256 * 1024;

/// How many of the bytes that were taken stay readable, for those who show the end of the output.
const KEPT_AFTER_TAKE: usize = 64 * 1024;

/// One captured stream: its head in memory, the rest in an unlinked temporary file that it shares with
/// other streams.
///
/// The file is created when the first byte needs it. If it cannot be created or written (because the
/// disk is full, for example), the bytes are counted in [`lost`](Self::lost) and the capture continues,
/// so that the process never blocks on a pipe that nobody reads.
// If a stream is taken in pieces while the process runs, this is the part that was not taken yet, and
// before it the last 64 KiB of the part that was.
#[derive(Debug, Default)]
pub struct Spool {
    /// How many bytes of it may be in memory.
    pub(super) limit: usize,
    /// `None` if it is complete and needs no file.
    pub(super) shared: Option<Arc<SharedFile>>,
    pub(super) memory: Vec<u8>,
    /// Counts the memory, once it was handed out.
    pub(super) counted: Option<Counted>,
    /// The bytes after those in memory.
    pub(super) segments: Vec<Segment>,
    pub(super) in_file: u64,
    pub(super) tail: OpenExtent,
    /// Bytes before those in memory, which were taken and are no longer kept.
    pub(super) dropped: u64,
    /// Bytes of the stream that were taken.
    pub(super) taken: u64,
    pub(super) lost: u64,
    pub(super) error: Option<io::Error>,
}

impl Spool {
    /// Creates an empty spool. Nothing is allocated or opened yet.
    #[must_use]
    pub fn new(options: SpoolOptions) -> Self {
        Self {
            limit: options.memory,
            shared: Some(options.shared),
            ..Self::default()
        }
    }

    /// Returns the length of the stream in bytes, without the lost ones.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.dropped + self.memory.len() as u64 + self.in_file
    }

    /// Returns whether the stream has no bytes other than lost ones.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the number of bytes that were taken out before.
    #[doc(hidden)]
    #[must_use]
    pub fn taken(&self) -> u64 {
        self.taken
    }

    /// Returns the number of bytes that could not be kept; [`error`](Self::error) has the reason.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost
    }

    /// Returns why bytes could not be kept.
    #[must_use]
    pub fn error(&self) -> Option<&io::Error> {
        self.error.as_ref()
    }

    /// Returns the bytes in memory that were not taken before: all bytes, if no more than fit.
    #[must_use]
    pub fn head(&self) -> &[u8] {
        &self.memory[self.taken_in_memory()..]
    }

    /// How many bytes at the front of those in memory were taken.
    fn taken_in_memory(&self) -> usize {
        self.memory.len().min((self.taken - self.dropped) as usize)
    }

    /// The offset in the stream of the first byte in the file that was not taken.
    fn file_from(&self) -> u64 {
        self.taken.max(self.len() - self.in_file)
    }

    /// How many more bytes can be kept without a file.
    pub(crate) fn capacity_left(&self) -> usize {
        match self.segments.is_empty() {
            true => self.limit.saturating_sub(self.head().len()),
            // The bytes in memory precede those in the file.
            false => 0,
        }
    }

    /// Takes the bytes that were not taken yet.
    pub(crate) fn take(&mut self) -> Self {
        let piece = Self {
            memory: self.memory.split_off(self.taken_in_memory()),
            segments: std::mem::take(&mut self.segments),
            in_file: std::mem::take(&mut self.in_file),
            ..Self::default()
        };
        self.taken += piece.len();
        let kept = piece.len().min(KEPT_AFTER_TAKE as u64);
        let before = KEPT_AFTER_TAKE - kept as usize;
        self.memory
            .drain(..self.memory.len().saturating_sub(before));
        let mut end = piece.kept(piece.len() - kept);
        // If it cannot be read back here, it cannot be read from the piece either, which reports it.
        let _ = end.read_to_end(&mut self.memory);
        self.dropped = self.taken - self.memory.len() as u64;
        piece
    }

    /// Whether some of it is in a file.
    pub(crate) fn has_file(&self) -> bool {
        !self.segments.is_empty()
    }

    /// Adds `bytes` at the end.
    pub(crate) fn append(&mut self, bytes: &[u8]) {
        if self.error.is_some() {
            // Bytes after a gap are not part of the kept stream: count them only.
            self.lost += bytes.len() as u64;
            return;
        }
        let (head, rest) = bytes.split_at(self.capacity_left().min(bytes.len()));
        self.memory.extend_from_slice(head);
        if rest.is_empty() {
            return;
        }
        let mut writing = self.begin_writing();
        writing.write(rest);
        self.end_writing(writing);
    }

    /// Reads bytes from `offset` in the stream; returns 0 at the end.
    ///
    /// # Errors
    /// If the temporary file cannot be read. `InvalidInput` if the bytes at `offset` were taken and are
    /// no longer kept.
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
        let offset = offset - in_memory;
        let after = |segment: &Segment| segment.before + segment.len <= offset;
        match self.segments.get(self.segments.partition_point(after)) {
            Some(segment) => {
                let skip = offset - segment.before;
                let left = usize::try_from(segment.len - skip).unwrap_or(usize::MAX);
                let wanted = buf.len().min(left);
                segment
                    .file()
                    .read_at(&mut buf[..wanted], segment.at + skip)
            }
            None => Ok(0),
        }
    }

    /// Returns an error if bytes of the stream could not be kept.
    fn whole(&self) -> io::Result<()> {
        match &self.error {
            Some(error) if self.lost > 0 => {
                let what = format!("{} bytes of the output are lost: {error}", self.lost);
                Err(io::Error::new(error.kind(), what))
            }
            _ => Ok(()),
        }
    }

    /// Returns a reader of the bytes from `offset` in the stream, or from the first one that is kept. If
    /// bytes were lost, it returns an error in place of the end.
    #[must_use]
    pub fn reader(&self, offset: u64) -> SpoolReader<'_> {
        SpoolReader {
            must_be_whole: true,
            ..self.kept(offset)
        }
    }

    /// As [`reader`](Self::reader), for callers that report lost bytes themselves.
    pub(crate) fn kept(&self, offset: u64) -> SpoolReader<'_> {
        SpoolReader {
            spool: self,
            offset: offset.max(self.dropped),
            must_be_whole: false,
        }
    }

    /// Copies the bytes that were not taken before to `out`, through a small buffer.
    ///
    /// # Errors
    /// Errors of reading the spool and of writing to `out`; and after all bytes were copied, the reason
    /// why others were lost.
    pub fn copy_to(&self, out: &mut impl Write) -> io::Result<()> {
        self.copy_kept_to(out)?;
        self.whole()
    }

    /// As [`copy_to`](Self::copy_to), for callers that report lost bytes themselves.
    pub(crate) fn copy_kept_to(&self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(self.head())?;
        if self.in_file > 0 {
            let mut buf = vec![0; 64 * 1024];
            let mut from = self.kept(self.file_from());
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

    /// Writes the bytes that were not taken before to `out`; those in a file are not copied through this
    /// program if the system can avoid it.
    pub(crate) fn send_to(&self, out: &mut Blocking) -> io::Result<()> {
        out.write_all(self.head())?;
        let from = self.file_from();
        #[cfg(linux)]
        let from = from + self.send_segments(out, from - (self.len() - self.in_file))?;
        io::copy(&mut self.kept(from), out).map(drop)
    }

    /// Has the system copy the bytes in the file, except for the first `skip`, and returns how many it
    /// copied. On an error, falls back to read and write; some files support nothing else.
    #[cfg(linux)]
    fn send_segments(&self, out: &Blocking, mut skip: u64) -> io::Result<u64> {
        let mut all = 0;
        for segment in &self.segments {
            let skipped = skip.min(segment.len);
            skip -= skipped;
            let (mut at, mut left) = (segment.at + skipped, segment.len - skipped);
            if left > 0 && all == 0 {
                crate::os::enlarge(out, SEND_SIZE);
            }
            while left > 0 {
                let wanted = usize::try_from(left).unwrap_or(usize::MAX);
                match rustix::fs::sendfile(out, segment.file(), Some(&mut at), wanted) {
                    Ok(sent) if sent > 0 => {
                        left -= sent as u64;
                        all += sent as u64;
                    }
                    Err(rustix::io::Errno::INTR) => {}
                    Err(rustix::io::Errno::AGAIN) => out.wait()?,
                    Ok(_) | Err(_) => return Ok(all),
                }
            }
        }
        Ok(all)
    }

    /// Returns all bytes that were not taken before, in memory.
    ///
    /// # Errors
    /// [`LostOutput`] if some could not be kept or cannot be read back; it contains the others.
    pub fn into_bytes(mut self) -> Result<Vec<u8>, LostOutput> {
        let (from, len) = (self.file_from(), self.len());
        let mut kept = self.memory.split_off(self.taken_in_memory());
        kept.reserve_exact(usize::try_from(len - from).unwrap_or(0));
        // The memory is empty from here on, and the bytes in the file come first.
        self.memory = Vec::new();
        self.dropped = len - self.in_file;
        let mut rest = self.kept(from);
        let read = rest.read_to_end(&mut kept);
        let unread = len - rest.offset;
        let error = match read {
            Err(error) => Some(error),
            Ok(_) if unread > 0 => Some(io::ErrorKind::UnexpectedEof.into()),
            Ok(_) => self.error.take(),
        };
        match error {
            Some(source) => Err(LostOutput {
                kept,
                lost: self.lost + unread,
                source,
            }),
            None => Ok(kept),
        }
    }
}

/// Reads a [`Spool`] from start to end.
#[derive(Debug)]
pub struct SpoolReader<'a> {
    spool: &'a Spool,
    offset: u64,
    must_be_whole: bool,
}

impl Read for SpoolReader<'_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let n = self.spool.read_at(buf, self.offset)?;
        if n == 0 && !buf.is_empty() && self.must_be_whole {
            self.spool.whole()?;
        }
        self.offset += n as u64;
        Ok(n)
    }
}

#[cfg(test)]
mod tests;
