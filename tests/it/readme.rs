//! Every example of the README runs, and prints what the README shows.

use crate::needs::needs;
use crate::stage::Stage;

/// A `$ command` of a `console` block and the lines below it.
struct Example {
    command: String,
    expected: String,
}

/// The blocks of a language, in order.
fn blocks(kind: &str) -> Vec<String> {
    let readme = include_str!("../../README.md");
    let opening = format!("```{kind}\n");
    let blocks = readme.split(&opening).skip(1);
    let text = |block: &str| block.split("```").next().unwrap_or_default().to_owned();
    blocks.map(text).collect()
}

fn examples(block: &str) -> Vec<Example> {
    let mut examples: Vec<Example> = Vec::new();
    for line in block.lines() {
        match line.strip_prefix("$ ") {
            Some(command) => examples.push(Example {
                command: command.to_owned(),
                expected: String::new(),
            }),
            None => {
                let example = examples.last_mut().expect("a block begins with a command");
                example.expected.push_str(line);
                example.expected.push('\n');
            }
        }
    }
    examples
}

/// Replaces times, which differ from run to run.
fn without_times(line: &str) -> String {
    let words = line.split(' ').map(|word| {
        let number = word.trim_start_matches('(');
        if number.parse::<f64>().is_ok() && number.contains('.') {
            word.replace(number, "[TIME]")
        } else {
            word.to_owned()
        }
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Joins the examples of a block into one script, its expected output, and the files that `cat FILE`
/// shows, which are created before. The exit code is not checked: examples may fail.
fn script(examples: &[Example]) -> (String, String, Vec<(String, String)>) {
    let (mut script, mut expected, mut files) = (String::new(), String::new(), Vec::new());
    for Example {
        command,
        expected: lines,
    } in examples
    {
        match command.strip_prefix("cat ") {
            Some(file) => files.push((file.replace(['"', '\\'], ""), lines.clone())),
            None => {
                script.push_str(&format!("{command}\n"));
                expected.push_str(lines);
            }
        }
    }
    (script, expected, files)
}

/// What a block needs besides a shell.
#[derive(Clone, Copy, PartialEq)]
enum BlockNeeds {
    Nothing,
    Jq,
    /// python3 and curl, and a port that is free.
    Server,
}

impl BlockNeeds {
    fn of(block: &str) -> Self {
        match (block.contains("| jq "), block.contains(PORT)) {
            (true, _) => Self::Jq,
            (false, true) => Self::Server,
            (false, false) => Self::Nothing,
        }
    }
}

/// The port of the server in the README.
const PORT: &str = "8473";

/// A port of this machine that is free now.
fn free_port() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    let address = listener.local_addr().expect("it has an address");
    address.port().to_string()
}

/// Runs the blocks that need so much.
#[track_caller]
fn run_blocks(kind: BlockNeeds) {
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_prun"));
    let folder = program.parent().expect("a program is in a folder");
    let mut blocks = blocks("console");
    blocks.retain(|block| BlockNeeds::of(block) == kind);
    assert!(!blocks.is_empty(), "the README lost its examples");
    for block in blocks {
        let block = block.replace(PORT, &free_port());
        let examples = examples(&block);
        let (script, expected, files) = script(&examples);
        let path = std::env::var("PATH").expect("there is a PATH");
        let mut stage = Stage::of("/bin/sh").env("PATH", format!("{}:{path}", folder.display()));
        for (file, text) in files {
            stage = stage.file(file, text);
        }
        let outcome = stage
            .args(["-c", &format!("exec 2>&1\n{script}true")])
            .stdout_any()
            .run();
        let printed = String::from_utf8_lossy(&outcome.stdout).into_owned();
        let lines = |text: &str| text.lines().map(without_times).collect::<Vec<_>>();
        assert_eq!(lines(&printed), lines(&expected), "\n{script}");
    }
}

#[test]
fn every_example_of_the_readme_prints_what_it_says() {
    run_blocks(BlockNeeds::Nothing);
}

#[test]
fn every_example_of_the_readme_with_jq_prints_what_it_says() {
    if needs("jq") {
        run_blocks(BlockNeeds::Jq);
    }
}

#[test]
fn every_example_of_the_readme_with_a_server_prints_what_it_says() {
    if needs("python3") && needs("curl") {
        run_blocks(BlockNeeds::Server);
    }
}

/// The rows of the tables for those who come from another program: its name, a line of it, and one of
/// prun.
fn rows() -> Vec<(String, String, String)> {
    let readme = include_str!("../../README.md");
    let (mut rows, mut program) = (Vec::new(), None);
    for line in readme.lines() {
        // A pipe in a cell has a backslash.
        let line = line.replace("\\|", "\0");
        let cells: Vec<String> = line
            .split('|')
            .map(|cell| cell.trim().replace('\0', "|"))
            .collect();
        match cells
            .iter()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .as_slice()
        {
            ["", there, "prun", ""] => program = Some((*there).to_owned()),
            ["", there, here, ""] => {
                if let (Some(program), Some(there), Some(here)) =
                    (&program, code(there), code(here))
                {
                    rows.push((program.clone(), there, here));
                }
            }
            _ => program = None,
        }
    }
    rows.retain(|(_, _, here)| here.contains("prun "));
    rows
}

/// Returns the first text between backquotes in a cell.
fn code(cell: &str) -> Option<String> {
    Some(cell.split('`').nth(1)?.to_owned())
}

/// Runs a line of the shell, and returns its output and the files that it leaves.
fn ran(line: &str) -> (Vec<String>, Vec<String>) {
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_prun"));
    let folder = program.parent().expect("a program is in a folder");
    let path = std::env::var("PATH").expect("there is a PATH");
    let npm = "mkdir .bin; printf '#!/bin/sh\necho \"$@\"\n' > .bin/npm; chmod +x .bin/npm";
    let script =
        format!("{npm}; PATH=$PWD/.bin:$PATH; exec 2>/dev/null; {line} || echo failed; echo; ls");
    let outcome = Stage::of("/bin/sh")
        .env("PATH", format!("{}:{path}", folder.display()))
        .file("a.log", "one\ntwo\n")
        .file("b.log", "three\n")
        .file("list", "a.log\nb.log\n")
        .file("commands", "echo a\necho b\n")
        .args(["-c", &script])
        .stdout_any()
        .run();
    let printed = String::from_utf8_lossy(&outcome.stdout).into_owned();
    let (output, files) = printed.rsplit_once("\n\n").unwrap_or(("", &printed));
    let sorted = |text: &str| {
        let mut lines: Vec<String> = text.trim().lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    (sorted(output), sorted(files))
}

#[test]
fn every_line_for_those_who_come_from_another_program_runs() {
    let rows = rows();
    assert!(rows.len() >= 20, "the README lost its tables: {rows:?}");
    for (_, _, here) in rows {
        let (output, files) = ran(&here);
        assert!(!output.contains(&"failed".to_owned()), "{here}: {output:?}");
        let is_shown =
            !output.is_empty() || !files.contains(&"a.log".to_owned()) || files.len() > 4;
        assert!(is_shown, "{here} does nothing");
    }
}

#[test]
fn a_line_of_xargs_and_the_same_of_prun_do_the_same() {
    let rows = rows();
    let mut compared = 0;
    for (_, there, here) in rows.iter().filter(|(program, ..)| program == "xargs") {
        assert_eq!(ran(there), ran(here), "{there} and {here}");
        compared += 1;
    }
    assert!(compared >= 5, "the README lost its table");
}

#[test]
fn a_line_of_gnu_parallel_and_the_same_of_prun_do_the_same() {
    if !needs("parallel") {
        return;
    }
    let rows = rows();
    let mut compared = 0;
    for (_, there, here) in rows
        .iter()
        .filter(|(program, ..)| program == "GNU parallel")
    {
        assert_eq!(ran(there), ran(here), "{there} and {here}");
        compared += 1;
    }
    assert!(compared >= 8, "the README lost its table");
}

#[test]
fn the_readme_names_the_two_commands_that_run_it_and_test_it() {
    let commands = blocks("sh");
    assert_eq!(
        commands,
        ["cargo run --release -- 'ls' 'date'\ncargo test\n"]
    );
}
