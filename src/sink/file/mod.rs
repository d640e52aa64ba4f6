//! Reports about a run.
//!
//! `run_files` lists the requested ones, `run_file` is what they have in common. `destination` decides how a
//! path is written, and `unnamed` creates a file that gets its name when it is complete. `junit`, `report` and
//! `trace` are the formats; `step_summary` is for GitHub.

pub(super) mod destination;
pub(super) mod junit;
pub(super) mod report;
pub(super) mod run_file;
pub(super) mod run_files;
pub(super) mod step_summary;
pub(super) mod trace;
pub(super) mod unnamed;

pub(super) use destination::{FileKind, WriteMode, standing, way};
