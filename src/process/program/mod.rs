//! Which file a command runs.
//!
//! `path_lookup` finds it as the system does, `local_program` knows whether starting it may hang, and
//! `diagnose`, with `elf`, determines why it could not be executed.

pub(super) mod diagnose;
mod elf;
#[cfg(linux)]
pub(super) mod local_program;
pub(super) mod path_lookup;

pub(super) use diagnose::name_of;
pub(super) use path_lookup::has_slash;
