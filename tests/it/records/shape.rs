//! The keys of a record, in their order, and the type of each.

use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::Value;

use crate::stage::Outcome;

/// The keys of every record: `n` a whole number, `s` seconds, `t` a text, `b` a boolean, `l` a list of
/// texts; `?` if null is allowed.
const KEYS: [(&str, &str); 34] = [
    ("v", "n"),
    ("seq", "n"),
    ("name", "t?"),
    ("cmd", "t"),
    ("argv", "l"),
    ("shell", "b"),
    ("args", "l"),
    ("cwd", "t"),
    ("needs", "l"),
    ("pool", "t?"),
    ("weight", "n"),
    ("allow_failure", "b"),
    ("status", "t"),
    ("reason", "t?"),
    ("exit_code", "n?"),
    ("signal", "t?"),
    ("error", "t?"),
    ("attempts", "n"),
    ("slot", "n?"),
    ("pid", "n?"),
    ("start_unix_s", "s?"),
    ("queued_s", "s?"),
    ("wall_s", "s?"),
    ("user_s", "s?"),
    ("sys_s", "s?"),
    ("max_rss_bytes", "n?"),
    ("leaked", "b"),
    ("truncated", "b"),
    ("stdout", "t"),
    ("stderr", "t"),
    ("stdout_bytes", "n"),
    ("stderr_bytes", "n"),
    ("stdin_bytes", "n?"),
    ("stdin_unread_bytes", "n?"),
];

/// Checks the keys of each line of stdout, their order and their types.
#[track_caller]
pub(super) fn check(outcome: &Outcome) {
    check_added(outcome, &[]);
}

/// The same, with keys that values that are not UTF-8 may add at the end, in this order.
#[track_caller]
pub(super) fn check_added(outcome: &Outcome, added: &[&str]) {
    let known: Vec<&str> = KEYS.iter().map(|(key, _)| *key).collect();
    for line in outcome.stdout.split_inclusive(|&byte| byte == b'\n') {
        let shown = String::from_utf8_lossy(line);
        let Order(keys) = serde_json::from_slice(line).expect("a record is one object on one line");
        let (first, rest) = keys.split_at(known.len().min(keys.len()));
        assert_eq!(first, known, "{shown}");
        let mut allowed = added.iter();
        let in_order = rest.iter().all(|key| allowed.any(|added| key == added));
        assert!(in_order, "{rest:?} behind the known keys: {shown}");
        let record: Value = serde_json::from_slice(line).expect("a record is JSON");
        for (key, kind) in KEYS {
            assert!(
                has_type(kind, &record[key]),
                "{key} is {}: {shown}",
                record[key]
            );
        }
        assert_eq!(record["v"], 1);
        let both = !record["exit_code"].is_null() && !record["signal"].is_null();
        assert!(!both, "an exit code and a signal: {shown}");
    }
}

fn has_type(kind: &str, value: &Value) -> bool {
    let bare = kind.trim_end_matches('?');
    match value {
        Value::Null => bare != kind,
        Value::Bool(_) => bare == "b",
        Value::Number(number) if bare == "s" => number.as_f64().is_some_and(|number| number >= 0.0),
        Value::Number(number) => bare == "n" && number.is_u64(),
        Value::String(_) => bare == "t",
        Value::Array(words) => bare == "l" && words.iter().all(Value::is_string),
        Value::Object(_) => false,
    }
}

/// The keys of an object in the order of the text, which a parsed value does not keep.
struct Order(Vec<String>);

impl<'de> Deserialize<'de> for Order {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = Order;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Order, A::Error> {
                let mut keys = Vec::new();
                while let Some((key, IgnoredAny)) = map.next_entry()? {
                    keys.push(key);
                }
                Ok(Order(keys))
            }
        }
        input.deserialize_map(Keys)
    }
}
