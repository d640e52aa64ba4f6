//! The quoting with which GNU parallel prints a command.

/// Quotes a value for a shell as GNU parallel does, for people and for its job log. It is never run.
pub(crate) fn quote_as_parallel(value: &[u8]) -> Vec<u8> {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.+/".contains(byte);
    if value.is_empty() {
        return b"''".to_vec();
    }
    if value.iter().all(is_plain) {
        return value.to_vec();
    }
    let mut quoted = vec![b'\''];
    for byte in value {
        match byte {
            b'\'' => quoted.extend_from_slice(b"'\"'\"'"),
            byte => quoted.push(*byte),
        }
    }
    quoted.push(b'\'');
    let start = quoted.strip_prefix(b"''").unwrap_or(&quoted);
    start.strip_suffix(b"''").unwrap_or(start).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_quoted_as_a_whole() {
        for (value, quoted) in [
            ("a/b.c", "a/b.c"),
            ("", "''"),
            ("a b", "'a b'"),
            ("it's", "'it'\"'\"'s'"),
            ("'a'", "\"'\"'a'\"'\""),
        ] {
            assert_eq!(quote_as_parallel(value.as_bytes()), quoted.as_bytes());
        }
    }
}
