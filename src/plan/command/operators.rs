//! Words that a shell would take for operators, but which no shell reads.

/// Whether a word of an argv is an operator of a shell: `|`, `&&`, `;`, `&`, or a redirection whose file
/// follows or can only be meant as one (`>`, `2>&1`, `>>log`, `</dev/null`, `>{.}.txt`).
pub(crate) fn is_operator(word: &[u8]) -> bool {
    const OPERATORS: [&[u8]; 7] = [b"|", b"||", b"|&", b"&", b"&&", b";", b";;"];
    OPERATORS.contains(&word) || is_redirection(word)
}

/// Whether a word is a redirection beyond doubt: `>chr1` may be the text that grep looks for.
fn is_redirection(word: &[u8]) -> bool {
    let (has_stream, rest) = match word {
        [b'0'..=b'2' | b'&', rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    const REDIRECTIONS: [&[u8]; 9] = [b"<<<", b"<<", b"<>", b"<&", b"<", b">>", b">|", b">&", b">"];
    let target = |operator: &&[u8]| Some((operator.len(), rest.strip_prefix(*operator)?));
    match REDIRECTIONS.iter().find_map(target) {
        None => false,
        Some((_, b"")) => true,
        Some((1, target @ [b'{', ..])) => !target.ends_with(b">"),
        Some((_, target)) => {
            let is_output = rest.starts_with(b">");
            target.starts_with(b"/dev/")
                || rest.starts_with(b">&")
                || rest.starts_with(b">>")
                || is_output && has_stream
        }
    }
}

/// Whether `;` ends the command of find(1) that begins before it.
pub(crate) fn ends_find_command(word: &[u8], before: &[impl AsRef<[u8]>]) -> bool {
    const ACTIONS: [&[u8]; 4] = [b"-exec", b"-execdir", b"-ok", b"-okdir"];
    let is_action = |word: &[u8]| ACTIONS.contains(&word);
    word == b";" && before.iter().any(|word| is_action(word.as_ref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_and_redirections_are_recognized() {
        for word in [
            "|",
            "||",
            "|&",
            "&",
            "&&",
            ";",
            ";;",
            ">",
            ">>",
            "<",
            "<<",
            "<<<",
            "<>",
            "2>",
            "2>>",
            "1>",
            "0<",
            "&>",
            "&>>",
            ">&",
            "2>&1",
            ">&2",
            "1>&2",
            "2>&-",
            ">|",
            "2>/dev/null",
            ">/dev/null",
            "</dev/null",
            "&>/dev/null",
            "2>err.txt",
            "&>log",
            ">>log",
            ">>{}.log",
            ">{}",
            ">{.}.txt",
            "<{}",
        ] {
            assert!(is_operator(word.as_bytes()), "{word}");
        }
    }

    #[test]
    fn text_with_the_same_letters_is_no_operator() {
        for word in [
            "", "a", "-", "->", "=>", ">chr1", "<html>", "<{}>", "<%s>", "a|b", "a;", ";a",
            "&amp;", "1", "2", "x>y", "3>2", "<a", "a&b", "|a", ">=1.0", "<=2", "2.0", ">=", "<=",
        ] {
            assert!(!is_operator(word.as_bytes()), "{word}");
        }
    }

    #[test]
    fn a_semicolon_ends_the_command_of_find() {
        let before: [&[u8]; 4] = [b"find", b".", b"-exec", b"ls"];
        assert!(ends_find_command(b";", &before));
        assert!(!ends_find_command(b";", &before[..2]));
        assert!(!ends_find_command(b"&&", &before));
    }
}
