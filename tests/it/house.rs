//! Keeps the rooms: reads the sources of prun, and fails where a file knows, says or does what its
//! room must not. Each rule is tried on a pretended house first, for it must be able to complain.

mod knowledge;
mod rules;
mod source;
mod words;

use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use rules::House;

/// The sources of this package, which all rules read: taking them apart is most of the work.
static OUR_HOUSE: LazyLock<House> = LazyLock::new(our_house);

/// The sources of this package, with paths as they are from its root.
fn our_house() -> House {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["src", "tests", "benches"] {
        collect(root, &root.join(folder), &mut files);
    }
    files.sort();
    assert!(!files.is_empty(), "no sources in {}", root.display());
    House::of(files)
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<(String, String)>) {
    // A folder may be absent: the package is read while it grows, and as a part of it is published.
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            collect(root, &path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path)
                .unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()));
            let name = path.strip_prefix(root).expect("the walk began at the root");
            files.push((name.to_string_lossy().into_owned(), text));
        }
    }
}

#[track_caller]
fn keep(rule: fn(&House) -> Vec<String>) {
    let complaints = rule(&OUR_HOUSE);
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn knowledge_flows_downhill() {
    keep(rules::imports);
}

#[test]
fn no_file_knows_itself_by_way_of_others() {
    keep(knowledge::circles);
}

#[test]
fn folders_are_small() {
    keep(rules::folders);
}

#[test]
fn no_two_types_have_the_same_name() {
    keep(words::types);
}

#[test]
fn the_keys_of_a_record_are_spelled_in_one_room() {
    keep(rules::wire_keys);
}

#[test]
fn files_are_small() {
    keep(rules::lengths);
}

#[test]
fn unsafe_is_in_one_chamber() {
    keep(rules::unsafety);
}

#[test]
fn only_the_console_prints() {
    keep(rules::printing);
}

#[test]
fn only_the_doorway_exits() {
    keep(rules::exits);
}

#[test]
fn nothing_is_unwrapped_outside_of_tests() {
    keep(rules::unwraps);
}

#[test]
fn doors_hold_modules_and_uses_only() {
    keep(rules::doors);
}

#[test]
fn modules_have_names_that_say_something() {
    keep(words::names);
}

/// Holds a rule to the lines of one pretended file at which it should complain.
#[track_caller]
fn complains(rule: fn(&House) -> Vec<String>, path: &str, text: &str, lines: &[usize]) {
    let complaints = rule(&House::of([(path, text)]));
    let expected: Vec<_> = lines
        .iter()
        .map(|line| format!("{path}:{line}: "))
        .collect();
    let alike = complaints.iter().zip(&expected);
    let alike = alike.filter(|(complaint, at)| complaint.starts_with(at.as_str()));
    let fits = alike.count() == expected.len() && complaints.len() == expected.len();
    assert!(fits, "expected {expected:?}, got {complaints:#?}");
}

#[test]
fn a_path_uphill_is_found() {
    let rule = rules::imports;
    let uses = "use crate::event::Event;\nuse crate::sink::Sink;\nuse crate::{cli, run::x, exit};";
    complains(rule, "src/run/runner.rs", uses, &[2, 3]);
    complains(rule, "src/main.rs", uses, &[]);
    complains(rule, "src/lib.rs", uses, &[]);
    complains(
        rule,
        "src/plan/job.rs",
        "fn f() { crate::process::x() }",
        &[1],
    );
    complains(rule, "src/summary.rs", "use crate::exit::ExitCode;", &[]);
    complains(rule, "src/exit.rs", "use crate::summary::Summary;", &[1]);
    complains(rule, "src/sink/json.rs", "use crate::Event;", &[1]);
    complains(rule, "src/other.rs", "", &[1]);
}

#[test]
fn a_path_uphill_by_super_is_found() {
    let rule = rules::imports;
    complains(
        rule,
        "src/sink/mod.rs",
        "use super::run::Runner;\nuse super::event;",
        &[1],
    );
    complains(
        rule,
        "src/sink/json.rs",
        "use super::human;\nuse super::super::run;",
        &[2],
    );
    complains(
        rule,
        "src/event.rs",
        "use super::plan;\nuse super::run;",
        &[2],
    );
    complains(
        rule,
        "src/event.rs",
        "mod m { use super::Event; use super::super::cli; }",
        &[1],
    );
}

#[test]
fn tests_comments_and_texts_may_name_everybody() {
    let text = "//! crate::cli\n#[cfg(test)]\nmod tests { use crate::cli; }\nconst A: &str = \"crate::cli\";";
    complains(rules::imports, "src/plan/job.rs", text, &[]);
    complains(
        rules::imports,
        "src/plan/job.rs",
        "pub(crate) struct A(pub(in crate::plan) u8);",
        &[],
    );
}

#[test]
fn a_long_file_is_found() {
    let rule = rules::lengths;
    complains(rule, "tests/it/long.rs", &"\n".repeat(400), &[]);
    complains(rule, "tests/it/long.rs", &"\n".repeat(401), &[401]);
}

#[test]
fn the_lines_of_tests_do_not_count() {
    let text = format!(
        "{}#[cfg(test)]\nmod tests {{{}}}\n",
        "\n".repeat(399),
        "\n".repeat(99)
    );
    complains(rules::lengths, "src/run/long.rs", &text, &[]);
}

/// Holds a rule to a pretended house of several files, and gives its complaints.
fn complaints(rule: fn(&House) -> Vec<String>, files: &[(&str, &str)]) -> Vec<String> {
    rule(&House::of(files.iter().copied()))
}

#[test]
fn a_circle_is_found() {
    let door = (
        "src/a/mod.rs",
        "mod b;\nmod c;\nmod d;\npub(crate) use c::C;",
    );
    let open = [
        door,
        ("src/a/b.rs", "use super::C;"),
        ("src/a/c.rs", "use super::d::D;"),
        ("src/a/d.rs", ""),
    ];
    assert_eq!(complaints(knowledge::circles, &open), [""; 0]);
    // By the door, by a path in the code, and from the root.
    let ring = [
        door,
        open[1],
        open[2],
        ("src/a/d.rs", "fn f() { crate::a::b::g() }"),
    ];
    let found = complaints(knowledge::circles, &ring);
    assert_eq!(found, ["src/a/b.rs:1: knows itself by a::b → a::c → a::d"]);
    // Tests may know whom they like.
    let tests = [
        door,
        open[1],
        open[2],
        (
            "src/a/d.rs",
            "#[cfg(test)]\nmod tests { use super::super::b; }",
        ),
    ];
    assert_eq!(complaints(knowledge::circles, &tests), [""; 0]);
    // A file and the files in its folder.
    let within = [
        ("src/a.rs", "mod b;\nfn f() { b::g() }"),
        ("src/a/b.rs", "use super::f;"),
    ];
    assert_eq!(complaints(knowledge::circles, &within).len(), 1);
}

#[test]
fn a_name_of_two_types_is_found() {
    let two = [
        ("src/a/b.rs", "pub(crate) struct A;\nstruct B;"),
        ("src/a/c.rs", "struct B;\npub(in crate::a) enum A {}"),
    ];
    let found = complaints(words::types, &two);
    assert_eq!(found, ["src/a/c.rs:2: A is a type at src/a/b.rs:1, too"]);
}

#[test]
fn a_key_of_the_record_is_found() {
    let text = "let a = \"exit_code\";\nlet b = exit_code;\n#[cfg(test)]\nmod tests { const C: &str = \"wall_s\"; }";
    complains(rules::wire_keys, "src/sink/a.rs", text, &[1]);
    complains(rules::wire_keys, "src/record/a.rs", text, &[]);
}

#[test]
fn a_folder_of_many_files_is_found() {
    let names: Vec<String> = (0..13).map(|n| format!("src/a/b{n}.rs")).collect();
    let mut files: Vec<(&str, &str)> = names.iter().map(|name| (name.as_str(), "")).collect();
    assert_eq!(
        complaints(rules::folders, &files),
        ["src/a:1: 13 files are more than 12"]
    );
    files[12].0 = "src/a/mod.rs";
    assert_eq!(complaints(rules::folders, &files), [""; 0]);
}

#[test]
fn an_unsafe_block_is_found() {
    let text = "// unsafe\n#[expect(unsafe_code)]\nfn f() { unsafe { g() } }";
    complains(rules::unsafety, "src/process/spawn/spawn.rs", text, &[3]);
    complains(rules::unsafety, "src/os/child/fork.rs", text, &[]);
    complains(rules::unsafety, "tests/it/stage/sys.rs", text, &[]);
}

#[test]
fn a_print_is_found() {
    let text = "println!();\nio::stdout().lock();\nstderr();\nchild.stdout();\nfn stdout() {}\n\
                Self::stdout();\ncommand.stdout(x);\nwrite!(f, \"\");\nstd::eprint!(\"\");";
    complains(rules::printing, "src/run/runner.rs", text, &[1, 2, 3, 9]);
    complains(rules::printing, "src/sink/console/console.rs", text, &[]);
    complains(
        rules::printing,
        "src/process/spawn/stdio_ends.rs",
        text,
        &[1, 3, 9],
    );
}

#[test]
fn an_exit_is_found() {
    let text = "use std::process::{self, ExitCode};\nprocess::exit(1);\ncrate::process::exit::Exit;\n\
                crate::exit::ExitCode;\nuse std::process::exit;\nlibc::_exit(1);\nprocess::abort()";
    complains(rules::exits, "src/cli/app.rs", text, &[1, 2, 5, 6, 7]);
    complains(rules::exits, "src/main.rs", text, &[]);
}

#[test]
fn an_unwrap_is_found() {
    let text = "a.unwrap();\na.unwrap_or(b);\na.map(Option::unwrap);\n/// a.unwrap()\nfn unwrap() {}\n\
                #[cfg(test)] mod tests { fn f() { a.unwrap() } }";
    complains(rules::unwraps, "src/plan/job.rs", text, &[1, 3]);
    complains(
        rules::unwraps,
        "src/plan/mod.rs",
        "#[cfg(test)]\nmod tests;",
        &[],
    );
    complains(
        rules::unwraps,
        "src/plan/mod.rs",
        "mod a;\nmod tests;",
        &[2],
    );
    complains(rules::unwraps, "src/plan/tests.rs", text, &[]);
}

#[test]
fn more_than_a_door_is_found() {
    let rule = rules::doors;
    let door = "//! A map.\n#![allow(a)]\nmod a;\n#[cfg(b)]\npub(crate) mod c;\n\
                pub use a::{b, c};\npub(crate) use d::*;\n#[cfg(test)]\nmod tests { fn f() {} }";
    complains(rule, "src/plan/mod.rs", door, &[]);
    complains(rule, "src/plan/mod.rs", "mod a;\npub fn f() {}", &[2]);
    complains(rule, "src/plan/mod.rs", "mod a;\nmod b { fn f() {} }", &[2]);
    complains(rule, "src/plan/mod.rs", "mod b { fn f(); }\nmod c;", &[1]);
    complains(rule, "src/plan/job.rs", "fn f() {}", &[]);
}

#[test]
fn a_name_that_says_nothing_is_found() {
    let rule = words::names;
    complains(rule, "src/run/utils.rs", "", &[1]);
    complains(rule, "src/run/job_manager.rs", "", &[1]);
    complains(rule, "src/common/mod.rs", "", &[1]);
    complains(rule, "tests/it/a.rs", "\nmod imp {}", &[2]);
    complains(rule, "src/run/simple.rs", "mod limits;", &[]);
}
