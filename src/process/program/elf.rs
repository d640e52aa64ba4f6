//! What an ELF binary says of itself, as far as it tells why it cannot be executed.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

/// The header that names the loader (`PT_INTERP`).
const LOADER: u64 = 3;
/// No path is longer on any system.
const LONGEST_PATH: u64 = 4096;

/// Whether the file begins as an ELF binary does.
pub(crate) fn is_elf(file: &impl FileExt) -> bool {
    let mut magic = [0; 4];
    file.read_exact_at(&mut magic, 0).is_ok() && magic == *b"\x7fELF"
}

/// The loader that an ELF binary names; none for what is statically linked, or no such binary.
pub(crate) fn loader(file: &impl FileExt) -> Option<PathBuf> {
    if !is_elf(file) {
        return None;
    }
    let mut class = [0; 2];
    file.read_exact_at(&mut class, 4).ok()?;
    let is_big_endian = class[1] == 2;
    let number = |at: u64, len: usize| -> Option<u64> {
        let mut bytes = [0; 8];
        file.read_exact_at(&mut bytes[..len], at).ok()?;
        let digits = bytes[..len].iter().map(|byte| u64::from(*byte));
        let add = |sum, digit| sum << 8 | digit;
        Some(match is_big_endian {
            true => digits.fold(0, add),
            false => digits.rev().fold(0, add),
        })
    };
    // Where the headers' place, size and number stand, and in each its place and size of what it
    // describes: for 64 bits, then for 32.
    let ([place, size, count], [start, len], width) = match class[0] {
        2 => ([32, 54, 56], [8, 32], 8),
        1 => ([28, 42, 44], [4, 16], 4),
        _ => return None,
    };
    let (place, size, count) = (number(place, width)?, number(size, 2)?, number(count, 2)?);
    let mut headers = (0..count).map_while(|n| place.checked_add(n * size));
    let header = headers.find(|header| number(*header, 4) == Some(LOADER))?;
    let (start, len) = (number(header + start, width)?, number(header + len, width)?);
    let mut path = vec![0; usize::try_from(len.min(LONGEST_PATH)).ok()?];
    file.read_exact_at(&mut path, start).ok()?;
    let path = path.split(|byte| *byte == 0).next()?;
    Some(PathBuf::from(OsStr::from_bytes(path)))
}
