//! Where the digits of `{#}` and `{%}`, as text of a script, would become a part of something else.

/// Returns what the digits would become a part of, between the text before and after them; `None` if they
/// stay a number of their own.
pub(crate) fn objection(before: &[u8], after: &[u8]) -> Option<&'static str> {
    match before.last() {
        Some(b'\\') => Some("after a backslash"),
        _ if extends_name(before) => Some("right after the name of a variable"),
        _ if is_descriptor(before, after) => Some("right before `<` or `>`"),
        _ => None,
    }
}

/// Whether digits after a text would extend the name of a variable: `$x`, `${x`, `$#`.
pub(crate) fn extends_name(before: &[u8]) -> bool {
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let is_flag = |byte: &u8| b"{#!=~^+".contains(byte);
    let start = without_end(without_end(before, is_name), is_flag);
    start.ends_with(b"$")
}

/// Whether digits would be the number of a descriptor, alone or after other digits.
pub(crate) fn is_descriptor(before: &[u8], after: &[u8]) -> bool {
    let is_redirection = matches!(after.first(), Some(b'<' | b'>'));
    let start = without_end(before, u8::is_ascii_digit);
    // Any other byte is a part of the same word, or a redirection itself.
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"_./-,:=+@<>".contains(byte);
    is_redirection && !start.last().is_some_and(is_word)
}

fn without_end(text: &[u8], is_end: impl Fn(&u8) -> bool) -> &[u8] {
    let kept = text.iter().rposition(|byte| !is_end(byte));
    &text[..kept.map_or(0, |last| last + 1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_stay_a_number_of_their_own() {
        let objection = |before: &str, after: &str| objection(before.as_bytes(), after.as_bytes());
        for (before, after) in [
            ("", ""),
            ("x", ">"),
            ("$((", ")"),
            ("$((x", ""),
            ("<a>", "</a>"),
            ("$x.", ""),
            ("${x}", ""),
            ("\"$x\"", ""),
            ("cost $ ", ""),
        ] {
            assert_eq!(objection(before, after), None, "{before}@{after}");
        }
        for (before, after) in [
            ("$x", ""),
            ("$1", ""),
            ("${x", "}"),
            ("${#x", "}"),
            ("$#", ""),
            ("\\", ""),
            ("", ">"),
            ("echo ", "<f"),
            ("echo 1", ">f"),
            ("`", ">f"),
            ("$", ""),
        ] {
            assert!(objection(before, after).is_some(), "{before}@{after}");
        }
    }
}
