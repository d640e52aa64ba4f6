//! Searching for the first of several separators.

use std::io::BufRead;
use std::ops::Range;

/// Returns the range of the separator that ends first; of several that end there, of the shortest. None
/// of them may be empty.
pub(crate) fn first_end(hay: &[u8], separators: &[&[u8]]) -> Option<Range<usize>> {
    if let [[.., last]] = separators {
        return first_with(hay, separators, |hay| position(hay, *last));
    }
    let mut are_last = [false; 256];
    for last in separators.iter().filter_map(|separator| separator.last()) {
        are_last[usize::from(*last)] = true;
    }
    let is_last = |byte: &u8| are_last[usize::from(*byte)];
    first_with(hay, separators, |hay| hay.iter().position(is_last))
}

/// As [`first_end`], given a search for the next byte with which a separator ends.
fn first_with(
    hay: &[u8],
    separators: &[&[u8]],
    next_last: impl Fn(&[u8]) -> Option<usize>,
) -> Option<Range<usize>> {
    let mut searched = 0;
    loop {
        let end = searched + next_last(&hay[searched..])? + 1;
        let ends_here = |separator: &&&[u8]| hay[..end].ends_with(separator);
        let lengths = separators.iter().filter(ends_here).map(|found| found.len());
        if let Some(len) = lengths.min() {
            return Some(end - len..end);
        }
        searched = end;
    }
}

/// Returns the position of `byte`, with std's fast search (memchr).
pub(crate) fn position(mut hay: &[u8], byte: u8) -> Option<usize> {
    let whole = hay;
    let last = hay.skip_until(byte).ok()?.checked_sub(1)?;
    (whole[last] == byte).then_some(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(hay: &str, separators: &[&str]) -> Option<Range<usize>> {
        let separators: Vec<&[u8]> = separators.iter().map(|one| one.as_bytes()).collect();
        first_end(hay.as_bytes(), &separators)
    }

    #[test]
    fn the_first_end_counts_and_not_the_first_beginning() {
        assert_eq!(found("aXbcYZ", &["XbcY", "c"]), Some(3..4));
        assert_eq!(found("aXbcYZ", &["Z", "XbcY"]), Some(1..5));
    }

    #[test]
    fn of_two_that_end_together_the_shorter_counts() {
        assert_eq!(found("--\r\n", &["\r\n", "\n"]), Some(3..4));
        assert_eq!(found("--\r\n", &["\n", "\r\n"]), Some(3..4));
    }

    #[test]
    fn a_separator_is_found_behind_others_that_only_begin() {
        assert_eq!(found("aabaaab", &["aaab"]), Some(3..7));
        assert_eq!(found("aabaaab", &["aaaa", "bb"]), None);
    }

    #[test]
    fn a_byte_is_found_at_either_end_or_not_at_all() {
        assert_eq!(position(b"abc", b'a'), Some(0));
        assert_eq!(position(b"abc", b'c'), Some(2));
        assert_eq!(position(b"abc", b'd'), None);
        assert_eq!(position(b"", b'a'), None);
    }
}
