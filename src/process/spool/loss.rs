//! Bytes of a stream that could not be kept.

use std::io;

/// Output that is incomplete: some bytes of a process's stream could not be kept, or the kept bytes can
/// no longer be read.
#[derive(Debug, thiserror::Error)]
#[error("{lost} bytes of the output are lost")]
#[non_exhaustive]
pub struct LostOutput {
    /// The bytes that were kept: the beginning, without a gap.
    pub kept: Vec<u8>,
    /// The number of missing bytes.
    pub lost: u64,
    /// The reason.
    pub source: io::Error,
}
