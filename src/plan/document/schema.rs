//! x
pub(crate) fn jobs_schema() -> String { String::new() }
