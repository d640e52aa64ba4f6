//! Wrong documents: each error has its place.

use super::*;

#[track_caller]
pub(super) fn toml_error(text: &str, message: &str) {
    assert_eq!(
        read_as(Spelling::Toml, text).unwrap_err(),
        message,
        "{text}"
    );
}

#[track_caller]
pub(super) fn yaml_error(text: &str, message: &str) {
    assert_eq!(
        read_as(Spelling::Yaml, text).unwrap_err(),
        message,
        "{text}"
    );
}

#[track_caller]
fn json_error(text: &str, message: &str) {
    assert_eq!(
        read_as(Spelling::Json, text).unwrap_err(),
        message,
        "{text}"
    );
}

#[test]
fn an_unknown_key_is_found_at_every_level() {
    toml_error(
        "[job.a]\ncmd = 'x'\n",
        "1:2: unknown key `job`: did you mean `jobs`?",
    );
    toml_error(
        "[jobs.a]\ncmd = 'x'\nneed = ['b']\n",
        "3:1: unknown key `need`: did you mean `needs`?",
    );
    toml_error(
        "[defaults]\ntimeouts = 5\n[jobs.a]\ncmd = 'x'\n",
        "2:1: unknown key `timeouts`: did you mean `timeout`?",
    );
    toml_error(
        "[defaults]\nweight = 5\n[jobs.a]\ncmd = 'x'\n",
        "2:1: unknown key `weight`: the keys of `defaults` are cwd, env, shell, timeout, retries",
    );
    yaml_error(
        "jobs:\n  a:\n    cmd: x\n    env_file: y\n",
        "4:5: unknown key `env_file`: did you mean `env`?",
    );
    json_error(
        "{\"jobs\": {\"a\": {\"cmd\": \"x\", \"retry\": 5}}}",
        "1:29: unknown key `retry`: did you mean `retries`?",
    );
    toml_error(
        "[jobs.a]\ncmd = 'x'\nname = 'b'\n",
        "3:8: `name` is not for a document: the job has the name that is its key",
    );
    toml_error(
        "[jobs.a]\ncmd = 'x'\npool = 'b'\npool_limit = 3\n",
        "4:14: `pool_limit` is not for a document: the limit of a pool is in `pools`",
    );
}

#[test]
fn documents_of_other_programs_are_named() {
    for (text, what) in [
        (
            "name: CI\non: [push]\njobs: {a: {runs-on: x}}\n",
            "1:1: unknown key `name`: this is a GitHub workflow",
        ),
        (
            "services: {web: {image: x}}\n",
            "1:1: unknown key `services`: this is a compose file",
        ),
        (
            "apiVersion: v1\n",
            "1:1: unknown key `apiVersion`: this is a Kubernetes object",
        ),
        (
            "stages: [a]\n",
            "1:1: unknown key `stages`: this is a pipeline",
        ),
    ] {
        yaml_error(text, &format!("{what}, not a document with jobs"));
    }
    toml_error(
        "[package]\nname = 'x'\n",
        "1:2: unknown key `package`: this is a Cargo manifest, not a document with jobs",
    );
    json_error(
        "{\"name\": \"x\", \"scripts\": {\"a\": \"b\"}}",
        "1:2: unknown key `name`: this is a package manifest, not a document with jobs",
    );
    yaml_error(
        "jobs:\n  a:\n    runs-on: ubuntu\n",
        "3:5: unknown key `runs-on`: the keys are cmd, argv, argv_base64, name, cwd, cwd_base64, env, \
         env_base64, stdin, stdin_base64, timeout, retries, shell, needs, weight, pool, pool_limit, \
         allow_failure, service, ready, ready_timeout",
    );
    yaml_error(
        "other: 1\n",
        "1:1: unknown key `other`: the keys here are `defaults`, `pools` and `jobs`",
    );
    yaml_error(
        "- cmd: x\n",
        "1:1: the document: a list, expected a table of keys",
    );
    yaml_error(
        "x\n",
        "1:1: the document: a string, expected a table of keys",
    );
}

#[test]
fn jobs_that_are_not_under_their_names_are_an_error() {
    json_error(
        "{\"cmd\": \"x\"}",
        "1:2: `cmd` is a key of a job: write the job under `jobs` with its name, or each job as one line of a file that ends with .jsonl",
    );
    json_error(
        "{\"cmd\": \"x\"}\n{\"cmd\": \"y\"}\n",
        "2:1: a second object: one object per line is JSON Lines, which has the ending .jsonl",
    );
    toml_error(
        "jobs = 5\n",
        "1:8: `jobs`: a number, expected a table of keys",
    );
    toml_error(
        "[jobs]\na = 'x'\n",
        "2:5: `a`: the job: a string, expected a table of keys",
    );
}

