//! What a run on a cluster leaves for those that follow it: `run_record` is its settings.

mod run_record;

pub(crate) use run_record::RunRecord;
