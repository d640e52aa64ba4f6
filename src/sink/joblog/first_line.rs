//! Whether a file is a job log, by its first line: nothing is mended in a file of somebody else.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

use serde::Deserialize;

use crate::record::VERSION;

/// What the first line of every log begins with.
const START: &[u8] = br#"{"type":"run_start","#;

/// What a file is.
#[derive(Debug, PartialEq)]
pub(super) enum FirstLine {
    /// A job log, or nothing yet: an empty file, or a first line that was never finished.
    Log,
    /// One that this version cannot go on with.
    OtherVersion,
    /// A log whose first line cannot be read, for this reason.
    Damaged(String),
    /// Anything else.
    Other,
}

#[derive(Deserialize)]
struct Head {
    v: Option<u64>,
}

/// Looks at the beginning of a file, and no further than it needs.
pub(super) fn look(mut file: &File) -> io::Result<FirstLine> {
    file.seek(SeekFrom::Start(0))?;
    look_at(BufReader::with_capacity(64 * 1024, file))
}

fn look_at(mut bytes: impl BufRead) -> io::Result<FirstLine> {
    let mut line = Vec::new();
    { &mut bytes }
        .take(START.len() as u64)
        .read_to_end(&mut line)?;
    if !START.starts_with(written(&line)) {
        return Ok(FirstLine::Other);
    }
    if line == START {
        bytes.read_until(b'\n', &mut line)?;
        if line.ends_with(b"\n") {
            return Ok(match serde_json::from_slice(&line) {
                Ok(Head { v: Some(VERSION) }) => FirstLine::Log,
                Ok(_) => FirstLine::OtherVersion,
                Err(error) => FirstLine::Damaged(error.to_string()),
            });
        }
    }
    // It was being written when the run was killed, or was never filled when the machine went down.
    let is_torn = !written(&line).contains(&0) && is_zeros(bytes)?;
    Ok(if is_torn {
        FirstLine::Log
    } else {
        FirstLine::Other
    })
}

/// The bytes before the zeros at the end.
fn written(bytes: &[u8]) -> &[u8] {
    let last = bytes.iter().rposition(|byte| *byte != 0);
    &bytes[..last.map_or(0, |last| last + 1)]
}

fn is_zeros(mut bytes: impl BufRead) -> io::Result<bool> {
    loop {
        let piece = bytes.fill_buf()?;
        if piece.is_empty() {
            return Ok(true);
        }
        if piece.iter().any(|byte| *byte != 0) {
            return Ok(false);
        }
        let count = piece.len();
        bytes.consume(count);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FIRST: &str = "{\"type\":\"run_start\",\"t_unix_s\":1.5,\"v\":1,\"pid\":7}\n";

    fn found(bytes: &[u8]) -> FirstLine {
        look_at(bytes).expect("memory can be read")
    }

    proptest! {
        #[test]
        fn a_log_cut_anywhere_and_filled_with_zeros_is_one(
            cut in 0..=FIRST.len(),
            zeros in 0..200_000usize,
        ) {
            let bytes = [&FIRST.as_bytes()[..cut], &vec![0; zeros]].concat();
            prop_assert_eq!(found(&bytes), FirstLine::Log);
        }

        #[test]
        fn nothing_else_is_one(bytes in prop::collection::vec(any::<u8>(), 1..100)) {
            let of_a_log = START.starts_with(written(&bytes)) || bytes.starts_with(START);
            prop_assert_eq!(found(&bytes) == FirstLine::Other, !of_a_log);
        }

        #[test]
        fn what_follows_zeros_makes_it_something_else(
            cut in 0..FIRST.len(),
            zeros in 1..100_000usize,
        ) {
            let bytes = [&FIRST.as_bytes()[..cut], &vec![0; zeros], b"x"].concat();
            prop_assert_eq!(found(&bytes), FirstLine::Other);
        }
    }

    #[test]
    fn files_of_others_are_not() {
        for bytes in [
            &b"{\"a\":1}"[..],
            b"{\"a\":1}\n",
            b"\n",
            b"echo a",
            b"SQLite format 3\0",
            b"\x7fELF\x02\x01\x01\0",
            b"{\"type\":\"run_end\",",
            b"{\"type\":\"run_started\"}",
        ] {
            assert_eq!(found(bytes), FirstLine::Other);
        }
    }

    #[test]
    fn a_log_of_another_version_and_a_damaged_one_are_told_apart() {
        let other = FIRST.replace("\"v\":1", "\"v\":99");
        assert_eq!(found(other.as_bytes()), FirstLine::OtherVersion);
        let damaged = FIRST.replace('}', "");
        assert!(matches!(found(damaged.as_bytes()), FirstLine::Damaged(_)));
    }
}
