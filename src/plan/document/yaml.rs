//! Reads the values of a text in YAML, with anchors and merge keys, but without tags.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use granit_parser::{Event, Parser, ScalarStyle, Span};

use super::scalar::plain;
use super::tree::{DEEPEST, Fault, Node, TableKey, Value};

/// How many bytes all aliases may stand for. Aliases of aliases double with every line.
const ALIASED_BYTES: usize = 64 * 1024 * 1024;

/// Reads a text: one document.
pub(super) fn read(text: &str) -> Result<Node<'_>, Fault> {
    let mut builder = Builder::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            let at = error.marker().byte_offset().unwrap_or_default();
            Fault::new(at, error.info())
        })?;
        builder.take(event, span)?;
    }
    // A text without a value is an empty document.
    Ok(builder.root.unwrap_or(Node {
        at: 0,
        value: Value::Null,
    }))
}

/// Makes values of events.
#[derive(Default)]
struct Builder<'a> {
    root: Option<Node<'a>>,
    /// The lists and tables that have begun, from the outermost.
    open: Vec<Open<'a>>,
    /// The values that have an anchor, by its number.
    anchors: HashMap<usize, Node<'a>>,
    aliased_bytes: usize,
}

/// A list or a table that has begun.
struct Open<'a> {
    at: usize,
    anchor: usize,
    items: Items<'a>,
}

enum Items<'a> {
    List(Vec<Node<'a>>),
    Table {
        entries: Vec<(TableKey<'a>, Node<'a>)>,
        /// What comes next belongs to it.
        next: Next<'a>,
        /// The values of `<<`.
        merged: Vec<Node<'a>>,
    },
}

/// What the next value of a table belongs to.
enum Next<'a> {
    /// It is a key itself.
    Key,
    Value(TableKey<'a>),
    /// It is the value of `<<`.
    Merged,
}

