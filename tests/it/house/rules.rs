//! The rules of the house, each a function from the sources to complaints that name file and line.

use std::collections::BTreeMap;

use super::source::{Path, Source, Token};

/// The rooms by level. A room may know itself and whatever is strictly lower.
const ROOMS: [(&str, u8); 12] = [
    ("main", 6),
    ("cli", 5),
    ("run", 4),
    ("sink", 4),
    ("summary", 3),
    ("exit", 3),
    ("record", 3),
    ("event", 2),
    ("guard", 2),
    ("process", 1),
    ("plan", 1),
    ("os", 0),
];

/// The one step sideways: the summary's verdict is an exit code.
const SIDEWAYS: (&str, &str) = ("summary", "exit");

/// The most lines of a file that can be held in one's head.
const MOST_LINES: usize = 400;

/// The most files of a folder.
const MOST_FILES: usize = 12;

/// Where `unsafe` may stand.
const UNSAFE: &str = "src/os/";

/// The room of the wire, and the folders of other formats: job files, JUnit, traces.
const OTHER_FORMATS: [&str; 4] = [
    "src/record/",
    "src/plan/jobfile/",
    "src/plan/document/",
    "src/sink/file/",
];

/// Where stdout and stderr may be written.
const CONSOLE: &str = "src/sink/console/console.rs";

/// Where prun may end.
const DOORWAY: &str = "src/main.rs";

/// A word that may stand in a file where the rule forbids it, and why.
struct Exception {
    file: &'static str,
    word: &'static str,
    #[expect(dead_code, reason = "it is there to be read by people")]
    reason: &'static str,
}

const EXCEPTIONS: [Exception; 3] = [
    Exception {
        file: "src/process/command/pre_exec.rs",
        word: "unsafe",
        reason: "whoever gives code to a forked process promises what it does; it is called elsewhere",
    },
    Exception {
        file: "src/process/spawn/stdio_ends.rs",
        word: "stdout",
        reason: "a child whose stderr goes to our stdout gets a duplicate of it; nothing is written",
    },
    Exception {
        file: "src/guard/program.rs",
        word: "stdout",
        reason: "the guard process is given its memory there, and maps it; nothing is written",
    },
];

/// All the sources that the rules are about.
pub(super) struct House(Vec<Source>);

