//! The parts of an ELF binary that tell why it cannot be executed.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

/// The type of the program header that names the loader (`PT_INTERP`).
const PT_INTERP: u64 = 3;
/// No path is longer on any system.
const MAX_PATH: u64 = 4096;

/// Whether the file starts with the ELF magic number.
pub(crate) fn is_elf(file: &impl FileExt) -> bool {
    let mut magic = [0; 4];
    file.read_exact_at(&mut magic, 0).is_ok() && magic == *b"\x7fELF"
}

/// The loader named by an ELF binary; `None` if it is statically linked, or not such a binary.
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
    // The offsets of the headers' offset, size and number, and in each header of the offset and size
    // of its segment: for 64 bits, then for 32.
    let ([offset, size, count], [start, len], width) = match class[0] {
        2 => ([32, 54, 56], [8, 32], 8),
        1 => ([28, 42, 44], [4, 16], 4),
        _ => return None,
    };
    let (offset, size, count) = (number(offset, width)?, number(size, 2)?, number(count, 2)?);
    let mut headers = (0..count).map_while(|n| offset.checked_add(n * size));
    let header = headers.find(|header| number(*header, 4) == Some(PT_INTERP))?;
    let (start, len) = (number(header + start, width)?, number(header + len, width)?);
    let mut path = vec![0; usize::try_from(len.min(MAX_PATH)).ok()?];
    file.read_exact_at(&mut path, start).ok()?;
    let path = path.split(|byte| *byte == 0).next()?;
    Some(PathBuf::from(OsStr::from_bytes(path)))
}
