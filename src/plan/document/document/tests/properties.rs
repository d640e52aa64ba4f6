//! Any document in three spellings, and any text.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use proptest::collection::{btree_map, vec};
use proptest::option::of;
use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

use super::*;

/// Any text; some of it looks like something else in YAML or TOML.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z ]{0,8}",
        "\\PC{0,8}",
        "[ \t\n:#'\"\\\\{}\\[\\],&*!|>%@`=-]{0,6}",
        prop::sample::select(vec![
            "no",
            "true",
            "null",
            "~",
            "1_000",
            "0o7",
            "1e3",
            "<<",
            "2026-11-27"
        ])
        .prop_map(str::to_owned),
    ]
}

fn name() -> impl Strategy<Value = String> {
    text().prop_filter("a name is not empty", |name| !name.is_empty())
}

/// A job, whose needs are numbers of jobs before it.
fn job() -> impl Strategy<Value = (Map<String, Json>, Vec<prop::sample::Index>)> {
    let command = prop_oneof![
        name().prop_map(|line| json!({"cmd": format!("x {line}"), "shell": true})),
        vec(text(), 1..3).prop_map(|words| json!({"argv": words})),
    ];
    let variable = "[A-Z]{1,3}";
    let settings = (
        of(name()),
        btree_map(variable, text(), 0..3),
        of(0..100_u32),
        of(0..5_u32),
        of(1..5_u32),
        of(prop::sample::select(vec!["db", "true"])),
        any::<bool>(),
        of(text()),
    );
    let needs = vec(any::<prop::sample::Index>(), 0..3);
    (command, settings, needs).prop_map(|(command, settings, needs)| {
        let (cwd, env, timeout, retries, weight, pool, allow_failure, stdin) = settings;
        let mut job = command.as_object().cloned().unwrap();
        let mut put = |key: &str, value: Json| {
            if !value.is_null() {
                job.insert(key.to_owned(), value);
            }
        };
        put("cwd", json!(cwd));
        put("env", json!(env));
        put("timeout", json!(timeout));
        put("retries", json!(retries));
        put("weight", json!(weight));
        put("pool", json!(pool));
        put("allow_failure", json!(allow_failure));
        put("stdin", json!(stdin));
        (job, needs)
    })
}

/// Jobs by name, in this order.
fn document() -> impl Strategy<Value = Vec<(String, Json)>> {
    let jobs = btree_map(name(), job(), 1..6).prop_map(BTreeMap::into_iter);
    jobs.prop_map(Vec::from_iter)
        .prop_shuffle()
        .prop_map(|mut jobs| {
            let names: Vec<String> = jobs.iter().map(|(name, _)| name.clone()).collect();
            // What is needed comes first, or last.
            for (index, (_, (job, needs))) in jobs.iter_mut().enumerate().skip(1) {
                let mut needs: Vec<&str> = needs
                    .iter()
                    .map(|need| names[need.index(index)].as_str())
                    .collect();
                needs.sort_unstable();
                needs.dedup();
                job.insert("needs".to_owned(), json!(needs));
            }
            if names[0].len().is_multiple_of(2) {
                jobs.reverse();
            }
            jobs.into_iter()
                .map(|(name, (job, _))| (name, Json::Object(job)))
                .collect()
        })
}

/// A value on one line, as JSON. In TOML, tables have another sign, and no character of control is written
/// as it is.
fn inline(value: &Json, sign: &str) -> String {
    match value {
        Json::Object(entries) => {
            let entries = entries.iter();
            let entries =
                entries.map(|(key, value)| format!("{}{sign}{}", quoted(key), inline(value, sign)));
            format!("{{{}}}", entries.collect::<Vec<_>>().join(", "))
        }
        Json::Array(values) => {
            let values = values.iter().map(|value| inline(value, sign));
            format!("[{}]", values.collect::<Vec<_>>().join(", "))
        }
        Json::String(text) => quoted(text),
        other => other.to_string(),
    }
}