impl<'a> Builder<'a> {
    fn take(&mut self, event: Event<'a>, span: Span) -> Result<(), Fault> {
        let at = span.start.byte_offset().unwrap_or_default();
        if let Some(tag) = event.tag() {
            let at = span.tag_start().and_then(|tag| tag.byte_offset());
            let message = format!("the tag `{}` is not read: remove it", tag.original());
            return Err(Fault::new(at.unwrap_or_default(), message));
        }
        match event {
            Event::DocumentStart(..) if self.root.is_some() => {
                let message = "a second document in the file: write all jobs into one";
                Err(Fault::new(at, message))
            }
            Event::Scalar(word, style, anchor, _) => {
                let is_plain = style == ScalarStyle::Plain;
                if let Some(Items::Table { next, .. }) = self.innermost()
                    && matches!(next, Next::Key)
                {
                    // Any other word is a name, also `8080` and `null`.
                    *next = match is_plain && word == "<<" {
                        true => Next::Merged,
                        false => Next::Value(TableKey { at, text: word }),
                    };
                    return Ok(());
                }
                let value = match is_plain {
                    true => plain(word),
                    false => Value::Text(word),
                };
                self.complete(Node { at, value }, anchor)
            }
            Event::Alias(anchor) => {
                let Some(node) = self.anchors.get(&anchor) else {
                    let message = "an alias of a key, or in the value that it stands for";
                    return Err(Fault::new(at, message));
                };
                let (bytes, depth) = extent(node);
                if self.open.len() + depth > DEEPEST {
                    return Err(Fault::too_deep(at));
                }
                self.aliased_bytes = self.aliased_bytes.saturating_add(bytes);
                if self.aliased_bytes > ALIASED_BYTES {
                    let message = "the aliases stand for more than 64 MiB: write fewer";
                    return Err(Fault::new(at, message));
                }
                let value = node.value.clone();
                self.complete(Node { at, value }, 0)
            }
            Event::SequenceStart(_, anchor, _) => self.begin(at, anchor, Items::List(Vec::new())),
            Event::MappingStart(_, anchor, _) => {
                let items = Items::Table {
                    entries: Vec::new(),
                    next: Next::Key,
                    merged: Vec::new(),
                };
                self.begin(at, anchor, items)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            _ => Ok(()),
        }
    }

    /// Begins a list or a table.
    fn begin(&mut self, at: usize, anchor: usize, items: Items<'a>) -> Result<(), Fault> {
        self.check_key(at)?;
        if self.open.len() >= DEEPEST {
            return Err(Fault::too_deep(at));
        }
        self.open.push(Open { at, anchor, items });
        Ok(())
    }

    /// Ends the last list or table.
    fn end(&mut self) -> Result<(), Fault> {
        let Some(Open { at, anchor, items }) = self.open.pop() else {
            return Ok(());
        };
        let value = match items {
            Items::List(nodes) => Value::List(nodes),
            Items::Table {
                mut entries,
                merged,
                ..
            } => {
                merge(&mut entries, merged)?;
                Value::Table(entries)
            }
        };
        self.complete(Node { at, value }, anchor)
    }

    /// Puts a value where it belongs.
    fn complete(&mut self, node: Node<'a>, anchor: usize) -> Result<(), Fault> {
        self.check_key(node.at)?;
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        match self.innermost() {
            None => self.root = Some(node),
            Some(Items::List(nodes)) => nodes.push(node),
            Some(Items::Table {
                entries,
                next,
                merged,
            }) => match std::mem::replace(next, Next::Key) {
                Next::Key => {}
                Next::Value(key) => entries.push((key, node)),
                Next::Merged => merged.push(node),
            },
        }
        Ok(())
    }

    /// Refuses a value where a key belongs.
    fn check_key(&mut self, at: usize) -> Result<(), Fault> {
        match self.innermost() {
            Some(Items::Table {
                next: Next::Key, ..
            }) => Err(Fault::new(at, "a key must be a word or a text in quotes")),
            _ => Ok(()),
        }
    }

    /// The list or table that has begun last.
    fn innermost(&mut self) -> Option<&mut Items<'a>> {
        self.open.last_mut().map(|open| &mut open.items)
    }
}

/// Adds the entries of the values of `<<` whose keys are not there yet.
fn merge<'a>(
    entries: &mut Vec<(TableKey<'a>, Node<'a>)>,
    merged: Vec<Node<'a>>,
) -> Result<(), Fault> {
    if merged.is_empty() {
        return Ok(());
    }
    let mut known: HashSet<Cow<'_, str>> =
        entries.iter().map(|(key, _)| key.text.clone()).collect();
    let tables = merged.into_iter().flat_map(|node| match node.value {
        Value::List(nodes) => nodes,
        _ => vec![node],
    });
    for table in tables {
        let Value::Table(more) = table.value else {
            let message = "`<<` merges a table, or a list of tables: write an alias such as *base";
            return Err(Fault::new(table.at, message));
        };
        entries.extend(
            more.into_iter()
                .filter(|(key, _)| known.insert(key.text.clone())),
        );
    }
    Ok(())
}

/// Returns about how much memory a value takes, and how deep it is.
fn extent(node: &Node<'_>) -> (usize, usize) {
    let own = size_of::<Node<'_>>();
    let add = |(bytes, depth): (usize, usize), (more, deep): (usize, usize)| {
        (bytes.saturating_add(more), depth.max(1 + deep))
    };
    match &node.value {
        Value::Text(text) => (own + text.len(), 0),
        Value::List(nodes) => nodes.iter().map(extent).fold((own, 1), add),
        Value::Table(entries) => entries
            .iter()
            .map(|(key, value)| {
                let (bytes, depth) = extent(value);
                (bytes + size_of::<TableKey<'_>>() + key.text.len(), depth)
            })
            .fold((own, 1), add),
        _ => (own, 0),
    }
}

#[cfg(test)]
mod tests;
