//! Comma-separated values by RFC 4180, one record at a time.

use std::ffi::OsString;
use std::io::{self, BufRead};
use std::os::unix::ffi::OsStringExt;

use csv_core::ReadRecordResult;

use crate::plan::input::Lookahead;

/// A parser of records. Blank lines are skipped, and a record may end with LF, CRLF or CR.
pub(crate) struct CsvParser {
    parser: csv_core::Reader,
    /// The bytes of the fields of the last record, without quotes, and where each field ends.
    text: Vec<u8>,
    ends: Vec<usize>,
    /// The number of its fields.
    count: usize,
    /// The number of newlines before the next record.
    newlines: u64,
}

/// What was read.
pub(crate) enum CsvRecord {
    /// A record that begins on this line.
    Record(u64),
    /// The end of the input.
    End,
    /// A quote that begins on this line or a later one has no end.
    Unclosed(u64),
    /// The record that begins on this line is longer than allowed.
    TooLong(u64),
}

impl Default for CsvParser {
    fn default() -> Self {
        Self {
            parser: csv_core::Reader::new(),
            text: vec![0; 1024],
            ends: vec![0; 64],
            count: 0,
            newlines: 0,
        }
    }
}

impl CsvParser {
    /// Reads the next record, of at most `longest` bytes.
    pub(crate) fn read(&mut self, input: &mut Lookahead, longest: usize) -> io::Result<CsvRecord> {
        if !self.skip_blank_lines(input)? {
            return Ok(CsvRecord::End);
        }
        let line = self.newlines + 1;
        let (mut length, mut count) = (0, 0);
        loop {
            let bytes = input.fill_buf()?;
            let is_at_end = bytes.is_empty();
            // A newline ends the last record, but not a quoted field.
            let bytes = if is_at_end { b"\n" } else { bytes };
            let (result, read, written, ended) =
                self.parser
                    .read_record(bytes, &mut self.text[length..], &mut self.ends[count..]);
            if !is_at_end {
                self.newlines += bytes[..read].iter().filter(|byte| **byte == b'\n').count() as u64;
                input.consume(read);
            }
            length += written;
            count += ended;
            match result {
                ReadRecordResult::InputEmpty if is_at_end => return Ok(CsvRecord::Unclosed(line)),
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull if self.text.len() >= longest => {
                    return Ok(CsvRecord::TooLong(line));
                }
                ReadRecordResult::OutputFull => self.text.resize(2 * self.text.len(), 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(2 * self.ends.len(), 0),
                ReadRecordResult::Record | ReadRecordResult::End => break,
            }
        }
        self.count = count;
        Ok(CsvRecord::Record(line))
    }

    /// Returns the number of fields of the last record.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Whether one of them holds a NUL byte.
    pub(crate) fn has_nul(&self) -> bool {
        let length = self.ends[..self.count].last().copied();
        self.text[..length.unwrap_or_default()].contains(&0)
    }

    /// Returns these fields.
    pub(crate) fn fields(&self) -> Vec<OsString> {
        let mut start = 0;
        let field = |end: &usize| {
            let field = self.text[start..*end].to_vec();
            start = *end;
            OsString::from_vec(field)
        };
        self.ends[..self.count].iter().map(field).collect()
    }

    /// Skips newlines; returns false at the end of the input.
    fn skip_blank_lines(&mut self, input: &mut Lookahead) -> io::Result<bool> {
        loop {
            match input.fill_buf()?.first() {
                Some(b'\n') => self.newlines += 1,
                Some(b'\r') => {}
                Some(_) => return Ok(true),
                None => return Ok(false),
            }
            input.consume(1);
        }
    }
}

/// Whether a whole record is buffered; false if in doubt.
pub(crate) fn holds_record(buffered: &[u8]) -> bool {
    let mut is_quoted = false;
    let record = buffered.iter().skip_while(|byte| b"\r\n".contains(byte));
    for byte in record {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'\n' if !is_quoted => return true,
            _ => {}
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStrExt;

    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::plan::input::{Chunks, MAX_ITEM_BYTES};

    fn all(chunks: &[&[u8]]) -> Vec<String> {
        let mut input = Lookahead::new(Chunks::new(chunks));
        let mut parser = CsvParser::default();
        let mut shown = Vec::new();
        loop {
            match parser.read(&mut input, MAX_ITEM_BYTES).unwrap() {
                CsvRecord::Record(line) => shown.push(format!("{line} {:?}", parser.fields())),
                CsvRecord::Unclosed(line) => {
                    shown.push(format!("{line} unclosed"));
                    return shown;
                }
                CsvRecord::TooLong(line) => panic!("{line}"),
                CsvRecord::End => return shown,
            }
        }
    }

    #[test]
    fn a_quoted_field_may_hold_anything() {
        let text = b"a,\"b \"\"c\"\"\n,d\",\r\n\n\"\",e f";
        let records = [r#"1 ["a", "b \"c\"\n,d", ""]"#, r#"4 ["", "e f"]"#];
        assert_eq!(all(&[text, b""]), records);
        let bytes: Vec<&[u8]> = text.chunks(1).chain([&b""[..]]).collect();
        assert_eq!(all(&bytes), records);
    }

    #[test]
    fn a_record_begins_on_its_own_line() {
        let text = b"\n\r\na\r\n\"b\nc\"\n\n\nd\n";
        assert_eq!(
            all(&[text, b""]),
            [r#"3 ["a"]"#, r#"4 ["b\nc"]"#, r#"8 ["d"]"#]
        );
    }

    #[test]
    fn a_quote_without_an_end_is_found() {
        assert_eq!(
            all(&[b"a\n\"b,c\nd", b"", b""]),
            [r#"1 ["a"]"#, "2 unclosed"]
        );
        assert_eq!(all(&[b"a\n\"", b"", b""]), [r#"1 ["a"]"#, "2 unclosed"]);
        assert_eq!(all(&[b"a,\"\"", b"", b""]), [r#"1 ["a", ""]"#]);
    }

    #[test]
    fn a_record_is_returned_before_the_next_one_arrives() {
        let mut input = Lookahead::new(Chunks::new(&[b"a,b\nc"]));
        let mut parser = CsvParser::default();
        let record = parser.read(&mut input, MAX_ITEM_BYTES).unwrap();
        assert!(matches!(record, CsvRecord::Record(1)));
        assert_eq!(parser.fields(), ["a", "b"]);
        assert!(!holds_record(input.buffered()));
    }

    #[test]
    fn a_buffered_record_is_known_to_be_whole() {
        for (text, is_whole) in [
            ("a,b\n", true),
            ("\n\na\n", true),
            ("\n\n", false),
            ("a", false),
            ("\"a\n", false),
            ("\"a\nb\"\n", true),
            ("\"a\"\"\nb\n", false),
        ] {
            assert_eq!(holds_record(text.as_bytes()), is_whole, "{text:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn what_the_csv_crate_writes_is_read_back(
            records in vec(vec(vec(prop_oneof![Just(b'"'), Just(b','), Just(b'\n'), Just(b'\r'), 0..=255_u8], 0..6), 1..5), 0..8),
            piece in 1..20_usize,
        ) {
            // A record of one empty field is a blank line to some readers, but quoted by this writer.
            let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
            for record in &records {
                writer.write_record(record).unwrap();
            }
            let text = writer.into_inner().unwrap();
            let chunks: Vec<&[u8]> = text.chunks(piece).chain([&b""[..]]).collect();
            let mut input = Lookahead::new(Chunks::new(&chunks));
            let mut parser = CsvParser::default();
            let mut read = Vec::new();
            while let CsvRecord::Record(_) = parser.read(&mut input, MAX_ITEM_BYTES).unwrap() {
                let fields = parser.fields();
                prop_assert_eq!(fields.len(), parser.count());
                read.push(fields.iter().map(|field| field.as_bytes().to_vec()).collect::<Vec<_>>());
            }
            prop_assert_eq!(read, records);
        }
    }
}
