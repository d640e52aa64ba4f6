//! Polling for living members of a process group.
//!
//! Reading the state of all processes takes long where there are many. So a member that was found
//! alive is polled by itself, and only when it has ended are all processes read again: by a dedicated
//! thread, once for all callers that are waiting.

#[cfg(linux)]
use std::{
    collections::BTreeSet,
    io,
    sync::{Mutex, PoisonError, mpsc},
};

#[cfg(linux)]
use tokio::sync::oneshot;

#[cfg(linux)]
use crate::os::process_group::{self, Stat};
use crate::os::start_thread;

/// The known members of one group.
pub(crate) struct Members {
    #[cfg(linux)]
    group: u32,
    living: Option<u32>,
}

impl Members {
    #[cfg_attr(not(linux), expect(unused_variables))]
    pub(crate) fn of(group: u32) -> Self {
        Self {
            #[cfg(linux)]
            group,
            living: None,
        }
    }

    /// A member that was alive at the last poll; `None` if that could not be determined.
    pub(crate) fn living(&self) -> Option<u32> {
        self.living
    }

    /// Whether a member is alive. Zombies do not count: if process 1 is slow to reap them, or never
    /// does, waiting for them would never end.
    #[cfg(linux)]
    pub(crate) async fn poll(&mut self) -> bool {
        let is_member = |stat: Stat| stat.group == self.group && stat.is_alive();
        if self.living.and_then(Stat::of).is_some_and(is_member) {
            return true;
        }
        let living = living_member(self.group).await;
        self.living = living.as_ref().ok().copied().flatten();
        // Without /proc nothing can be determined, and the grace period ends the wait.
        self.living.is_some() || living.is_err()
    }

    /// Without /proc any remaining member, zombie or not, counts until the grace period has ended.
    #[cfg(not(linux))]
    pub(crate) async fn poll(&mut self) -> bool {
        true
    }
}

/// A request for a living member of a group.
#[cfg(linux)]
struct MemberRequest {
    group: u32,
    reply: oneshot::Sender<io::Result<Option<u32>>>,
}

#[cfg(linux)]
async fn living_member(group: u32) -> io::Result<Option<u32>> {
    let (reply, response) = oneshot::channel();
    ask(MemberRequest { group, reply });
    match response.await {
        Ok(response) => response,
        // The thread could not be started.
        Err(_) => {
            let living = process_group::living_members(&BTreeSet::from([group]))?;
            Ok(living.get(&group).copied())
        }
    }
}

#[cfg(linux)]
fn ask(request: MemberRequest) {
    static POLL_THREAD: Mutex<Option<mpsc::Sender<MemberRequest>>> = Mutex::new(None);
    // Ignores poison: a panic while the lock is held cannot leave the state half changed.
    let mut poll_thread = POLL_THREAD.lock().unwrap_or_else(PoisonError::into_inner);
    if poll_thread.is_none() {
        let (sender, requests) = mpsc::channel();
        let thread = start_thread("prun-groups", move || serve(&requests));
        *poll_thread = thread.ok().map(|_| sender);
    }
    if let Some(poll_thread) = &*poll_thread {
        // The thread never ends, so the channel is never closed.
        let _ = poll_thread.send(request);
    }
}

#[cfg(linux)]
fn serve(requests: &mpsc::Receiver<MemberRequest>) {
    while let Ok(first) = requests.recv() {
        let asked: Vec<_> = std::iter::once(first).chain(requests.try_iter()).collect();
        let living =
            process_group::living_members(&asked.iter().map(|request| request.group).collect());
        for MemberRequest { group, reply } in asked {
            let answer = match &living {
                Ok(living) => Ok(living.get(&group).copied()),
                Err(error) => Err(error.kind().into()),
            };
            // The receiver may be gone.
            let _ = reply.send(answer);
        }
    }
}
