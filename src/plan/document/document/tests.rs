//! Documents in the three spellings: what they mean, and where errors are.

mod errors;
mod properties;

use std::path::PathBuf;
use std::time::Duration;

use errors::{toml_error, yaml_error};

use super::*;
use crate::plan::scheduling::{Scheduling, Service};

fn auto() -> ShellRule {
    ShellRule::Auto(Arc::default())
}

fn read_as(spelling: Spelling, text: &str) -> Result<Vec<Job>, String> {
    jobs(spelling, text, &"jobs".into(), &auto()).map_err(
        |DocumentError {
             line,
             column,
             message,
         }| format!("{line}:{column}: {message}"),
    )
}

fn toml(text: &str) -> Vec<Job> {
    read_as(Spelling::Toml, text).unwrap()
}

const TOML: &str = r#"
[defaults]
cwd = "sub"
env = { A = "1", B = "2" }
timeout = "10m"
retries = 2

[pools]
db = 3

[jobs.test]
cmd = "cargo test"
needs = ["build", "api"]
weight = 2
pool = "db"
allow_failure = true
env.B = "own"
timeout = 5

[jobs.build]
argv = ["cargo", "build"]
cwd = "."
retries = 0

[jobs."the api"]
cmd = "true"

[jobs.api]
cmd = "./api --port 8080"
service = true
ready = "curl -sf localhost"
ready_timeout = "5s"
"#;

const YAML: &str = "
defaults: &d
  cwd: sub
  env: {A: '1', B: \"2\"}
  timeout: 10m
  retries: 2
pools:
  db: 3
jobs:
  test:
    cmd: cargo test
    needs: [build, api]
    weight: 2
    pool: db
    allow_failure: true
    env: {B: own}
    timeout: 5
  build:
    argv:
    - cargo
    - build
    cwd: .
    retries: 0
  the api: {cmd: 'true'}
  api:
    cmd: >-
      ./api
      --port 8080
    service: true
    ready: curl -sf localhost
    ready_timeout: 5s
";

const JSON: &str = r#"{
  "$schema": "https://example.org/jobs.json",
  "defaults": {"cwd": "sub", "env": {"A": "1", "B": "2"}, "timeout": "10m", "retries": 2},
  "jobs": {
    "test": {"cmd": "cargo test", "needs": ["build", "api"], "weight": 2, "pool": "db",
             "allow_failure": true, "env": {"B": "own"}, "timeout": 5},
    "build": {"argv": ["cargo", "build"], "cwd": ".", "retries": 0},
    "the\u0020api": {"cmd": "true"},
    "api": {"cmd": "./api --port 8080", "service": true, "ready": "curl -sf localhost", "ready_timeout": "5s"}
  },
  "pools": {"db": 3}
}"#;

/// The lines of the jobs.
fn lines(jobs: &mut [Job]) -> Vec<u64> {
    let lines = jobs
        .iter_mut()
        .map(|job| std::mem::take(&mut job.origin.line));
    lines.collect()
}

#[test]
fn three_spellings_are_one_document() {
    let mut from_toml = toml(TOML);
    let mut from_yaml = read_as(Spelling::Yaml, YAML).unwrap();
    let mut from_json = read_as(Spelling::Json, JSON).unwrap();
    assert_eq!(lines(&mut from_toml), [11, 20, 25, 28]);
    assert_eq!(lines(&mut from_yaml), [10, 18, 24, 25]);
    assert_eq!(lines(&mut from_json), [5, 7, 8, 9]);
    assert_eq!(from_toml, from_yaml);
    assert_eq!(from_toml, from_json);
}

