//! How the jobs run: how many at once (`concurrency`) and in which `slots`, their variables
//! (`environment`), when the run ends early (`halt`), and the limit for a prun inside a job of another
//! (`grace`).

mod concurrency;
mod environment;
mod grace;
mod halt;
mod slots;

pub(super) use concurrency::{Concurrency, JobsFileError};
pub(super) use environment::{EnvironmentError, changes as env_changes, settled as environment};
pub(super) use grace::{GraceError, VARIABLE as GRACE, within as grace_within};
pub(super) use halt::halt_rule;
pub(super) use slots::{SlotsError, slot_values};
