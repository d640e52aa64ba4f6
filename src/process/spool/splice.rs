//! Moving output from a process's pipe to a file, through a pipe of our own.
//!
//! A splice into a file keeps its source pipe locked while the bytes are copied, so a writing process
//! has to wait. Between two pipes, pages are moved without copying: the process fills its pipe again
//! while ours is emptied into the file.

use std::cell::Cell;
use std::fs::File;
use std::io::{self, PipeReader, PipeWriter, Read};

use rustix::io::Errno;
use rustix::pipe::{SpliceFlags, splice};

use crate::os::{enlarge, pipe};

/// How many bytes are moved at once.
const MOVE_SIZE: usize = 256 * 1024;

thread_local! {
    /// One for all streams of a thread, as each move empties it again. Absent until the first move,
    /// and during a move: so none is left behind that is not empty.
    static TRANSFER_PIPE: Cell<Option<TransferPipe>> = const { Cell::new(None) };
}

struct TransferPipe {
    reader: PipeReader,
    writer: PipeWriter,
}

/// The bytes taken out of a pipe.
pub(crate) struct Moved {
    /// How many bytes are in the file.
    pub(crate) in_file: usize,
    /// The following bytes, which the file did not accept.
    pub(crate) left: Vec<u8>,
}

/// Moves up to `most` bytes from `pipe` to `file` at offset `at`, without copying them through this
/// program; 0 bytes at the end of the pipe.
///
/// # Errors
/// `WouldBlock` if the pipe is empty. Any other error means that it must be read in another way;
/// nothing was taken out then.
pub(crate) fn move_to_file(
    pipe: &File,
    file: &File,
    mut at: u64,
    most: usize,
) -> io::Result<Moved> {
    let transfer = TRANSFER_PIPE.take().map_or_else(TransferPipe::new, Ok)?;
    let taken = splice(
        pipe,
        None,
        &transfer.writer,
        None,
        MOVE_SIZE.min(most),
        SpliceFlags::NONBLOCK,
    );
    let mut in_relay = *taken.as_ref().unwrap_or(&0);
    while in_relay > 0 {
        match splice(
            &transfer.reader,
            None,
            file,
            Some(&mut at),
            in_relay,
            SpliceFlags::empty(),
        ) {
            Ok(moved) if moved > 0 => in_relay -= moved,
            Err(Errno::INTR) => {}
            Ok(_) | Err(_) => break,
        }
    }
    let mut left = vec![0; in_relay];
    (&transfer.reader).read_exact(&mut left)?;
    TRANSFER_PIPE.set(Some(transfer));
    Ok(Moved {
        in_file: taken? - in_relay,
        left,
    })
}

impl TransferPipe {
    fn new() -> io::Result<Self> {
        let (reader, writer) = pipe()?;
        enlarge(&writer, MOVE_SIZE);
        Ok(Self { reader, writer })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;
    use std::os::fd::OwnedFd;
    use std::os::unix::fs::FileExt;

    /// A pipe with `bytes` in it, whose writer is still open.
    fn filled(bytes: &[u8]) -> (File, PipeWriter) {
        let (reader, mut writer) = pipe().unwrap();
        writer.write_all(bytes).unwrap();
        (OwnedFd::from(reader).into(), writer)
    }

    #[test]
    fn the_bytes_come_in_order_to_their_place_and_the_end_is_nothing() {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(b"head|").unwrap();
        let (pipe, mut writer) = filled(b"");
        let all: Vec<u8> = (0..900_000u32).map(|n| (n % 251) as u8).collect();
        let expected = [b"head|".as_slice(), &all].concat();
        let feeder = std::thread::spawn(move || {
            // Pieces that do not end at page boundaries.
            all.chunks(1_017)
                .for_each(|piece| writer.write_all(piece).unwrap());
        });
        let mut at = 5;
        loop {
            match move_to_file(&pipe, &file, at, usize::MAX) {
                Ok(Moved { in_file: 0, .. }) => break,
                Ok(moved) => at += moved.in_file as u64,
                Err(error) => assert_eq!(error.kind(), io::ErrorKind::WouldBlock),
            }
            std::thread::yield_now();
        }
        feeder.join().unwrap();
        assert_eq!(at, expected.len() as u64);
        let mut kept = vec![0; expected.len()];
        file.read_exact_at(&mut kept, 0).unwrap();
        assert!(kept == expected);
    }

    #[test]
    fn bytes_that_a_file_refuses_are_returned_and_the_next_move_starts_afresh() {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let (pipe, mut writer) = filled(b"no space");
        let moved = move_to_file(&pipe, &full, 0, usize::MAX).unwrap();
        assert_eq!(
            (moved.in_file, moved.left.as_slice()),
            (0, b"no space".as_slice())
        );

        let file = tempfile::tempfile().unwrap();
        writer.write_all(b"more").unwrap();
        let moved = move_to_file(&pipe, &file, 0, usize::MAX).unwrap();
        assert_eq!((moved.in_file, moved.left.len()), (4, 0));
    }

    #[test]
    fn an_empty_pipe_would_block() {
        let (pipe, _writer) = filled(b"");
        let file = tempfile::tempfile().unwrap();
        let error = move_to_file(&pipe, &file, 0, usize::MAX).err().unwrap();
        assert_eq!(error.kind(), io::ErrorKind::WouldBlock);
    }
}
