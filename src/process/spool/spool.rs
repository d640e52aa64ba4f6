//! Where captured output is kept: a little in memory, the rest in a file that has no name.
//!
//! Captured output must not sit in the heap: a job may print more than there is memory, and a big
//! heap makes every later fork slower. One file is enough for all streams: what waits costs no
//! descriptors, however much of it there is.

use std::io::{self, Read, Write};
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use super::loss::LostOutput;
use super::options::SpoolOptions;
use super::segment::{OpenExtent, Segment};
use super::shared_file::{Counted, SharedFile};
use crate::os::Blocking;

/// So much of a file goes into a pipe before its reader must have taken some.
#[cfg(linux)]
const SENT_AT_ONCE: usize = 256 * 1024;

/// So much of what was taken out stays readable, for those who want to know how it ended.
const KEPT_OF_TAKEN: usize = 64 * 1024;

/// One captured stream: its head in memory, the rest in an unlinked temporary file that it shares with
/// others.
///
/// The file is made when the first byte needs it. When it cannot be made or written (no room left,
/// say), the bytes are counted in [`lost`](Self::lost) and the capture goes on, so that the
/// process does not block for ever on a pipe that nobody reads.
// Of a stream that is taken out in pieces while the process runs, it is what was not taken yet, and
// before that the last 64 KiB of what was.
#[derive(Debug, Default)]
pub struct Spool {
    /// So much of it may be in memory.
    pub(super) limit: usize,
    /// None of one that is filled already.
    pub(super) shared: Option<Arc<SharedFile>>,
    pub(super) memory: Vec<u8>,
    /// What counts that, once it was handed out.
    pub(super) counted: Option<Counted>,
    /// What follows.
    pub(super) segments: Vec<Segment>,
    pub(super) in_file: u64,
    pub(super) tail: OpenExtent,
    /// Bytes before those in memory, which were taken and are kept no more.
    pub(super) dropped: u64,
    /// Bytes of the stream that were taken.
    pub(super) taken: u64,
    pub(super) lost: u64,
    pub(super) error: Option<io::Error>,
}

impl Spool {
    /// An empty spool; nothing is allocated or opened yet.
    #[must_use]
    pub fn new(options: SpoolOptions) -> Self {
        Self {
            limit: options.memory,
            shared: Some(options.shared),
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
    #[doc(hidden)]
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
        self.memory.len().min((self.taken - self.dropped) as usize)
    }

    /// Where in the stream the bytes in the file begin that were not taken.
    fn file_from(&self) -> u64 {
        self.taken.max(self.len() - self.in_file)
    }

    /// How much more can be kept without a file.
    pub(crate) fn room(&self) -> usize {
        match self.segments.is_empty() {
            true => self.limit.saturating_sub(self.head().len()),
            // What is in memory comes before what is not.
            false => 0,
        }
    }

    /// Takes out what was not taken yet.
    pub(crate) fn take(&mut self) -> Self {
        let piece = Self {
            memory: self.memory.split_off(self.taken_in_memory()),
            segments: std::mem::take(&mut self.segments),
            in_file: std::mem::take(&mut self.in_file),
            ..Self::default()
        };
        self.taken += piece.len();
        let kept = piece.len().min(KEPT_OF_TAKEN as u64);
        let before = KEPT_OF_TAKEN - kept as usize;
        self.memory
            .drain(..self.memory.len().saturating_sub(before));
        let mut end = piece.kept(piece.len() - kept);
        // What cannot be read back here cannot be told from the piece either, and there it is told.
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
            // What comes after a hole is no longer this stream, so it is counted, not kept.
            self.lost += bytes.len() as u64;
            return;
        }
        let (head, rest) = bytes.split_at(self.room().min(bytes.len()));
        self.memory.extend_from_slice(head);
        if rest.is_empty() {
            return;
        }
        let mut writing = self.begin_writing();
        writing.write(rest);
        self.end_writing(writing);
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

    /// An error if bytes of the stream could not be kept.
    fn whole(&self) -> io::Result<()> {
        match &self.error {
            Some(error) if self.lost > 0 => {
                let what = format!("{} bytes of the output are lost: {error}", self.lost);
                Err(io::Error::new(error.kind(), what))
            }
            _ => Ok(()),
        }
    }

    /// A reader of the bytes from `offset` in the stream on, or from the first one that is kept. Where
    /// bytes could not be kept, it gives an error in place of the end.
    #[must_use]
    pub fn reader(&self, offset: u64) -> SpoolReader<'_> {
        SpoolReader {
            must_be_whole: true,
            ..self.kept(offset)
        }
    }

    /// The same for whoever tells by himself what could not be kept.
    pub(crate) fn kept(&self, offset: u64) -> SpoolReader<'_> {
        SpoolReader {
            spool: self,
            offset: offset.max(self.dropped),
            must_be_whole: false,
        }
    }

    /// Copies the bytes that were not taken before to `out`, holding no more than a small buffer of
    /// them at a time.
    ///
    /// # Errors
    /// Those of reading the spool and of writing to `out`; and when all is copied, the one for which
    /// bytes could not be kept.
    pub fn copy_to(&self, out: &mut impl Write) -> io::Result<()> {
        self.copy_kept_to(out)?;
        self.whole()
    }

    /// The same for whoever tells by himself what could not be kept.
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

    /// Writes the bytes that were not taken before to `out`; those in a file do not pass through this
    /// program where the system can do without.
    pub(crate) fn send_to(&self, out: &mut Blocking) -> io::Result<()> {
        out.write_all(self.head())?;
        let from = self.file_from();
        #[cfg(linux)]
        let from = from + self.send_segments(out, from - (self.len() - self.in_file))?;
        io::copy(&mut self.kept(from), out).map(drop)
    }

    /// Lets the system copy what is in the file, but for the first `skip` bytes, and says how much it
    /// did. Where it stops, whoever goes on learns why; some files can only be written.
    #[cfg(linux)]
    fn send_segments(&self, out: &Blocking, mut skip: u64) -> io::Result<u64> {
        let mut all = 0;
        for segment in &self.segments {
            let skipped = skip.min(segment.len);
            skip -= skipped;
            let (mut at, mut left) = (segment.at + skipped, segment.len - skipped);
            if left > 0 && all == 0 {
                crate::os::enlarge(out, SENT_AT_ONCE);
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

    /// All bytes that were not taken before, in memory.
    ///
    /// # Errors
    /// [`LostOutput`] when some could not be kept or cannot be read back; it has the others.
    pub fn into_bytes(mut self) -> Result<Vec<u8>, LostOutput> {
        let (from, len) = (self.file_from(), self.len());
        let mut kept = self.memory.split_off(self.taken_in_memory());
        kept.reserve_exact(usize::try_from(len - from).unwrap_or(0));
        // The memory is empty from here on, and what is in the file comes first.
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

/// Reads a [`Spool`] from front to back.
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