#[test]
fn jobs_have_their_keys_and_what_they_share() {
    let jobs = toml(TOML);
    let names: Vec<&str> = jobs.iter().filter_map(|job| job.name.as_deref()).collect();
    assert_eq!(names, ["test", "build", "the api", "api"]);
    let [test, build, _, api] = jobs.as_slice() else {
        panic!("{jobs:?}");
    };
    assert_eq!(test.cwd, Some(PathBuf::from("sub")));
    assert_eq!(
        test.env,
        [EnvChange::set("A", "1"), EnvChange::set("B", "own")]
    );
    assert_eq!(test.timeout, Some(Duration::from_secs(5)));
    assert_eq!(test.retries, Some(2));
    let needs: Vec<(&str, u64)> = test
        .needs()
        .iter()
        .map(|need| (&*need.name, need.seq))
        .collect();
    assert_eq!(needs, [("build", 2), ("api", 4)]);
    let scheduling = test.scheduling.as_deref().unwrap();
    assert_eq!(scheduling.weight.get(), 2);
    let pool = scheduling.pool.as_ref().unwrap();
    assert_eq!((&*pool.name, pool.limit.get()), ("db", 3));
    assert!(test.may_fail());
    assert_eq!(build.cwd, Some(PathBuf::from(".")));
    assert_eq!(build.timeout, Some(Duration::from_secs(600)));
    assert_eq!(build.retries, Some(0));
    assert_eq!(build.scheduling, None);
    // A service has neither time limit nor retries.
    assert_eq!((api.timeout, api.retries), (None, None));
    let service = api.service().unwrap();
    assert_eq!(service.ready_timeout, Duration::from_secs(5));
    assert!(
        matches!(&service.ready, Some(Invocation::Line { line, .. }) if line == "curl -sf localhost")
    );
}

#[test]
fn the_shell_of_the_defaults_is_that_of_every_line() {
    let jobs = toml(
        "defaults.shell = 'bash -eu'\n[jobs.a]\ncmd = 'x'\n[jobs.b]\ncmd = 'x'\nshell = 'dash'\n\
         [jobs.c]\nargv = ['x']\n[jobs.d]\ncmd = 'x'\nshell = false\n[jobs.e]\nargv = ['x']\nservice = true\nready = 'y'\n",
    );
    let shell = |invocation: &Invocation| match invocation {
        Invocation::Line {
            shell: Some(shell), ..
        } => Some(shell.argv("x".as_ref())[0].clone()),
        _ => None,
    };
    let shells: Vec<_> = jobs.iter().map(|job| shell(&job.invocation)).collect();
    assert_eq!(
        shells,
        [Some("bash".into()), Some("dash".into()), None, None, None]
    );
    let ready = jobs[4].service().and_then(|service| service.ready.as_ref());
    assert_eq!(ready.and_then(shell), Some("bash".into()));
}

#[test]
fn a_job_may_use_a_shell_where_the_defaults_have_none() {
    let jobs = toml("defaults.shell = false\n[jobs.a]\ncmd = 'a | b'\nshell = true\n");
    assert!(matches!(
        jobs[0].invocation,
        Invocation::Line { direct: None, .. }
    ));
    toml_error(
        "defaults.shell = false\n[jobs.a]\ncmd = 'a | b'\n",
        "3:7: `cmd`: unquoted `|` is shell syntax, but no shell may be used here: quote it, or allow a shell",
    );
}

#[test]
fn a_plain_job_has_no_scheduling() {
    let jobs = toml(
        "[jobs.a]\ncmd = 'x'\nneeds = []\nweight = 1\nallow_failure = false\nservice = false\n",
    );
    assert_eq!(jobs[0].scheduling, None);
    let jobs = toml(
        "[jobs.a]\ncmd = 'x'\n[jobs.s]\ncmd = 'y'\nservice = true\nready = ['a', 'b c']\nready_timeout = 0\n",
    );
    let expected = Scheduling {
        service: Some(Service {
            ready: Some(Invocation::Argv(vec!["a".into(), "b c".into()])),
            ready_timeout: Duration::ZERO,
        }),
        ..Scheduling::default()
    };
    assert_eq!(jobs[1].scheduling.as_deref(), Some(&expected));
}

#[test]
fn a_document_may_have_no_jobs_if_it_says_so() {
    assert_eq!(toml("[jobs]\n"), []);
    assert_eq!(read_as(Spelling::Json, "{\"jobs\":{}}"), Ok(vec![]));
    for text in ["", "# x\n", "[pools]\ndb = 1\n"] {
        toml_error(
            text,
            "1:1: no jobs: a document has its jobs under the key `jobs`",
        );
    }
    yaml_error(
        "",
        "1:1: no jobs: a document has its jobs under the key `jobs`",
    );
    yaml_error("jobs:\n", "1:5: `jobs`: no value, expected a table of keys");
}
