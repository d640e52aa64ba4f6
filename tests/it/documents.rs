//! Documents with jobs, in TOML, YAML and JSON, and the jobs that need others.

use serde_json::{Value, json};

use crate::stage::Stage;

const TOML: &str = "\
[defaults]
env = { A = 'x' }
[pools]
db = 2
[jobs.test]
cmd = 'echo test $A'
needs = ['build', 'api']
weight = 2
pool = 'db'
[jobs.lint]
argv = ['echo', 'lint']
allow_failure = true
needs = ['build']
[jobs.build]
cmd = 'echo build'
[jobs.api]
cmd = 'sleep 300'
service = true
ready = 'test -e up'
ready_timeout = '5s'
";

const YAML: &str = "\
defaults:
  env: {A: x}
pools:
  db: 2
jobs:
  test:
    cmd: echo test $A
    needs: [build, api]
    weight: 2
    pool: db
  lint:
    argv: [echo, lint]
    allow_failure: true
    needs: [build]
  build:
    cmd: echo build
  api:
    cmd: sleep 300
    service: true
    ready: test -e up
    ready_timeout: 5s
";

const JSON: &str = r#"{
  "jobs": {
    "test": {"cmd": "echo test $A", "needs": ["build", "api"], "weight": 2, "pool": "db"},
    "lint": {"argv": ["echo", "lint"], "allow_failure": true, "needs": ["build"]},
    "build": {"cmd": "echo build"},
    "api": {"cmd": "sleep 300", "service": true, "ready": "test -e up", "ready_timeout": "5s"}
  },
  "defaults": {"env": {"A": "x"}},
  "pools": {"db": 2}
}
"#;

const SPELLINGS: [(&str, &str); 3] = [
    ("build.toml", TOML),
    ("build.yaml", YAML),
    ("build.json", JSON),
];

/// What a dry run prints of them.
const LEVELS: &str = "\
# level 1
A=x /bin/sh -c 'echo build'
# api: a service, runs until the others have ended
A=x sleep 300
# level 2
A=x /bin/sh -c 'echo test $A'
# lint: may fail
A=x echo lint
";

#[test]
fn the_three_spellings_are_read_from_files_and_streams() {
    for (name, text) in SPELLINGS {
        let stage = || Stage::new().arg("-n").stdout(LEVELS);
        stage().args(["-f", name]).file(name, text).run();
        stage()
            .file(name, text)
            .in_shell(&format!("exec \"$@\" < {name}"))
            .run();
        // Without a name, the first bytes tell.
        stage().stdin(text).run();
    }
}

#[test]
fn a_document_that_no_byte_tells_is_named_by_its_file() {
    let text = "jobs.a.cmd = 'echo a'\n";
    Stage::new()
        .args(["-n", "-f", "x.toml"])
        .file("x.toml", text)
        .stdout("/bin/sh -c 'echo a'\n")
        .run();
}

#[test]
fn a_document_is_a_script_of_prun() {
    let program = env!("CARGO_BIN_EXE_prun");
    for text in [
        "[jobs.a]\ncmd = 'echo ran'\n",
        "jobs:\n  a: {cmd: echo ran}\n",
    ] {
        let text = format!("#!{program} -f\n{text}");
        Stage::of("./jobs")
            .script("jobs", &text)
            .stdout("ran\n")
            .run();
    }
}

#[test]
fn jobs_without_needs_run_as_any_others() {
    let outcome = Stage::new()
        .args(["--json", "-j1", "-f", "x.yaml"])
        .file(
            "x.yaml",
            "defaults: {cwd: sub, env: {A: '1', B: '2'}}\njobs:\n  one:\n    cmd: pwd; echo $A $B\n    env: {B: ~}\n  two: {cmd: pwd, cwd: .}\n",
        )
        .file("sub/x", "")
        .env("B", "0")
        .stdout_any()
        .run();
    let dir = outcome.dir().to_str().unwrap();
    assert_eq!(outcome.record(1)["name"], "one");
    assert_eq!(outcome.record(1)["stdout"], format!("{dir}/sub\n1\n"));
    assert_eq!(outcome.record(2)["stdout"], format!("{dir}\n"));
}

