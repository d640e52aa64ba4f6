//! Runs jobs on this machine: each becomes attempts, which become processes.
//!
//! [`LocalExecutor`] starts them in slots. `starts` is how jobs come to be started, `endings` how they end
//! and what follows, `services` what is different for services, and `waits` what waiting jobs wait for.
//! `shortage` handles attempts that were not started, and warns about limits. `running`, `own_requests` and
//! `earlier_attempts` hold what is known of running jobs, of those that may be ended alone, and of those
//! that are tried again.

mod earlier_attempts;
mod endings;
mod local;
mod own_requests;
mod running;
mod services;
mod shortage;
mod starts;
mod waits;

pub(in crate::run) use local::LocalExecutor;
