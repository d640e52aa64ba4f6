//! A job as a line of a job file.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::num::NonZeroU32;
use std::os::unix::ffi::OsStrExt;

use serde::Serialize;

use super::command::{FIRST_SLOT, planned, planned_argv};
use super::scalar::{Seconds, Str, base64, words_base64};
use crate::event::NumberedJob;
use crate::plan::{Scheduling, Service, SlotAssignment};

/// Changes to the environment by name; `None` removes a variable.
pub(crate) type Variables<'a> = BTreeMap<Cow<'a, OsStr>, Option<Cow<'a, OsStr>>>;

/// A line of a job file that runs a job in the same way. Values that are not UTF-8 are in base64 as well.
#[derive(Serialize)]
pub(crate) struct JobFileLine<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    argv: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    argv_base64: Option<Vec<String>>,
    cwd: Str<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cwd_base64: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    env: BTreeMap<Str<'a>, Option<Str<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    env_base64: Option<BTreeMap<String, Option<String>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stdin: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stdin_base64: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    timeout: Option<Seconds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    retries: Option<u32>,
    #[serde(flatten)]
    scheduling: Option<ScheduledLine<'a>>,
}

/// How the job is scheduled, if not like most jobs.
#[derive(Serialize)]
struct ScheduledLine<'a> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    needs: Vec<&'a str>,
    #[serde(skip_serializing_if = "is_one")]
    weight: NonZeroU32,
    #[serde(skip_serializing_if = "Option::is_none")]
    pool: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pool_limit: Option<NonZeroU32>,
    #[serde(skip_serializing_if = "is_false")]
    allow_failure: bool,
    #[serde(skip_serializing_if = "is_false")]
    service: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    ready: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ready_timeout: Option<Seconds>,
}

fn is_one(weight: &NonZeroU32) -> bool {
    *weight == NonZeroU32::MIN
}

fn is_false(value: &bool) -> bool {
    !value
}

impl<'a> ScheduledLine<'a> {
    fn of(scheduling: &'a Scheduling, to: SlotAssignment<'_>) -> Self {
        let service = scheduling.service.as_ref();
        let ready = service.and_then(|service| service.ready.as_ref());
        let ready = ready.map(|ready| planned(ready.argv(&[], to)).0);
        let pool = scheduling.pool.as_ref();
        let limit = pool.map(|pool| pool.limit);
        Self {
            needs: scheduling.needs.iter().map(|need| &*need.name).collect(),
            weight: scheduling.weight,
            pool: pool.map(|pool| &*pool.name),
            pool_limit: limit.filter(|limit| !is_one(limit)),
            allow_failure: scheduling.allow_failure,
            service: service.is_some(),
            ready: ready.map(|words| {
                let words = words.iter();
                words
                    .map(|word| word.to_string_lossy().into_owned())
                    .collect()
            }),
            ready_timeout: service
                .map(|service| service.ready_timeout)
                .filter(|limit| *limit != Service::READY_TIMEOUT)
                .map(Seconds::from),
        }
    }
}

impl<'a> JobFileLine<'a> {
    /// Creates the line of a job with these changes to its environment, and this standard input.
    pub(crate) fn of(
        numbered: &'a NumberedJob,
        env: &'a Variables<'a>,
        stdin: Option<&[u8]>,
    ) -> Self {
        let job = &numbered.job;
        let (argv, _) = planned_argv(numbered, FIRST_SLOT);
        let cwd = numbered.cwd.as_os_str();
        let is_text = |word: &OsStr| word.to_str().is_some();
        let words = || env.keys().chain(env.values().flatten());
        let bytes = |word: &OsStr| base64(word.as_bytes());
        let in_base64 = || {
            let pairs = env.iter();
            pairs.map(|(name, value)| (bytes(name), value.as_deref().map(bytes)))
        };
        Self {
            name: job.name.as_deref(),
            argv_base64: (!argv.iter().all(|word| is_text(word))).then(|| words_base64(&argv)),
            argv: argv
                .iter()
                .map(|word| word.to_string_lossy().into_owned())
                .collect(),
            cwd: Str::lossy(cwd),
            cwd_base64: (!is_text(cwd)).then(|| bytes(cwd)),
            env: env
                .iter()
                .map(|(name, value)| (Str::lossy(name), value.as_deref().map(Str::lossy)))
                .collect(),
            env_base64: (!words().all(|word| is_text(word))).then(|| in_base64().collect()),
            stdin: stdin.map(|stdin| String::from_utf8_lossy(stdin).into_owned()),
            stdin_base64: stdin
                .filter(|stdin| str::from_utf8(stdin).is_err())
                .map(base64),
            timeout: job.timeout.map(Seconds::from),
            retries: job.retries,
            scheduling: job
                .scheduling
                .as_deref()
                .map(|scheduling| ScheduledLine::of(scheduling, numbered.assignment(FIRST_SLOT))),
        }
    }
}
