//! Makes the jobs of a document.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::deserializer::read;
use super::position::Positions;
use super::spelling::Spelling;
use super::tree::{Fault, Node, TableKey, Value};
use crate::os::EnvChange;
use crate::plan::command::ShellRule;
use crate::plan::invocation::Invocation;
use crate::plan::job::{Job, Origin};
use crate::plan::jobfile::{Count, Fields, JsonJobError, of_fields, settings, shell_rule};
use crate::plan::needs::{Graph, JobNames, NeedsError, NeedsFault, resolve};
use crate::plan::scheduling::Pool;
use crate::plan::suggestion::{did_you_mean, excerpt, nearest};

/// What is wrong with a document, and where.
#[derive(Debug, PartialEq)]
pub(crate) struct DocumentError {
    /// The line, from 1.
    pub(crate) line: u64,
    /// The character of the line, from 1.
    pub(crate) column: u64,
    /// What is wrong.
    pub(crate) message: String,
}

/// The keys at the top. The last is for editors.
const KEYS: [&str; 4] = ["defaults", "pools", "jobs", "$schema"];

/// The keys that `defaults` may have.
pub(super) const DEFAULTS: [&str; 5] = ["cwd", "env", "shell", "timeout", "retries"];

/// The keys at the top of documents that other programs read.
const FOREIGN: [(&str, &[&str]); 7] = [
    ("a GitHub workflow", &["on", "permissions"]),
    ("a compose file", &["services"]),
    ("a Cargo manifest", &["package", "workspace"]),
    ("a Python project", &["project", "build-system", "tool"]),
    (
        "a package manifest",
        &["scripts", "dependencies", "devDependencies"],
    ),
    ("a Kubernetes object", &["apiVersion", "kind"]),
    ("a pipeline", &["stages", "steps", "pipeline", "tasks"]),
];

/// Returns the jobs of a text, in its order. Their needs are checked, and have their numbers.
pub(crate) fn jobs(
    spelling: Spelling,
    text: &str,
    label: &Arc<str>,
    rule: &ShellRule,
) -> Result<Vec<Job>, DocumentError> {
    read_jobs(spelling, text, label, rule).map_err(|fault| {
        let (line, column) = Positions::new(text).line_and_column(fault.at);
        DocumentError {
            line,
            column,
            message: fault.message,
        }
    })
}

fn read_jobs(
    spelling: Spelling,
    text: &str,
    label: &Arc<str>,
    rule: &ShellRule,
) -> Result<Vec<Job>, Fault> {
    let root = spelling.read(text)?;
    let parts = Parts::of(&root)?;
    let mut positions = Positions::new(text);
    let mut origin = |at| Origin {
        source: Arc::clone(label),
        line: positions.line(at),
    };
    let shared = Shared {
        defaults: Defaults::of(parts.defaults, origin(0), rule)?,
        pools: pools(parts.pools)?,
    };
    let (mut names, mut graph) = (JobNames::default(), Graph::default());
    let mut jobs = Vec::with_capacity(parts.jobs.len());
    for (seq, (key, node)) in (1..).zip(parts.jobs) {
        if !names.take(&key.text, seq) {
            return Err(duplicate("job", key));
        }
        let job = shared.job(key, node, origin(key.at), rule)?;
        graph.add(&job, seq);
        jobs.push(job);
    }
    let located = |error: NeedsError| locate(error, parts.jobs);
    graph.check(&names).map_err(located)?;
    for (seq, job) in (1..).zip(&mut jobs) {
        let unknown = |name| NeedsFault::Unknown(name, None);
        resolve(job, seq, &names, unknown).map_err(located)?;
    }
    if !jobs.is_empty() && jobs.iter().all(|job| job.service().is_some()) {
        let message = "all jobs are services, which end when all other jobs have ended: write a job that is none";
        return Err(Fault::new(parts.jobs[0].0.at, message));
    }
    Ok(jobs)
}

/// The parts of a document.
struct Parts<'d, 't> {
    defaults: Option<&'d Node<'t>>,
    pools: Option<&'d Node<'t>>,
    jobs: &'d [(TableKey<'t>, Node<'t>)],
}

