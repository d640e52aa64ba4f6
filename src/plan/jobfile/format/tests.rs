//! Formats detected from names and first bytes, in tables; and that lists of commands are accepted.

use proptest::{collection::vec, prelude::*};

use super::*;

fn name(name: &str) -> Result<Option<Format>, &'static str> {
    by_name(Path::new(name)).map_err(|foreign| foreign.what)
}

/// The format of a whole file whose name implies none.
fn whole(text: impl AsRef<[u8]>) -> Result<Format, &'static str> {
    named(None, text)
}

fn named(named: Option<Format>, text: impl AsRef<[u8]>) -> Result<Format, &'static str> {
    let opening = |text: &[u8]| by_first_bytes(text, named, Separator::Newline);
    let opening = match opening(text.as_ref()) {
        // At the end of the file the last line ends as well.
        Ok(None) => opening(&[text.as_ref(), b"\n"].concat()),
        decided => decided,
    };
    match opening {
        Ok(Some(opening)) => Ok(opening.format),
        Ok(None) => Ok(named.unwrap_or(Format::Lines)),
        Err(foreign) => Err(foreign.what),
    }
}

#[test]
fn names_of_job_files_are_accepted() {
    for of_lines in [
        "jobs.txt",
        "jobs",
        "commands",
        "jobs.sh",
        "Procfile",
        "Procfile.dev",
        "jobs.list",
        "jobs.log",
        "a.b/jobs",
        "63",
        "stdin",
        ".jobs",
        "makefiles.txt",
        "toml",
        "",
    ] {
        assert_eq!(name(of_lines), Ok(None), "{of_lines}");
    }
    assert_eq!(name("a/jobs.jsonl"), Ok(Some(Format::JsonLines)));
    assert_eq!(name("jobs.NDJSON"), Ok(Some(Format::JsonLines)));
    assert_eq!(name("jobs.json"), Ok(Some(Format::JsonArray)));
    for (document, spelling) in [
        ("build.toml", Spelling::Toml),
        ("a/build.YML", Spelling::Yaml),
        (".build.yaml", Spelling::Yaml),
    ] {
        assert_eq!(name(document), Ok(Some(Format::Document(spelling))));
    }
}

#[test]
fn names_of_other_files_are_refused() {
    for (foreign, what) in [
        ("Makefile", "a makefile"),
        ("src/makefile.am", "a makefile"),
        ("GNUmakefile", "a makefile"),
        ("rules.mk", "a makefile"),
        ("Dockerfile.dev", "a container file"),
        ("web.Dockerfile", "a container file"),
        (".justfile", "a justfile"),
        ("CMakeLists.txt", "a CMake script"),
        ("Cargo.toml", "a Cargo manifest"),
        (".gitlab-ci.yml", "a GitLab pipeline"),
        ("compose.yaml", "a compose file"),
        ("a/package.json", "a package manifest"),
        ("PyProject.toml", "a Python project"),
        ("jobs.CSV", "a table"),
        ("pom.xml", "an XML document"),
        ("index.html", "an HTML page"),
        ("README.md", "a text document"),
        ("run.py", "source code"),
    ] {
        assert_eq!(name(foreign), Err(what), "{foreign}");
    }
}

#[test]
fn no_entry_of_the_tables_is_shadowed() {
    for (what, names) in NAMES.iter().chain(DOCUMENTS) {
        for entry in *names {
            assert_eq!(name(entry), Err(*what), "{entry}");
        }
    }
    for (what, extensions, _) in EXTENSIONS {
        for entry in *extensions {
            assert_eq!(name(&format!("jobs.{entry}")), Err(*what), "{entry}");
        }
    }
    for (sign, what) in MAGIC.iter().chain(MARKUP) {
        assert_eq!(whole([sign, &b" x"[..]].concat()), Err(*what), "{sign:?}");
    }
}

#[test]
fn a_brace_and_a_quote_open_json_lines() {
    for text in ["{\"cmd\"", "{}", " \r\n\t{ \"", "{\n  \"cmd\""] {
        assert_eq!(whole(text), Ok(Format::JsonLines), "{text:?}");
    }
}

