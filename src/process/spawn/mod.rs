//! From a command to a running process.
//!
//! `spawn` is the way there, `posix_spawn` and `by_std` who calls the system. Where that may hang the
//! thread of `spawner` does it; `nearby` knows what cannot. `newborn` owns the child from its first
//! moment, `claims` says which children are ours, and `unborn` reaches those that have no program yet.
//! `lookup` finds a program as the system does, and `diagnose`, with `elf`, says why one could not be
//! executed.

pub(super) mod by_std;
pub(super) mod claims;
pub(super) mod diagnose;
pub(super) mod elf;
pub(super) mod lookup;
#[cfg(target_os = "linux")]
pub(super) mod nearby;
pub(super) mod newborn;
#[cfg(target_os = "linux")]
pub(super) mod posix_spawn;
#[expect(
    clippy::module_inception,
    reason = "the chamber is named for what it does"
)]
pub(super) mod spawn;
pub(super) mod spawner;
pub(super) mod unborn;