impl<'d, 't> Parts<'d, 't> {
    fn of(root: &'d Node<'t>) -> Result<Self, Fault> {
        let no_jobs = || {
            Fault::new(
                root.at,
                "no jobs: a document has its jobs under the key `jobs`",
            )
        };
        if root.value == Value::Null {
            return Err(no_jobs());
        }
        let entries = root.table("the document")?;
        check_unique("key", entries)?;
        if let Some((key, _)) = entries.iter().find(|(key, _)| !KEYS.contains(&&*key.text)) {
            return Err(Fault::new(key.at, unknown_key(&key.text, entries)));
        }
        Ok(Self {
            defaults: root.get("defaults"),
            pools: root.get("pools"),
            jobs: root.get("jobs").ok_or_else(no_jobs)?.table("`jobs`")?,
        })
    }
}

/// Returns the message for an unknown key at the top.
fn unknown_key(name: &str, entries: &[(TableKey<'_>, Node<'_>)]) -> String {
    let shown = excerpt(name);
    if let Some(near) = nearest(name, KEYS) {
        return format!("unknown key `{shown}`: did you mean `{near}`?");
    }
    let has = |keys: &[&str]| entries.iter().any(|(key, _)| keys.contains(&&*key.text));
    if let Some((what, _)) = FOREIGN.iter().find(|(_, keys)| has(keys)) {
        return format!("unknown key `{shown}`: this is {what}, not a document with jobs");
    }
    if ["cmd", "argv", "name"].contains(&name) {
        return format!(
            "`{shown}` is a key of a job: write the job under `jobs` with its name, or each job as one line of a file that ends with .jsonl"
        );
    }
    format!("unknown key `{shown}`: the keys here are `defaults`, `pools` and `jobs`")
}

/// Refuses a table that has a key twice. TOML refuses it by itself.
fn check_unique(what: &str, entries: &[(TableKey<'_>, Node<'_>)]) -> Result<(), Fault> {
    let mut seen = HashSet::new();
    match entries.iter().find(|(key, _)| !seen.insert(&*key.text)) {
        Some((key, _)) => Err(duplicate(what, key)),
        None => Ok(()),
    }
}

fn duplicate(what: &str, key: &TableKey<'_>) -> Fault {
    let message = format!("duplicate {what} `{}`: keep one", excerpt(&key.text));
    Fault::new(key.at, message)
}

/// Returns the pools by their names.
fn pools(node: Option<&Node<'_>>) -> Result<HashMap<String, Arc<Pool>>, Fault> {
    let Some(node) = node else {
        return Ok(HashMap::new());
    };
    let entries = node.table("`pools`")?;
    check_unique("pool", entries)?;
    let pool = |(key, node): &(TableKey<'_>, Node<'_>)| {
        if key.text.is_empty() {
            return Err(Fault::new(
                key.at,
                "the name of the pool is empty: give it one",
            ));
        }
        let limit: Count = read(node).map_err(|fault| within(&key.text, fault))?;
        let pool = Pool {
            name: Arc::from(&*key.text),
            limit: limit.0,
        };
        Ok((key.text.to_string(), Arc::new(pool)))
    };
    entries.iter().map(pool).collect()
}

/// Names the key in whose value something is wrong.
fn within(key: &str, fault: Fault) -> Fault {
    let message = format!("`{}`: {}", excerpt(key), fault.message);
    Fault::new(fault.at, message)
}

/// What a job takes if it does not say otherwise.
struct Defaults {
    /// A job without a command, whose settings they are.
    job: Job,
    rule: ShellRule,
}

impl Defaults {
    fn of(node: Option<&Node<'_>>, origin: Origin, rule: &ShellRule) -> Result<Self, Fault> {
        let mut defaults = Self {
            job: Job::new(origin, None, Invocation::Argv(Vec::new())),
            rule: rule.clone(),
        };
        let Some(node) = node else {
            return Ok(defaults);
        };
        let entries = node.table("`defaults`")?;
        if let Some((key, _)) = entries
            .iter()
            .find(|(key, _)| !DEFAULTS.contains(&&*key.text))
        {
            let near = did_you_mean(nearest(&key.text, DEFAULTS));
            let message = match near.as_str() {
                "" => format!(": the keys of `defaults` are {}", DEFAULTS.join(", ")),
                near => near.to_owned(),
            };
            let message = format!("unknown key `{}`{message}", excerpt(&key.text));
            return Err(Fault::new(key.at, message));
        }
        let mut fields: Fields = read(node)?;
        let located = |error: JsonJobError| at_key(&error, node, node.at);
        defaults.rule = shell_rule(fields.shell.take(), rule).map_err(located)?;
        settings(fields, &mut defaults.job).map_err(located)?;
        Ok(defaults)
    }
}