#[test]
fn a_bracket_and_a_brace_open_a_json_array() {
    for text in ["[{", "[]", "\n[\n  {", "[ ]"] {
        assert_eq!(whole(text), Ok(Format::JsonArray), "{text:?}");
    }
}

#[test]
fn anything_else_is_text() {
    for text in [
        "{ ls; }",
        "[ -f x ]",
        "[ x]",
        "[[ a ]]",
        "[[ -f a ]] && b\n",
        "[\"a\"]",
        "[",
        "ls",
        "",
        "{",
        " \n ",
        "# x",
        "# x\n{\"cmd\"",
        "<in cat",
        "< html cat",
        "--version",
        "-- x",
        "!true",
    ] {
        assert_eq!(whole(text), Ok(Format::Lines), "{text:?}");
    }
}

#[test]
fn other_files_are_detected_by_their_first_bytes() {
    for (text, what) in [
        ("#!/bin/sh\necho a\n", "a script"),
        ("#!/usr/bin/env bash", "a script"),
        ("#!/opt/prune -f\n", "a script"),
        ("#!/bin/sh prun.sh\n", "a script"),
        ("[package]\nname = \"x\"\n", "a TOML or INI document"),
        ("# a lock\n\n[[package]]\n", "a TOML or INI document"),
        ("\n<!DOCTYPE html>\n", "an HTML page"),
        ("<?XML version=\"1.0\"?>", "an XML document"),
        ("[package] # x\n", "a TOML or INI document"),
        (".PHONY: all\n", "a makefile"),
    ] {
        let found = match whole(text) {
            // Before the end more bytes may be needed; at the end it is decided.
            Ok(Format::Lines) => whole(format!("{text}\n")),
            found => found,
        };
        assert_eq!(found, Err(what), "{text:?}");
    }
    // A command may begin with letters that differ from the magic of gzip or bzip2.
    assert_eq!(whole("bzh9 x\n"), Ok(Format::Lines));
}

#[test]
fn a_line_that_names_prun_is_a_comment() {
    for line in [
        "#!/usr/bin/env -S prun -f\n",
        "#!/usr/local/bin/prun -f\r\n",
    ] {
        for (text, format) in [
            ("echo a\n", Format::Lines),
            ("{\"cmd\":\"a\"}\n", Format::JsonLines),
            ("[{\"cmd\":\"a\"}]\n", Format::JsonArray),
        ] {
            let opening =
                by_first_bytes(format!("{line}{text}").as_bytes(), None, Separator::Newline);
            let comment = line.len();
            assert_eq!(opening, Ok(Some(Opening { format, comment })), "{line}");
        }
    }
}

#[test]
fn the_name_takes_precedence_over_the_first_bytes() {
    for format in [Format::JsonLines, Format::JsonArray] {
        assert_eq!(named(Some(format), "[{"), Ok(format));
        assert_eq!(named(Some(format), "ls\n"), Ok(format));
    }
    assert_eq!(named(Some(Format::JsonLines), "{\""), Ok(Format::JsonLines));
    let document = |spelling| Ok(Format::Document(spelling));
    let json = named(Some(Format::JsonArray), "{\n \"x\"");
    assert_eq!(json, document(Spelling::Json));
    for spelling in [Spelling::Toml, Spelling::Yaml] {
        for text in ["[{", "ls\n", "{\"", "[package]\n", "<?php\n", ""] {
            assert_eq!(
                named(Some(Format::Document(spelling)), text),
                document(spelling)
            );
        }
    }
}

