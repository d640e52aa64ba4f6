//! The names and types of the keys, and their errors.

use std::num::NonZeroU32;

use super::*;

fn fields(text: &str) -> Fields {
    serde_json::from_str(text).unwrap()
}

fn error(text: &str) -> String {
    serde_json::from_str::<Fields>(text)
        .unwrap_err()
        .to_string()
}

fn count(number: u32) -> Option<Count> {
    NonZeroU32::new(number).map(Count)
}

#[test]
fn every_key_is_read() {
    let read = fields(
        r#"{"cmd":"a","argv":["b"],"argv_base64":["Yg=="],"name":"n","cwd":"d","cwd_base64":"ZA==",
            "env":{"X":"1","A":null},"env_base64":{"WA==":"MQ=="},"stdin":"s","stdin_base64":"cw==","timeout":"5m","retries":2,"shell":"bash",
            "needs":["a"],"weight":2,"pool":"p","pool_limit":3,"allow_failure":true,"service":false,"ready":"r","ready_timeout":5}"#,
    );
    let expected = Fields {
        cmd: Some("a".into()),
        argv: Some(vec!["b".into()]),
        argv_base64: Some(vec!["Yg==".into()]),
        name: Some("n".into()),
        cwd: Some("d".into()),
        cwd_base64: Some("ZA==".into()),
        env: Some(Env(vec![
            ("X".into(), Some("1".into())),
            ("A".into(), None),
        ])),
        env_base64: Some(Env(vec![("WA==".into(), Some("MQ==".into()))])),
        stdin: Some("s".into()),
        stdin_base64: Some("cw==".into()),
        timeout: Some(Timeout("5m".into())),
        retries: Some(Retries(2)),
        shell: Some(ShellField::Program("bash".into())),
        needs: Some(vec!["a".into()]),
        weight: count(2),
        pool: Some("p".into()),
        pool_limit: count(3),
        allow_failure: Some(true),
        service: Some(false),
        ready: Some(Ready::Line("r".into())),
        ready_timeout: Some(Timeout("5".into())),
    };
    assert_eq!(read, expected);
}

#[test]
fn every_key_is_optional() {
    assert_eq!(fields("{}"), Fields::default());
}

#[test]
fn every_known_key_has_its_field() {
    for key in KEYS {
        assert!(
            !error(&format!("{{\"{key}\":[[]]}}")).contains("unknown key"),
            "{key}"
        );
    }
}

#[test]
fn a_number_of_seconds_is_read_as_it_was_written() {
    for (written, read) in [
        ("5", "5"),
        ("0.1", "0.1"),
        ("-5", "-5"),
        ("1e-7", "0.0000001"),
    ] {
        let timeout = fields(&format!("{{\"timeout\":{written}}}")).timeout;
        assert_eq!(timeout, Some(Timeout(read.into())));
    }
}

