//! A line that repeats a job, to be pasted into a shell in the directory where prun was started: the command
//! with its directory, its variables and its input.
//!
//! The full line is shown only on the screen, to the user who has set the variables. A CI log has other readers:
//! there, variables are shown without their values, and of an input only its length. Files and records, which
//! are passed on, contain the command alone.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use crate::event::NumberedJob;
use crate::os::EnvChange;
use crate::plan::{Invocation, JobInput, Shape, Shell, shape};
use crate::record::{Variables, planned_argv};
use crate::sink::ci::Vendor;
use crate::sink::describe::{
    is_visible, join_visibly, paste, printf_format, quote_visibly, visible_line, visible_script,
};

/// The maximum length of an input that is shown, as a `printf` format.
const MAX_INPUT: usize = 1000;

/// Variables that a shell sets, protects or overrides: passed to it, they have the same meaning as for the job;
/// assigned in it, they may not. The same holds for all names that begin with `BASH`.
const SHELL_VARIABLES: &[&str] = &[
    "DIRSTACK",
    "ENV",
    "EPOCHREALTIME",
    "EPOCHSECONDS",
    "EUID",
    "FUNCNAME",
    "GROUPS",
    "HISTCMD",
    "IFS",
    "LINENO",
    "OLDPWD",
    "OPTARG",
    "OPTIND",
    "PIPESTATUS",
    "POSIXLY_CORRECT",
    "PPID",
    "PS4",
    "PWD",
    "RANDOM",
    "SECONDS",
    "SHELLOPTS",
    "SHLVL",
    "SRANDOM",
    "UID",
    "_",
];

/// Builtins that are also programs with the same behaviour.
const EQUIVALENT_BUILTINS: &[&str] = &[
    "[", "echo", "false", "kill", "printf", "pwd", "test", "true",
];

/// Changes with their values quoted for a shell.
type Quoted<'a> = BTreeMap<&'a OsStr, Option<OsString>>;

/// Formats commands for pasting. Without a `Caller` (in a replay) it formats the command alone: the log has
/// neither variables nor input, and may be read on another machine.
#[derive(Clone, Debug, Default)]
pub(crate) struct Paster(Option<Caller>);

/// Who can read the lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readers {
    /// The user of prun.
    Caller,
    /// Others too, in a CI log.
    Log(Vendor),
}

#[derive(Clone, Debug)]
struct Caller {
    readers: Readers,
    cwd: PathBuf,
    env: Vec<EnvChange>,
}

impl Paster {
    /// Creates it for lines to be pasted in the directory `cwd`. `env` are the run's changes to the environment.
    pub(crate) fn new(readers: Readers, cwd: PathBuf, env: Vec<EnvChange>) -> Self {
        Self(Some(Caller { readers, cwd, env }))
    }

    /// Returns the command as written, for this slot and attempt.
    pub(crate) fn line(&self, job: &NumberedJob, slot: u32, attempt: u32) -> String {
        let Some(caller) = &self.0 else {
            return paste(job);
        };
        let line = caller.line(job, slot, attempt, Command::written(job, slot));
        match caller.readers {
            Readers::Caller => line,
            Readers::Log(vendor) => vendor.command(line),
        }
    }

    /// Returns the words that are executed first, whether a shell's or the command's own.
    pub(crate) fn exact(&self, job: &NumberedJob, slot: u32) -> String {
        match &self.0 {
            Some(caller) => caller.line(job, slot, 1, Command::exact(job, slot)),
            None => paste(job),
        }
    }
}

/// Returns the changes to the environment by the run and the job in a slot: the later change of a name
/// counts.
pub(crate) fn changes<'a>(run: &'a [EnvChange], job: &'a NumberedJob, slot: u32) -> Variables<'a> {
    let variables = job
        .job
        .invocation
        .variables(&job.job.args, job.assignment(slot));
    let owned = |EnvChange { name, value }| (Cow::Owned(name), value.map(Cow::Owned));
    let borrowed = |EnvChange { name, value }: &'a EnvChange| {
        let value = value.as_deref().map(Cow::Borrowed);
        (Cow::Borrowed(name.as_os_str()), value)
    };
    let own = job.job.env.iter().map(borrowed);
    let changes = run.iter().map(borrowed);
    changes
        .chain(variables.into_iter().map(owned))
        .chain(own)
        .collect()
}

