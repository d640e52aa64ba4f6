//! The names of types and modules.

use std::collections::BTreeMap;

use super::rules::{House, place};
use super::source::Token;

/// Names that say nothing about what is in a file, and words for which the house has another.
const EMPTY_WORDS: [&str; 9] = [
    "task", "unit", "worker", "manager", "helper", "util", "common", "misc", "imp",
];

/// One word, one thing: no two types have the same name, but for those that one file alone knows.
pub(super) fn types(house: &House) -> Vec<String> {
    let mut known: BTreeMap<&str, String> = BTreeMap::new();
    let mut all = Vec::new();
    for source in house.rooms() {
        for (at, pair) in source.code.windows(2).enumerate() {
            let is_type =
                ["struct", "enum", "trait", "type", "union"].contains(&pair[0].text.as_str());
            if !is_type || !is_shared(&source.code[..at]) {
                continue;
            }
            let (name, place) = (pair[1].text.as_str(), place(source, pair[1].line));
            match known.get(name) {
                Some(other) => all.push(format!("{place}: {name} is a type at {other}, too")),
                None => drop(known.insert(name, place)),
            }
        }
    }
    all
}

/// Whether what follows these tokens is for more than its own file.
fn is_shared(before: &[Token]) -> bool {
    let text = |back: usize| {
        let at = before.len().checked_sub(back);
        at.map_or("", |at| before[at].text.as_str())
    };
    let last = if text(1) == "unsafe" { 2 } else { 1 };
    match text(last) {
        "pub" => true,
        ")" => (last..).take(12).any(|back| text(back) == "pub"),
        _ => false,
    }
}

/// Names say what is inside.
pub(super) fn names(house: &House) -> Vec<String> {
    let mut all = Vec::new();
    for source in house.all() {
        let inline = source
            .tokens
            .windows(2)
            .filter(|pair| pair[0].text == "mod");
        let inline = inline.map(|pair| (pair[1].text.as_str(), pair[1].line));
        let names = source.names().into_iter().map(|name| (name, 1));
        for (name, line) in names.chain(inline) {
            let mut parts = name.split(['_', '-']);
            if parts.any(|part| EMPTY_WORDS.contains(&part.strip_suffix('s').unwrap_or(part))) {
                all.push(format!(
                    "{}: {name} is no name for a module",
                    place(source, line)
                ));
            }
        }
    }
    all
}
