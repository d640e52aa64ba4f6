//! Appending to a spool's file without holding the spool: its readers and takers never wait for the
//! disk.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use super::segment::{OpenExtent, Segment};
use super::shared_file::{Extent, SharedFile};
#[cfg(linux)]
use super::splice;
#[cfg(linux)]
use super::splice::Moved;
use super::spool::Spool;
use crate::process::stream::{Chunk, read_chunk};

/// The length of the first extent of a stream, and the least that it can use.
const MIN_EXTENT: u64 = 64 * 1024;
/// Each further extent is twice as long, up to this, so that a long stream has few extents.
const MAX_EXTENT: u64 = 8 * 1024 * 1024;

/// The result of one step.
#[derive(Debug, PartialEq)]
pub(crate) enum Transfer {
    Moved,
    /// The pipe was empty.
    Empty,
    /// The pipe has no writer any more, or cannot be read.
    Ended,
}

/// An append to a spool in progress. The spool may be read and taken from meanwhile, but nothing else is
/// appended to it.
#[derive(Debug)]
pub(crate) struct Writing {
    shared: Option<Arc<SharedFile>>,
    tail: OpenExtent,
    segments: Vec<Segment>,
    lost: u64,
    error: Option<io::Error>,
}

impl Writing {
    /// The space to write to: its extent, offset and length.
    fn space(&mut self) -> io::Result<(&Arc<Extent>, u64, u64)> {
        let shared = self.shared.as_ref().ok_or(io::ErrorKind::Unsupported)?;
        let tail = &mut self.tail;
        let is_full = tail
            .extent
            .as_ref()
            .is_none_or(|extent| tail.used == extent.len);
        if is_full {
            let before = tail.extent.as_ref().map_or(0, |extent| extent.len);
            let most = (before * 2).clamp(MIN_EXTENT, MAX_EXTENT);
            tail.extent = Some(shared.extent(MIN_EXTENT, most)?);
            tail.used = 0;
        }
        let extent = tail.extent.as_ref().ok_or(io::ErrorKind::Unsupported)?;
        Ok((extent, extent.at + tail.used, extent.len - tail.used))
    }

    /// Records that `len` bytes were written to that space.
    fn advance(&mut self, len: u64) {
        let Some(extent) = self.tail.extent.as_ref().filter(|_| len > 0) else {
            return;
        };
        let next = Segment {
            extent: Arc::clone(extent),
            at: extent.at + self.tail.used,
            len,
            before: 0,
        };
        self.tail.used += len;
        if !self
            .segments
            .last_mut()
            .is_some_and(|last| last.join(&next))
        {
            self.segments.push(next);
        }
    }

    /// Writes `bytes`, or counts them as lost.
    pub(super) fn write(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() && self.error.is_none() {
            let written = self.space().and_then(|(extent, at, space)| {
                let len = bytes
                    .len()
                    .min(usize::try_from(space).unwrap_or(usize::MAX));
                // A partly written piece does not count as kept.
                extent.file.write_all_at(&bytes[..len], at)?;
                Ok(len)
            });
            match written {
                Ok(len) => {
                    self.advance(len as u64);
                    bytes = &bytes[len..];
                }
                Err(error) => self.error = Some(error),
            }
        }
        // Bytes after a gap are not part of the kept stream: count them only.
        self.lost += bytes.len() as u64;
    }

    /// Moves the contents of `pipe` to the file, without copying them through this program where the
    /// system can do that.
    pub(crate) fn move_from(&mut self, pipe: &File) -> Transfer {
        #[cfg(linux)]
        if let Ok((extent, at, space)) = self.space() {
            let space = usize::try_from(space).unwrap_or(usize::MAX);
            match splice::move_to_file(pipe, &extent.file, at, space) {
                Ok(Moved { in_file: 0, left }) if left.is_empty() => return Transfer::Ended,
                Ok(Moved { in_file, left }) => {
                    self.advance(in_file as u64);
                    // If the file accepts no more, writing reports why.
                    self.write(&left);
                    return Transfer::Moved;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Transfer::Empty,
                // Reading reports why.
                Err(_) => {}
            }
        }
        match read_chunk(pipe, usize::MAX, |bytes| self.write(bytes)) {
            Ok(Chunk::Data { .. }) => Transfer::Moved,
            Ok(Chunk::Empty) => Transfer::Empty,
            // A pipe that cannot be read yields nothing more; for a terminal it is the end.
            Ok(Chunk::Eof) | Err(_) => Transfer::Ended,
        }
    }
}

impl Spool {
    /// Begins to append to the file. The caller must call [`end_writing`](Self::end_writing) before
    /// anything else is appended.
    pub(crate) fn begin_writing(&mut self) -> Writing {
        Writing {
            shared: self.shared.clone(),
            tail: std::mem::take(&mut self.tail),
            segments: Vec::new(),
            lost: 0,
            error: None,
        }
    }

    /// Adopts what was written.
    pub(crate) fn end_writing(&mut self, writing: Writing) {
        self.tail = writing.tail;
        for segment in writing.segments {
            self.push(segment);
        }
        self.lost += writing.lost;
        self.error = self.error.take().or(writing.error);
    }

    /// Appends `segment`.
    pub(super) fn push(&mut self, mut segment: Segment) {
        segment.before = self.in_file;
        self.in_file += segment.len;
        if !self
            .segments
            .last_mut()
            .is_some_and(|last| last.join(&segment))
        {
            self.segments.push(segment);
        }
    }
}
