//! Splits a JSON array into its elements, byte by byte, so that the array is never held as a whole.
//!
//! It only finds where an object begins and ends; serde_json parses it.

use thiserror::Error;

/// How deep brackets may nest in an object. A job needs two; serde_json has the same limit.
const MAX_DEPTH: u32 = 128;

/// What a byte of the array belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ElementByte {
    /// The array itself.
    Outside,
    /// An object.
    Inside,
    /// An object, as its last byte.
    Complete,
}

/// Why an array cannot be split into objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum ElementsError {
    /// A file that should contain an array does not begin with one.
    #[error(
        "missing `[`: a .json file contains one array (for one object per line, name it .jsonl)"
    )]
    Unopened,
    /// An element is not an object.
    #[error("expected an object: every element of the array must be an object, {{…}}")]
    NoObject,
    /// Two objects without a comma.
    #[error("missing `,` or `]` after an object")]
    NoComma,
    /// Brackets are nested too deep.
    #[error("the object is nested deeper than {MAX_DEPTH} levels: a job needs at most two")]
    TooDeep,
    /// Text follows the array.
    #[error("text after the closing `]`: put all objects in one array")]
    Trailing,
    /// The input ends within the array.
    #[error("the array is not closed: add `]` at the end")]
    Unclosed,
}

/// The state of a scan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before `[`.
    Before,
    /// After `[`: an object or the end.
    First,
    /// After `,`: an object.
    Next,
    /// In an object, within this many brackets.
    Inside(u32),
    /// In a string of an object.
    Text(u32),
    /// After a backslash in such a string.
    Escape(u32),
    /// After an object: a comma or the end.
    After,
    /// After `]`.
    Closed,
}

/// A line and a column, both from 1; the column counts bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct LineColumn {
    /// The line.
    pub(crate) line: u64,
    /// The column in it.
    pub(crate) column: u64,
}

/// A scan over the bytes of a JSON array.
#[derive(Debug, Clone)]
pub(crate) struct Elements {
    state: State,
    here: LineColumn,
    start: LineColumn,
}

impl Elements {
    /// Returns a scan at the start of the input.
    pub(crate) fn new() -> Self {
        let here = LineColumn { line: 1, column: 0 };
        Self {
            state: State::Before,
            here,
            start: here,
        }
    }

    /// Advances to the next line.
    pub(crate) fn skip_line(&mut self) {
        self.here.line += 1;
        self.here.column = 0;
    }

    /// Returns the position of the byte that was taken last.
    pub(crate) fn here(&self) -> LineColumn {
        self.here
    }

    /// Returns where the last object begins.
    pub(crate) fn start(&self) -> LineColumn {
        self.start
    }

    /// Processes the next byte.
    pub(crate) fn step(&mut self, byte: u8) -> Result<ElementByte, ElementsError> {
        self.here.column += 1;
        let (state, step) = follow(self.state, byte)?;
        if state == State::Inside(1) && matches!(self.state, State::First | State::Next) {
            self.start = self.here;
        }
        if byte == b'\n' {
            self.skip_line();
        }
        self.state = state;
        Ok(step)
    }

    /// Whether the input may end here. An empty file is an empty array.
    pub(crate) fn finish(&self) -> Result<(), ElementsError> {
        match self.state {
            State::Before | State::Closed => Ok(()),
            _ => Err(ElementsError::Unclosed),
        }
    }
}

/// Returns the state after a byte.
fn follow(state: State, byte: u8) -> Result<(State, ElementByte), ElementsError> {
    Ok(match (state, byte) {
        (State::Inside(depth), _) => return inside(depth, byte),
        (State::Text(depth), b'"') => (State::Inside(depth), ElementByte::Inside),
        (State::Text(depth), b'\\') => (State::Escape(depth), ElementByte::Inside),
        (State::Text(depth) | State::Escape(depth), _) => (State::Text(depth), ElementByte::Inside),
        (_, b' ' | b'\t' | b'\r' | b'\n') => (state, ElementByte::Outside),
        (State::Before, b'[') => (State::First, ElementByte::Outside),
        (State::First | State::Next, b'{') => (State::Inside(1), ElementByte::Inside),
        (State::First | State::After, b']') => (State::Closed, ElementByte::Outside),
        (State::After, b',') => (State::Next, ElementByte::Outside),
        (State::Before, _) => return Err(ElementsError::Unopened),
        (State::First | State::Next, _) => return Err(ElementsError::NoObject),
        (State::After, _) => return Err(ElementsError::NoComma),
        (State::Closed, _) => return Err(ElementsError::Trailing),
    })
}

/// Returns the state after a byte in an object, outside its strings. Whether brackets match is not
/// checked: serde_json does.
fn inside(depth: u32, byte: u8) -> Result<(State, ElementByte), ElementsError> {
    Ok(match byte {
        b'"' => (State::Text(depth), ElementByte::Inside),
        b'{' | b'[' if depth == MAX_DEPTH => return Err(ElementsError::TooDeep),
        b'{' | b'[' => (State::Inside(depth + 1), ElementByte::Inside),
        b'}' | b']' if depth == 1 => (State::After, ElementByte::Complete),
        b'}' | b']' => (State::Inside(depth - 1), ElementByte::Inside),
        _ => (State::Inside(depth), ElementByte::Inside),
    })
}

