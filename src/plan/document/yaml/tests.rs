//! What YAML is known for: anchors, merge keys, aliases that double, words that are no strings, tabs.

use super::*;

/// A value as JSON would be written, and texts always in quotes.
fn show(node: &Node<'_>) -> String {
    match &node.value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => format!("{number:?}"),
        Value::Text(text) => format!("{text:?}"),
        Value::Other(kind) => (*kind).to_owned(),
        Value::List(nodes) => format!(
            "[{}]",
            nodes.iter().map(show).collect::<Vec<_>>().join(", ")
        ),
        Value::Table(entries) => {
            let entry =
                |(key, value): &(TableKey<'_>, Node<'_>)| format!("{}: {}", key.text, show(value));
            format!(
                "{{{}}}",
                entries.iter().map(entry).collect::<Vec<_>>().join(", ")
            )
        }
    }
}

fn shown(text: &str) -> String {
    show(&read(text).unwrap())
}

/// The place of an error, and its message.
fn error(text: &str) -> (usize, String) {
    let Fault { at, message } = read(text).unwrap_err();
    (at, message)
}

#[test]
fn the_order_of_keys_is_kept() {
    assert_eq!(
        shown("b: 1\na: [x, 'y', \"z\"]\n"),
        "{b: 1, a: [\"x\", \"y\", \"z\"]}"
    );
}

#[test]
fn a_text_without_a_value_is_null() {
    for text in ["", "# nothing\n", "---\n", "---\n...\n"] {
        assert_eq!(shown(text), "null", "{text:?}");
    }
}

#[test]
fn norway_is_a_string() {
    assert_eq!(
        shown("[no, NO, on, off, yes, y, 1_000, 12:30, 2026-11-27, 1.2.3, 0b1]"),
        r#"["no", "NO", "on", "off", "yes", "y", "1_000", "12:30", "2026-11-27", "1.2.3", "0b1"]"#
    );
    assert_eq!(
        shown("[true, ~, 0o7, 0x10, 010, 1e3, 'true', \"7\"]"),
        r#"[true, null, 7, 16, 10, 1000.0, "true", "7"]"#
    );
}

#[test]
fn a_key_is_a_name_whatever_the_word() {
    assert_eq!(
        shown("{no: a, 8080: b, null: c, true: d, 1.0: e, '<<': f}"),
        r#"{no: "a", 8080: "b", null: "c", true: "d", 1.0: "e", <<: "f"}"#
    );
}

#[test]
fn an_alias_stands_for_its_value() {
    assert_eq!(
        shown("a: &x [1, &y b]\nc: *x\nd: *y\n"),
        r#"{a: [1, "b"], c: [1, "b"], d: "b"}"#
    );
    // The last one with the name before it.
    assert_eq!(shown("[&x 1, *x, &x 2, *x]"), "[1, 1, 2, 2]");
}

#[test]
fn an_alias_without_an_anchor_is_an_error() {
    let (at, message) = error("a: *x\n");
    assert_eq!(at, 3);
    assert!(message.contains("unknown anchor"), "{message}");
    let (at, message) = error("a: &x [1, *x]\n");
    assert_eq!(
        (at, message.as_str()),
        (10, "an alias of a key, or in the value that it stands for")
    );
}

#[test]
fn a_merge_key_adds_what_is_missing() {
    assert_eq!(
        shown("base: &b {x: 1, y: 2}\na: {y: 3, <<: *b, z: 4}\n"),
        "{base: {x: 1, y: 2}, a: {y: 3, z: 4, x: 1}}"
    );
    // The first of several wins, and two merge keys are two.
    assert_eq!(
        shown("a: {<<: [{x: 1}, {x: 2, y: 2}], <<: {y: 3, z: 3}}"),
        "{a: {x: 1, y: 2, z: 3}}"
    );
}

#[test]
fn a_merge_key_takes_tables_only() {
    for (text, place) in [
        ("{<<: x}", 5),
        ("{<<: [x]}", 6),
        ("{<<: [[{a: b}]]}", 6),
        ("{<<: }", 3),
    ] {
        let (at, message) = error(text);
        assert_eq!(at, place, "{text}");
        assert!(
            message.starts_with("`<<` merges a table"),
            "{text}: {message}"
        );
    }
}

#[test]
fn a_billion_laughs_end_soon() {
    let mut text = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
    for level in 1..12 {
        let alias = format!("*a{}, ", level - 1).repeat(9);
        text.push_str(&format!("a{level}: &a{level} [{alias}x]\n"));
    }
    let (_, message) = error(&text);
    assert_eq!(
        message,
        "the aliases stand for more than 64 MiB: write fewer"
    );
    // As merge keys, and as one long text.
    let long = "x".repeat(1 << 20);
    let (_, message) = error(&format!("a: &a {long}\nb: [{}]\n", "*a, ".repeat(100)));
    assert_eq!(
        message,
        "the aliases stand for more than 64 MiB: write fewer"
    );
}

#[test]
fn values_cannot_be_nested_deep() {
    let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    assert!(read(&deep(DEEPEST)).is_ok());
    for depth in [DEEPEST + 1, 1000, 100_000] {
        assert!(read(&deep(depth)).is_err(), "{depth}");
    }
    // Also not by aliases, each of which is one deeper.
    let mut text = "- &a0 []\n".to_owned();
    for level in 1..200_000 {
        text.push_str(&format!("- &a{level} [*a{}]\n", level - 1));
    }
    let (_, message) = error(&text);
    assert_eq!(message, "nested deeper than 32 levels");
}

#[test]
fn a_second_document_is_an_error() {
    let (at, message) = error("a: 1\n---\nb: 2\n");
    assert_eq!(
        (at, message.as_str()),
        (5, "a second document in the file: write all jobs into one")
    );
    assert_eq!(shown("--- # first\na: 1\n...\n"), "{a: 1}");
}

#[test]
fn a_tag_is_an_error() {
    for tag in ["!include", "!!binary", "!!python/object:os.system", "!"] {
        let (at, message) = error(&format!("a: {tag} x\n"));
        assert_eq!(at, 3, "{tag}");
        assert!(message.ends_with("is not read: remove it"), "{message}");
    }
}

#[test]
fn a_tab_does_not_indent() {
    let (at, message) = error("a:\n\tb: 1\n");
    assert_eq!(at, 4);
    assert!(message.contains("tab"), "{message}");
}

#[test]
fn a_table_is_no_key() {
    for text in [
        "{[a]: b}",
        "{{a: b}: c}",
        "? [a]\n: b\n",
        "{&a b: c, *a : d}",
    ] {
        let (_, message) = error(text);
        assert!(message.contains("key"), "{text}: {message}");
    }
}

#[test]
fn a_long_text_may_have_many_lines() {
    assert_eq!(
        shown("a: |\n  x\n  y\nb: >-\n  x\n  y\nc: |-\n  z"),
        r#"{a: "x\ny\n", b: "x y", c: "z"}"#
    );
    assert_eq!(shown("a: |\r\n  x\r\n  y\r\n"), r#"{a: "x\ny\n"}"#);
}
