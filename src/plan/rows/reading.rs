//! What is dropped of the values of a source, as xargs and GNU parallel do.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// What is dropped of the values of a source.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Reading {
    /// The value that ends the source.
    pub(crate) end: Option<OsString>,
    /// Whether values without anything but blanks are skipped.
    pub(crate) skips_empty: bool,
    pub(crate) trims_start: bool,
    pub(crate) trims_end: bool,
    /// Whether the first line of the first file is skipped (the `#!` line of a script).
    pub(crate) skips_first: bool,
}

/// What becomes of a value.
pub(crate) enum Read {
    Value(OsString),
    Skipped,
    End,
}

impl Reading {
    /// Returns what becomes of a value.
    pub(crate) fn read(&self, value: OsString) -> Read {
        if self.end.as_ref() == Some(&value) {
            return Read::End;
        }
        let bytes = value.as_bytes();
        if self.skips_empty && bytes.trim_ascii().is_empty() {
            return Read::Skipped;
        }
        Read::Value(self.trim(value))
    }

    /// Returns a value without blanks at its ends.
    pub(crate) fn trim(&self, value: OsString) -> OsString {
        if !self.trims_start && !self.trims_end {
            return value;
        }
        let mut rest = value.as_bytes();
        if self.trims_start {
            rest = rest.trim_ascii_start();
        }
        if self.trims_end {
            rest = rest.trim_ascii_end();
        }
        OsString::from_vec(rest.to_vec())
    }
}
