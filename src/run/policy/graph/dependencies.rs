//! Jobs that wait for other jobs.
//!
//! A job is ready once every job that it needs has ended well, or is ready if it is a service. If one did
//! not end well the job fails with it, and so do those that need the job. A service is started only when a
//! job needs nothing else any more.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use crate::event::FailedNeed;

/// The jobs `J` that wait, by their numbers.
#[derive(Debug)]
pub(crate) struct Dependencies<J> {
    /// The jobs that have ended well, or are ready: one bit each.
    satisfied: Vec<u64>,
    /// The jobs that did not end well, and why.
    failed: HashMap<u64, Arc<FailedNeed>>,
    waiting: BTreeMap<u64, WaitingForJobs<J>>,
    /// The waiting jobs that need a job.
    users: HashMap<u64, Vec<u64>>,
    /// Every job that another one needs.
    needed: HashSet<u64>,
    /// Why a job that needs this one failed before, so that a service may not be needed at all.
    given_up: HashMap<u64, Arc<FailedNeed>>,
}

#[derive(Debug)]
struct WaitingForJobs<J> {
    job: J,
    needs: Box<[u64]>,
    is_service: bool,
    /// Whether it is to start: a service only when it is needed.
    is_wanted: bool,
    /// How many of the jobs that it needs have not ended, or are not known yet.
    jobs: usize,
    /// The services that it needs and that are not ready.
    services: Vec<u64>,
}

/// A job that waits no more.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Released<J> {
    /// It may start.
    Ready(J),
    /// A job that it needs did not end well, for this reason.
    Failed(J, Arc<FailedNeed>),
}

/// A job to add.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Added<'a> {
    pub(crate) seq: u64,
    pub(crate) needs: &'a [u64],
    pub(crate) is_service: bool,
}

impl<J> Default for Dependencies<J> {
    fn default() -> Self {
        Self {
            satisfied: Vec::new(),
            failed: HashMap::new(),
            waiting: BTreeMap::new(),
            users: HashMap::new(),
            needed: HashSet::new(),
            given_up: HashMap::new(),
        }
    }
}

impl<J> Dependencies<J> {
    /// Adds a job that was read. Returns what is released by that.
    pub(crate) fn add(&mut self, added: Added<'_>, job: J) -> Vec<Released<J>> {
        let Added {
            seq,
            needs,
            is_service,
        } = added;
        self.mention(needs.iter().copied());
        let mut waiting = WaitingForJobs {
            job,
            needs: needs.into(),
            is_service,
            is_wanted: !is_service,
            jobs: 0,
            services: Vec::new(),
        };
        let failed = self.failed(needs.iter().copied());
        for need in needs {
            if !self.is_satisfied(*need) {
                self.users.entry(*need).or_default().push(seq);
                let service = self.waiting.get(need).filter(|other| other.is_service);
                match service {
                    // It may be running already, and not yet ready.
                    Some(_) => waiting.services.push(*need),
                    None => waiting.jobs += 1,
                }
            }
        }
        self.waiting.insert(seq, waiting);
        if let Some(why) = failed {
            let mut released = Vec::new();
            self.give_up(seq, why, &mut released);
            return released;
        }
        let mut moved = VecDeque::from([seq]);
        if is_service {
            // Those that were read before it did not know that it is a service.
            for user in self.users.get(&seq).into_iter().flatten() {
                if let Some(user_waits) = self.waiting.get_mut(user) {
                    user_waits.jobs -= 1;
                    user_waits.services.push(seq);
                    moved.push_back(*user);
                }
            }
        }
        self.advance(moved)
    }

    /// Records that jobs are needed by one that is done already.
    pub(crate) fn mention(&mut self, needs: impl IntoIterator<Item = u64>) {
        self.needed.extend(needs);
    }

    /// Handles a job that has ended well, or a service that is ready.
    pub(crate) fn satisfy(&mut self, seq: u64) -> Vec<Released<J>> {
        let (word, bit) = place(seq);
        if self.satisfied.len() <= word {
            self.satisfied.resize(word + 1, 0);
        }
        self.satisfied[word] |= bit;
        let users = self.users.remove(&seq).unwrap_or_default();
        for user in &users {
            if let Some(user) = self.waiting.get_mut(user) {
                match user.services.iter().position(|service| *service == seq) {
                    Some(index) => drop(user.services.swap_remove(index)),
                    None => user.jobs -= 1,
                }
            }
        }
        self.advance(users.into())
    }

