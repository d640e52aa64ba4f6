//! A block, as the job has it whose standard input it is.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest, Sha256};

use super::content::Content;

/// A block of an input. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    /// What comes before it, as before every other block.
    header: Arc<[u8]>,
    length: u64,
    digest: Option<[u8; 32]>,
    /// `None` once no job needs it any more.
    content: Arc<Mutex<Option<Content>>>,
}

impl Block {
    /// Creates a block. `digest` identifies its bytes, if they have to be recognized.
    pub(crate) fn new(header: Arc<[u8]>, content: Content, digest: Option<[u8; 32]>) -> Self {
        Self {
            length: header.len() as u64 + content.length(),
            header,
            digest,
            content: Arc::new(Mutex::new(Some(content))),
        }
    }

    /// Returns how many bytes it has, with the header.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Returns how many bytes it has without the header.
    pub(crate) fn content_length(&self) -> u64 {
        self.length - self.header.len() as u64
    }

    /// Returns what comes before it.
    pub(crate) fn header(&self) -> &[u8] {
        &self.header
    }

    /// Returns what identifies its bytes, header included.
    pub(crate) fn digest(&self) -> Option<&[u8]> {
        self.digest.as_ref().map(<[u8; 32]>::as_slice)
    }

    /// Returns its bytes after the header; `None` once it was released.
    pub(crate) fn content(&self) -> Option<Content> {
        let content = self.content.lock();
        content.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Frees its bytes, since no job will read them again. Who still holds the job's record does not hold
    /// the memory.
    pub(crate) fn release(&self) {
        let mut content = self.content.lock().unwrap_or_else(PoisonError::into_inner);
        let released = content.take();
        // Not under the lock: it may be the last owner of a large memory.
        drop(content);
        drop(released);
    }

    /// Returns a copy of all its bytes.
    pub(crate) fn to_vec(&self) -> io::Result<Vec<u8>> {
        let mut bytes = self.header.to_vec();
        if let Some(content) = self.content() {
            content.read(|piece| bytes.extend_from_slice(piece))?;
        }
        Ok(bytes)
    }
}

impl PartialEq for Block {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.content, &other.content)
    }
}

/// Returns what identifies the bytes of a block.
pub(crate) fn digest_of(header: &[u8], content: &Content) -> io::Result<[u8; 32]> {
    let mut hasher = Sha256::new();
    hasher.update(header);
    content.read(|piece| hasher.update(piece))?;
    Ok(hasher.finalize().into())
}
