//! Tracks the colours that a text leaves on, so that they can be switched off after it.

/// Maximum number of bytes of sequences to keep; when it is exceeded, the earlier ones are dropped.
const MAX_BYTES: usize = 256;
const ESC: u8 = 0x1b;

/// The escape sequences of a text that are in force at its end.
#[derive(Debug, Default)]
pub(crate) struct Colours {
    /// The colour sequences since the last reset.
    open: Vec<u8>,
    /// Whether the cursor is hidden.
    hides_cursor: bool,
    /// The beginning of an incomplete sequence.
    partial: Vec<u8>,
}

impl Colours {
    /// Parses the next piece of the text.
    pub(crate) fn go_through(&mut self, mut text: &[u8]) {
        loop {
            if self.partial.is_empty() {
                let Some(at) = text.iter().position(|byte| *byte == ESC) else {
                    return;
                };
                self.partial.push(ESC);
                text = &text[at + 1..];
            }
            let Some((&byte, rest)) = text.split_first() else {
                return;
            };
            text = rest;
            match self.partial.as_slice() {
                [ESC] if byte == b'[' => self.partial.push(byte),
                [ESC] if byte == ESC => {}
                [ESC, _, ..] if !matches!(byte, 0x40..=0x7e) && self.partial.len() < MAX_BYTES => {
                    self.partial.push(byte);
                }
                _ => {
                    let parameters = std::mem::take(&mut self.partial);
                    if let Some(parameters) = parameters.strip_prefix(b"\x1b[") {
                        self.apply(parameters, byte);
                    }
                }
            }
        }
    }

    /// Applies a complete sequence.
    fn apply(&mut self, parameters: &[u8], kind: u8) {
        let is_off = parameters.iter().all(|byte| matches!(byte, b'0' | b';'));
        match (kind, parameters) {
            (b'm', _) if is_off => self.open.clear(),
            (b'm', _) => {
                if self.open.len() + parameters.len() > MAX_BYTES {
                    self.open.clear();
                }
                self.open.extend([b"\x1b[", parameters, b"m"].concat());
            }
            (b'l', b"?25") => self.hides_cursor = true,
            (b'h', b"?25") => self.hides_cursor = false,
            _ => {}
        }
    }

    /// Returns the sequences that switch the current colours on.
    pub(crate) fn open(&self) -> &[u8] {
        &self.open
    }

    /// Returns the sequences that switch everything off, and resets the state.
    pub(crate) fn close(&mut self) -> String {
        let mut text = String::new();
        if !self.open.is_empty() {
            text.push_str("\x1b[0m");
        }
        if self.hides_cursor {
            text.push_str("\x1b[?25h");
        }
        *self = Self::default();
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn after(text: &[u8], piece: usize) -> Colours {
        let mut colours = Colours::default();
        text.chunks(piece)
            .for_each(|piece| colours.go_through(piece));
        colours
    }

    #[test]
    fn colours_that_were_not_switched_off_are_open() {
        for (text, open) in [
            ("plain", ""),
            ("\x1b[31mred", "\x1b[31m"),
            ("\x1b[31mred\x1b[0m", ""),
            ("\x1b[31mred\x1b[m", ""),
            ("\x1b[1mb\x1b[0;32mg", "\x1b[1m\x1b[0;32m"),
            ("\x1b[38;5;0mblack", "\x1b[38;5;0m"),
            ("\x1b[2K\x1b[1A\x1b(B\x1b]0;title\x07x", ""),
            ("\x1b[?25lhidden\x1b[?25h", ""),
        ] {
            assert_eq!(
                after(text.as_bytes(), 100).open(),
                open.as_bytes(),
                "{text:?}"
            );
        }
        assert_eq!(after(b"\x1b[?25l\x1b[1m", 100).close(), "\x1b[0m\x1b[?25h");
        assert_eq!(after(b"\x1b[1m\x1b[0m", 100).close(), "");
    }

    proptest! {
        #[test]
        fn pieces_make_no_difference(text in "[\x1b\\[0;13mKx?25lh]{0,60}", piece in 1usize..5) {
            let (whole, pieces) = (after(text.as_bytes(), 1000), after(text.as_bytes(), piece));
            prop_assert_eq!(whole.open(), pieces.open());
            prop_assert_eq!(whole.hides_cursor, pieces.hides_cursor);
        }
    }
}
