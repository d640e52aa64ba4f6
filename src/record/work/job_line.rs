//! The line of a job of the work.
//!
//! A command line stays one, with its shell, so that it is run here as it would be there: directly, or by
//! the shell. A template is filled: there are its words, those of a shell, or both, and the text that is
//! shown. Values that are not UTF-8 are in base64.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::error::WorkError;
use super::given::{GivenJob, LostAttempts};
use crate::event::NumberedJob;
use crate::os::EnvChange;
use crate::plan::{
    Argv, Invocation, Job, JobInput, Key, Origin, Scheduling, Shell, ShellRule, parse_line,
};
use crate::record::command::FIRST_SLOT;
use crate::record::scalar::{Seconds, Str, as_text, base64, decoded};

/// How the line of a job begins, so that its number can be read without the rest of it.
const BEGIN: &[u8] = b"{\"seq\":";

/// A job. Keys of which none applies are absent.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct JobLine<'a> {
    seq: u64,
    #[serde(default, with = "as_text", skip_serializing_if = "Option::is_none")]
    key: Option<Key>,
    #[serde(default, skip_serializing_if = "is_zero")]
    losses: u32,
    #[serde(default, skip_serializing_if = "is_zero")]
    attempts: u32,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    name: Option<Str<'a>>,
    /// The command line that is run, or the text that is shown of a filled template.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    cmd: Option<Str<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    cmd_base64: Option<Str<'a>>,
    /// The words of the shell that runs the command line, up to its `-c`, if not those of /bin/sh.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    shell_words: Option<Vec<Str<'a>>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    shell_words_base64: Option<Vec<Str<'a>>>,
    /// Only false: the command line is never executed without that shell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    direct: Option<bool>,
    /// The words that are executed without a shell.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    argv: Option<Vec<Str<'a>>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    argv_base64: Option<Vec<Str<'a>>>,
    /// The words of a filled template for a shell.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    shell_argv: Option<Vec<Str<'a>>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    shell_argv_base64: Option<Vec<Str<'a>>>,
    /// Of a filled template: whether a shell may run it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    shell: Option<bool>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    args: Option<Vec<Str<'a>>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    args_base64: Option<Vec<Str<'a>>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    cwd: Option<Str<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    cwd_base64: Option<Str<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    env: Option<Env<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    env_base64: Option<Env<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    stdin: Option<Str<'a>>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    stdin_base64: Option<Str<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    timeout: Option<Seconds>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retries: Option<u32>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    allow_failure: bool,
}

/// Changes to the environment by name; null removes a variable.
type Env<'a> = BTreeMap<Str<'a>, Option<Str<'a>>>;

fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// Returns the line of a job with these changes to the environment before its own, and with what was lost
/// of it. Fails if its block cannot be read.
pub(crate) fn work_line(
    numbered: &NumberedJob,
    env: &[EnvChange],
    lost: LostAttempts,
) -> io::Result<Vec<u8>> {
    let job = &numbered.job;
    let to = numbered.assignment(FIRST_SLOT);
    let variables = job.invocation.variables(&job.args, to);
    let changes: BTreeMap<_, _> = [env, &variables, &job.env]
        .into_iter()
        .flatten()
        .map(|change| (change.name.as_os_str(), change.value.as_deref()))
        .collect();
    let stdin = job.stdin.as_ref().map(JobInput::bytes).transpose()?;
    let filled = match &job.invocation {
        Invocation::Line { shell: Some(_), .. } => Argv::default(),
        filled => filled.argv(&job.args, to),
    };
    let mut line = JobLine {
        seq: numbered.seq,
        key: numbered.key,
        losses: lost.losses,
        attempts: lost.attempts,
        name: job.name.as_deref().map(Str::from),
        timeout: job.timeout.map(Seconds::from),
        retries: job.retries,
        allow_failure: job.may_fail(),
        ..JobLine::default()
    };
    match &job.invocation {
        Invocation::Line {
            direct,
            shell: Some(shell),
            ..
        } => {
            line.direct = direct.is_none().then_some(false);
            if **shell != Shell::default() {
                (line.shell_words, line.shell_words_base64) = words(Some(shell.words()));
            }
        }
        Invocation::Argv(_) => {}
        filled => line.shell = Some(filled.allows_shell()),
    }
    (line.cmd, line.cmd_base64) = text(job.invocation.line().map(OsStr::as_bytes));
    (line.argv, line.argv_base64) = words(filled.direct.as_deref());
    (line.shell_argv, line.shell_argv_base64) = words(filled.shell.as_deref());
    let args = Some(&*job.args).filter(|args| !args.is_empty());
    (line.args, line.args_base64) = words(args);
    (line.cwd, line.cwd_base64) = text(Some(numbered.cwd.as_os_str().as_bytes()));
    (line.env, line.env_base64) = env_of(&changes);
    (line.stdin, line.stdin_base64) = text(stdin.as_deref());
    let mut bytes = serde_json::to_vec(&line)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Returns the number of the job of a line, if it is the line of a job.
pub(crate) fn seq_of(line: &[u8]) -> Option<u64> {
    let rest = line.strip_prefix(BEGIN)?;
    let end = rest.iter().position(|byte| !byte.is_ascii_digit())?;
    str::from_utf8(&rest[..end]).ok()?.parse().ok()
}

/// Reads the line of a job.
pub(super) fn read(line: &[u8]) -> Result<GivenJob, WorkError> {
    let line = str::from_utf8(line).map_err(|error| error.to_string())?;
    let mut line: JobLine = serde_json::from_str(line)?;
    let origin = Origin {
        source: "work".into(),
        line: line.seq,
    };
    let name = line.name.take().map(|name| name.0.into_owned());
    let mut job = Job::new(origin, name, invocation(&mut line)?);
    job.args = words_of(line.args, line.args_base64)?.unwrap_or_default();
    let cwd = bytes_of(line.cwd, line.cwd_base64)?.ok_or("it has no cwd".to_owned())?;
    job.cwd = Some(PathBuf::from(OsString::from_vec(cwd)));
    job.env = changes_of(line.env, line.env_base64)?;
    job.stdin = bytes_of(line.stdin, line.stdin_base64)?.map(JobInput::Bytes);
    job.timeout = line.timeout.map(Seconds::duration).transpose()?;
    job.retries = line.retries;
    if line.allow_failure {
        job.scheduling = Some(Box::new(Scheduling {
            allow_failure: true,
            ..Scheduling::default()
        }));
    }
    Ok(GivenJob {
        seq: line.seq,
        key: line.key,
        lost: LostAttempts {
            losses: line.losses,
            attempts: line.attempts,
        },
        job,
    })
}

/// What the job of a line runs.
fn invocation(line: &mut JobLine) -> Result<Invocation, WorkError> {
    let cmd = bytes_of(line.cmd.take(), line.cmd_base64.take())?;
    let direct = words_of(line.argv.take(), line.argv_base64.take())?;
    let shell = words_of(line.shell_argv.take(), line.shell_argv_base64.take())?;
    match (cmd, direct, shell, line.shell) {
        (None, None, None, _) => Err("it has no cmd and no argv".to_owned().into()),
        (Some(cmd), None, None, None) => {
            let words = words_of(line.shell_words.take(), line.shell_words_base64.take())?;
            let shell = Arc::new(match words {
                None => Shell::default(),
                Some(words) => Shell::of_words(words).ok_or("its shell is empty".to_owned())?,
            });
            let rule = match line.direct {
                Some(false) => ShellRule::Always(shell),
                _ => ShellRule::Auto(shell),
            };
            let line = parse_line(&cmd, &rule);
            line.map_err(|error| error.to_string().into())
        }
        (None, Some(argv), None, None) => Ok(Invocation::Argv(argv)),
        (cmd, direct, shell, allows_shell) => Ok(Invocation::Recorded {
            line: cmd.map(OsString::from_vec),
            argv: Box::new(Argv { direct, shell }),
            allows_shell: allows_shell == Some(true),
        }),
    }
}

/// Bytes as text, or in base64.
fn text(bytes: Option<&[u8]>) -> (Option<Str<'_>>, Option<Str<'_>>) {
    let Some(bytes) = bytes else {
        return (None, None);
    };
    match str::from_utf8(bytes) {
        Ok(text) => (Some(text.into()), None),
        Err(_) => (None, Some(in_base64(bytes))),
    }
}

fn in_base64(bytes: &[u8]) -> Str<'static> {
    Str(Cow::Owned(base64(bytes)))
}

