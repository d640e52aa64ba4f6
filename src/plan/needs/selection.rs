//! `--only` and `--skip`: some of the jobs, by their names.

use std::collections::HashMap;

use thiserror::Error;

use super::renumbered::renumber;
use crate::plan::job::Job;
use crate::plan::suggestion::{did_you_mean, excerpt, nearest};

/// Which jobs are run.
#[derive(Debug, Clone, Default)]
pub(crate) struct Selection {
    /// These, and what they need; if none is named, all.
    pub(crate) only: Vec<String>,
    /// But not these. For those that need them they count as done.
    pub(crate) skip: Vec<String>,
}

/// Why jobs cannot be selected.
#[derive(Debug, PartialEq, Eq, Error)]
pub(crate) enum SelectionError {
    /// No job has the name.
    #[error("{0}: no job is named `{name}`{near}", name = excerpt(.1), near = did_you_mean(.2.as_deref()))]
    Unknown(&'static str, String, Option<String>),
    /// A name is selected and left out.
    #[error("`{name}` is named by both --only and --skip: remove one of them", name = excerpt(.0))]
    Both(String),
    /// The jobs come one by one, or have no names.
    #[error(
        "{0} needs a job file, which can be read to its end before anything starts: name it with -f"
    )]
    NoFile(&'static str),
    /// There would be nobody to serve.
    #[error(
        "all selected jobs are services, which end when all other jobs have ended: select a job that needs them"
    )]
    OnlyServices,
}

impl Selection {
    /// Returns the option that selects, if there is one.
    pub(crate) fn option(&self) -> Option<&'static str> {
        match (self.only.is_empty(), self.skip.is_empty()) {
            (false, _) => Some("--only"),
            (true, false) => Some("--skip"),
            (true, true) => None,
        }
    }

    /// Returns the selected of all jobs, in the same order, with needs among themselves.
    pub(crate) fn of(&self, mut jobs: Vec<Job>) -> Result<Vec<Job>, SelectionError> {
        let is_selected = self.selected(&jobs)?;
        let mut count = 0;
        let new: Vec<u64> = is_selected
            .iter()
            .map(|is_selected| {
                count += u64::from(*is_selected);
                if *is_selected { count } else { 0 }
            })
            .collect();
        let mut seq = 0;
        jobs.retain(|_| {
            seq += 1;
            is_selected[seq - 1]
        });
        renumber(&mut jobs, &new);
        if !jobs.is_empty() && jobs.iter().all(|job| job.service().is_some()) {
            return Err(SelectionError::OnlyServices);
        }
        Ok(jobs)
    }

    /// Whether each job is selected.
    fn selected(&self, jobs: &[Job]) -> Result<Vec<bool>, SelectionError> {
        let named = jobs.iter().enumerate();
        let indexes: HashMap<&str, usize> = named
            .filter_map(|(index, job)| Some((job.name.as_deref()?, index)))
            .collect();
        let find = |option, name: &String| {
            indexes.get(name.as_str()).copied().ok_or_else(|| {
                let near = nearest(name, jobs.iter().filter_map(|job| job.name.as_deref()));
                SelectionError::Unknown(option, name.clone(), near.map(str::to_owned))
            })
        };
        let mut is_skipped = vec![false; jobs.len()];
        for name in &self.skip {
            is_skipped[find("--skip", name)?] = true;
        }
        let mut waiting = Vec::new();
        for name in &self.only {
            let index = find("--only", name)?;
            if is_skipped[index] {
                return Err(SelectionError::Both(name.clone()));
            }
            waiting.push(index);
        }
        if self.only.is_empty() {
            return Ok(is_skipped.iter().map(|is_skipped| !is_skipped).collect());
        }
        let mut is_selected = vec![false; jobs.len()];
        while let Some(index) = waiting.pop() {
            if std::mem::replace(&mut is_selected[index], true) {
                continue;
            }
            let needed = jobs[index].needs().iter();
            let needed = needed.filter_map(|need| usize::try_from(need.seq).ok()?.checked_sub(1));
            waiting.extend(needed.filter(|index| !is_skipped[*index]));
        }
        Ok(is_selected)
    }
}

#[cfg(test)]
mod tests;
