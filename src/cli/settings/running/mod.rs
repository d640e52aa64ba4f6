//! How the jobs run: how many at once (`concurrency`) and in which `slots`, when by a `shell`, their variables
//! (`environment`), when the run ends early (`halt`), the limit for a prun inside a job of another
//! (`grace`), and what else keeps jobs from starting (`start_rules`): the load and the memory of the
//! `machine`, and a `jobserver`.

mod concurrency;
mod environment;
mod grace;
mod halt;
mod job_input;
mod jobserver;
mod machine;
mod shell;
mod slots;
mod start_rules;

pub(super) use concurrency::{Concurrency, JobsFileError};
pub(super) use environment::changes as env_changes;
pub(crate) use environment::{EnvironmentError, settled as environment};
pub(super) use grace::{GraceError, VARIABLE as GRACE, within as grace_within};
pub(super) use halt::halt_rule;
pub(crate) use job_input::null_input;
pub(super) use job_input::stdin;
pub(super) use shell::shell_rule;
pub(super) use slots::{SlotsError, slot_values};
pub(super) use start_rules::{StartRules, StartRulesError};
