//! A job of a run.

use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use crate::plan::{Job, Key, SlotAssignment};

/// A job with what the run knows of it.
#[derive(Debug)]
pub(crate) struct NumberedJob {
    /// Its number in the order of input, from 1.
    pub(crate) seq: u64,
    /// When it was read, since the start of the run.
    pub(crate) read_at: Duration,
    /// The absolute working directory of its processes.
    pub(crate) cwd: Arc<Path>,
    /// Its key in the job log, if there is one.
    pub(crate) key: Option<Key>,
    /// The values of the slots, if they have some.
    pub(crate) slot_values: Option<Arc<[OsString]>>,
    /// The job itself.
    pub(crate) job: Job,
}

impl NumberedJob {
    /// Returns the numbers of the jobs that it needs.
    pub(crate) fn needs(&self) -> impl Iterator<Item = u64> {
        self.job.needs().iter().map(|need| need.seq)
    }

    /// Returns the environment variables that identify an attempt.
    pub(crate) fn variables(
        &self,
        slot: u32,
        attempt: u32,
    ) -> impl Iterator<Item = (&'static str, OsString)> + use<> {
        let name = self.job.name.as_deref().unwrap_or_default();
        let value = self.assignment(slot).slot_value;
        let value = value.map(|value| ("PRUN_SLOT_VALUE", value.to_owned()));
        let variables = [
            ("PRUN_SEQ", self.seq.to_string().into()),
            ("PRUN_SLOT", slot.to_string().into()),
            ("PRUN_ATTEMPT", attempt.to_string().into()),
            ("PRUN_NAME", name.into()),
        ];
        variables.into_iter().chain(value)
    }

    /// Returns what the placeholders of its template are filled with in a slot, besides its values.
    pub(crate) fn assignment(&self, slot: u32) -> SlotAssignment<'_> {
        let index = (slot as usize).checked_sub(1);
        let values = self.slot_values.as_deref();
        SlotAssignment {
            seq: self.seq,
            slot,
            slot_value: values.and_then(|values| Some(values.get(index?)?.as_os_str())),
        }
    }
}