#[test]
fn shell_is_a_string_or_a_boolean() {
    assert_eq!(
        fields(r#"{"shell":true}"#).shell,
        Some(ShellField::Wanted(true))
    );
    assert_eq!(
        fields(r#"{"shell":false}"#).shell,
        Some(ShellField::Wanted(false))
    );
}

#[test]
fn ready_is_a_string_or_an_array_of_words() {
    let words = Ready::Argv(vec!["a".into(), "b c".into()]);
    assert_eq!(fields(r#"{"ready":["a","b c"]}"#).ready, Some(words));
}

#[test]
fn a_wrong_type_is_named_with_its_key() {
    for (text, message) in [
        (
            r#"{"cmd":5}"#,
            "`cmd`: invalid type: integer `5`, expected a string at line 1 column 8",
        ),
        (
            r#"{"argv":"ls"}"#,
            "`argv`: invalid type: string \"ls\", expected a sequence at line 1 column 12",
        ),
        (
            r#"{"argv":["a",1]}"#,
            "`argv`: invalid type: integer `1`, expected a string at line 1 column 14",
        ),
        (
            r#"{"name":null}"#,
            "`name`: invalid type: null, expected a string at line 1 column 12",
        ),
        (
            r#"{"retries":-1}"#,
            "`retries`: invalid value: integer `-1`, expected a whole number from 0 to 4294967295 at line 1 column 13",
        ),
        (
            r#"{"timeout":[]}"#,
            "`timeout`: invalid type: sequence, expected a duration such as \"5m\", or a number of seconds at line 1 column 13",
        ),
        (
            r#"{"shell":1}"#,
            "`shell`: invalid type: integer `1`, expected true, false or a shell such as \"bash -eu\" at line 1 column 10",
        ),
        (
            r#"{"env":{"A":1}}"#,
            "`env`: `A`: invalid type: integer `1`, expected a string at line 1 column 13",
        ),
        (
            r#"{"env":["A"]}"#,
            "`env`: invalid type: sequence, expected an object of strings, or null to unset at line 1 column 7",
        ),
        (
            r#"{"needs":"a"}"#,
            "`needs`: invalid type: string \"a\", expected a sequence at line 1 column 12",
        ),
        (
            r#"{"weight":0}"#,
            "`weight`: invalid value: integer `0`, expected a whole number from 1 to 4294967295 at line 1 column 11",
        ),
        (
            r#"{"service":"yes"}"#,
            "`service`: invalid type: string \"yes\", expected a boolean at line 1 column 16",
        ),
        (
            r#"{"ready":true}"#,
            "`ready`: invalid type: boolean `true`, expected a command line, or an array of words at line 1 column 13",
        ),
        (
            "[]",
            "invalid type: sequence, expected an object such as {\"cmd\":\"ls\"} at line 1 column 0",
        ),
    ] {
        assert_eq!(error(text), message, "{text}");
    }
}

#[test]
fn a_duplicate_key_or_variable_is_an_error() {
    assert_eq!(
        error(r#"{"cmd":"a","cmd":"b"}"#),
        "duplicate key `cmd`: keep one at line 1 column 16"
    );
    assert_eq!(
        error(r#"{"env":{"A":"1","A":null}}"#),
        "`env`: duplicate variable `A`: keep one at line 1 column 19"
    );
}

#[test]
fn an_unknown_key_gets_a_suggestion() {
    for (key, known) in [
        ("cmmd", "cmd"),
        ("command", "cmd"),
        ("CMD", "cmd"),
        ("args", "argv"),
        ("time", "timeout"),
        ("timeouts", "timeout"),
        ("retry", "retries"),
        ("environment", "env"),
        ("argv_b64", "argv_base64"),
        ("env_file", "env"),
        ("need", "needs"),
        ("raedy", "ready"),
        ("pools", "pool"),
        ("depends-on", "needs"),
        ("working_directory", "cwd"),
        ("continue-on-error", "allow_failure"),
    ] {
        let message = unknown_key_error(key);
        assert_eq!(
            message,
            format!("unknown key `{key}`: did you mean `{known}`?")
        );
    }
}

#[test]
fn a_key_without_a_near_one_gets_the_list() {
    assert_eq!(
        unknown_key_error("priority"),
        "unknown key `priority`: the keys are cmd, argv, argv_base64, name, cwd, cwd_base64, \
         env, env_base64, stdin, stdin_base64, timeout, retries, shell, needs, weight, pool, pool_limit, \
         allow_failure, service, ready, ready_timeout"
    );
}

#[test]
fn an_unknown_key_cannot_take_over_the_message() {
    let message = unknown_key_error(&format!("\u{1b}]0;{}", "x".repeat(1_000_000)));
    assert!(
        message.starts_with("unknown key `\\u{1b}]0;xxxx"),
        "{message}"
    );
    assert!(message.len() < 300, "{message}");
}

#[test]
fn a_value_that_looks_like_a_position_does_not_move_the_error() {
    let message = error("{\"argv\":\" at line 7 column 7\"}");
    assert!(message.ends_with("at line 1 column 29"), "{message}");
}