#[test]
fn a_wrong_type_is_found_at_its_value() {
    toml_error(
        "[jobs.a]\ncmd = true\n",
        "2:7: `cmd`: invalid type: boolean `true`, expected a string: put it in quotes",
    );
    toml_error(
        "[jobs.a]\ncmd = 'x'\nenv.PORT = 8080\n",
        "3:12: `env`: `PORT`: invalid type: integer `8080`, expected a string: put it in quotes",
    );
    toml_error(
        "[jobs.a]\ncmd = 2026-11-27\n",
        "2:7: `cmd`: invalid type: a date or time, expected a string: put it in quotes",
    );
    yaml_error(
        "jobs:\n  a:\n    cmd: x\n    env: {A: no, B: 1_000, C: 1.10}\n",
        "4:31: `env`: `C`: invalid type: floating point `1.1`, expected a string: put it in quotes",
    );
    yaml_error(
        "jobs: {a: {cmd: }}\n",
        "1:15: `cmd`: invalid type: null, expected a string",
    );
    yaml_error(
        "jobs: {a: {cmd: x, retries: 1_000}}\n",
        "1:29: `retries`: invalid type: string \"1_000\", expected a whole number from 0 to 4294967295",
    );
    json_error(
        "{\"jobs\":\n {\"a\":\n  {\"cmd\": \"x\", \"needs\": [\"b\", 5]}}}",
        "3:31: `needs`: invalid type: integer `5`, expected a string: put it in quotes",
    );
    json_error(
        "{\"jobs\": {\"a\": {\"cmd\": \"x\", \"weight\": 0}}}",
        "1:39: `weight`: invalid value: integer `0`, expected a whole number from 1 to 4294967295",
    );
    json_error(
        "{\"jobs\": {\"a\": {\"cmd\": \"x\", \"retries\": 99999999999999999999}}}",
        "1:40: `retries`: invalid type: a number beyond 64 bits, expected a whole number from 0 to 4294967295",
    );
    toml_error(
        "[pools]\ndb = '1'\n[jobs.a]\ncmd = 'x'\n",
        "2:6: `db`: invalid type: string \"1\", expected a whole number from 1 to 4294967295",
    );
}

#[test]
fn a_wrong_value_is_found_at_its_place() {
    let durations = "unknown or missing unit in a duration: write seconds (`30`, `0.5`) or h, m, s and ms in this order (`250ms`, `5m`, `1h30m`)";
    toml_error(
        "[jobs.a]\ncmd = 'x'\ntimeout = '5x'\n",
        &format!("3:11: `timeout` `5x`: {durations}"),
    );
    toml_error(
        "[defaults]\ntimeout = '5x'\n[jobs.a]\ncmd = 'x'\n",
        &format!("2:11: `timeout` `5x`: {durations}"),
    );
    toml_error(
        "[jobs.a]\ncmd = 'x'\nservice = true\nready_timeout = '5x'\n",
        &format!("4:17: `ready_timeout` `5x`: {durations}"),
    );
    toml_error(
        "[jobs.a]\ntimeout = 5\n",
        "1:7: neither `cmd` nor `argv` is given: write one of them",
    );
    toml_error(
        "[jobs.a]\ncmd = 'x'\nargv = ['x']\n",
        "3:8: both `cmd` and `argv` are given: keep one of them",
    );
    toml_error(
        "[jobs.a]\nargv = []\n",
        "2:8: `argv` is empty: its first word must be a program",
    );
    toml_error(
        "[jobs.a]\ncmd = 'x'\ncwd = ''\n",
        "3:7: `cwd` is empty: remove it, or give it a value",
    );
    toml_error(
        "[jobs.'']\ncmd = 'x'\n",
        "1:7: `name` is empty: remove it, or give it a value",
    );
    toml_error(
        "[jobs.a]\ncmd = 'x'\nenv = {'A=B' = 'x'}\n",
        "3:7: `env`: invalid variable name `A=B`: it must not be empty or contain `=` or NUL",
    );
}

#[test]
fn keys_of_services_and_of_other_jobs_are_kept_apart() {
    let service = "[jobs.b]\ncmd = 'y'\n[jobs.a]\ncmd = 'x'\nservice = true\n";
    toml_error(
        &format!("{service}timeout = 5\n"),
        "6:11: `timeout` cannot be used with `service`, which takes no slot and ends with the run: remove it",
    );
    toml_error(
        &format!("{service}retries = 1\n"),
        "6:11: `retries` cannot be used with `service`, which takes no slot and ends with the run: remove it",
    );
    toml_error(
        "[jobs.a]\ncmd = 'x'\nready = 'y'\n",
        "3:9: `ready` is for a service: write `service` as well, or remove it",
    );
    toml_error(
        "[jobs.a]\ncmd = 'x'\nservice = false\nready_timeout = 5\n",
        "4:17: `ready_timeout` is for a service: write `service` as well, or remove it",
    );
    toml_error(
        "[jobs.a]\ncmd = 'x'\nservice = true\n",
        "1:7: all jobs are services, which end when all other jobs have ended: write a job that is none",
    );
}

