//! What runs the jobs: this machine, a cluster, or a run that is followed (`engine`), and the options that only
//! one of these has (`refused`).

mod engine;
mod refused;

pub(in crate::cli) use engine::Where;
pub(super) use engine::{ClusterError, Engine};
