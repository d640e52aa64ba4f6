//! Rust sources as the rules of the house see them: tokens with their lines, without comments and
//! without the insides of literals, and paths with their groups spelled out.

/// A word, a number, `::`, a literal (as one `"`), a lifetime, or one other character.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) text: String,
    pub(super) line: usize,
}

impl Token {
    /// Whether it may be a part of a path.
    pub(super) fn is_word(&self) -> bool {
        self.text
            .starts_with(|c: char| c == '_' || c.is_alphabetic())
    }
}

/// One path, `a::{b, c}` being the two paths `a::b` and `a::c`.
#[derive(Debug)]
pub(super) struct Path {
    pub(super) segments: Vec<String>,
    pub(super) line: usize,
    /// The token before it.
    pub(super) before: String,
    /// The two tokens after it, put together.
    pub(super) after: String,
    /// How many inline modules of the file it stands in.
    pub(super) depth: usize,
}

/// One file.
pub(super) struct Source {
    pub(super) path: String,
    pub(super) text: String,
    /// Without those of tests among other code.
    pub(super) lines: usize,
    /// All of it.
    pub(super) tokens: Vec<Token>,
    /// What is compiled outside of tests.
    pub(super) code: Vec<Token>,
}

impl Source {
    pub(super) fn new(path: &str, text: &str) -> Self {
        let tokens = tokens(text);
        let (code, test_lines) = without_tests(&tokens);
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
            lines: text.lines().count() - test_lines,
            code,
            tokens,
        }
    }

    /// The paths in the code outside of tests.
    pub(super) fn paths(&self) -> Vec<Path> {
        paths(&self.code)
    }

    /// The names of folders and file below `src`, `tests` or `benches`, without the extension.
    pub(super) fn names(&self) -> Vec<&str> {
        let path = self.path.strip_suffix(".rs").unwrap_or(&self.path);
        path.split('/').skip(1).collect()
    }
}

fn tokens(text: &str) -> Vec<Token> {
    let chars: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let (mut at, mut line) = (0, 1);
    while at < chars.len() {
        let (end, is_token) = lexeme(&chars, at);
        let lexeme = &chars[at..end];
        if is_token {
            let is_literal = lexeme.ends_with(&['"'])
                || lexeme.ends_with(&['#']) && lexeme.len() > 1
                || lexeme.ends_with(&['\'']);
            let text = if is_literal {
                "\"".to_owned()
            } else {
                String::from_iter(lexeme)
            };
            tokens.push(Token { text, line });
        }
        line += lexeme.iter().filter(|&&c| c == '\n').count();
        at = end;
    }
    tokens
}

/// Where what begins at `at` ends, and whether it is a token rather than a blank or a comment.
fn lexeme(chars: &[char], at: usize) -> (usize, bool) {
    let rest = &chars[at..];
    let starts = |start: &str| {
        rest.iter()
            .copied()
            .take(start.chars().count())
            .eq(start.chars())
    };
    let is_word = |c: &char| *c == '_' || c.is_alphanumeric();
    if starts("//") {
        let length = rest.iter().position(|&c| c == '\n');
        return (at + length.unwrap_or(rest.len()), false);
    }
    if starts("/*") {
        return (at + comment(rest), false);
    }
    if starts("::") {
        return (at + 2, true);
    }
    let word = rest.iter().take_while(|c| is_word(c)).count();
    let after = &rest[word..];
    let prefix = String::from_iter(&rest[..word]);
    let length = match (prefix.as_str(), after) {
        ("r" | "br" | "cr", ['"' | '#', ..]) => match raw_string(after) {
            Some(length) => word + length,
            // A raw name: `r#type`.
            None => word + 1 + after[1..].iter().take_while(|c| is_word(c)).count(),
        },
        ("" | "b" | "c", ['"', ..]) => word + quoted(after, '"'),
        ("" | "b", ['\'', '\\', ..] | ['\'', _, '\'', ..]) => word + quoted(after, '\''),
        ("", ['\'', ..]) => 1 + after[1..].iter().take_while(|c| is_word(c)).count(),
        ("", _) => 1,
        _ => word,
    };
    (at + length, !rest[0].is_whitespace())
}