impl Caller {
    fn line(&self, job: &NumberedJob, slot: u32, attempt: u32, mut command: Command) -> String {
        // Most commands name no such variable.
        let own = contains(&command.text, "PRUN_").then(|| job.variables(slot, attempt));
        let own = own.into_iter().flatten();
        let own = own.filter(|(name, _)| contains(&command.text, name));
        let own = own.map(|(name, value)| (OsStr::new(name), Some(quote_visibly(&value))));
        let changes = changes(&self.env, job, slot);
        let changes = changes.iter().map(|(name, value)| {
            let quoted = |value: &Cow<'_, OsStr>| self.quoted(name, value);
            (name.as_ref(), value.as_ref().map(quoted))
        });
        let changes: Quoted<'_> = changes.chain(own).collect();
        let dir = self.dir(&job.cwd);
        let stdin = job.job.stdin.as_ref();
        if dir.is_some() || !changes.is_empty() || stdin.is_some() {
            command = command.ready_to_embed().with(&changes).within(dir);
        }
        let Some(stdin) = stdin else {
            return visible_line(command.text);
        };
        if let JobInput::Bytes(bytes) = stdin
            && let format = printf_format(bytes)
            && self.readers == Readers::Caller
            && format.len() <= MAX_INPUT
        {
            let mut line = OsString::from("printf ");
            line.push(quote_visibly(format.as_ref()));
            line.push(" | ");
            line.push(command.text);
            return visible_script(&line);
        }
        let (line, len) = (visible_script(&command.text), stdin.length());
        format!("{line} # standard input: {len} bytes, omitted")
    }

    /// Returns the value of a variable quoted for a shell; in a CI log, a reference to the variable.
    fn quoted(&self, name: &OsStr, value: &OsStr) -> OsString {
        match self.readers {
            Readers::Caller => quote_visibly(value),
            Readers::Log(_) if is_name(name) => {
                [OsStr::new("\"$"), name, OsStr::new("\"")].join(OsStr::new(""))
            }
            Readers::Log(_) => "'***'".into(),
        }
    }

    /// Returns the `cd` command to the job's directory, if it differs.
    fn dir(&self, cwd: &Path) -> Option<OsString> {
        if cwd.as_os_str() == self.cwd.as_os_str() {
            return None;
        }
        let mut change = OsString::from("cd ");
        // Without -P, a shell takes `link/..` for the directory that holds the link.
        if cwd.components().any(|part| part == Component::ParentDir) {
            change.push("-P ");
            change.push(quote_visibly(cwd.as_os_str()));
            return Some(change);
        }
        let below = cwd.strip_prefix(&self.cwd).unwrap_or(cwd);
        if below == Path::new("") {
            return None;
        }
        let is_option = below.as_os_str().as_bytes().starts_with(b"-");
        let below = match is_option {
            true => &Path::new(".").join(below),
            false => below,
        };
        change.push(quote_visibly(below.as_os_str()));
        Some(change)
    }
}

/// A command line and its shape, which determines what may precede it.
struct Command {
    text: OsString,
    shape: Shape,
}

impl Command {
    fn program(text: OsString) -> Self {
        let shape = Shape::Program;
        Self { text, shape }
    }

    /// Returns the command as written, if it means the same to any shell.
    fn written(job: &NumberedJob, slot: u32) -> Self {
        match &job.job.invocation {
            Invocation::Line { line, shell, .. } if shell.as_deref() == Some(&Shell::default()) => {
                Self {
                    text: line.clone(),
                    shape: shape(line.as_bytes()),
                }
            }
            _ => Self::exact(job, slot),
        }
    }

    fn exact(job: &NumberedJob, slot: u32) -> Self {
        let (argv, _) = planned_argv(job, slot);
        let text = join_visibly(&argv);
        Self::program(match runs_program(&argv) {
            true => text,
            false => [OsStr::new("env"), &text].join(OsStr::new(" ")),
        })
    }

    /// Wraps it in `sh -c`.
    fn in_shell(self) -> Self {
        let mut text = OsString::from("sh -c ");
        text.push(match is_visible(&self.text) {
            true => quote_visibly(&self.text),
            false => return Self::program(visible_script(&self.text).into()),
        });
        Self::program(text)
    }

    /// Returns an equivalent that other text may precede and follow on the same line.
    fn ready_to_embed(self) -> Self {
        let text = self.text.as_bytes();
        let is_open = text.contains(&b'#') || text.ends_with(b"\\") || contains(&self.text, "<<");
        let is_whole = is_visible(&self.text) && shlex::bytes::split(text).is_some();
        match self.shape {
            Shape::Compound if is_open || !is_whole => self.in_shell(),
            _ => self,
        }
    }