/// What the jobs of a document share.
struct Shared {
    defaults: Defaults,
    pools: HashMap<String, Arc<Pool>>,
}

impl Shared {
    /// Reads a job.
    fn job(
        &self,
        key: &TableKey<'_>,
        node: &Node<'_>,
        origin: Origin,
        rule: &ShellRule,
    ) -> Result<Job, Fault> {
        let of_job = |fault| within(&key.text, fault);
        node.table("the job").map_err(of_job)?;
        let mut fields: Fields = read(node)?;
        for (name, is_given, remedy) in [
            (
                "name",
                fields.name.is_some(),
                "the job has the name that is its key",
            ),
            (
                "pool_limit",
                fields.pool_limit.is_some(),
                "the limit of a pool is in `pools`",
            ),
        ] {
            if let (true, Some(value)) = (is_given, node.get(name)) {
                let message = format!("`{name}` is not for a document: {remedy}");
                return Err(Fault::new(value.at, message));
            }
        }
        fields.name = Some(key.text.to_string());
        let rule = match fields.shell {
            Some(_) => rule,
            None => &self.defaults.rule,
        };
        let mut job =
            of_fields(fields, origin, rule).map_err(|error| at_key(&error, node, key.at))?;
        self.share_pool(&mut job, node)?;
        self.apply_defaults(&mut job);
        Ok(job)
    }

    /// Gives a job the pool that has the name.
    fn share_pool(&self, job: &mut Job, node: &Node<'_>) -> Result<(), Fault> {
        let scheduling = job.scheduling.as_mut();
        let Some(pool) = scheduling.and_then(|scheduling| scheduling.pool.as_mut()) else {
            return Ok(());
        };
        match self.pools.get(&*pool.name) {
            Some(declared) => {
                *pool = Arc::clone(declared);
                Ok(())
            }
            None => {
                let near = nearest(&pool.name, self.pools.keys().map(String::as_str));
                let name = excerpt(&pool.name);
                let remedy = match near {
                    Some(_) => did_you_mean(near),
                    None => ": write how many of its jobs run at once under `pools`".to_owned(),
                };
                let at = node.get("pool").map_or(node.at, |value| value.at);
                Err(Fault::new(
                    at,
                    format!("`pool`: no pool is named `{name}`{remedy}"),
                ))
            }
        }
    }

    fn apply_defaults(&self, job: &mut Job) {
        let defaults = &self.defaults.job;
        if job.cwd.is_none() {
            job.cwd.clone_from(&defaults.cwd);
        }
        if !defaults.env.is_empty() {
            let own = std::mem::take(&mut job.env);
            let is_own = |change: &&EnvChange| !own.iter().any(|own| own.name == change.name);
            job.env = defaults.env.iter().filter(is_own).cloned().collect();
            job.env.extend(own);
        }
        // A service ends with the run.
        if job.service().is_none() {
            job.timeout = job.timeout.or(defaults.timeout);
            job.retries = job.retries.or(defaults.retries);
        }
    }
}

/// Returns the fault of a job, at the value that is wrong, or else at `otherwise`.
fn at_key(error: &JsonJobError, node: &Node<'_>, otherwise: usize) -> Fault {
    let value = error.keys().iter().find_map(|key| node.get(key));
    Fault::new(value.map_or(otherwise, |value| value.at), error.to_string())
}

/// Returns the fault of a need, at its name.
fn locate(mut error: NeedsError, jobs: &[(TableKey<'_>, Node<'_>)]) -> Fault {
    if let NeedsFault::Unknown(name, near) = &mut error.fault {
        let names = jobs.iter().map(|(key, _)| &*key.text);
        *near = nearest(name, names).map(str::to_owned);
    }
    let index = usize::try_from(error.seq - 1).unwrap_or(usize::MAX);
    let at = jobs.get(index).map_or(0, |(key, node)| {
        let need = match node.get("needs").map(|needs| &needs.value) {
            Some(Value::List(needs)) => needs.get(error.index),
            _ => None,
        };
        need.map_or(key.at, |need| need.at)
    });
    Fault::new(at, error.fault.to_string())
}

#[cfg(test)]
mod tests;
