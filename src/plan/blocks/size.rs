//! Sizes: `1M`, `64k`, `4096`.

use thiserror::Error;

/// A text that is not a size.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(crate) enum SizeError {
    /// It cannot be read.
    #[error("a size is 4096, 64K or 10M (K, M, G: times 1024; k, m, g: times 1000)")]
    Invalid,
    /// It is zero.
    #[error("a block has at least 1 byte")]
    Zero,
    /// It does not fit into 63 bits.
    #[error("too large")]
    TooLarge,
}

/// Parses a size in bytes, with GNU parallel's suffixes: capital letters are powers of 1024, small ones
/// of 1000.
pub(crate) fn parse_size(text: &str) -> Result<u64, SizeError> {
    let digits = text.trim_end_matches(|letter: char| !letter.is_ascii_digit());
    let factor: u64 = match &text[digits.len()..] {
        "" => 1,
        "K" | "KiB" => 1 << 10,
        "M" | "MiB" => 1 << 20,
        "G" | "GiB" => 1 << 30,
        "T" | "TiB" => 1 << 40,
        "k" | "kB" => 1_000,
        "m" | "MB" => 1_000_000,
        "g" | "GB" => 1_000_000_000,
        "t" | "TB" => 1_000_000_000_000,
        _ => return Err(SizeError::Invalid),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(SizeError::Invalid);
    }
    let number: u64 = digits.parse().map_err(|_| SizeError::TooLarge)?;
    match number.checked_mul(factor) {
        Some(0) => Err(SizeError::Zero),
        Some(size) if i64::try_from(size).is_ok() => Ok(size),
        _ => Err(SizeError::TooLarge),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_are_those_of_gnu_parallel() {
        for (text, size) in [
            ("1", 1),
            ("4096", 4096),
            ("64K", 65_536),
            ("64k", 64_000),
            ("1M", 1 << 20),
            ("1m", 1_000_000),
            ("2G", 2 << 30),
            ("2g", 2_000_000_000),
        ] {
            assert_eq!(parse_size(text), Ok(size), "{text}");
        }
    }

    #[test]
    fn what_is_no_size_is_refused() {
        for text in ["", "M", "1X", "-1", "1.5M", "+1", "1 M", "1MM", "é", "1é"] {
            assert_eq!(parse_size(text), Err(SizeError::Invalid), "{text}");
        }
        assert_eq!(parse_size("0M"), Err(SizeError::Zero));
        assert_eq!(parse_size("9999999999G"), Err(SizeError::TooLarge));
        assert_eq!(parse_size("99999999999999999999"), Err(SizeError::TooLarge));
    }
}