#[test]
fn an_error_names_the_file_the_line_and_the_column_before_anything_runs() {
    for (name, text, message) in [
        (
            "x.toml",
            "[jobs.a]\ncmd = 'touch started'\n[jobs.b]\ncmd = 'x'\nneeds = ['c']\n",
            "prun: x.toml:5:10: `needs`: no job is named `c`: did you mean `a`?\n",
        ),
        (
            "x.yaml",
            "jobs:\n  a: {cmd: touch started}\n  b: {cmd: x, needs: [c]}\n  c: {cmd: x, needs: [b]}\n",
            "prun: x.yaml:3:23: `needs`: none of these jobs can be the first: b → c → b (b x.yaml:3, c x.yaml:4)\n",
        ),
        (
            "x.json",
            "{\"jobs\": {\"a\": {\"cmd\": \"touch started\"},\n \"b\": {\"cdm\": 5}}}\n",
            "prun: x.json:2:8: unknown key `cdm`: did you mean `cmd`?\n",
        ),
        (
            "x.yml",
            "jobs:\n  a: {cmd: touch started}\n\tb: {cmd: x}\n",
            "prun: x.yml:3:2: tabs disallowed within this context (block indentation)\n",
        ),
    ] {
        let outcome = Stage::new()
            .args(["-f", name])
            .file(name, text)
            .stderr(message)
            .code(2)
            .run();
        assert!(!outcome.path("started").exists());
    }
}

/// The jobs that a dry run prints.
fn printed(stage: Stage) -> Vec<Value> {
    stage.stdout_any().run().json()
}

#[test]
fn a_printed_job_file_is_the_same_jobs_and_can_be_read_from_a_stream() {
    for (name, text) in SPELLINGS {
        let stage = Stage::new().args(["-n", "--json", "-f", name]);
        let outcome = stage.file(name, text).stdout_any().run();
        let (printed, jobs) = (outcome.stdout.clone(), outcome.json());
        let names: Vec<&str> = jobs.iter().filter_map(|job| job["name"].as_str()).collect();
        assert_eq!(names, ["build", "api", "test", "lint"]);
        let cwd = outcome.dir().to_str().unwrap();
        let env = json!({"A": "x"});
        assert_eq!(
            jobs[1],
            json!({"name": "api", "argv": ["sleep", "300"], "cwd": cwd, "env": env, "service": true,
                   "ready": ["/bin/sh", "-c", "test -e up"], "ready_timeout": 5.0})
        );
        assert_eq!(
            jobs[2],
            json!({"name": "test", "argv": ["/bin/sh", "-c", "echo test $A"], "cwd": cwd, "env": env,
                   "needs": ["build", "api"], "weight": 2, "pool": "db", "pool_limit": 2})
        );
        assert_eq!(
            jobs[3],
            json!({"name": "lint", "argv": ["echo", "lint"], "cwd": cwd, "env": env,
                   "needs": ["build"], "allow_failure": true})
        );
        // Read back, nothing is added and nothing is lost.
        let again = Stage::new().args(["-n", "--json"]).stdin(printed.clone());
        again.stdout(&printed).run();
        let again = Stage::new()
            .args(["-n", "--json", "-f", "x.jsonl"])
            .file("x.jsonl", &printed);
        again.stdout(&printed).run();
    }
}

#[test]
fn jobs_in_order_keep_their_numbers_when_they_are_printed() {
    let lines = "{\"name\":\"a\",\"argv\":[\"x\"],\"cwd\":\"/\"}\n{\"argv\":[\"y\"],\"cwd\":\"/\",\"needs\":[\"a\"]}\n{\"argv\":[\"z\"],\"cwd\":\"/\"}\n";
    Stage::new()
        .args(["-n", "--json", "-f", "x.jsonl"])
        .file("x.jsonl", lines)
        .stdout(lines)
        .run();
    Stage::new()
        .args(["-n", "-C", "/", "-f", "x.jsonl"])
        .file("x.jsonl", lines)
        .stdout("# level 1\n(cd / && x)\n(cd / && z)\n# level 2\n(cd / && y)\n")
        .run();
    // A stream is printed as it comes.
    Stage::new()
        .args(["-n", "-C", "/"])
        .stdin(lines)
        .stdout("(cd / && x)\n(cd / && y)\n(cd / && z)\n")
        .run();
}

