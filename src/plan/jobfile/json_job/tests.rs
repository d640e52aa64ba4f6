//! Examples of jobs in JSON, and of each error.

use std::time::Duration;

use super::*;

fn auto() -> ShellRule {
    ShellRule::Auto(Arc::default())
}

fn under(rule: &ShellRule, text: &str) -> Result<Job, JsonJobError> {
    let origin = Origin {
        source: "jobs.jsonl".into(),
        line: 1,
    };
    job(text.as_bytes(), origin, rule)
}

fn read(text: &str) -> Job {
    under(&auto(), text).unwrap()
}

fn error(text: &str) -> String {
    under(&auto(), text).unwrap_err().to_string()
}

fn shell_of(rule: &ShellRule, text: &str) -> (bool, Option<Arc<Shell>>) {
    match under(rule, text).unwrap().invocation {
        Invocation::Line { direct, shell, .. } => (direct.is_some(), shell),
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_object_with_every_key_becomes_a_job() {
    let job = read(
        r#"{"name":"api","cmd":"cargo test -p api","cwd":"api","env":{"RUST_LOG":"warn","CI":null},
            "stdin":"a\u0000b","timeout":"5m","retries":1}"#,
    );
    assert_eq!(job.name.as_deref(), Some("api"));
    assert_eq!(job.cwd, Some(PathBuf::from("api")));
    let env = [EnvChange::set("RUST_LOG", "warn"), EnvChange::remove("CI")];
    assert_eq!(job.env, env);
    assert_eq!(job.stdin, Some(JobInput::Bytes(b"a\0b".to_vec())));
    assert_eq!(job.timeout, Some(Duration::from_secs(300)));
    assert_eq!(job.retries, Some(1));
    let words = ["cargo", "test", "-p", "api"].map(OsString::from);
    assert!(
        matches!(job.invocation, Invocation::Line { direct: Some(direct), .. } if direct == words)
    );
}

#[test]
fn argv_is_executed_as_it_is() {
    let words = ["./load", "--n", "a;b", ""].map(OsString::from);
    let job = read(r#"{"argv":["./load","--n","a;b",""]}"#);
    assert_eq!(job.invocation, Invocation::Argv(words.to_vec()));
}

#[test]
fn a_cmd_is_not_split_into_name_and_command() {
    let job = read(r#"{"cmd":"web: serve"}"#);
    assert_eq!(job.name, None);
}

#[test]
fn argv_base64_may_be_other_than_utf_8() {
    let words = vec!["ls".into(), OsString::from_vec(b"\xff\xfe".to_vec())];
    let job = read(r#"{"argv_base64":["bHM=","//4="]}"#);
    assert_eq!(job.invocation, Invocation::Argv(words));
}

#[test]
fn argv_base64_wins_over_argv() {
    let job = read(r#"{"argv":["l\ufffd"],"argv_base64":["bP8="]}"#);
    assert_eq!(
        job.invocation,
        Invocation::Argv(vec![OsString::from_vec(b"l\xff".to_vec())])
    );
}

#[test]
fn cwd_env_and_stdin_in_base64_may_be_other_than_utf_8() {
    let job = read(
        r#"{"cmd":"ls","cwd":"?","cwd_base64":"Yf8=","env":{"?":"?"},
            "env_base64":{"Tv8=":"//4=","QQ==":null},"stdin":"?","stdin_base64":"/wA="}"#,
    );
    let word = |bytes: &[u8]| OsString::from_vec(bytes.to_vec());
    assert_eq!(job.cwd, Some(PathBuf::from(word(b"a\xff"))));
    let env = [
        EnvChange::set(word(b"N\xff"), word(b"\xff\xfe")),
        EnvChange::remove(word(b"A")),
    ];
    assert_eq!(job.env, env);
    assert_eq!(job.stdin, Some(JobInput::Bytes(b"\xff\0".to_vec())));
}

#[test]
fn values_in_base64_are_checked_like_text() {
    let of = |field: &str| error(&format!("{{\"cmd\":\"ls\",{field}}}"));
    for (field, message) in [
        (
            r#""cwd_base64":"""#,
            "`cwd` is empty: remove it, or give it a value",
        ),
        (
            r#""cwd_base64":"AA==""#,
            "`cwd` contains a NUL byte, which cannot be passed to a program: remove it",
        ),
        (
            r#""stdin_base64":"?""#,
            "`stdin_base64` is not base64: encode all of it with the standard alphabet",
        ),
        (
            r#""env_base64":{"QQ==":"A"}"#,
            "`env_base64`: `A` is not base64: encode all of it with the standard alphabet",
        ),
        (
            r#""env_base64":{"QT0=":"QQ=="}"#,
            "`env`: invalid variable name `A=`: it must not be empty or contain `=` or NUL",
        ),
        (
            r#""env_base64":{"QQ==":"AA=="}"#,
            "`env` contains a NUL byte, which cannot be passed to a program: remove it",
        ),
    ] {
        assert_eq!(of(field), message);
    }
}

#[test]
fn shell_true_forces_the_shell_of_the_run() {
    let expected = (false, Some(Arc::default()));
    assert_eq!(shell_of(&auto(), r#"{"cmd":"ls","shell":true}"#), expected);
}

#[test]
fn shell_false_forbids_a_shell() {
    let always = ShellRule::Always(Arc::default());
    assert_eq!(
        shell_of(&always, r#"{"cmd":"ls","shell":false}"#),
        (true, None)
    );
    assert!(error(r#"{"cmd":"a | b","shell":false}"#).starts_with("`cmd`: unquoted `|`"));
}

#[test]
fn a_shell_of_its_own_is_split_like_the_option() {
    let shell = Shell::parse("bash -eu".as_ref()).unwrap();
    let expected = (false, Some(Arc::new(shell)));
    assert_eq!(
        shell_of(&auto(), r#"{"cmd":"ls","shell":"bash -eu"}"#),
        expected
    );
}

#[test]
fn a_timeout_may_be_a_number_of_seconds() {
    let job = read(r#"{"cmd":"ls","timeout":0.25}"#);
    assert_eq!(job.timeout, Some(Duration::from_millis(250)));
}

#[test]
fn exactly_one_command_is_needed() {
    let neither = "neither `cmd` nor `argv` is given: write one of them";
    let both = "both `cmd` and `argv` are given: keep one of them";
    assert_eq!(error("{}"), neither);
    assert_eq!(error(r#"{"cmd":"ls","argv":["ls"]}"#), both);
    assert_eq!(error(r#"{"cmd":"ls","argv_base64":["bHM="]}"#), both);
}

#[test]
fn a_command_that_cannot_run_is_an_error() {
    for (text, message) in [
        (
            r#"{"cmd":" "}"#,
            "`cmd`: the command line is empty: write a command",
        ),
        (
            r#"{"cmd":"a\u0000b"}"#,
            "`cmd`: the command line contains a NUL byte: remove it",
        ),
        (
            r#"{"argv":[]}"#,
            "`argv` is empty: its first word must be a program",
        ),
        (
            r#"{"argv":["a\u0000b"]}"#,
            "`argv` contains a NUL byte, which cannot be passed to a program: remove it",
        ),
        (
            r#"{"argv_base64":["bHM=","?"]}"#,
            "word 2 of `argv_base64` is not base64: encode all of it with the standard alphabet",
        ),
        (
            r#"{"argv":["ls"],"shell":true}"#,
            "`shell` cannot be used with `argv`: use `cmd`, or remove `shell`",
        ),
        (
            r#"{"cmd":"ls","shell":""}"#,
            "`shell`: the shell is empty: name a program, such as `bash` or `bash -euo pipefail`",
        ),
    ] {
        assert_eq!(error(text), message, "{text}");
    }
}

#[test]
fn a_value_that_the_system_cannot_contain_is_an_error() {
    let variable = |name| {
        format!("`env`: invalid variable name `{name}`: it must not be empty or contain `=` or NUL")
    };
    let nul = |key| {
        format!("`{key}` contains a NUL byte, which cannot be passed to a program: remove it")
    };
    let empty = |key| format!("`{key}` is empty: remove it, or give it a value");
    for (pair, message) in [
        (r#""env":{"":"1"}"#, variable("")),
        (r#""env":{"A=B":"1"}"#, variable("A=B")),
        (r#""env":{"A\u0000":null}"#, variable("A\\0")),
        (r#""env":{"A":"\u0000"}"#, nul("env")),
        (r#""cwd":"\u0000""#, nul("cwd")),
        (r#""cwd":"""#, empty("cwd")),
        (r#""name":"a\u0000""#, nul("name")),
        (r#""name":"""#, empty("name")),
    ] {
        assert_eq!(error(&format!("{{\"cmd\":\"ls\",{pair}}}")), message);
    }
}

#[test]
fn a_bad_timeout_is_shown_with_what_is_accepted() {
    for (timeout, start) in [
        ("-5", "`timeout` `-5`: a duration cannot be negative: write"),
        (
            "\"2d\"",
            "`timeout` `2d`: unknown or missing unit in a duration: write",
        ),
        (
            "1e99",
            "`timeout` `1000000000000000000000000000000000000000…`: a duration cannot be longer",
        ),
    ] {
        let message = error(&format!("{{\"cmd\":\"ls\",\"timeout\":{timeout}}}"));
        assert!(message.starts_with(start), "{message}");
    }
}

#[test]
fn exec_forbids_the_shell_of_a_job() {
    let error = under(&ShellRule::Never, r#"{"cmd":"ls","shell":true}"#).unwrap_err();
    assert_eq!(error, JsonJobError::ShellForbidden);
}

#[test]
fn an_error_in_json_has_its_position_apart() {
    let expected = JsonJobError::Json {
        message: "unknown key `cmmd`: did you mean `cmd`?".into(),
        line: 1,
        column: 7,
    };
    assert_eq!(under(&auto(), r#"{"cmmd":"ls"}"#), Err(expected));
}

#[test]
fn an_incomplete_object_gets_the_remedy() {
    let text = "EOF while parsing an object: write each job on one line, or all jobs as one array";
    assert_eq!(error("{"), text);
}

#[test]
fn deep_nesting_is_an_error_and_no_stack_overflow() {
    let deep = format!("{{\"argv\":{}", "[".repeat(100_000));
    assert!(error(&deep).starts_with("`argv`: invalid type: sequence"));
}