#[test]
fn a_document_is_detected_by_a_key_that_no_command_is() {
    for (text, spelling) in [
        ("{\"jobs\": {", Spelling::Json),
        (" {\n  \"defaults\":", Spelling::Json),
        ("{\"pools\"", Spelling::Json),
        ("{\"$schema\"", Spelling::Json),
        ("[jobs.build]\n", Spelling::Toml),
        ("# x\n\n[jobs.\"a b\"]\n", Spelling::Toml),
        ("[defaults] # x\r\n", Spelling::Toml),
        ("[pools]", Spelling::Toml),
        ("[jobs]\n", Spelling::Toml),
        ("jobs:\n  a:", Spelling::Yaml),
        ("# x\njobs:", Spelling::Yaml),
        ("defaults: &d\n", Spelling::Yaml),
        ("defaults: {timeout: 5}\n", Spelling::Yaml),
        ("pools: # x\r\n", Spelling::Yaml),
        ("---\njobs:\n", Spelling::Yaml),
        ("# x\n---\r\n", Spelling::Yaml),
    ] {
        assert_eq!(whole(text), Ok(Format::Document(spelling)), "{text:?}");
    }
    for (text, format) in [
        ("{\"cmd\": \"jobs\"}\n", Format::JsonLines),
        ("{\"job\"", Format::JsonLines),
        ("{\"jobsx\"", Format::JsonLines),
        ("{\"j", Format::JsonLines),
        ("jobs\n", Format::Lines),
        ("jobs: ls\n", Format::Lines),
        ("jobs:x\n", Format::Lines),
        ("jobs -l\n", Format::Lines),
        ("pool", Format::Lines),
        ("-", Format::Lines),
    ] {
        assert_eq!(whole(text), Ok(format), "{text:?}");
    }
}

#[test]
fn commands_that_end_with_nul_may_be_scripts() {
    let opening = by_first_bytes(b"#!/bin/sh\nls\0", None, Separator::Null);
    let format = Format::NullLines;
    assert_eq!(opening, Ok(Some(Opening { format, comment: 0 })));
    let binary = by_first_bytes(b"\x7fELF\0", None, Separator::Null);
    assert_eq!(binary.map_err(|foreign| foreign.what), Err("a program"));
}

/// Typical command lines: a program or shell syntax, and words.
fn command_line() -> impl Strategy<Value = String> {
    let start = prop_oneof![
        "[a-zA-Z0-9_./~+-]{1,12}",
        "[a-z]{1,4}: [a-z]{1,6}",
        "[A-Z]{1,4}=[a-z]{0,4} [a-z]{1,6}",
        Just("[ -f x ] &&".to_owned()),
        Just("[[ -f x ]] &&".to_owned()),
        Just("{ a; } |".to_owned()),
        Just("( a ) >".to_owned()),
        Just("< in cat".to_owned()),
        Just("\"$HOME/a b\"".to_owned()),
        Just("! a".to_owned()),
        Just("$X".to_owned()),
        Just("# comment".to_owned()),
        Just(String::new()),
    ];
    // `--- ` begins a patch.
    let start = start.prop_filter("no command", |start| !start.starts_with("---"));
    (start, "[a-zA-Z0-9 |&;<>(){}\\[\\]$\"'#!*?~/._=-]{0,20}")
        .prop_map(|(start, words)| format!("{start} {words}"))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_list_of_command_lines_is_never_refused(lines in vec(command_line(), 0..6), crlf: bool) {
        let end = if crlf { "\r\n" } else { "\n" };
        let text: String = lines.iter().flat_map(|line| [line.as_str(), end]).collect();
        // `{ "$x"; }` reads as JSON.
        let is_json = text.trim_start().starts_with(['{', '[']);
        prop_assert!(is_json || whole(&text) == Ok(Format::Lines), "{text:?}: {:?}", whole(&text));
        prop_assert!(whole(&text).is_ok());
    }

    #[test]
    fn any_bytes_are_decided_once(bytes in vec(any::<u8>(), 0..64), sign in 0..MAGIC.len() + MARKUP.len()) {
        let (sign, _) = MAGIC.iter().chain(MARKUP).nth(sign).unwrap();
        for text in [bytes.clone(), [sign, bytes.as_slice()].concat()] {
            for separator in [Separator::Newline, Separator::Null] {
                let all = by_first_bytes(&text, None, separator);
                for length in 0..text.len() {
                    let some = by_first_bytes(&text[..length], None, separator);
                    prop_assert!(some == Ok(None) || some == all, "{text:?}");
                }
            }
            let _ = by_name(Path::new(&*String::from_utf8_lossy(&text)));
        }
    }
}
