//! Files that tell of a run.
//!
//! `run_files` knows which are wanted, `run_file` what they have in common; `destination` decides by
//! what stands at a path how it is written, and `unnamed` makes a file that is there when it is whole.
//! `junit`, `report` and `trace` are the forms, `step_summary` is GitHub's.

pub(super) mod destination;
pub(super) mod junit;
pub(super) mod report;
pub(super) mod run_file;
pub(super) mod run_files;
pub(super) mod step_summary;
pub(super) mod trace;
pub(super) mod unnamed;

pub(super) use destination::{FileKind, WriteMode, standing, way};
