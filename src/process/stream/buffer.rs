//! A buffer of bytes that were read and not handed out yet.

/// A queue of bytes: appended at the end, taken from the front.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    bytes: Vec<u8>,
    /// The start of the bytes that were not taken.
    start: usize,
}

impl Buffer {
    /// The bytes that were not taken.
    pub(crate) fn unread(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.unread().is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.unread().len()
    }

    /// The vector to append to. Removes the taken bytes before the memory grows.
    pub(crate) fn end(&mut self) -> &mut Vec<u8> {
        self.bytes.drain(..self.start);
        self.start = 0;
        &mut self.bytes
    }

    /// Discards the first `n` bytes, or all if there are fewer.
    pub(crate) fn skip(&mut self, n: usize) {
        self.start += n.min(self.len());
        if self.start == self.bytes.len() {
            self.bytes.clear();
            self.start = 0;
        }
    }

    /// Takes the first `n` bytes, which must be present.
    pub(crate) fn take(&mut self, n: usize) -> Vec<u8> {
        // Hand over the memory itself if most of it is requested: copying would cost more, and a
        // small piece must not keep much memory.
        if self.start == 0 && n >= self.bytes.capacity() / 2 {
            let rest = self.bytes.split_off(n);
            return std::mem::replace(&mut self.bytes, rest);
        }
        let taken = self.unread()[..n].to_vec();
        self.skip(n);
        taken
    }

    pub(crate) fn take_all(&mut self) -> Vec<u8> {
        self.take(self.len())
    }

    /// Takes as many bytes as fit into `into`.
    pub(crate) fn take_into(&mut self, into: &mut [u8]) -> usize {
        let n = into.len().min(self.len());
        into[..n].copy_from_slice(&self.unread()[..n]);
        self.skip(n);
        n
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(bytes: &[u8], capacity: usize) -> Buffer {
        let mut buffer = Buffer {
            bytes: Vec::with_capacity(capacity),
            start: 0,
        };
        buffer.end().extend_from_slice(bytes);
        buffer
    }

    #[test]
    fn a_small_piece_does_not_keep_much_memory() {
        let mut buffer = of(b"line\n", 1000);
        assert_eq!(buffer.take_all().capacity(), 5);
        assert_eq!(buffer.end().capacity(), 1000);
    }

    #[test]
    fn a_large_piece_is_not_copied() {
        let mut buffer = of(&[b'x'; 1000], 1000);
        let memory = buffer.unread().as_ptr();
        let taken = buffer.take(900);
        assert_eq!(taken.as_ptr(), memory);
        assert_eq!(buffer.take_all(), [b'x'; 100]);
    }

    #[test]
    fn taken_bytes_make_room() {
        let mut buffer = of(&[b'x'; 900], 1000);
        buffer.skip(800);
        buffer.end().extend_from_slice(&[b'y'; 900]);
        assert_eq!(buffer.end().capacity(), 1000);
        assert_eq!(buffer.take(101), [&[b'x'; 100][..], b"y"].concat());
    }

    #[test]
    fn no_more_is_skipped_than_there_is() {
        let mut buffer = of(b"four", 4);
        buffer.skip(usize::MAX);
        assert_eq!(buffer.unread(), b"");
    }
}
