//! The patterns of GNU parallel's replacement strings, as far as they have a fixed length.

/// A text to look for, in which `.` is any character but a newline, as in a regular expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    /// `None` is any byte but a newline.
    bytes: Vec<Option<u8>>,
}

impl Pattern {
    /// Parses a pattern; `None` if it is a regular expression with a choice or a repetition.
    pub(crate) fn parse(text: &[u8]) -> Option<Self> {
        let mut bytes = Vec::new();
        let mut rest = text.iter();
        while let Some(byte) = rest.next() {
            bytes.push(match byte {
                b'.' => None,
                // Before a letter or a digit it is a class or a reference.
                b'\\' => Some(*rest.next().filter(|next| next.is_ascii_punctuation())?),
                b'*' | b'+' | b'?' | b'[' | b']' | b'(' | b')' | b'{' | b'}' | b'^' | b'$'
                | b'|' | b'@' => return None,
                other => Some(*other),
            });
        }
        Some(Self { bytes })
    }

    /// Returns the length of what it matches.
    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether it matches all of a text.
    fn is(&self, text: &[u8]) -> bool {
        let same = |(wanted, byte): (&Option<u8>, &u8)| match wanted {
            Some(wanted) => wanted == byte,
            None => *byte != b'\n',
        };
        text.len() == self.len() && self.bytes.iter().zip(text).all(same)
    }

    /// Whether a text begins with it.
    pub(crate) fn begins(&self, text: &[u8]) -> bool {
        text.get(..self.len()).is_some_and(|start| self.is(start))
    }

    /// Whether a text ends with it.
    pub(crate) fn ends(&self, text: &[u8]) -> bool {
        let start = text.len().checked_sub(self.len());
        start.is_some_and(|start| self.is(&text[start..]))
    }

    /// Returns where it first occurs.
    pub(crate) fn find(&self, text: &[u8]) -> Option<usize> {
        (0..=text.len().checked_sub(self.len())?).find(|at| self.begins(&text[*at..]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dot_is_any_character() {
        let pattern = Pattern::parse(b".gz").unwrap();
        assert!(pattern.ends(b"a.gz") && pattern.ends(b"axgz"));
        assert!(!pattern.ends(b"gz"));
        assert!(!Pattern::parse(b"\\.gz").unwrap().ends(b"axgz"));
    }

    #[test]
    fn it_is_found_where_it_first_occurs() {
        let pattern = Pattern::parse(b"ab").unwrap();
        assert_eq!(pattern.find(b"xabab"), Some(1));
        assert_eq!(pattern.find(b"a"), None);
    }

    #[test]
    fn regular_expressions_are_not_parsed() {
        for text in ["a*", "[ab]", "a|b", "(a)", "\\d", "^a", "a$", "a?"] {
            assert_eq!(Pattern::parse(text.as_bytes()), None, "{text}");
        }
    }
}
