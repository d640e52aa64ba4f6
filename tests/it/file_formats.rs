//! Files of other formats, which are never run line by line, and job files that resemble them.

use crate::stage::Stage;

/// The ways to name a file.
fn each_way(name: &str, bytes: impl AsRef<[u8]>, check: impl Fn(Stage)) {
    let stage = || Stage::new().arg("-j1").file(name, bytes.as_ref());
    check(stage().args(["-f", name]));
    check(stage().args(["-a", name]));
    for words in [&[][..], &["-f", "-"], &["-a", "-"], &["-f", "/dev/stdin"]] {
        check(
            stage()
                .in_shell(&format!("exec \"$@\" < {name}"))
                .args(words),
        );
    }
}

/// The same, and through pipes, so that the file has no name.
fn each_stream(name: &str, bytes: impl AsRef<[u8]>, check: impl Fn(Stage)) {
    each_way(name, bytes.as_ref(), &check);
    for words in [&["-f", "-"][..], &["-f", "/dev/fd/0"], &["-n"]] {
        check(Stage::new().arg("-j1").stdin(bytes.as_ref()).args(words));
    }
}

fn assert_refused(what: &str) -> impl Fn(Stage) {
    move |stage| {
        let message = format!(
            ": this is {what}, not a job file (one command per line, JSON Lines, a JSON array, or a document in TOML, YAML or JSON): "
        );
        let outcome = stage.stderr_has(message).code(2).run();
        assert!(!outcome.path("started").exists(), "a line was run");
    }
}

#[test]
fn a_file_whose_name_says_that_it_is_something_else_is_refused() {
    for (name, what) in [
        ("Makefile", "a makefile"),
        ("Dockerfile", "a container file"),
        ("Cargo.toml", "a Cargo manifest"),
        ("package.json", "a package manifest"),
        ("docker-compose.yml", "a compose file"),
        ("table.csv", "a table"),
        ("page.html", "an HTML page"),
        ("run.py", "source code"),
    ] {
        each_way(name, "touch started\n", assert_refused(what));
    }
}

#[test]
fn a_refusal_names_the_file_and_the_way_out() {
    Stage::new()
        .file("Makefile", "all:\n\ttouch started\n")
        .args(["-f", "Makefile"])
        .stderr("prun: Makefile: this is a makefile, not a job file (one command per line, JSON Lines, a JSON array, or a document in TOML, YAML or JSON): if it contains commands, rename it\n")
        .code(2)
        .run();
    Stage::new()
        .stdin("#!/bin/sh\ntouch started\n")
        .stderr("prun: stdin:1: this is a script, not a job file (one command per line, JSON Lines, a JSON array, or a document in TOML, YAML or JSON): run it as a command, or remove its `#!` line if each line is a separate command\n")
        .code(2)
        .run();
}

#[test]
fn a_file_whose_first_bytes_say_that_it_is_something_else_is_refused() {
    for (bytes, what) in [
        (&b"#!/bin/sh\ntouch started\n"[..], "a script"),
        (b"\x7fELF\x02\ntouch started\n", "a program"),
        (b"\x1f\x8b\x08\ntouch started\n", "gzip data"),
        (b"PK\x03\x04\ntouch started\n", "a zip archive"),
        (b"\xff\xfet\0o\0u\0c\0h\0\n\0", "UTF-16 text"),
        (
            b"<?xml version=\"1.0\"?>\ntouch started\n",
            "an XML document",
        ),
        (
            b"\xef\xbb\xbf<!doctype html>\ntouch started\n",
            "an HTML page",
        ),
        (
            b"# made by hand\n[package]\ntouch started\n",
            "a TOML or INI document",
        ),
    ] {
        each_stream("jobs", bytes, assert_refused(what));
    }
}

#[test]
fn an_object_over_several_lines_is_not_a_job() {
    let text = "{\n  \"name\": \"x\",\n  \"cmd\": \"touch started\"\n}\n";
    each_way("jobs.json", text, |stage| {
        let message = ":2:3: `name` is a key of a job: write the job under `jobs` with its name, or each job as one line of a file that ends with .jsonl\n";
        stage.stderr_has(message).code(2).run();
    });
    each_stream("jobs", text, |stage| {
        let message = ":1:1: EOF while parsing an object: write each job on one line, or all jobs as one array\n";
        stage.stderr_has(message).code(2).run();
    });
}

