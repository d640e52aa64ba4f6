//! Requests to single attempts: to services, and to jobs that need others and are ended with them.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::watch;

use crate::event::NumberedJob;
use crate::process::Signal;
use crate::run::policy::Request;

/// The running attempts that have requests of their own, by the numbers of their jobs.
#[derive(Default)]
pub(crate) struct OwnRequests {
    running: HashMap<u64, Requested>,
}

struct Requested {
    job: Arc<NumberedJob>,
    requests: watch::Sender<Request>,
    /// Whether it is a service that was found to be ready.
    is_ready: bool,
}

impl Requested {
    fn needs(&self, seq: u64) -> bool {
        self.job.job.needs().iter().any(|need| need.seq == seq)
    }

    fn is_service(&self) -> bool {
        self.job.job.service().is_some()
    }
}

impl OwnRequests {
    /// Adds an attempt that is being started, and returns its requests, the first of which is given.
    pub(super) fn insert(
        &mut self,
        job: &Arc<NumberedJob>,
        first: Request,
    ) -> watch::Receiver<Request> {
        let (requests, receiver) = watch::channel(first);
        let requested = Requested {
            job: Arc::clone(job),
            requests,
            is_ready: false,
        };
        self.running.insert(job.seq, requested);
        receiver
    }

    /// Removes an attempt that has ended.
    pub(super) fn remove(&mut self, seq: u64) {
        self.running.remove(&seq);
    }

    /// Sends a request to all of them.
    pub(super) fn send_to_all(&self, request: Request) {
        for requested in self.running.values() {
            requested.requests.send_replace(request);
        }
    }

    /// Sends a request to those that need a job, unless they were requested to end before.
    pub(super) fn send_to_users(&self, seq: u64, request: Request) {
        let users = self.running.values().filter(|other| other.needs(seq));
        for user in users.filter(|user| *user.requests.borrow() == Request::Run) {
            user.requests.send_replace(request);
        }
    }

    /// Records that a service is ready.
    pub(super) fn ready(&mut self, seq: u64) {
        if let Some(service) = self.running.get_mut(&seq) {
            service.is_ready = true;
        }
    }

    /// Whether a service is being started, or is not ready yet.
    pub(super) fn has_starting_service(&self) -> bool {
        let mut services = self.running.values().filter(|other| other.is_service());
        services.any(|service| !service.is_ready)
    }

    /// Requests the services to end that no running service needs. Returns whether any is running.
    pub(super) fn end_services(&self) -> bool {
        let services = || self.running.values().filter(|other| other.is_service());
        for service in services() {
            let is_needed = services().any(|other| other.needs(service.job.seq));
            if !is_needed && *service.requests.borrow() == Request::Run {
                service.requests.send_replace(Request::Terminate {
                    signal: Signal::TERM,
                    reason: None,
                });
            }
        }
        services().next().is_some()
    }
}