impl House {
    /// Takes files as pairs of path and text.
    pub(super) fn of<P: AsRef<str>, T: AsRef<str>>(
        files: impl IntoIterator<Item = (P, T)>,
    ) -> Self {
        let sources = files.into_iter();
        let sources = sources.map(|(path, text)| Source::new(path.as_ref(), text.as_ref()));
        Self(sources.collect())
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Source> {
        self.0.iter()
    }

    pub(super) fn rooms(&self) -> impl Iterator<Item = &Source> {
        self.all().filter(|source| source.path.starts_with("src/"))
    }
}

/// Knowledge flows downhill. `lib.rs` is the map and may name all.
pub(super) fn imports(house: &House) -> Vec<String> {
    let mut all = Vec::new();
    for source in house.rooms().filter(|source| source.path != "src/lib.rs") {
        let own = source.names()[0];
        if level(own).is_none() {
            all.push(format!("{}:1: {own} is no room of the house", source.path));
            continue;
        }
        for path in source.paths() {
            let Some(target) = resolved(source, &path) else {
                continue;
            };
            let (at, told) = (place(source, path.line), path.segments.join("::"));
            if level(&target).is_none() {
                all.push(format!(
                    "{at}: {told} names no room, but goes round by the map"
                ));
            } else if !may_know(own, &target) {
                all.push(format!("{at}: {own} may not know {target}: {told}"));
            }
        }
    }
    all
}

/// A folder's listing reads like a table of contents. Its door does not count.
pub(super) fn folders(house: &House) -> Vec<String> {
    let mut files: BTreeMap<&str, usize> = BTreeMap::new();
    for source in house
        .rooms()
        .filter(|source| !source.path.ends_with("/mod.rs"))
    {
        let (folder, _) = source.path.rsplit_once('/').unwrap_or(("", ""));
        *files.entry(folder).or_default() += 1;
    }
    let many = files.into_iter().filter(|(_, count)| *count > MOST_FILES);
    many.map(|(folder, count)| format!("{folder}:1: {count} files are more than {MOST_FILES}"))
        .collect()
}

/// The keys of our JSON are spelled in one room. Those that are words of other formats as well are not
/// looked for, nor is the text of tests.
pub(super) fn wire_keys(house: &House) -> Vec<String> {
    const SCHEMA: &str = include_str!("../../../schema/prun.json");
    let schema: serde_json::Value = serde_json::from_str(SCHEMA).expect("the schema is JSON");
    let record = &schema["$defs"]["job"]["properties"];
    let keys = record.as_object().expect("a record has keys").keys();
    let keys: Vec<&String> = keys.filter(|key| key.contains('_')).collect();
    let mut all = Vec::new();
    for source in house.rooms() {
        if OTHER_FORMATS
            .iter()
            .any(|folder| source.path.starts_with(folder))
        {
            continue;
        }
        let code = source.text.split("#[cfg(test)]").next().unwrap_or_default();
        for (line, text) in (1..).zip(code.lines()) {
            if let Some(key) = keys.iter().find(|key| text.contains(&format!("\"{key}\""))) {
                let at = place(source, line);
                all.push(format!(
                    "{at}: {key} is a key of the record, and belongs to it"
                ));
            }
        }
    }
    all
}

/// Files stay small.
pub(super) fn lengths(house: &House) -> Vec<String> {
    let long = house.all().filter(|source| source.lines > MOST_LINES);
    long.map(|source| {
        let (path, lines) = (&source.path, source.lines);
        format!("{path}:{lines}: {lines} lines are more than {MOST_LINES}")
    })
    .collect()
}

/// What the compiler cannot check is in one place, in tests too.
pub(super) fn unsafety(house: &House) -> Vec<String> {
    let elsewhere = house
        .rooms()
        .filter(|source| !source.path.starts_with(UNSAFE));
    let tokens =
        elsewhere.flat_map(|source| source.tokens.iter().map(move |token| (source, token)));
    tokens
        .filter(|(source, token)| token.text == "unsafe" && !is_exception(source, "unsafe"))
        .map(|(source, token)| format!("{}: unsafe outside of {UNSAFE}", place(source, token.line)))
        .collect()
}

/// Only the console writes to stdout and stderr.
pub(super) fn printing(house: &House) -> Vec<String> {
    forbidden(house, CONSOLE, |path| {
        let macros = ["print", "println", "eprint", "eprintln", "dbg"];
        let is_macro = macros.contains(&last(path)) && path.after.starts_with('!');
        // A method or a function of some type is another thing than the stream of that name.
        let is_function = path.after == "()" && ![".", "fn"].contains(&path.before.as_str());
        let of_a_type = path
            .segments
            .iter()
            .rev()
            .nth(1)
            .is_some_and(|name| name.starts_with(char::is_uppercase));
        let is_stream = ["stdout", "stderr"].contains(&last(path)) && is_function && !of_a_type;
        is_macro || is_stream
    })
}

/// Only the doorway ends the process: everybody else returns.
pub(super) fn exits(house: &House) -> Vec<String> {
    forbidden(house, DOORWAY, |path| {
        let segments: Vec<_> = path.segments.iter().map(String::as_str).collect();
        match segments.as_slice() {
            // The engine has a module of that name; only a call is an end.
            [.., "process", "exit" | "abort"] => {
                path.after.starts_with('(') || segments[0] == "std"
            }
            ["std", "process", "ExitCode"] | ["process", "ExitCode"] => true,
            ["libc", "exit" | "_exit" | "abort"] => true,
            _ => false,
        }
    })
}

/// Outside of tests an `expect` states why it cannot fail.
pub(super) fn unwraps(house: &House) -> Vec<String> {
    let mut all = forbidden(house, "", |path| {
        last(path) == "unwrap" && path.before != "fn"
    });
    for source in house.rooms() {
        // What follows `mod` here is compiled outside of tests, or it would have been left out.
        for pair in source.code.windows(2) {
            if pair[0].text == "mod" && pair[1].text == "tests" {
                let at = place(source, pair[1].line);
                all.push(format!("{at}: a module of tests without #[cfg(test)]"));
            }
        }
    }
    all
}

/// A `mod.rs` is a door with a map on it.
pub(super) fn doors(house: &House) -> Vec<String> {
    let doors = house
        .rooms()
        .filter(|source| source.path.ends_with("/mod.rs"));
    doors.filter_map(more_than_a_door).collect()
}

/// The complaints about paths outside of tests that stand elsewhere than they may.
fn forbidden(house: &House, allowed: &str, is_forbidden: impl Fn(&Path) -> bool) -> Vec<String> {
    let mut all = Vec::new();
    for source in house.rooms().filter(|source| source.path != allowed) {
        // A module of tests in a file of its own is left out where it is declared, not here.
        if source.names().contains(&"tests") {
            continue;
        }
        let paths = source.paths();
        for path in paths.iter().filter(|path| is_forbidden(path)) {
            if !is_exception(source, last(path)) {
                let (at, told) = (place(source, path.line), path.segments.join("::"));
                all.push(format!("{at}: {told} does not belong here"));
            }
        }
    }
    all
}

fn is_exception(source: &Source, word: &str) -> bool {
    let mut exceptions = EXCEPTIONS.iter();
    exceptions.any(|exception| exception.file == source.path && exception.word == word)
}

fn more_than_a_door(source: &Source) -> Option<String> {
    let mut rest = source.code.as_slice();
    while let Some(token) = rest.first() {
        let text = |at: usize| rest.get(at).map_or("", |token| token.text.as_str());
        let length = match text(0) {
            "#" => group(rest),
            "pub" if text(1) == "(" => group(rest),
            "pub" => 1,
            "mod" if text(2) == ";" => 3,
            "use" => rest.iter().take_while(|token| token.text != ";").count() + 1,
            other => {
                let at = place(source, token.line);
                return Some(format!("{at}: {other} begins more than a door needs"));
            }
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    None
}

/// How many tokens there are up to the end of the first group in brackets.
fn group(tokens: &[Token]) -> usize {
    let mut depth = 0;
    let closes = tokens.iter().position(|token| {
        match token.text.as_str() {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            _ => return false,
        }
        depth == 0
    });
    closes.map_or(tokens.len(), |at| at + 1)
}

fn level(room: &str) -> Option<u8> {
    ROOMS
        .iter()
        .find(|(name, _)| *name == room)
        .map(|(_, level)| *level)
}

fn may_know(room: &str, other: &str) -> bool {
    room == other || level(other) < level(room) || (room, other) == SIDEWAYS
}

/// The room that a path leads to, if it is a path from the root or upwards.
fn resolved(source: &Source, path: &Path) -> Option<String> {
    let first = path.segments.first()?.as_str();
    if first == "crate" {
        return path.segments.get(1).cloned();
    }
    let supers = path
        .segments
        .iter()
        .take_while(|name| *name == "super")
        .count();
    let mut module = source.names();
    if module.last() == Some(&"mod") {
        module.pop();
    }
    // Modules within the file lie between the path and the file; their names do not matter.
    let inside = path.depth;
    if supers == 0 || supers < inside + module.len() {
        return None;
    }
    path.segments.get(supers).cloned()
}

fn last(path: &Path) -> &str {
    path.segments.last().map_or("", String::as_str)
}

pub(super) fn place(source: &Source, line: usize) -> String {
    format!("{}:{line}", source.path)
}
