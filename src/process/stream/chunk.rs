//! Single non-blocking reads of a pipe.

use std::cell::RefCell;
use std::fs::File;
use std::io;
use std::mem::MaybeUninit;

use rustix::buffer::spare_capacity;
use rustix::io::{Errno, retry_on_intr};

/// The default capacity of a pipe, so that one read empties it.
pub(crate) const CHUNK: usize = 64 * 1024;

/// More than the capacity of the largest pipe (1 MiB): enough to read all that an ended process wrote.
pub(crate) const MAX_CHUNKS_AT_END: usize = 32;

thread_local! {
    /// One buffer for all reads of a thread: a buffer per stream would cost memory for every running
    /// process, and a read never waits while it holds this one. Pages that no read has filled take no
    /// memory.
    static SCRATCH: RefCell<Box<[MaybeUninit<u8>]>> = RefCell::new(Box::new_uninit_slice(CHUNK));
}

/// The result of one read of a pipe.
pub(crate) enum Chunk {
    /// `len` bytes; `short` if fewer than requested, so that the pipe was empty at that time.
    Data { len: usize, short: bool },
    /// There is no data now.
    Empty,
    /// Every writer has closed the pipe.
    Eof,
}

impl Chunk {
    /// The result of a read into `capacity` bytes.
    fn of(read: Result<usize, Errno>, capacity: usize) -> io::Result<Self> {
        match read {
            Ok(0) => Ok(Self::Eof),
            Ok(len) => Ok(Self::Data {
                len,
                short: len < capacity,
            }),
            Err(Errno::AGAIN) => Ok(Self::Empty),
            Err(error) => Err(error.into()),
        }
    }
}

/// Reads once, and passes the bytes to `sink`.
pub(crate) fn read_chunk(pipe: &File, most: usize, sink: impl FnOnce(&[u8])) -> io::Result<Chunk> {
    SCRATCH.with_borrow_mut(|scratch| {
        let most = most.min(scratch.len());
        let read = loop {
            match rustix::io::read(pipe, &mut scratch[..most]) {
                Ok(([], _)) => break Ok(0),
                Ok((bytes, _)) => {
                    sink(bytes);
                    break Ok(bytes.len());
                }
                Err(Errno::INTR) => {}
                Err(error) => break Err(error),
            }
        };
        Chunk::of(read, most)
    })
}

/// Reads once into `buf`, which must not be empty.
pub(crate) fn read_into(pipe: &File, buf: &mut [u8]) -> io::Result<Chunk> {
    let read = retry_on_intr(|| rustix::io::read(pipe, &mut *buf));
    Chunk::of(read, buf.len())
}

/// Reads once and appends the bytes to `buf`: directly if it has capacity for a whole chunk, otherwise
/// through the scratch buffer, so that it grows only by the bytes read.
pub(crate) fn append(pipe: &File, buf: &mut Vec<u8>) -> io::Result<Chunk> {
    let capacity = buf.capacity() - buf.len();
    if capacity < CHUNK {
        return read_chunk(pipe, CHUNK, |bytes| buf.extend_from_slice(bytes));
    }
    let read = retry_on_intr(|| rustix::io::read(pipe, spare_capacity(buf)));
    Chunk::of(read, capacity)
}
