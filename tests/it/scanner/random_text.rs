//! Random templates from shell fragments: no template that the scanner accepts runs a value as code.

use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::shells::{ALL, fuzz_time};

/// Fragments of shell code, valid and invalid.
const FRAGMENTS: [&str; 108] = [
    "{}",
    "{}",
    "{}",
    "\"{}\"",
    "\"{}\"",
    "'{}'",
    "x{}y",
    "{1}",
    "{/}",
    "{.}",
    "{#}",
    "\"a {} b\"",
    " ",
    " ",
    " ",
    " ",
    " ",
    "./show ",
    "./show ",
    "./show ",
    "./show {}",
    "./show {} ",
    "; ",
    "; ",
    " && ",
    " || ",
    " | ",
    " & ",
    "\n",
    "\n",
    "\t",
    "(",
    ")",
    "$(",
    "$(",
    "`",
    "`",
    "'",
    "'",
    "\"",
    "\"",
    "\\",
    "\\\n",
    "$",
    "${",
    "${X:-",
    "${X}",
    "$X",
    "}",
    "{ ",
    "{",
    "[",
    "]",
    "[[ ",
    " ]]",
    "((",
    "))",
    "$((",
    "$[",
    "$'",
    "$\"",
    "#",
    " # ",
    "<<E\n",
    "\nE\n",
    "<<< ",
    "<(",
    " > ",
    " >> ",
    " < /dev/null ",
    " 2>&1 ",
    ">&",
    "&>",
    "|&",
    "if ",
    "then ",
    "else ",
    "fi",
    "for i in ",
    "do ",
    "done",
    "case a in ",
    "a) ",
    ";;",
    "esac",
    "! ",
    "time ",
    "echo ",
    "printf %s ",
    "printf ",
    "test ",
    "let ",
    "declare ",
    "read X ",
    "sh -c ",
    "exec ",
    "X=",
    "set -- ",
    "f() ",
    "eval ",
    "x={} ",
    "x={}; ",
    "$x",
    "\"$x",
    "\"$(",
    "$((x))",
    "${x%.*}",
    "read x; ",
];

/// More words that may have a meaning at the start of a command.
const COMMANDS: [&str; 12] = [
    "command ", "builtin ", "unset ", "export ", "shift ", "env ", "-v ", "= ", "a ", "~", "*", ",",
];

/// Values that are code in some context; each would create the file `pwned`.
const VALUES: [&str; 13] = [
    "MARK$(touch pwned)END",
    "MARK`touch pwned`END",
    "MARK';touch pwned;'END",
    "MARK\";touch pwned;\"END",
    "MARK;touch pwned;END",
    "MARK\ntouch pwned\nEND",
    "a[$(touch pwned)]",
    "touch pwned",
    "eval touch pwned",
    "-v",
    "MARK)touch pwned;(END",
    "E\ntouch pwned\n",
    "};touch pwned;{",
];

struct Fragments(u64);

impl Fragments {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % sides as u64) as usize
    }

    fn template(&mut self) -> String {
        let length = 2 + self.roll(9);
        let fragment = |dice: &mut Self| match dice.roll(FRAGMENTS.len() + COMMANDS.len()) {
            index if index < FRAGMENTS.len() => FRAGMENTS[index],
            index => COMMANDS[index - FRAGMENTS.len()],
        };
        let mut template = String::from(if self.roll(2) == 0 { "./show " } else { "" });
        for _ in 0..length {
            template.push_str(fragment(self));
        }
        template
    }
}

/// The number of accepted templates and the time to try; whichever is reached first.
fn limits() -> (usize, Duration) {
    match fuzz_time() {
        Some(time) => (usize::MAX, time),
        None => (40, Duration::from_secs(15)),
    }
}

#[test]
fn accepted_templates_run_no_value_as_code() {
    let tools = tempfile::tempdir().unwrap();
    let there = ALL.into_iter().filter(|shell| shell.is_there());
    let mut shells: Vec<_> = there.map(|shell| shell.path(tools.path())).collect();
    if shells.is_empty() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let seed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let mut dice = Fragments(seed.as_nanos() as u64 | 1);
    let (most, time) = limits();
    let started = Instant::now();
    let (mut tried, mut accepted, mut shown) = (0, 0, 0);
    // Outside the folder, so that redirections, pipes, and builtins that print quoted variables do
    // not affect it.
    let log_folder = tempfile::tempdir().unwrap();
    let log = log_folder.path().join("log");
    let show = format!("printf 'SHOW<%s>\\n' \"$@\" >>'{}'\n", log.display());
    fs::write(dir.join("values"), VALUES.join("\0")).unwrap();
    while accepted < most && started.elapsed() < time {
        let template = dice.template();
        // A template that uses `$1` itself may leave it to be split.
        let names_values = ["${1}", "$*", "$@"]
            .iter()
            .any(|name| template.contains(name));
        if !template.contains('{') || names_values {
            continue;
        }
        tried += 1;
        shells.rotate_left(1);
        for (at, shell) in shells.iter().enumerate() {
            fs::write(dir.join("show"), &show).unwrap();
            fs::write(&log, "").unwrap();
            let run = Command::new(env!("CARGO_BIN_EXE_prun"))
                .args(["-j13", "-t1", "--grace=0", "-0", "-a", "values"])
                .arg(format!("--shell={}", shell.display()))
                .arg(template.replace("./show", "sh show"))
                .current_dir(dir)
                .stdin(Stdio::null())
                .output()
                .unwrap();
            if run.status.code() == Some(2) {
                break;
            }
            accepted += usize::from(at == 0);
            let shell = shell.display();
            assert_ne!(run.status.code(), Some(101), "a panic for {template:?}");
            assert!(
                !dir.join("pwned").exists(),
                "{shell} ran a value in {template:?}"
            );
            // A value that a program got was not split.
            let given = fs::read_to_string(&log).unwrap();
            let marks = given.matches("MARK").count();
            let whole = VALUES.iter().filter(|value| value.starts_with("MARK"));
            let whole: usize = whole.map(|value| given.matches(value).count()).sum();
            assert_eq!(
                marks, whole,
                "{shell} broke a value in {template:?}:\n{given}"
            );
            shown += usize::from(marks > 0);
        }
        if accepted % 50 == 0 {
            clean_up(dir);
        }
    }
    let seconds = started.elapsed().as_secs();
    let result =
        format!("{tried} templates, {accepted} accepted, {shown} runs showed values, {seconds} s");
    if fuzz_time().is_some() {
        fs::write(std::env::temp_dir().join("prun-fuzz-result"), &result).unwrap();
    }
    assert!(accepted > 0 && shown > 0, "{result}");
}

/// Removes files that redirections have created.
fn clean_up(dir: &std::path::Path) {
    for file in fs::read_dir(dir).into_iter().flatten().flatten() {
        if file.file_name() != "values" {
            let _ = fs::remove_file(file.path());
        }
    }
}