#[test]
fn a_name_in_a_comment_stays_in_it() {
    Stage::new()
        .args(["-n", "-f", "x.json"])
        .file(
            "x.json",
            "{\"jobs\": {\"a\\ntouch started\": {\"cmd\": \"x\", \"allow_failure\": true}, \"b\": {\"cmd\": \"y\", \"needs\": [\"a\\ntouch started\"]}}}",
        )
        .stdout("# level 1\n# a\\x0atouch started: may fail\nx\n# level 2\ny\n")
        .run();
}

#[test]
fn only_runs_a_job_and_what_it_needs() {
    let stage = || {
        Stage::new()
            .args(["-n", "-f", "build.toml"])
            .file("build.toml", TOML)
    };
    stage()
        .args(["--only", "lint"])
        .stdout(
            "# level 1\nA=x /bin/sh -c 'echo build'\n# level 2\n# lint: may fail\nA=x echo lint\n",
        )
        .run();
    stage()
        .args(["--only", "lint,test", "--skip", "api", "--skip=build"])
        .stdout("A=x /bin/sh -c 'echo test $A'\nA=x echo lint\n")
        .run();
    stage()
        .args(["--skip", "build,api"])
        .stdout("A=x /bin/sh -c 'echo test $A'\nA=x echo lint\n")
        .run();
}

#[test]
fn the_numbers_are_those_of_the_selected_jobs() {
    let outcome = Stage::new()
        .args(["--json", "--only", "c", "--joblog", "log", "-f", "x.jsonl"])
        .file(
            "x.jsonl",
            "{\"name\":\"a\",\"cmd\":\"touch started\"}\n{\"name\":\"b\",\"cmd\":\"true\"}\n{\"name\":\"c\",\"cmd\":\"echo $PRUN_SEQ\"}\n",
        )
        .stdout_any()
        .run();
    assert_eq!(outcome.record(1)["name"], "c");
    assert_eq!(outcome.record(1)["stdout"], "1\n");
    assert_eq!(outcome.json().len(), 1);
    assert!(!outcome.path("started").exists());
}

#[test]
fn typed_commands_are_selected_by_their_names() {
    Stage::new()
        .args(["--skip", "b", "a: echo a", "b: touch started"])
        .stdout("a\n")
        .run();
}

#[test]
fn a_selection_that_cannot_be_made_is_an_error() {
    for (args, message) in [
        (
            &["--only", "tset", "-f", "x.toml"][..],
            "--only: no job is named `tset`: did you mean `test`?",
        ),
        (
            &["--skip", "a", "-f", "x.toml"],
            "--skip: no job is named `a`",
        ),
        (
            &["--only", "test", "--skip", "test", "-f", "x.toml"],
            "`test` is named by both --only and --skip: remove one of them",
        ),
        (
            &["--only", "api", "-f", "x.toml"],
            "all selected jobs are services, which end when all other jobs have ended: select a job that needs them",
        ),
        (
            &["--only", "a", "-f", "-"],
            "--only needs a job file, which can be read to its end before anything starts: name it with -f",
        ),
        (
            &["--skip", "a", "echo", ":::", "a"],
            "--skip needs a job file, which can be read to its end before anything starts: name it with -f",
        ),
    ] {
        Stage::new()
            .args(args)
            .file("x.toml", TOML)
            .stderr(format!("prun: {message}\n"))
            .code(2)
            .run();
    }
}

#[test]
fn a_random_order_changes_no_needs() {
    let file = |stage: Stage| {
        stage
            .args(["-n", "--json", "-f", "x.toml"])
            .file("x.toml", TOML)
    };
    let sorted = |mut jobs: Vec<Value>| {
        for job in &mut jobs {
            job["cwd"].take();
        }
        jobs.sort_by_key(|job| job["name"].to_string());
        jobs
    };
    let plain = sorted(printed(file(Stage::new())));
    for seed in 0..5 {
        let shuffled = file(Stage::new().arg(format!("--shuf={seed}")));
        let jobs =
            printed(shuffled.stderr(format!("prun: random order: --shuf={seed} repeats it\n")));
        let place = |name: &str| jobs.iter().position(|job| job["name"] == name);
        // Still each comes behind those that it needs.
        assert!(place("build") < place("lint") && place("api") < place("test"));
        assert_eq!(sorted(jobs.clone()), plain);
    }
}