    /// Handles a job that did not end well; a service may have been ready before. Returns the waiting jobs
    /// that fail with it, in the order in which they were found.
    pub(crate) fn fail(&mut self, seq: u64, why: Arc<FailedNeed>) -> Vec<Released<J>> {
        let (word, bit) = place(seq);
        if let Some(bits) = self.satisfied.get_mut(word) {
            *bits &= !bit;
        }
        let mut released = Vec::new();
        self.failed.insert(seq, Arc::clone(&why));
        for user in self.users.remove(&seq).unwrap_or_default() {
            self.give_up(user, Arc::clone(&why), &mut released);
        }
        released
    }

    /// Why one of these jobs did not end well, if one did not.
    pub(crate) fn failed(&self, needs: impl IntoIterator<Item = u64>) -> Option<Arc<FailedNeed>> {
        if self.failed.is_empty() {
            return None;
        }
        let mut failed = needs.into_iter().filter_map(|need| self.failed.get(&need));
        failed.next().cloned()
    }

    /// Whether a job has ended well, or is ready.
    pub(crate) fn is_satisfied(&self, seq: u64) -> bool {
        let (word, bit) = place(seq);
        self.satisfied.get(word).is_some_and(|bits| bits & bit != 0)
    }

    /// Wakes the services that no job needs, once all jobs were read.
    pub(crate) fn want_unneeded_services(&mut self) -> Vec<Released<J>> {
        let mut moved = VecDeque::new();
        for (seq, waiting) in &mut self.waiting {
            if waiting.is_service && !self.needed.contains(seq) {
                waiting.is_wanted = true;
                moved.push_back(*seq);
            }
        }
        self.advance(moved)
    }

    /// Returns the jobs that wait, in their order, but for services that are not needed yet.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = &J> {
        let wanted = self.waiting.values().filter(|waiting| waiting.is_wanted);
        wanted.map(|waiting| &waiting.job)
    }

    /// Returns how many wait, but for services that are not needed yet.
    pub(crate) fn count(&self) -> usize {
        self.waiting().count()
    }

    /// Whether jobs wait, but for services that are not needed yet.
    pub(crate) fn is_idle(&self) -> bool {
        self.waiting().next().is_none()
    }

    /// Takes all that wait, in their order, with the reason why a service was not needed in the end, if
    /// there is one.
    pub(crate) fn take_all(
        &mut self,
    ) -> impl Iterator<Item = (J, Option<Arc<FailedNeed>>)> + use<J> {
        let waiting = std::mem::take(&mut self.waiting).into_iter();
        let given_up = std::mem::take(&mut self.given_up);
        waiting.map(move |(seq, waiting)| (waiting.job, given_up.get(&seq).cloned()))
    }

    fn take(&mut self, seq: u64) -> Option<Released<J>> {
        let waiting = self.waiting.remove(&seq)?;
        Some(Released::Ready(waiting.job))
    }

    /// Fails a job that waits, and those that need it.
    fn give_up(&mut self, seq: u64, why: Arc<FailedNeed>, released: &mut Vec<Released<J>>) {
        let mut failed = VecDeque::from([seq]);
        while let Some(seq) = failed.pop_front() {
            let Some(waiting) = self.waiting.remove(&seq) else {
                continue;
            };
            for need in waiting.needs {
                let given_up = self.given_up.entry(need);
                given_up.or_insert_with(|| Arc::clone(&why));
            }
            released.push(Released::Failed(waiting.job, Arc::clone(&why)));
            self.failed.insert(seq, Arc::clone(&why));
            failed.extend(self.users.remove(&seq).unwrap_or_default());
        }
    }

    /// Releases those of `moved` that wait for nothing, and wakes the services of those that wait for
    /// nothing else.
    fn advance(&mut self, mut moved: VecDeque<u64>) -> Vec<Released<J>> {
        let mut released = Vec::new();
        while let Some(seq) = moved.pop_front() {
            let Some(waiting) = self.waiting.get(&seq) else {
                continue;
            };
            if !waiting.is_wanted || waiting.jobs > 0 {
                continue;
            }
            if waiting.services.is_empty() {
                // A service that was ready may have ended since.
                match self.failed(waiting.needs.iter().copied()) {
                    Some(why) => self.give_up(seq, why, &mut released),
                    None => released.extend(self.take(seq)),
                }
                continue;
            }
            for service in waiting.services.clone() {
                if let Some(service_waits) = self.waiting.get_mut(&service)
                    && !service_waits.is_wanted
                {
                    service_waits.is_wanted = true;
                    moved.push_back(service);
                }
            }
        }
        released
    }
}

/// The word and the bit of a job.
fn place(seq: u64) -> (usize, u64) {
    let word = usize::try_from(seq / 64).unwrap_or(usize::MAX);
    (word, 1 << (seq % 64))
}
