//! The jobs that need others, and the errors in what they need.

use std::sync::Arc;

use thiserror::Error;

use super::job_names::JobNames;
use crate::plan::job::{Job, Origin};
use crate::plan::suggestion::{did_you_mean, excerpt};

/// How many jobs of a cycle are named in a message.
const NAMED: usize = 12;

/// A wrong need of a job.
#[derive(Debug, PartialEq, Eq, Error)]
#[error("{origin}: {fault}")]
pub(crate) struct NeedsError {
    /// Where the job was written.
    pub(crate) origin: Origin,
    /// The number of the job.
    pub(crate) seq: u64,
    /// Which of its needs it is, from 0.
    pub(crate) index: usize,
    /// What is wrong.
    pub(crate) fault: NeedsFault,
}

/// What is wrong with a need.
#[derive(Debug, PartialEq, Eq, Error)]
pub(crate) enum NeedsFault {
    /// No job has the name. The second text may name one that has a similar name.
    #[error("`needs`: no job is named `{name}`{near}", name = excerpt(.0), near = did_you_mean(.1.as_deref()))]
    Unknown(Arc<str>, Option<String>),
    /// No earlier job has the name, and later ones are not known.
    #[error("`needs`: no earlier job is named `{name}`: a job of a stream can need only jobs before it; write the jobs to a file and name it with -f", name = excerpt(.0))]
    NotEarlier(Arc<str>),
    /// It is the job itself.
    #[error("`needs`: the job needs itself: remove `{name}`", name = excerpt(.0))]
    Itself(Arc<str>),
    /// Jobs need each other in a cycle.
    #[error("`needs`: none of these jobs can be the first: {0}")]
    Cycle(String),
}

/// Gives the needs of a job their numbers. `unknown` is the error for a name that no job has.
pub(crate) fn resolve(
    job: &mut Job,
    seq: u64,
    names: &JobNames,
    unknown: impl FnOnce(Arc<str>) -> NeedsFault,
) -> Result<(), NeedsError> {
    let Some(scheduling) = &mut job.scheduling else {
        return Ok(());
    };
    for (index, need) in scheduling.needs.iter_mut().enumerate() {
        // Those of a document have their numbers.
        if need.seq > 0 {
            continue;
        }
        let fault = match names.seq(&need.name) {
            None => unknown(Arc::clone(&need.name)),
            Some(own) if own == seq => NeedsFault::Itself(Arc::clone(&need.name)),
            Some(other) => {
                need.seq = other;
                continue;
            }
        };
        return Err(NeedsError {
            origin: job.origin.clone(),
            seq,
            index,
            fault,
        });
    }
    Ok(())
}

/// The jobs that need others. Those that need none are not kept.
#[derive(Default)]
pub(crate) struct Graph {
    /// In the order of their numbers.
    jobs: Vec<Dependent>,
}

/// A job that needs others.
struct Dependent {
    seq: u64,
    origin: Origin,
    name: Option<Box<str>>,
    needs: Vec<Arc<str>>,
}

impl Graph {
    /// Adds the next job, if it needs others.
    pub(crate) fn add(&mut self, job: &Job, seq: u64) {
        let needs = job.needs();
        if !needs.is_empty() {
            self.jobs.push(Dependent {
                seq,
                origin: job.origin.clone(),
                name: job.name.as_deref().map(Box::from),
                needs: needs.iter().map(|need| Arc::clone(&need.name)).collect(),
            });
        }
    }

    /// Whether no job needs another.
    pub(crate) fn is_empty(&self) -> bool {
        self.jobs.is_empty()
    }

    /// Checks the needs of all jobs, whose names are complete.
    pub(crate) fn check(&self, names: &JobNames) -> Result<(), NeedsError> {
        let mut edges = Vec::with_capacity(self.jobs.len());
        let mut is_forward = false;
        for job in &self.jobs {
            let mut needed = Vec::with_capacity(job.needs.len());
            for (index, name) in job.needs.iter().enumerate() {
                let seq = match names.seq(name) {
                    None => return Err(job.error(index, NeedsFault::Unknown(name.clone(), None))),
                    Some(own) if own == job.seq => {
                        return Err(job.error(index, NeedsFault::Itself(name.clone())));
                    }
                    Some(seq) => seq,
                };
                is_forward |= seq > job.seq;
                needed.push(seq);
            }
            edges.push(needed);
        }
        match is_forward.then(|| self.cycle(&edges)).flatten() {
            Some(cycle) => Err(self.cycle_error(&cycle)),
            None => Ok(()),
        }
    }

    /// Finds a cycle: the positions of its jobs, each of which needs the next one, and the last one the first.
    fn cycle(&self, edges: &[Vec<u64>]) -> Option<Vec<usize>> {
        let position = |seq: &u64| self.jobs.binary_search_by_key(seq, |job| job.seq).ok();
        let mut states = vec![State::New; self.jobs.len()];
        for first in 0..self.jobs.len() {
            if states[first] != State::New {
                continue;
            }
            states[first] = State::Open;
            // The way from the first job, and how many needs of each job on it are done.
            let mut way = vec![(first, 0)];
            while let Some((at, done)) = way.last_mut() {
                let Some(seq) = edges[*at].get(*done) else {
                    states[*at] = State::Done;
                    way.pop();
                    continue;
                };
                *done += 1;
                // A job that needs none is in no cycle.
                let Some(next) = position(seq) else { continue };
                match states[next] {
                    State::Done => {}
                    State::New => {
                        states[next] = State::Open;
                        way.push((next, 0));
                    }
                    State::Open => {
                        let start = way.iter().position(|(at, _)| *at == next)?;
                        return Some(way[start..].iter().map(|(at, _)| *at).collect());
                    }
                }
            }
        }
        None
    }

    fn cycle_error(&self, cycle: &[usize]) -> NeedsError {
        // The first of them in the file is the first in the message.
        let first = (0..cycle.len()).min_by_key(|at| cycle[*at]).unwrap_or(0);
        let jobs: Vec<&Dependent> = cycle[first..]
            .iter()
            .chain(&cycle[..first])
            .map(|at| &self.jobs[*at])
            .collect();
        let named = &jobs[..jobs.len().min(NAMED)];
        let mut names: Vec<String> = named.iter().map(|job| job.shown()).collect();
        if jobs.len() > NAMED {
            names.push(format!("({} more)", jobs.len() - NAMED));
        }
        names.extend(jobs.first().map(|job| job.shown()));
        let places: Vec<String> = named
            .iter()
            .map(|job| format!("{} {}", job.shown(), job.origin))
            .collect();
        let text = format!("{} ({})", names.join(" → "), places.join(", "));
        // The need that leads on.
        let next = jobs
            .get(1)
            .or(jobs.first())
            .and_then(|job| job.name.as_deref());
        let index = jobs[0].needs.iter().position(|need| Some(&**need) == next);
        jobs[0].error(index.unwrap_or(0), NeedsFault::Cycle(text))
    }
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    New,
    /// On the way.
    Open,
    /// In no cycle.
    Done,
}

impl Dependent {
    fn error(&self, index: usize, fault: NeedsFault) -> NeedsError {
        NeedsError {
            origin: self.origin.clone(),
            seq: self.seq,
            index,
            fault,
        }
    }

    fn shown(&self) -> String {
        excerpt(self.name.as_deref().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests;