#[test]
fn documents_of_other_programs_are_never_run() {
    for (name, text, message) in [
        (
            "ci.yml",
            "name: CI\non: push\njobs:\n  a:\n    runs-on: x\n    steps: [run: touch started]\n",
            ":1:1: unknown key `name`: this is a GitHub workflow, not a document with jobs\n",
        ),
        (
            "web.yaml",
            "---\nservices:\n  web:\n    command: touch started\n",
            ":2:1: unknown key `services`: this is a compose file, not a document with jobs\n",
        ),
        (
            "x.toml",
            "[tool.x]\nrun = 'touch started'\n",
            ":1:2: unknown key `tool`: this is a Python project, not a document with jobs\n",
        ),
        (
            "x.json",
            "{\"scripts\": {\"a\": \"touch started\"}}\n",
            ":1:2: unknown key `scripts`: this is a package manifest, not a document with jobs\n",
        ),
        (
            "list.yaml",
            "touch started\n",
            ":1:1: the document: a string, expected a table of keys\n",
        ),
        ("list.toml", "touch started\n", ":1:7: "),
    ] {
        each_way(name, text, |stage| {
            let outcome = stage.stderr_has(message).code(2).run();
            assert!(!outcome.path("started").exists(), "a line was run");
        });
    }
}

#[test]
fn no_line_of_a_binary_before_its_first_nul_runs() {
    each_stream("jobs", "touch started\n\0\n", |stage| {
        let outcome = stage
            .stderr_has(":2: NUL byte in the command: ")
            .code(2)
            .run();
        assert!(!outcome.path("started").exists());
    });
}

#[test]
fn lists_of_command_lines_may_have_many_names() {
    for name in [
        "jobs.txt",
        "commands",
        "jobs.sh",
        "Procfile",
        "jobs.list",
        "jobs.log",
    ] {
        each_way(name, "web: echo a\n", |stage| {
            stage.stdout("a\n").run();
        });
    }
}

#[test]
fn a_stream_has_no_name_that_could_be_refused() {
    Stage::new()
        .arg("-f")
        .file("Makefile", "echo a\n")
        .under(["/bin/bash", "-c", "exec \"$@\" <(cat Makefile)", "bash"])
        .stdout("a\n")
        .run();
}

#[test]
fn a_list_of_arguments_may_be_anything() {
    for name in ["Makefile", "table.csv", "jobs.json"] {
        Stage::new()
            .file(name, "#!/bin/sh\n{\"a\":1}\n[x]\n")
            .args(["-j1", "-a", name, "/bin/echo"])
            .stdout("#!/bin/sh\n{\"a\":1}\n[x]\n")
            .run();
    }
}

#[test]
fn a_job_file_may_be_a_script_of_prun() {
    for line in ["#!/usr/bin/env -S prun -j1 -f", "#!/opt/bin/prun -f"] {
        for (jobs, expected) in [
            ("echo a\necho b\n", "a\nb\n"),
            ("{\"cmd\":\"echo a\"}\n", "a\n"),
            ("[{\"cmd\":\"echo a\"},\n{\"cmd\":\"echo b\"}]\n", "a\nb\n"),
        ] {
            each_stream("jobs", format!("{line}\n{jobs}"), |stage| {
                stage.arg("--exec").stdout_any().run();
            });
            let stage = Stage::new()
                .arg("-j1")
                .file("jobs", format!("{line}\n{jobs}"));
            stage.args(["-f", "jobs"]).stdout(expected).run();
        }
    }
    // The interpreter line counts as line 1.
    Stage::new()
        .file("jobs", "#!/bin/prun -f\n[{\"cmd\":\"true\"},\n{\"x\":1}]\n")
        .args(["-f", "jobs"])
        .stderr_has("prun: jobs:3:4: unknown key `x`")
        .code(2)
        .run();
}

#[test]
fn a_script_of_prun_can_be_executed() {
    let path = std::path::Path::new(env!("CARGO_BIN_EXE_prun"))
        .parent()
        .unwrap();
    let path = format!("{}:/usr/bin:/bin", path.display());
    let script = "printf '%s\\n' '#!/usr/bin/env -S prun -j1 -f' 'echo a' 'echo b' > run; \
                  chmod +x run; ./run";
    Stage::new()
        .env("PATH", path)
        .args(["-j1", script])
        .stdout("a\nb\n")
        .run();
}
