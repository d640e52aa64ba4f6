//! The check of a whole job file, before anything starts.

use std::sync::Arc;

use super::error::SourceError;
use crate::plan::job::Job;
use crate::plan::jobfile::{Entry, JobFile};
use crate::plan::needs::{DependentJob, Graph, JobNames, NeedsError, NeedsFault, dependence};
use crate::plan::suggestion::nearest;

/// What is known of a job file that was read once.
#[derive(Default)]
pub(crate) struct Checked {
    pub(crate) jobs: u64,
    pub(crate) services: u64,
    pub(crate) names: JobNames,
    pub(crate) graph: Graph,
    /// The first job that does not run apart from the others.
    pub(crate) dependent: Option<DependentJob>,
}

impl Checked {
    /// Reads a whole file; returns the first error.
    pub(crate) fn read(&mut self, file: JobFile, label: &Arc<str>) -> Result<(), SourceError> {
        for entry in file {
            if let Entry::Job(job) = entry? {
                self.jobs += 1;
                self.services += u64::from(job.service().is_some());
                self.dependent = self.dependent.take().or_else(|| dependence(&job));
                check_name(&mut self.names, &job, self.jobs)?;
                self.graph.add(&job, self.jobs);
            }
        }
        self.graph.check(&self.names)?;
        match self.jobs > 0 && self.services == self.jobs {
            true => Err(SourceError::OnlyServices(Arc::clone(label))),
            false => Ok(()),
        }
    }
}

/// Adds to the error for an unknown name the nearest name of the file, which is read again for it.
pub(crate) fn suggest(mut error: SourceError, file: impl FnOnce() -> JobFile) -> SourceError {
    if let SourceError::Needs(NeedsError {
        fault: NeedsFault::Unknown(name, near),
        ..
    }) = &mut error
    {
        let names: Vec<String> = file()
            .filter_map(|entry| match entry {
                Ok(Entry::Job(job)) => job.name,
                _ => None,
            })
            .collect();
        *near = nearest(name, names.iter().map(String::as_str)).map(str::to_owned);
    }
    error
}

/// Rejects a name that another job has.
pub(crate) fn check_name(names: &mut JobNames, job: &Job, seq: u64) -> Result<(), SourceError> {
    match &job.name {
        Some(name) if !names.take(name, seq) => {
            Err(SourceError::Name(job.origin.clone(), name.clone()))
        }
        _ => Ok(()),
    }
}
