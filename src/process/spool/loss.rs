//! Bytes of a stream that could not be kept.

use std::io;

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