fn quoted(text: &str) -> String {
    let mut quoted = String::new();
    for letter in Json::from(text).to_string().chars() {
        // YAML allows other characters unescaped than JSON does, and TOML fewer.
        match letter {
            '\u{7f}'..='\u{9f}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{feff}'
            | '\u{fffe}'
            | '\u{ffff}' => {
                write!(quoted, "\\u{:04x}", u32::from(letter)).unwrap();
            }
            letter => quoted.push(letter),
        }
    }
    quoted
}

fn as_toml(jobs: &[(String, Json)]) -> String {
    let mut text = "pools = {db = 2, true = 1}\n".to_owned();
    for (name, job) in jobs {
        writeln!(text, "[jobs.{}]", quoted(name)).unwrap();
        for (key, value) in job.as_object().unwrap() {
            writeln!(text, "{key} = {}", inline(value, " = ")).unwrap();
        }
    }
    text
}

fn as_yaml(jobs: &[(String, Json)]) -> String {
    let mut text = "pools: {db: 2, true: 1}\njobs:\n".to_owned();
    for (name, job) in jobs {
        writeln!(text, "  ? {}\n  :", quoted(name)).unwrap();
        for (key, value) in job.as_object().unwrap() {
            writeln!(text, "    {key}: {}", inline(value, ": ")).unwrap();
        }
    }
    text
}

fn as_json(jobs: &[(String, Json)]) -> String {
    let mut text = "{\"pools\": {\"db\": 2, \"true\": 1}, \"jobs\": {".to_owned();
    for (index, (name, job)) in jobs.iter().enumerate() {
        let comma = if index > 0 { ",\n" } else { "" };
        write!(text, "{comma}{}: {}", Json::from(name.as_str()), job).unwrap();
    }
    text + "}}"
}

/// The jobs without their lines.
fn anywhere(spelling: Spelling, text: &str) -> Vec<Job> {
    let mut jobs = read_as(spelling, text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    lines(&mut jobs);
    jobs
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_document_is_the_same_in_three_spellings(jobs in document()) {
        let json = anywhere(Spelling::Json, &as_json(&jobs));
        prop_assert_eq!(json.len(), jobs.len());
        for (read, (name, job)) in json.iter().zip(&jobs) {
            prop_assert_eq!(read.name.as_ref(), Some(name));
            let count = job["needs"].as_array().map_or(0, Vec::len);
            prop_assert_eq!(read.needs().len(), count);
        }
        prop_assert_eq!(&anywhere(Spelling::Toml, &as_toml(&jobs)), &json);
        prop_assert_eq!(&anywhere(Spelling::Yaml, &as_yaml(&jobs)), &json);
    }

    #[test]
    fn no_text_makes_it_panic(text in "\\PC*") {
        for spelling in [Spelling::Toml, Spelling::Yaml, Spelling::Json] {
            let _ = read_as(spelling, &text);
        }
    }

    #[test]
    fn no_damaged_document_makes_it_panic(
        jobs in document(),
        cut in any::<prop::sample::Index>(),
        length in 0..9_usize,
        more in "[\\PC\t\n]{0,4}",
    ) {
        for (spelling, text) in [
            (Spelling::Toml, as_toml(&jobs)),
            (Spelling::Yaml, as_yaml(&jobs)),
            (Spelling::Json, as_json(&jobs)),
        ] {
            let characters: Vec<char> = text.chars().collect();
            let start = cut.index(characters.len());
            let end = (start + length).min(characters.len());
            let damaged: String = characters[..start]
                .iter()
                .copied()
                .chain(more.chars())
                .chain(characters[end..].iter().copied())
                .collect();
            if let Err(error) = jobs_of(spelling, &damaged) {
                // The place is in the text.
                let count = damaged.lines().count() as u64 + 1;
                prop_assert!((1..=count).contains(&error.line), "{:?}", error);
                prop_assert!(error.column >= 1 && !error.message.is_empty(), "{:?}", error);
            }
        }
    }
}

fn jobs_of(spelling: Spelling, text: &str) -> Result<Vec<Job>, DocumentError> {
    super::jobs(spelling, text, &"jobs".into(), &auto())
}
