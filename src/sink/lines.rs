//! The output of jobs that run at once, line by line: each line stands behind its job's name.

use std::collections::HashMap;
use std::io::{self, Read, Write};

use super::style::Style;
use super::words;
use crate::event::{NumberedJob, Stream};
use crate::process::Spool;

/// A longer line is shown in pieces, marked where it is cut, so that it costs no memory.
const LONGEST_LINE: usize = 16 * 1024;
/// Stands at both ends of a cut.
const CUT: &str = "…";
/// Longer names are shortened.
const WIDEST: usize = 24;

/// Lines that are not whole yet, and how wide the names are.
#[derive(Debug)]
pub(super) struct Lines {
    style: Style,
    /// Of the widest name so far; the others are padded.
    width: usize,
    open: HashMap<(u64, Stream), Open>,
}

/// The beginning of a line.
#[derive(Debug, Default)]
struct Open {
    bytes: Vec<u8>,
    /// Whether more of the line was shown before.
    cut: bool,
}

impl Lines {
    /// No line yet.
    pub(super) fn new(style: Style) -> Self {
        Self {
            style,
            width: 0,
            open: HashMap::new(),
        }
    }

    /// Shows the lines that `piece` makes whole; what is left of it waits for its end.
    pub(super) fn write(
        &mut self,
        job: &NumberedJob,
        stream: Stream,
        piece: &Spool,
        out: &mut impl Write,
    ) -> io::Result<()> {
        let prefix = self.prefix(job);
        let open = self.open.entry((job.seq, stream)).or_default();
        open.add(piece.head(), &prefix, out)?;
        let mut rest = piece.reader(piece.taken() + piece.head().len() as u64);
        let mut buf = Vec::new();
        while rest
            .by_ref()
            .take(LONGEST_LINE as u64)
            .read_to_end(&mut buf)?
            > 0
        {
            open.add(&buf, &prefix, out)?;
            buf.clear();
        }
        Ok(())
    }

    /// Shows what waits for the end of its line: none will come.
    pub(super) fn finish(
        &mut self,
        job: &NumberedJob,
        stream: Stream,
        out: &mut impl Write,
    ) -> io::Result<()> {
        match self.open.remove(&(job.seq, stream)) {
            Some(open) if !open.bytes.is_empty() => {
                let prefix = self.prefix(job);
                open.line(&open.bytes, b"\n", &prefix, out)
            }
            _ => Ok(()),
        }
    }

    /// The job's name, in its own colour and as wide as the others.
    fn prefix(&mut self, job: &NumberedJob) -> String {
        let mut name = words::label(job);
        if let Some((at, _)) = name.char_indices().nth(WIDEST) {
            name.truncate(at - name[..at].chars().next_back().map_or(0, char::len_utf8));
            name.push_str(CUT);
        }
        self.width = self.width.max(name.chars().count());
        let width = self.width;
        self.style.tint(job.seq, format!("{name:width$} |"))
    }
}

impl Open {
    fn add(&mut self, bytes: &[u8], prefix: &str, out: &mut impl Write) -> io::Result<()> {
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            match line.strip_suffix(b"\n") {
                Some(line) if self.bytes.is_empty() => self.whole(line, prefix, out)?,
                Some(line) => {
                    let mut begun = std::mem::take(&mut self.bytes);
                    begun.extend_from_slice(line);
                    self.whole(&begun, prefix, out)?;
                    begun.clear();
                    // The buffer serves the next line.
                    self.bytes = begun;
                }
                None => {
                    self.bytes.extend_from_slice(line);
                    if self.bytes.len() > LONGEST_LINE {
                        let bytes = std::mem::take(&mut self.bytes);
                        self.bytes = self.shorten(&bytes, prefix, out)?.to_vec();
                    }
                }
            }
        }
        Ok(())
    }

    /// Shows a line to its end.
    fn whole(&mut self, line: &[u8], prefix: &str, out: &mut impl Write) -> io::Result<()> {
        let rest = self.shorten(line, prefix, out)?;
        self.line(rest, b"\n", prefix, out)?;
        self.cut = false;
        Ok(())
    }

    /// Shows pieces of a line that is too long; what is returned is not.
    fn shorten<'a>(
        &mut self,
        mut line: &'a [u8],
        prefix: &str,
        out: &mut impl Write,
    ) -> io::Result<&'a [u8]> {
        while line.len() > LONGEST_LINE {
            let (piece, rest) = line.split_at(LONGEST_LINE);
            self.line(piece, "…\n".as_bytes(), prefix, out)?;
            self.cut = true;
            line = rest;
        }
        Ok(line)
    }

    fn line(&self, line: &[u8], end: &[u8], prefix: &str, out: &mut impl Write) -> io::Result<()> {
        out.write_all(prefix.as_bytes())?;
        let space = if self.cut { " …" } else { " " };
        out.write_all(space.as_bytes())?;
        out.write_all(line)?;
        out.write_all(end)
    }
}
