//! From a command to a running process.
//!
//! `spawn` is the way there, `streams` makes the pipes, `prepare` says what it means for a new process, in `our_environment` or
//! another one, and `posix_spawn`, `vfork` and `by_std` call the system. Where that may hang the thread
//! of `spawner` does it; `nearby` knows what cannot. `newborn` owns the child from its first moment,
//! `claims` says which children are ours, and `starting` reaches those that have no program yet, of which `stopped_spawns` continues some. `lookup`
//! finds a program as the system does, and `diagnose`, with `elf`, says why one could not be executed.

pub(super) mod by_std;
pub(super) mod claims;
pub(super) mod diagnose;
pub(super) mod elf;
pub(super) mod lookup;
#[cfg(linux)]
pub(super) mod nearby;
pub(super) mod newborn;
pub(super) mod our_environment;
#[cfg(linux)]
pub(super) mod posix_spawn;
pub(super) mod prepare;
#[expect(
    clippy::module_inception,
    reason = "the chamber is named for what it does"
)]
pub(super) mod spawn;
pub(super) mod spawner;
pub(super) mod start_error;
pub(super) mod starting;
pub(super) mod stopped_spawns;
pub(super) mod streams;
#[cfg(linux)]
pub(super) mod vfork;