    /// Adds changes to the environment.
    fn with(self, changes: &Quoted<'_>) -> Self {
        let set = changes.iter().filter_map(|(name, value)| {
            let mut pair = quote_visibly(name);
            pair.push("=");
            pair.push(value.as_ref()?);
            Some(pair)
        });
        let set: Vec<_> = set.collect();
        let unset = changes.iter().filter(|(_, value)| value.is_none());
        let unset: Vec<_> = unset.map(|(name, _)| quote_visibly(name)).collect();
        let is_ordinary = changes.keys().all(|name| is_ordinary(name));
        let mut words = Vec::new();
        match self.shape {
            _ if changes.is_empty() => return self,
            Shape::Program | Shape::Builtin if is_ordinary && unset.is_empty() => {
                words.extend(set);
            }
            Shape::Program => {
                words.push("env".into());
                words.extend(unset.into_iter().flat_map(|name| ["-u".into(), name]));
                words.extend(set);
            }
            Shape::Builtin | Shape::Compound if is_ordinary => {
                return Self {
                    text: after_changes(&unset, &set, &self.text),
                    shape: Shape::Compound,
                };
            }
            Shape::Builtin | Shape::Compound => return self.in_shell().with(changes),
        }
        words.push(self.text);
        Self::program(words.join(OsStr::new(" ")))
    }

    /// Runs it after the `cd` command, in a subshell.
    fn within(self, dir: Option<OsString>) -> Self {
        let mut text = OsString::from("(");
        match (dir, self.shape) {
            (Some(dir), Shape::Compound) => {
                text.push(dir);
                text.push(" || exit; ");
            }
            (Some(dir), Shape::Program | Shape::Builtin) => {
                text.push(dir);
                text.push(" && ");
            }
            (None, Shape::Program | Shape::Builtin) => return self,
            // `((` would start an arithmetic command.
            (None, Shape::Compound) if self.text.as_bytes().starts_with(b"(") => text.push(" "),
            (None, Shape::Compound) => {}
        }
        text.push(self.text);
        text.push(")");
        Self::program(text)
    }
}

/// Precedes a command line with `unset` and `export` commands.
fn after_changes(unset: &[OsString], set: &[OsString], line: &OsStr) -> OsString {
    let mut text = OsString::new();
    for (command, words) in [("unset", unset), ("export", set)] {
        if words.is_empty() {
            continue;
        }
        text.push(command);
        for word in words {
            text.push(" ");
            text.push(word);
        }
        text.push("; ");
    }
    text.push(line);
    text
}

/// Whether a shell that reads these words executes the program, or a builtin with the same behaviour.
fn runs_program(argv: &[OsString]) -> bool {
    let Some((program, args)) = argv.split_first() else {
        return true;
    };
    let is_equivalent = EQUIVALENT_BUILTINS.iter().any(|name| program == name);
    let differs = |arg: &OsString| {
        let arg = arg.as_bytes();
        arg.contains(&b'\\') || (program == "echo" && arg.starts_with(b"-"))
    };
    // No builtin has a slash in its name.
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-".contains(byte);
    let bytes = program.as_bytes();
    let is_path = bytes.contains(&b'/') && bytes.iter().all(is_letter);
    is_path
        || (is_equivalent && !args.iter().any(differs))
        || shape(crate::process::quote(program).as_bytes()) == Shape::Program
}

/// Whether setting the variable in a shell has the same effect as passing it to the shell.
fn is_ordinary(name: &OsStr) -> bool {
    let is_shells =
        name.as_bytes().starts_with(b"BASH") || SHELL_VARIABLES.iter().any(|own| name == *own);
    is_name(name) && !is_shells
}

/// Whether it is a valid variable name in a shell.
fn is_name(name: &OsStr) -> bool {
    let bytes = name.as_bytes();
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    bytes.iter().all(is_letter) && bytes.first().is_some_and(|first| !first.is_ascii_digit())
}

fn contains(text: &OsStr, part: &str) -> bool {
    let (text, part) = (text.as_bytes(), part.as_bytes());
    let mut starts = text.iter().enumerate();
    starts.any(|(at, byte)| part.first() == Some(byte) && text[at..].starts_with(part))
}

#[cfg(test)]
mod tests;
