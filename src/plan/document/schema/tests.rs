//! What the schema says of documents is what is read of them, in the three spellings.

use serde_json::Number;

use super::super::document::jobs;
use super::super::spelling::Spelling;
use super::super::tree::{Node, Value as Read};
use super::*;
use crate::plan::command::ShellRule;

fn validator() -> jsonschema::Validator {
    let schema = serde_json::from_str(&jobs_schema()).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

/// A value as JSON.
fn json(node: &Node<'_>) -> Value {
    match &node.value {
        Read::Null => Value::Null,
        Read::Bool(value) => Value::Bool(*value),
        Read::Integer(number) => Value::from(*number),
        Read::Float(number) => Number::from_f64(*number).map_or(Value::Null, Value::Number),
        Read::Text(text) => Value::from(&**text),
        Read::Other(kind) => json!({ *kind: null }),
        Read::List(nodes) => nodes.iter().map(json).collect(),
        Read::Table(entries) => {
            let entries = entries.iter();
            let entries = entries.map(|(key, value)| (key.text.to_string(), json(value)));
            Value::Object(entries.collect())
        }
    }
}

/// Checks a document, given as one job or as several lines of each spelling.
#[track_caller]
fn check(spelling: Spelling, text: &str, is_good: bool) {
    let document = json(&spelling.read(text).unwrap());
    let errors: Vec<String> = validator()
        .iter_errors(&document)
        .map(|error| error.to_string())
        .collect();
    assert_eq!(errors.is_empty(), is_good, "{text}\n{errors:#?}");
    let rule = ShellRule::Auto(Default::default());
    let read = jobs(spelling, text, &"jobs".into(), &rule);
    assert_eq!(read.is_ok(), is_good, "{text}\n{read:?}");
}

#[test]
fn good_documents_are_valid() {
    for text in [
        "[jobs]\n",
        "[jobs.a]\ncmd = 'x'\n",
        "[defaults]\ncwd = 'd'\nenv = {A = ''}\nshell = 'bash -eu'\ntimeout = 1.5\nretries = 0\n[pools]\ndb = 1\n\
         [jobs.a]\ncmd = 'x'\nneeds = ['s']\nweight = 2\npool = 'db'\nallow_failure = true\nstdin = ''\ntimeout = '5m'\n\
         [jobs.s]\nargv = ['x']\nservice = true\nready = ['y']\nready_timeout = 5\n",
    ] {
        check(Spelling::Toml, text, true);
    }
    for text in [
        "jobs: {a: {cmd: x, env: {CI: ~, B: no}, shell: true}}",
        "jobs:\n  a: &a\n    argv: [x]\n  b:\n    <<: *a\n    retries: 0x10\n",
        "jobs:\n  a: {argv_base64: [eA==], cwd_base64: Lw==, env_base64: {QQ==: QQ==}, stdin_base64: ''}\n",
    ] {
        check(Spelling::Yaml, text, true);
    }
    for text in [
        r#"{"$schema": "https://example.org/jobs.json", "jobs": {}}"#,
        r#"{"jobs": {"a b": {"cmd": "x", "service": false, "retries": 3}}, "pools": {}}"#,
    ] {
        check(Spelling::Json, text, true);
    }
}

#[test]
fn bad_documents_are_invalid() {
    for text in [
        "[pools]\ndb = 1\n",
        "[job.a]\ncmd = 'x'\n",
        "[jobs.a]\n",
        "[jobs.a]\ncmd = 'x'\nargv = ['x']\n",
        "[jobs.a]\ncmd = 5\n",
        "[jobs.a]\ncmd = 2026-11-27\n",
        "[jobs.a]\ncmd = 'x'\nname = 'b'\n",
        "[jobs.a]\ncmd = 'x'\nneeds = 'b'\n",
        "[jobs.a]\ncmd = 'x'\nweight = 0\n",
        "[jobs.a]\ncmd = 'x'\nretries = -1\n",
        "[jobs.a]\ncmd = 'x'\nretries = 4294967296\n",
        "[jobs.a]\ncmd = 'x'\ntimeout = true\n",
        "[jobs.a]\ncmd = 'x'\ntimeout = -1\n",
        "[jobs.a]\ncmd = 'x'\nready = 'y'\n",
        "[jobs.a]\nargv = ['x']\nshell = true\n",
        "[jobs.b]\ncmd = 'x'\n[jobs.a]\ncmd = 'x'\nservice = true\ntimeout = 5\n",
        "[jobs.b]\ncmd = 'x'\n[jobs.a]\ncmd = 'x'\nservice = true\nweight = 2\n",
        "[pools]\np = 1\n[jobs.b]\ncmd = 'x'\n[jobs.a]\ncmd = 'x'\nservice = true\npool = 'p'\n",
        "[jobs.a]\ncmd = 'x'\nenv = {A = 1}\n",
        "[jobs.a]\ncmd = 'x'\npool = 'p'\npool_limit = 1\n[pools]\np = 1\n",
        "[pools]\np = 0\n[jobs.a]\ncmd = 'x'\n",
        "[defaults]\nweight = 1\n[jobs.a]\ncmd = 'x'\n",
    ] {
        check(Spelling::Toml, text, false);
    }
    for text in [
        "",
        "jobs:\n",
        "- cmd: x\n",
        "services: {}\njobs: {}\n",
        "jobs: {a: {cmd: yes, retries: 1_000}}",
        "jobs: {a: {cmd: true}}",
        "jobs: {a: {cmd: ~}}",
        "jobs: {a: }",
        "jobs: {a: {cmd: x, ready_timeout: 1}}",
    ] {
        check(Spelling::Yaml, text, false);
    }
    for text in [
        r#"{"cmd": "x"}"#,
        r#"{"jobs": []}"#,
        r#"{"jobs": {"a": {"cmd": "x", "cwd": null}}}"#,
    ] {
        check(Spelling::Json, text, false);
    }
}

#[test]
fn every_key_is_described() {
    let schema: Value = serde_json::from_str(&jobs_schema()).unwrap();
    for kind in ["job", "line", "defaults"] {
        let keys = schema["$defs"][kind]["properties"].as_object().unwrap();
        for (key, value) in keys {
            let description = value["description"].as_str();
            assert!(
                description.is_some_and(|text| text.ends_with('.')),
                "{kind} {key}"
            );
        }
    }
}
