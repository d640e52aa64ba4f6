//! What is a job file, and what is plainly something else.

use std::path::Path;

use proptest::prelude::*;

use super::*;

/// What a whole file of this name is.
fn read(name: &str, text: &[u8]) -> Result<Format, Foreign> {
    let named = by_name(Path::new(name))?;
    // No more can come: what is undecided by then is text.
    let whole = [text, &[b'\n'; LOOK_BYTES]].concat();
    let opening = by_first_bytes(&whole, named, Records::Lines)?;
    Ok(opening.expect("there are enough bytes").format)
}

#[track_caller]
fn refused(name: &str, text: &str, what: &str) {
    let told = read(name, text.as_bytes()).expect_err(text).to_string();
    assert!(
        told.contains(&format!("this is {what}, not a job file")),
        "{name}: {told}"
    );
}

#[test]
fn a_name_may_say_that_it_is_something_else() {
    for (name, what) in [
        ("Makefile", "a makefile"),
        ("sub/GNUmakefile", "a makefile"),
        ("Dockerfile.prod", "a container file"),
        ("Cargo.toml", "a TOML document"),
        ("ci.YML", "a YAML document"),
        ("table.csv", "a table"),
        ("README.md", "a text document"),
        ("tool.py", "a program's source"),
    ] {
        refused(name, "echo a\n", what);
    }
}

#[test]
fn first_bytes_may_say_that_it_is_something_else() {
    for (text, what) in [
        ("#!/bin/sh\necho a\n", "a script"),
        ("#! /usr/bin/env python3\n", "a script"),
        ("\x7fELF\x02\x01", "a program"),
        ("PK\x03\x04", "a zip archive"),
        ("%PDF-1.7\n", "a PDF document"),
        ("<?xml version=\"1.0\"?>\n", "an XML document"),
        ("\n <!DOCTYPE html>\n", "an HTML page"),
        ("[package]\nname = \"a\"\n", "a TOML or INI document"),
        ("[[bin]]\n", "a TOML or INI document"),
        ("---\na: 1\n", "a YAML document"),
    ] {
        refused("jobs", text, what);
    }
    refused(
        "package.json",
        "{\n  \"name\": \"a\"\n}\n",
        "a JSON document with an object at the top",
    );
    assert!(read("jobs", b"\xff\xfee\0c\0h\0o\0").is_err());
    assert!(read("jobs", b"\x1f\x8b\x08").is_err());
}

#[test]
fn a_line_that_names_prun_is_a_comment() {
    let opening = by_first_bytes(
        b"#!/usr/bin/env -S prun -j4 -f\necho a\n",
        None,
        Records::Lines,
    );
    let opening = opening.unwrap().unwrap();
    assert_eq!((opening.format, opening.comment), (Format::Lines, 30));
    let opening = by_first_bytes(b"#!/usr/local/bin/prun -f\n[{}]", None, Records::Lines);
    assert_eq!(opening.unwrap().unwrap().format, Format::JsonArray);
}

#[test]
fn lists_of_command_lines_have_many_names_and_beginnings() {
    for name in [
        "jobs",
        "jobs.txt",
        "jobs.sh",
        "Procfile",
        "jobs.list",
        "63",
        "commands.1",
        "a.b.jobs",
    ] {
        for text in [
            "echo a\n",
            "# a comment\necho a\n",
            "[ -f x ] && echo a\n",
            "[[ -f x ]] && echo a\n",
            "{ ls; }\n",
            "< in sort > out\n",
            "api: cargo run\n",
            "\n\n  make all\n",
            "- odd\n",
            "",
        ] {
            assert_eq!(
                read(name, text.as_bytes()),
                Ok(Format::Lines),
                "{name}: {text}"
            );
        }
    }
}

#[test]
fn json_is_told_by_its_first_characters() {
    for text in ["{\"cmd\":\"a\"}", " \r\n\t{ \"", "{}"] {
        assert_eq!(
            read("jobs", text.as_bytes()),
            Ok(Format::JsonLines),
            "{text}"
        );
    }
    for text in ["[{", "[]", "\n[\n  {"] {
        assert_eq!(
            read("jobs", text.as_bytes()),
            Ok(Format::JsonArray),
            "{text}"
        );
    }
}

proptest! {
    #[test]
    fn nothing_makes_it_panic_and_what_is_decided_stays(bytes in prop::collection::vec(any::<u8>(), 0..200), more in prop::collection::vec(any::<u8>(), 0..50)) {
        let first = by_first_bytes(&bytes, None, Records::Lines);
        let all = by_first_bytes(&[bytes, more].concat(), None, Records::Lines);
        if first != Ok(None) {
            prop_assert_eq!(first, all);
        }
    }

    #[test]
    fn ordinary_command_lines_are_never_refused(
        lines in prop::collection::vec("[a-z./]{1,8}( [a-zA-Z0-9./*$\"'=-]{1,10}){0,5}", 1..10),
        name in "[a-z]{1,8}(\\.(txt|jobs|list|sh|in|1))?",
    ) {
        prop_assume!(by_name(Path::new(&name)).is_ok());
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        prop_assert_eq!(read(&name, text.as_bytes()), Ok(Format::Lines));
    }
}
