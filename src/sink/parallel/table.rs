//! GNU parallel's table of results, one row a job: CSV, TSV, or JSON.

use std::ffi::OsString;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;

use super::row::{COLUMNS, Row};
use crate::record::ParallelRow;

/// The format of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TableForm {
    Csv,
    Tsv,
    Json,
}

impl TableForm {
    fn separator(self) -> u8 {
        match self {
            Self::Csv => b',',
            Self::Tsv | Self::Json => b'\t',
        }
    }

    /// Writes the names of the columns, for jobs with so many arguments.
    pub(crate) fn header(self, args: usize, out: &mut impl Write) -> io::Result<()> {
        if self == Self::Json {
            return Ok(());
        }
        let names = COLUMNS.iter().map(|name| (*name).to_owned());
        let names = names.chain((1..=args).map(|number| format!("V{number}")));
        let names = names.chain(["Stdout".to_owned(), "Stderr".to_owned()]);
        let names: Vec<Vec<u8>> = names.map(String::into_bytes).collect();
        out.write_all(&[names.join(&self.separator()), b"\n".to_vec()].concat())
    }

    /// Writes the row of a job.
    pub(crate) fn row(
        self,
        row: &Row,
        args: &[OsString],
        (stdout, stderr): (&[u8], &[u8]),
        out: &mut impl Write,
    ) -> io::Result<()> {
        if self == Self::Json {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let record = ParallelRow {
                seq: row.seq,
                host: ":".to_owned(),
                start_time: row.started.as_secs_f64(),
                job_runtime: row.runtime.as_secs_f64(),
                send: row.sent,
                receive: row.received,
                exit_value: row.exit_value,
                signal: row.signal,
                command: text(&row.command),
                values: args.iter().map(|arg| text(arg.as_bytes())).collect(),
                stdout: text(stdout),
                stderr: text(stderr),
            };
            serde_json::to_writer(&mut *out, &record)?;
            return out.write_all(b"\n");
        }
        let columns = row.columns();
        let mut fields: Vec<Vec<u8>> = columns
            .iter()
            .map(|text| text.clone().into_bytes())
            .collect();
        let texts = std::iter::once(row.command.as_slice());
        let texts = texts
            .chain(args.iter().map(|arg| arg.as_bytes()))
            .chain([stdout, stderr]);
        fields.extend(texts.map(|text| self.field(text)));
        out.write_all(&[fields.join(&self.separator()), b"\n".to_vec()].concat())
    }

    /// Quotes a field, if it has to be.
    fn field(self, text: &[u8]) -> Vec<u8> {
        let is_special = |byte: &u8| *byte == self.separator() || b"\"\n\r ".contains(byte);
        if !text.iter().any(is_special) {
            return text.to_vec();
        }
        let mut quoted = vec![b'"'];
        for byte in text {
            quoted.push(*byte);
            if *byte == b'"' {
                quoted.push(b'"');
            }
        }
        quoted.push(b'"');
        quoted
    }
}