#[cfg(test)]
mod tests {
    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;
    use serde_json::{Map, Value};

    use super::*;

    /// A text or an error, and the line and column where it begins.
    type At<T> = (T, u64, u64);

    /// The elements of an array, or the error.
    fn split(text: &str) -> Result<Vec<At<String>>, At<ElementsError>> {
        let mut elements = Elements::new();
        let mut found = Vec::new();
        let mut element = Vec::new();
        for byte in text.bytes() {
            let step = elements.step(byte);
            let step = step.map_err(|e| (e, elements.here().line, elements.here().column))?;
            if step != ElementByte::Outside {
                element.push(byte);
            }
            if step == ElementByte::Complete {
                let text = String::from_utf8(std::mem::take(&mut element)).unwrap();
                found.push((text, elements.start().line, elements.start().column));
            }
        }
        let end = elements.finish();
        end.map_err(|e| (e, elements.here().line, elements.here().column))?;
        Ok(found)
    }

    fn error(text: &str) -> At<ElementsError> {
        split(text).unwrap_err()
    }

    #[test]
    fn objects_are_split_where_they_begin_and_end() {
        let found = split("[{\"a\":1},\n  {\"b\":[{}]}\n]\n").unwrap();
        assert_eq!(
            found,
            [
                ("{\"a\":1}".to_owned(), 1, 2),
                ("{\"b\":[{}]}".to_owned(), 2, 3)
            ]
        );
    }

    #[test]
    fn brackets_in_strings_do_not_count() {
        let object = r#"{"a":"}]{[\"}\\"}"#;
        let found = split(&format!("[{object}]")).unwrap();
        assert_eq!(found, [(object.to_owned(), 1, 2)]);
    }

    #[test]
    fn an_empty_array_has_no_elements() {
        assert_eq!(split(" [ ] \n"), Ok(Vec::new()));
        assert_eq!(split(""), Ok(Vec::new()));
    }

    #[test]
    fn input_that_is_not_an_array_of_objects_is_an_error_with_its_position() {
        assert_eq!(error("{\"a\":1}"), (ElementsError::Unopened, 1, 1));
        assert_eq!(error("[1]"), (ElementsError::NoObject, 1, 2));
        assert_eq!(error("[[]]"), (ElementsError::NoObject, 1, 2));
        assert_eq!(error("[{},\n]"), (ElementsError::NoObject, 2, 1));
        assert_eq!(error("[{}\n {}]"), (ElementsError::NoComma, 2, 2));
        assert_eq!(error("[{}]\n\nx"), (ElementsError::Trailing, 3, 1));
        assert_eq!(error("[{}"), (ElementsError::Unclosed, 1, 3));
        assert_eq!(error("[{\"a"), (ElementsError::Unclosed, 1, 4));
    }

    #[test]
    fn deep_nesting_is_an_error_and_does_not_overflow_the_stack() {
        let deep = format!("[{{\"a\":{}", "[".repeat(100_000));
        assert_eq!(error(&deep), (ElementsError::TooDeep, 1, 134));
    }

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[\\PC\"\\\\{}\\[\\], \n]{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                vec(inner.clone(), 0..4).prop_map(Value::from),
                btree_map("[a-z\"{}\\[\\]]{0,4}", inner, 0..4)
                    .prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
            ]
        })
    }

    fn object() -> impl Strategy<Value = Value> {
        btree_map("[a-z\"{}]{0,4}", value(), 0..4)
            .prop_map(|pairs| Value::Object(pairs.into_iter().collect::<Map<_, _>>()))
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn the_elements_are_those_that_serde_json_finds(objects in vec(object(), 0..6), pretty: bool) {
            let whole = Value::from(objects);
            let text = if pretty { format!("{whole:#}") } else { whole.to_string() };
            let found: Vec<Value> = split(&text)
                .unwrap()
                .iter()
                .map(|(element, ..)| serde_json::from_str(element).unwrap())
                .collect();
            prop_assert_eq!(Value::from(found), whole);
        }

        #[test]
        fn input_that_serde_json_rejects_is_rejected_by_the_split_or_in_an_element(
            text in "[\\[\\]{}\", :a\\\\1]{0,24}",
        ) {
            let text = format!("[{{\"a\":1}}{text}");
            let whole: Result<Vec<Map<String, Value>>, _> = serde_json::from_str(&text);
            let pieces: Option<Vec<Map<String, Value>>> = split(&text).ok().and_then(|found| {
                found.iter().map(|(element, ..)| serde_json::from_str(element).ok()).collect()
            });
            prop_assert_eq!(whole.ok(), pieces);
        }
    }
}
