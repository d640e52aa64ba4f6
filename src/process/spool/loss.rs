//! Bytes of a stream that could not be kept.

use std::io;

use super::Spool;

/// Output that is not whole: of a stream that a process wrote, some bytes could not be kept, or what
/// was kept cannot be read any more.
#[derive(Debug, thiserror::Error)]
#[error("{lost} bytes of the output are lost")]
#[non_exhaustive]
pub struct LostOutput {
    /// What there is: its beginning, without a gap.
    pub kept: Vec<u8>,
    /// How many bytes are missing.
    pub lost: u64,
    /// Why.
    pub source: io::Error,
}

impl Spool {
    /// An error if bytes of the stream could not be kept.
    pub(super) fn whole(&self) -> io::Result<()> {
        match &self.error {
            Some(error) if self.lost > 0 => {
                let what = format!("{} bytes of the output are lost: {error}", self.lost);
                Err(io::Error::new(error.kind(), what))
            }
            _ => Ok(()),
        }
    }
}
