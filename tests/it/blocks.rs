//! `--pipe`: an input in blocks of whole records, each the standard input of one job.

mod borders;
mod feeding;
mod recording;
mod refusals;
mod sharing;

/// Lines of different lengths, `length` bytes or a little more.
fn lines(length: usize) -> Vec<u8> {
    let mut lines = Vec::with_capacity(length + 100);
    let mut number: u64 = 1;
    while lines.len() < length {
        let width = (number % 61) as usize;
        lines.extend_from_slice(format!("{number} {:x<width$}\n", "").as_bytes());
        number += 1;
    }
    lines
}
