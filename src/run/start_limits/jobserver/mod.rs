//! GNU make's jobserver: a pool of tokens, one for each job that runs beside the first of its process.
//!
//! [`Jobserver`] holds the tokens of this run. They come from a [`JobserverPool`] of our own (`server`), or
//! from that of the make, cargo or prun that started us ([`outer_jobserver`]). `tokens` is the pipe they
//! are in, and `auth` how `MAKEFLAGS` names it. How many are needed is decided in `policy`.

mod auth;
mod jobserver;
mod server;
mod tokens;

pub(crate) use jobserver::{Jobserver, OuterJobserverError, outer_jobserver};
pub(crate) use server::{JobserverForm, JobserverPool, JobserverPoolError};
pub(crate) use tokens::Tokens;