#[test]
fn a_need_is_found_at_its_name() {
    let jobs = "[jobs.build]\ncmd = 'x'\n[jobs.test]\ncmd = 'y'\n";
    toml_error(
        &format!("{jobs}needs = ['build', 'biuld']\n"),
        "5:19: `needs`: no job is named `biuld`: did you mean `build`?",
    );
    toml_error(
        &format!("{jobs}needs = ['test']\n"),
        "5:10: `needs`: the job needs itself: remove `test`",
    );
    toml_error(
        &format!("{jobs}needs = ['build', 'build']\n"),
        "5:9: `needs` has `build` twice: keep one",
    );
    yaml_error(
        "jobs:\n  a: {cmd: x, needs: [c]}\n  b: {cmd: x}\n  c: {cmd: x, needs: [b, a]}\n",
        "2:23: `needs`: none of these jobs can be the first: a → c → a (a jobs:2, c jobs:4)",
    );
}

#[test]
fn a_pool_must_be_declared() {
    toml_error(
        "[pools]\ndatabase = 1\n[jobs.a]\ncmd = 'x'\npool = 'databse'\n",
        "5:8: `pool`: no pool is named `databse`: did you mean `database`?",
    );
    toml_error(
        "[jobs.a]\ncmd = 'x'\npool = 'db'\n",
        "3:8: `pool`: no pool is named `db`: write how many of its jobs run at once under `pools`",
    );
}

#[test]
fn a_duplicate_is_found_in_every_spelling() {
    toml_error(
        "[jobs.a]\ncmd = 'x'\n[jobs.a]\ncmd = 'y'\n",
        "3:7: duplicate key",
    );
    yaml_error(
        "jobs:\n  a: {cmd: x}\n  a: {cmd: y}\n",
        "3:3: duplicate job `a`: keep one",
    );
    yaml_error(
        "jobs: {a: {cmd: x, cmd: y}}\n",
        "1:20: duplicate key `cmd`: keep one",
    );
    json_error(
        "{\"jobs\": {\"a\": {\"cmd\": \"x\", \"env\": {\"A\": \"1\", \"A\": \"2\"}}}}",
        "1:47: `env`: duplicate variable `A`: keep one",
    );
    json_error(
        "{\"jobs\": {}, \"jobs\": {}}",
        "1:14: duplicate key `jobs`: keep one",
    );
    json_error(
        "{\"pools\": {\"a\": 1, \"a\": 2}, \"jobs\": {}}",
        "1:20: duplicate pool `a`: keep one",
    );
}

#[test]
fn a_syntax_error_is_found_at_its_place() {
    toml_error(
        "[jobs.a]\ncmd = 'x\n",
        "2:9: invalid literal string, expected `'`",
    );
    yaml_error("jobs:\n  a: {cmd: x\n", "2:6: unclosed bracket '{'");
    json_error(
        "{\"jobs\": {\"a\": {\"cmd\": \"x\",}}}",
        "1:28: key must be a string",
    );
    json_error("{\"jobs\": {}} x", "1:14: trailing characters");
    json_error("{\"jobs\": {}", "1:11: EOF while parsing an object");
}

#[test]
fn columns_count_characters() {
    yaml_error(
        "jobs: {ä: {cmd: 'ü', x: 1}}\n",
        "1:22: unknown key `x`: the keys are cmd, argv, argv_base64, name, cwd, cwd_base64, env, \
         env_base64, stdin, stdin_base64, timeout, retries, shell, needs, weight, pool, pool_limit, \
         allow_failure, service, ready, ready_timeout",
    );
}

#[test]
fn values_cannot_be_nested_deep() {
    let deep = |depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    for depth in [40, 60, 100_000] {
        for (spelling, text) in [
            (Spelling::Json, format!("{{\"jobs\": {}}}", deep(depth))),
            (Spelling::Yaml, format!("jobs: {}", deep(depth))),
            (Spelling::Toml, format!("jobs = {}", deep(depth))),
        ] {
            assert!(read_as(spelling, &text).is_err(), "{spelling:?} {depth}");
        }
    }
    json_error(
        &format!("{{\"jobs\": {}}}", deep(40)),
        "1:41: nested deeper than 32 levels",
    );
}
