//! The values of a document, whatever it is written in, each with its place.

use std::borrow::Cow;

/// A value, and where it begins: the byte from the start of the text.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node<'a> {
    pub(super) at: usize,
    pub(super) value: Value<'a>,
}

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value<'a> {
    /// No value.
    Null,
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(Cow<'a, str>),
    /// A value that no key takes, such as a date.
    Other(&'static str),
    List(Vec<Node<'a>>),
    Table(Vec<(TableKey<'a>, Node<'a>)>),
}

/// The key of a value in a table, and where it begins.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TableKey<'a> {
    pub(super) at: usize,
    pub(super) text: Cow<'a, str>,
}

/// What is wrong with a text, and where.
#[derive(Debug, PartialEq)]
pub(super) struct Fault {
    pub(super) at: usize,
    pub(super) message: String,
}

impl Fault {
    pub(super) fn new(at: usize, message: impl Into<String>) -> Self {
        Self {
            at,
            message: message.into(),
        }
    }
}

/// How deep values may be nested: deeper than any job is, and not so deep that a stack would overflow.
pub(super) const DEEPEST: usize = 32;

impl Fault {
    /// The fault of a value that is nested too deep.
    pub(super) fn too_deep(at: usize) -> Self {
        Self::new(at, format!("nested deeper than {DEEPEST} levels"))
    }
}

impl<'a> Node<'a> {
    /// Returns the value of a key, if this is a table that has it.
    pub(super) fn get(&self, name: &str) -> Option<&Node<'a>> {
        let Value::Table(entries) = &self.value else {
            return None;
        };
        let found = entries.iter().find(|(key, _)| key.text == name);
        found.map(|(_, value)| value)
    }

    /// Returns the entries of a table; `what` is expected to be one.
    pub(super) fn table(&self, what: &str) -> Result<&[(TableKey<'a>, Node<'a>)], Fault> {
        match &self.value {
            Value::Table(entries) => Ok(entries),
            other => {
                let message = format!("{what}: {}, expected a table of keys", other.kind());
                Err(Fault::new(self.at, message))
            }
        }
    }
}

impl Value<'_> {
    /// What it is, in a message.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "no value",
            Self::Bool(_) => "a boolean",
            Self::Integer(_) | Self::Float(_) => "a number",
            Self::Text(_) => "a string",
            Self::Other(kind) => kind,
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
        }
    }
}
