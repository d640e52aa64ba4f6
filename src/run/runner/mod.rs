//! The loop of a run: it reads jobs, hands them to what runs them, and handles requests from outside.
//!
//! [`Runner`] is that loop, and `controls` handles the requests.

mod controls;
mod runner;

pub(crate) use runner::{Ended, Runner};
