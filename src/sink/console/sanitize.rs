//! Filters the output of jobs for a terminal with a live region: it may set colours, but not move the cursor.
//!
//! Text, tabs, carriage returns and backspaces pass, and the escape sequences that set colours or
//! clear the rest of a line. All other sequences (cursor movement, clearing the screen, titles,
//! queries) are removed; shown as text they would be noise. A newline ends every sequence, so that
//! an unterminated one hides at most the rest of its line.

/// The filter for one stream, with the sequence that it is parsing.
#[derive(Debug, Default)]
pub(crate) struct Sanitizer {
    /// The bytes of the sequence so far.
    held: Vec<u8>,
    /// Whether bytes were dropped from `held`.
    is_cut: bool,
}

/// Maximum length of a sequence that may pass, in bytes.
const MAX_SEQUENCE: usize = 64;

const ESC: u8 = 0x1b;
const BEL: u8 = 0x07;

/// The decision about a sequence.
enum Verdict {
    /// The sequence is incomplete.
    Incomplete,
    Pass,
    Remove,
}

impl Sanitizer {
    /// Appends the bytes that may be shown to `shown`.
    pub(crate) fn filter(&mut self, bytes: &[u8], shown: &mut Vec<u8>) {
        for &byte in bytes {
            match self.held.first() {
                Some(&ESC) if byte != b'\n' => self.continue_sequence(byte, shown),
                Some(&0xc2) => {
                    self.held.clear();
                    // The C1 controls, two bytes in UTF-8.
                    if !matches!(byte, 0x80..=0x9f) {
                        shown.push(0xc2);
                        self.start(byte, shown);
                    }
                }
                _ => {
                    self.held.clear();
                    self.start(byte, shown);
                }
            }
        }
    }

    /// Handles a byte outside a sequence.
    fn start(&mut self, byte: u8, shown: &mut Vec<u8>) {
        match byte {
            ESC | 0xc2 => {
                self.held.push(byte);
                self.is_cut = false;
            }
            b'\n' | b'\r' | b'\t' | 0x08 | BEL => shown.push(byte),
            0..=0x1f | 0x7f => {}
            _ => shown.push(byte),
        }
    }

    /// Handles the next byte of a sequence.
    fn continue_sequence(&mut self, byte: u8, shown: &mut Vec<u8>) {
        self.held.push(byte);
        match self.judge() {
            Verdict::Incomplete => {}
            Verdict::Pass => shown.append(&mut self.held),
            Verdict::Remove => self.held.clear(),
        }
        // Only the introducer and the last bytes of a long sequence matter.
        if self.held.len() > MAX_SEQUENCE {
            self.held.drain(3..MAX_SEQUENCE);
            self.is_cut = true;
        }
    }

    /// Decides about the sequence so far.
    fn judge(&self) -> Verdict {
        let last = self.held[self.held.len() - 1];
        match self.held[..] {
            [ESC, b'['] => Verdict::Incomplete,
            [ESC, b'[', ..] => match last {
                b'm' | b'K' if !self.is_cut && self.has_plain_parameters() => Verdict::Pass,
                0x40..=0x7e => Verdict::Remove,
                _ => Verdict::Incomplete,
            },
            // Strings such as titles and links, up to BEL or ESC \.
            [ESC, b']' | b'P' | b'X' | b'^' | b'_', ..] => {
                let is_end = last == BEL || self.held.ends_with(&[ESC, b'\\']);
                match is_end && self.held.len() > 2 {
                    true => Verdict::Remove,
                    false => Verdict::Incomplete,
                }
            }
            // Two or three bytes: ESC c, ESC 7, ESC ( B.
            [ESC, .., 0x20..=0x2f] => Verdict::Incomplete,
            _ => Verdict::Remove,
        }
    }

    fn has_plain_parameters(&self) -> bool {
        let parameters = &self.held[2..self.held.len() - 1];
        let is_plain = |byte: &u8| byte.is_ascii_digit() || matches!(byte, b';' | b':');
        parameters.iter().all(is_plain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(text: &str, piece: usize) -> String {
        let (mut sanitizer, mut shown) = (Sanitizer::default(), Vec::new());
        for piece in text.as_bytes().chunks(piece) {
            sanitizer.filter(piece, &mut shown);
        }
        String::from_utf8_lossy(&shown).into_owned()
    }

    #[test]
    fn colours_pass_and_the_cursor_stays() {
        for (text, expected) in [
            (
                "\x1b[1;31mred\x1b[0m\x1b[K\n",
                "\x1b[1;31mred\x1b[0m\x1b[K\n",
            ),
            (
                "\x1b[38;2;1;2;3mx\x1b[38:5:9mä€\n",
                "\x1b[38;2;1;2;3mx\x1b[38:5:9mä€\n",
            ),
            ("a\x1b[2J\x1b[H\x1bcb", "ab"),
            ("a\x1b[5A\x1b[?1049h\x1b[>4;1mb\u{9b}c", "abc"),
            (
                "a\x1b]0;title\x07b\x1b]8;;url\x1b\\link\x1b]8;;\x1b\\",
                "ablink",
            ),
            ("a\x1b(Bb\x1b7\x0b\x0cc", "abc"),
            ("50%\r100%\ttab\x08\n", "50%\r100%\ttab\x08\n"),
            ("a\x1b]0;no end\nb\x1b[3\nc", "a\nb\nc"),
            ("\x1b]0;\x1b[2J\x07x", "x"),
        ] {
            assert_eq!(shown(text, 1000), expected, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn pieces_make_no_difference(text in "[\x1b\\[\\]a0;mKJ\u{9b}ä\n\x07\\\\ ]{0,60}", piece in 1usize..5) {
            prop_assert_eq!(shown(&text, piece), shown(&text, 1000));
        }

        #[test]
        fn only_colours_are_left(text in "[\x1b\\[\\]a0;?mKJHc\u{9b}\n\x07\\\\]{0,80}") {
            let shown = shown(&text, 1000);
            for sequence in shown.split('\x1b').skip(1) {
                let parameters = sequence.strip_prefix('[').expect("nothing else passes");
                let rest = parameters.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
                prop_assert!(rest.starts_with(['m', 'K']), "{:?}", shown);
            }
            let has_control = shown.contains('\u{9b}');
            prop_assert!(!has_control);
        }
    }
}
