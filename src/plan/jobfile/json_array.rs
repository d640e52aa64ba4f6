//! Cuts a JSON array into its elements, byte by byte, so that an array need never be whole.
//!
//! It only finds where a record begins and ends; what is inside is for serde_json to judge.

use thiserror::Error;

/// How deep brackets may nest in a record. A record needs two; serde_json stops here as well.
const MOST_DEPTH: u32 = 128;

/// What a byte of the array belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ElementByte {
    /// The array itself.
    Outside,
    /// A record.
    Inside,
    /// A record, whose last byte it is.
    Complete,
}

/// Why an array cannot be cut into records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum ElementsError {
    /// A file that should hold an array does not begin with one.
    #[error("`[` is missing: a .json file holds one array (one record a line makes it .jsonl)")]
    Unopened,
    /// An element is something else than an object.
    #[error("a record is missing: every element of the array must be an object, {{…}}")]
    NoRecord,
    /// Two records with nothing between them.
    #[error("`,` or `]` is missing after a record")]
    NoComma,
    /// Brackets in brackets in brackets.
    #[error("the record is nested deeper than {MOST_DEPTH} levels: no key needs more than two")]
    TooDeep,
    /// Something follows the array.
    #[error("there is text after the closing `]`: put every record into the one array")]
    Trailing,
    /// The input ends within the array.
    #[error("the array is never closed: `]` is missing at the end")]
    Unclosed,
}

/// Where in the array a scan is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before `[`.
    Before,
    /// Behind `[`: a record or the end.
    First,
    /// Behind `,`: a record.
    Next,
    /// In a record, in so many brackets.
    Inside(u32),
    /// In a string of a record.
    Text(u32),
    /// Behind a backslash in such a string.
    Escape(u32),
    /// Behind a record: a comma or the end.
    After,
    /// Behind `]`.
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
    /// A scan that has seen nothing.
    pub(crate) fn new() -> Self {
        let here = LineColumn { line: 1, column: 0 };
        Self {
            state: State::Before,
            here,
            start: here,
        }
    }

    /// Goes to the next line.
    pub(crate) fn skip_line(&mut self) {
        self.here.line += 1;
        self.here.column = 0;
    }

    /// Where the scan is: at the byte it took last.
    pub(crate) fn here(&self) -> LineColumn {
        self.here
    }

    /// Where the last record begins.
    pub(crate) fn start(&self) -> LineColumn {
        self.start
    }

    /// Takes the next byte.
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

/// What a byte makes of a state.
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
        (State::First | State::Next, _) => return Err(ElementsError::NoRecord),
        (State::After, _) => return Err(ElementsError::NoComma),
        (State::Closed, _) => return Err(ElementsError::Trailing),
    })
}

/// What a byte in a record, outside its strings, makes of the depth. Which bracket closes which is
/// not looked at: serde_json will.
fn inside(depth: u32, byte: u8) -> Result<(State, ElementByte), ElementsError> {
    Ok(match byte {
        b'"' => (State::Text(depth), ElementByte::Inside),
        b'{' | b'[' if depth == MOST_DEPTH => return Err(ElementsError::TooDeep),
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

    /// A text or an error, and the line and column it begins at.
    type At<T> = (T, u64, u64);

    /// The elements of an array, or why it has none.
    fn cut(text: &str) -> Result<Vec<At<String>>, At<ElementsError>> {
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
        cut(text).unwrap_err()
    }

    #[test]
    fn records_are_cut_where_they_begin_and_end() {
        let found = cut("[{\"a\":1},\n  {\"b\":[{}]}\n]\n").unwrap();
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
        let record = r#"{"a":"}]{[\"}\\"}"#;
        let found = cut(&format!("[{record}]")).unwrap();
        assert_eq!(found, [(record.to_owned(), 1, 2)]);
    }

    #[test]
    fn an_empty_array_has_no_elements() {
        assert_eq!(cut(" [ ] \n"), Ok(Vec::new()));
        assert_eq!(cut(""), Ok(Vec::new()));
    }

    #[test]
    fn what_is_no_array_of_records_is_an_error_at_its_place() {
        assert_eq!(error("{\"a\":1}"), (ElementsError::Unopened, 1, 1));
        assert_eq!(error("[1]"), (ElementsError::NoRecord, 1, 2));
        assert_eq!(error("[[]]"), (ElementsError::NoRecord, 1, 2));
        assert_eq!(error("[{},\n]"), (ElementsError::NoRecord, 2, 1));
        assert_eq!(error("[{}\n {}]"), (ElementsError::NoComma, 2, 2));
        assert_eq!(error("[{}]\n\nx"), (ElementsError::Trailing, 3, 1));
        assert_eq!(error("[{}"), (ElementsError::Unclosed, 1, 3));
        assert_eq!(error("[{\"a"), (ElementsError::Unclosed, 1, 4));
    }

    #[test]
    fn deep_nesting_is_an_error_and_no_deep_stack() {
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

    fn record() -> impl Strategy<Value = Value> {
        btree_map("[a-z\"{}]{0,4}", value(), 0..4)
            .prop_map(|pairs| Value::Object(pairs.into_iter().collect::<Map<_, _>>()))
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

        #[test]
        fn the_cut_is_what_serde_json_finds_in_the_whole(records in vec(record(), 0..6), pretty: bool) {
            let whole = Value::from(records);
            let text = if pretty { format!("{whole:#}") } else { whole.to_string() };
            let found: Vec<Value> = cut(&text)
                .unwrap()
                .iter()
                .map(|(element, ..)| serde_json::from_str(element).unwrap())
                .collect();
            prop_assert_eq!(Value::from(found), whole);
        }

        #[test]
        fn whatever_serde_json_refuses_is_refused_by_the_cut_or_in_an_element(
            text in "[\\[\\]{}\", :a\\\\1]{0,24}",
        ) {
            let text = format!("[{{\"a\":1}}{text}");
            let whole: Result<Vec<Map<String, Value>>, _> = serde_json::from_str(&text);
            let pieces: Option<Vec<Map<String, Value>>> = cut(&text).ok().and_then(|found| {
                found.iter().map(|(element, ..)| serde_json::from_str(element).ok()).collect()
            });
            prop_assert_eq!(whole.ok(), pieces);
        }
    }
}