/// The bytes of a text, or of base64.
fn bytes_of(text: Option<Str>, base64: Option<Str>) -> Result<Option<Vec<u8>>, String> {
    match base64 {
        Some(base64) => decoded(&base64.0).map(Some),
        None => Ok(text.map(|text| text.0.into_owned().into_bytes())),
    }
}

type Words<'a> = Option<Vec<Str<'a>>>;

/// Words as texts, or each in base64.
fn words(words: Option<&[OsString]>) -> (Words<'_>, Words<'_>) {
    let Some(words) = words else {
        return (None, None);
    };
    let texts: Option<Vec<_>> = words.iter().map(|word| word.to_str()).collect();
    match texts {
        Some(texts) => (Some(texts.into_iter().map(Str::from).collect()), None),
        None => {
            let words = words.iter().map(|word| in_base64(word.as_bytes()));
            (None, Some(words.collect()))
        }
    }
}

/// The words of texts, or of base64.
fn words_of(texts: Words, base64: Words) -> Result<Option<Vec<OsString>>, String> {
    match (texts, base64) {
        (_, Some(words)) => {
            let words = words.iter();
            let words = words.map(|word| decoded(&word.0).map(OsString::from_vec));
            words.collect::<Result<_, _>>().map(Some)
        }
        (Some(texts), None) => {
            let texts = texts.into_iter();
            Ok(Some(texts.map(|text| text.0.into_owned().into()).collect()))
        }
        (None, None) => Ok(None),
    }
}

/// Changes to the environment as texts, or names and values in base64.
fn env_of<'a>(
    changes: &BTreeMap<&'a OsStr, Option<&'a OsStr>>,
) -> (Option<Env<'a>>, Option<Env<'a>>) {
    if changes.is_empty() {
        return (None, None);
    }
    let mut words = changes.keys().chain(changes.values().flatten());
    let is_text = words.all(|word| word.to_str().is_some());
    let as_str = |word: &'a OsStr| match is_text {
        true => Str::lossy(word),
        false => in_base64(word.as_bytes()),
    };
    let env = changes.iter();
    let env = env.map(|(name, value)| (as_str(name), value.map(as_str)));
    match is_text {
        true => (Some(env.collect()), None),
        false => (None, Some(env.collect())),
    }
}

/// The changes of texts, or of base64.
fn changes_of(texts: Option<Env>, base64: Option<Env>) -> Result<Vec<EnvChange>, String> {
    let is_base64 = base64.is_some();
    let word = |text: Str| match is_base64 {
        true => decoded(&text.0).map(OsString::from_vec),
        false => Ok(text.0.into_owned().into()),
    };
    let changes = base64.or(texts).into_iter().flatten();
    changes
        .map(|(name, value)| {
            let (name, value) = (word(name)?, value.map(word).transpose()?);
            Ok(EnvChange { name, value })
        })
        .collect()
}
