//! Files that are clearly something else than job files, by their names and first bytes.

use thiserror::Error;

/// A file that is not a job file: what it is, and the remedy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "this is {what}, not a job file (one command per line, JSON Lines, a JSON array, or a document in TOML, YAML or JSON): {remedy}"
)]
pub(crate) struct Foreign {
    pub(super) what: &'static str,
    remedy: &'static str,
}

pub(super) const RENAME: &str = "if it contains commands, rename it";
/// The remedy for a document whose name is that of another program's.
pub(super) const OTHER: &str = "a document with jobs has another name";
pub(super) const SCRIPT: &str =
    "run it as a command, or remove its `#!` line if each line is a separate command";
pub(super) const UNPACK: &str = "convert it to plain text first";

/// File names up to the first dot, in lower case.
pub(super) const NAMES: &[(&str, &[&str])] = &[
    ("a makefile", &["makefile", "gnumakefile", "bsdmakefile"]),
    ("a container file", &["dockerfile", "containerfile"]),
    ("a CMake script", &["cmakelists"]),
    ("a justfile", &["justfile"]),
    ("a Jenkins pipeline", &["jenkinsfile"]),
    (
        "a Ruby program",
        &["rakefile", "gemfile", "vagrantfile", "brewfile", "podfile"],
    ),
    ("a Snakemake workflow", &["snakefile"]),
];

/// Whole names of documents that other programs read, in lower case.
pub(super) const DOCUMENTS: &[(&str, &[&str])] = &[
    ("a Cargo manifest", &["cargo.toml"]),
    ("a Python project", &["pyproject.toml"]),
    (
        "a package manifest",
        &[
            "package.json",
            "package-lock.json",
            "composer.json",
            "deno.json",
        ],
    ),
    ("a TypeScript configuration", &["tsconfig.json"]),
    (
        "a compose file",
        &[
            "compose.yaml",
            "compose.yml",
            "docker-compose.yaml",
            "docker-compose.yml",
        ],
    ),
    ("a GitLab pipeline", &[".gitlab-ci.yml"]),
    ("a Taskfile", &["taskfile.yml", "taskfile.yaml"]),
    ("a pre-commit configuration", &[".pre-commit-config.yaml"]),
];

/// Extensions, in lower case.
pub(super) const EXTENSIONS: &[(&str, &[&str], &str)] = &[
    (
        "a table",
        &["csv", "tsv"],
        "to use its lines as arguments of a command, write prun -a FILE COMMAND",
    ),
    (
        "an XML document",
        &["xml", "xsd", "xsl", "svg", "plist"],
        RENAME,
    ),
    ("an HTML page", &["html", "htm", "xhtml"], RENAME),
    (
        "a text document",
        &["md", "markdown", "rst", "adoc", "tex"],
        RENAME,
    ),
    ("a style sheet", &["css", "scss", "less"], RENAME),
    ("a configuration file", &["ini"], RENAME),
    ("a patch", &["diff", "patch"], RENAME),
    ("a makefile", &["mk", "mak"], RENAME),
    ("a container file", &["dockerfile"], RENAME),
    ("a notebook", &["ipynb"], RENAME),
    ("a batch file", &["bat", "ps1"], RENAME),
    (
        "source code",
        &[
            "awk", "c", "cc", "cmake", "cpp", "cs", "cxx", "dart", "ex", "exs", "go", "gradle",
            "groovy", "h", "hpp", "hs", "java", "jl", "js", "jsx", "kt", "lua", "mjs", "ml", "nix",
            "php", "pl", "pm", "proto", "py", "r", "rb", "rs", "scala", "sql", "swift", "tcl",
            "tf", "ts", "tsx", "zig",
        ],
        RENAME,
    ),
];

/// The first bytes of other files.
pub(super) const MAGIC: &[(&[u8], &str)] = &[
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
    (b"\x7fELF", "a program"),
    (b"\xcf\xfa\xed\xfe", "a program"),
    (b"!<arch>\n", "a library"),
    (b"\x1f\x8b", "gzip data"),
    (b"\xfd7zXZ\0", "xz data"),
    (b"\x28\xb5\x2f\xfd", "zstd data"),
    (b"BZh9", "bzip2 data"),
    (b"PK\x03\x04", "a zip archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"%PDF-", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
];

/// The first text of other files, after blanks and in any case. A command may begin with `<` and the
/// name of a file, but not with these.
pub(super) const MARKUP: &[(&[u8], &str)] = &[
    (b"<?xml ", "an XML document"),
    (b"<?php", "source code"),
    (b"<!doctype ", "an HTML page"),
    (b"<!--", "an HTML page"),
    (b"<html>", "an HTML page"),
    (b"<html lang=", "an HTML page"),
    (b"<html xmlns=", "an HTML page"),
    (b"<svg xmlns=", "a picture"),
    (b"--- ", "a patch"),
    (b".PHONY:", "a makefile"),
];

impl Foreign {
    pub(super) const fn new(what: &'static str, remedy: &'static str) -> Self {
        Self { what, remedy }
    }
}

/// Whether some bytes begin with an entry of a table.
pub(super) enum Found {
    Match(&'static str),
    /// They are a prefix of one.
    Undecided,
    Nothing,
}

pub(super) fn find(
    bytes: &[u8],
    table: &[(&[u8], &'static str)],
    are_equal: impl Fn(&[u8], &[u8]) -> bool,
) -> Found {
    let mut found = Found::Nothing;
    for (sign, what) in table {
        let length = sign.len().min(bytes.len());
        match are_equal(&bytes[..length], &sign[..length]) {
            true if length == sign.len() => return Found::Match(what),
            true => found = Found::Undecided,
            false => {}
        }
    }
    found
}