/// The length of a comment, in which others may be nested.
fn comment(rest: &[char]) -> usize {
    let (mut at, mut depth) = (0, 0);
    while at < rest.len() {
        let step = match rest[at..] {
            ['/', '*', ..] => 1,
            ['*', '/', ..] => -1,
            _ => 0,
        };
        depth += step;
        at += if step == 0 { 1 } else { 2 };
        if depth == 0 {
            break;
        }
    }
    at
}

/// The length of a literal whose first character is its quote.
fn quoted(rest: &[char], quote: char) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != quote {
        at += if rest[at] == '\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

/// The length of `"…"`, `#"…"#` and so on, if it is one of them.
fn raw_string(rest: &[char]) -> Option<usize> {
    let hashes = rest.iter().take_while(|&&c| c == '#').count();
    if rest.get(hashes) != Some(&'"') {
        return None;
    }
    let mut end = vec!['"'];
    end.extend(vec!['#'; hashes]);
    let inside = &rest[hashes + 1..];
    let length = inside.windows(end.len()).position(|part| part == end)?;
    Some(hashes + 1 + length + end.len())
}

/// Leaves out every item under `#[cfg(test)]`, and everything under `#![cfg(test)]`, and counts the lines
/// of the former. The test may stand first among several conditions.
fn without_tests(tokens: &[Token]) -> (Vec<Token>, usize) {
    let mut code = Vec::new();
    let (mut at, mut lines) = (0, 0);
    while at < tokens.len() {
        let is_cfg = |attribute: &str| {
            ["cfg ( test )", "cfg ( all ( test ,"]
                .iter()
                .any(|cfg| starts(&tokens[at..], &format!("{attribute} {cfg}")))
        };
        if is_cfg("# ! [") {
            return (Vec::new(), 0);
        }
        if is_cfg("# [") {
            let first = tokens[at].line;
            at += item(&tokens[at..]);
            lines += 1 + tokens[at - 1].line - first;
        } else {
            code.push(tokens[at].clone());
            at += 1;
        }
    }
    (code, lines)
}

fn starts(tokens: &[Token], start: &str) -> bool {
    let mut tokens = tokens.iter();
    start
        .split(' ')
        .all(|word| tokens.next().is_some_and(|token| token.text == word))
}

/// How many tokens an item with its attributes has: up to its `;`, or to the end of its block.
fn item(tokens: &[Token]) -> usize {
    let mut depth = 0;
    let mut is_use = false;
    for (at, token) in tokens.iter().enumerate() {
        match token.text.as_str() {
            "use" if depth == 0 => is_use = true,
            "{" | "[" | "(" => depth += 1,
            "]" | ")" => depth -= 1,
            "}" => {
                depth -= 1;
                if depth == 0 && !is_use {
                    return at + 1;
                }
            }
            ";" if depth == 0 => return at + 1,
            _ => {}
        }
    }
    tokens.len()
}

fn paths(tokens: &[Token]) -> Vec<Path> {
    let mut found = Vec::new();
    let (mut braces, mut modules) = (0, Vec::new());
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        match token.text.as_str() {
            "{" => {
                braces += 1;
                if at > 1 && tokens[at - 2].text == "mod" {
                    modules.push(braces);
                }
            }
            "}" => {
                modules.pop_if(|opened| *opened == braces);
                braces -= 1;
            }
            _ if token.is_word() => {
                let first = found.len();
                let end = path(tokens, at, &[], &mut found);
                let text = |at: usize| tokens.get(at).map_or("", |token| token.text.as_str());
                for path in &mut found[first..] {
                    text(at.wrapping_sub(1)).clone_into(&mut path.before);
                    path.after = format!("{}{}", text(end), text(end + 1));
                    path.depth = modules.len();
                }
                at = end;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
    found
}

/// Reads the path at `at`, or the several that a group makes of it, and returns where it ends.
fn path(tokens: &[Token], at: usize, prefix: &[String], found: &mut Vec<Path>) -> usize {
    let mut segments = prefix.to_vec();
    let line = tokens[at].line;
    let mut at = at;
    loop {
        segments.push(tokens[at].text.clone());
        at += 1;
        let joined = tokens.get(at).is_some_and(|token| token.text == "::");
        match tokens.get(at + 1) {
            Some(next) if joined && (next.is_word() || next.text == "*") => at += 1,
            Some(next) if joined && next.text == "{" => {
                at += 2;
                break;
            }
            _ => {
                found.push(Path {
                    segments,
                    line,
                    before: String::new(),
                    after: String::new(),
                    depth: 0,
                });
                return at;
            }
        }
    }
    while let Some(token) = tokens.get(at) {
        at = match token.text.as_str() {
            "}" => return at + 1,
            // The new name is not a path.
            "as" => at + 2,
            "*" => path(tokens, at, &segments, found),
            _ if token.is_word() => path(tokens, at, &segments, found),
            _ => at + 1,
        };
    }
    at
}

#[test]
fn comments_and_literals_hide_their_insides() {
    let text = r##"
        let a = "unsafe \" unsafe"; // unsafe
        /* unsafe /* nested */ unsafe */ let b = r#"unsafe " unsafe"#;
        let c = ['"', '\'', '\\', b'"', '\u{22}', '/']; let d: &'static str = b"unsafe";
        /// unsafe
        fn e<'a>(r#type: u8) -> char { 'é' } let f = br"unsafe\"; let g = c"unsafe"; "
        unsafe" ; done"##;
    let tokens = Source::new("src/a.rs", text).tokens;
    assert!(tokens.iter().all(|token| token.text != "unsafe"));
    let words: Vec<_> = tokens.iter().filter(|token| token.is_word()).collect();
    let words: Vec<_> = words.iter().map(|token| token.text.as_str()).collect();
    let expected = "let a let b let c let d str fn e r#type u8 char let f let g done";
    assert_eq!(words.join(" "), expected);
    assert_eq!(tokens.last().unwrap().line, 7);
}

#[test]
fn an_unfinished_source_is_read_to_its_end() {
    for text in [
        "\"a",
        "'",
        "r#\"a",
        "/* a",
        "b'\\",
        "r#",
        "a::",
        "use a::{b",
        "#[cfg(test)] mod",
    ] {
        Source::new("src/a.rs", text).paths();
    }
}

#[test]
fn tests_are_no_code() {
    let text = "
        fn a() {} #[cfg(test)] use b::{c, d}; fn e() {}
        #[cfg(test)] #[expect(f)] mod tests { fn g() { [1; 2]; } } fn h() {}
        #[cfg(all(test, k))] mod tests; #[cfg(feature)] mod i;";
    let code = Source::new("src/a.rs", text).code;
    let words: Vec<_> = code.iter().filter(|token| token.is_word()).collect();
    let words: Vec<_> = words.iter().map(|token| token.text.as_str()).collect();
    assert_eq!(words.join(" "), "fn a fn e fn h cfg feature mod i");
    assert!(
        Source::new("src/a.rs", "#![cfg(test)] fn a() {}")
            .code
            .is_empty()
    );
}

#[test]
fn groups_are_spelled_out() {
    let text = "use a::{self, b::{c, d as e}, f::*}; pub(crate) fn g() { x.h(); std::i::j(1) }";
    let found = Source::new("src/a.rs", text).paths();
    let found: Vec<_> = found.iter().map(|path| path.segments.join("::")).collect();
    let expected = "use a::self a::b::c a::b::d a::f::* pub crate fn g x h std::i::j";
    assert_eq!(found.join(" "), expected);
}

#[test]
fn a_path_knows_its_neighbours_and_its_depth() {
    let found = Source::new("src/a.rs", "mod m { x.y(); } z::w(1)").paths();
    let find = |name| {
        found
            .iter()
            .find(|path| path.segments.ends_with(&[String::from(name)]))
    };
    let (y, w) = (find("y").unwrap(), find("w").unwrap());
    assert_eq!(
        (y.before.as_str(), y.after.as_str(), y.depth),
        (".", "()", 1)
    );
    assert_eq!(
        (w.before.as_str(), w.after.as_str(), w.depth),
        ("}", "(1", 0)
    );
}
