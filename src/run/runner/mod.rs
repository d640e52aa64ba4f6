//! Owns the state of the run: one loop selects, decides and sends events.
//!
//! [`Runner`] is that loop. `starts` is how jobs come to be started, `endings` how they end and what
//! follows, `services` what is different for services, and `waits` what waiting jobs wait for. `controls`
//! handles requests from outside and the end of a cancelled run, `shortage` attempts that were not started
//! and warnings about limits, and `backpressure` what waits while the sinks are full. `running`,
//! `own_requests` and `earlier_attempts` hold what it knows of running jobs, of those that may be ended
//! alone, and of those that are tried again.

mod backpressure;
mod controls;
mod earlier_attempts;
mod endings;
mod own_requests;
mod runner;
mod running;
mod services;
mod shortage;
mod starts;
mod waits;

pub(crate) use runner::{Ended, Runner};
