//! The thread that starts processes, so that nobody else waits for a file that does not respond.
//!
//! `starting` kills or continues children whose program is not executed yet, and `stopped_spawns` continues
//! those of them that were stopped.

mod spawn_thread;
mod starting;
mod stopped_spawns;

#[cfg(linux)]
pub(super) use spawn_thread::here;
pub(super) use spawn_thread::{NoSpawnThread, run_on_spawn_thread_blocking};
pub(crate) use spawn_thread::{SpawnStart, run_on_spawn_thread};
pub use stopped_spawns::continue_stopped_spawns;
