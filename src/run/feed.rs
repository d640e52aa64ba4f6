//! Turns a blocking stream of jobs into one for which the loop can wait.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use super::shared_blocks::{BlockRequests, SharedBlocks};
use crate::os::start_thread;
use crate::plan::{Entry, Job, JobInput, Source, SourceError};

/// How many entries are sent to the loop at once, if available: each send costs a wake-up.
const BATCH: usize = 256;

type Read = Result<Entry, SourceError>;

/// How much is read ahead of the jobs that start, in bytes of their commands and values: enough that
/// the number of jobs of a short pipe is known early.
const AHEAD_BYTES: usize = 64 * 1024;

/// Entries that were read together, and the time.
struct Batch {
    entries: Vec<Read>,
    bytes: usize,
    read_at: Instant,
}

/// What the reading thread and the loop share.
#[derive(Default)]
struct Shared {
    ahead: Mutex<Ahead>,
    /// The loop has taken a batch, or takes no more.
    taken: Condvar,
    /// The number of jobs, once all are read.
    total: OnceLock<u64>,
}

#[derive(Default)]
struct Ahead {
    /// The bytes of the batches that were read, but not taken.
    bytes: usize,
    is_closed: bool,
}

/// The jobs that are not yet handed out.
pub(crate) struct Feed {
    origin: Origin,
    /// Read, but not handed out.
    ready: VecDeque<Read>,
    /// When those were read.
    read_at: Instant,
    /// Whether the whole source can be read, so that every job is reported if the run is cancelled.
    is_whole: bool,
    /// The number of jobs, if it is known.
    total: Option<u64>,
    /// Whether a job is a service, as far as is known.
    has_services: bool,
    /// Whether each job takes much memory.
    is_large: bool,
    /// The blocks that the jobs share, if they do.
    blocks: Option<SharedBlocks>,
}

enum Origin {
    /// Reads never block.
    Listed(Box<Source>),
    /// Read by a thread of its own, since reads of a file or a pipe may block.
    Streamed(UnboundedReceiver<Batch>, Arc<Shared>),
    Ended,
}

impl Feed {
    /// Starts to read `source`. Fails if that needs a thread and none can be started.
    pub(crate) fn new(source: Source) -> io::Result<Self> {
        let total = source.total();
        let is_large = source.is_large();
        let has_services = source.has_services();
        let (blocks, requests) = match source.is_shared() {
            true => Some(SharedBlocks::new()).unzip(),
            false => (None, None),
        };
        let origin = if source.may_block() {
            let (sender, batches) = mpsc::unbounded_channel();
            let shared = Arc::new(Shared::default());
            let reader = Arc::clone(&shared);
            // Not joined: if the run is cancelled, it may block in a read that never returns.
            start_thread("prun-reader", move || {
                read_all(source, sender, &reader, requests);
            })?;
            Origin::Streamed(batches, shared)
        } else {
            Origin::Listed(Box::new(source))
        };
        Ok(Self {
            origin,
            ready: VecDeque::new(),
            read_at: Instant::now(),
            is_whole: total.is_some(),
            total,
            has_services,
            is_large,
            blocks,
        })
    }

    /// Returns the number of jobs, if it is known: from the start, or since the input was read to its
    /// end.
    pub(crate) fn total(&self) -> Option<u64> {
        let counted = || match &self.origin {
            Origin::Streamed(_, shared) => shared.total.get().copied(),
            Origin::Listed(_) | Origin::Ended => None,
        };
        self.total.or_else(counted)
    }

    /// Whether a job is a service, as far as is known before the first one is read.
    pub(crate) fn has_services(&self) -> bool {
        self.has_services
    }

    /// Whether each job takes much memory, so that also one that waits for another attempt counts.
    pub(crate) fn is_large(&self) -> bool {
        self.is_large
    }

    /// Returns the blocks that the jobs share, if they do.
    pub(crate) fn shared_blocks(&self) -> Option<SharedBlocks> {
        self.blocks.clone()
    }

    /// Returns the next entry and when it was read; `None` at the end. Cancel-safe.
    pub(crate) async fn next(&mut self) -> Option<(Read, Instant)> {
        loop {
            if let Some(entry) = self.ready.pop_front() {
                return Some((entry, self.read_at));
            }
            match &mut self.origin {
                Origin::Listed(source) => return Some((source.next()?, self.read_at)),
                Origin::Streamed(batches, shared) => match batches.recv().await {
                    Some(batch) => {
                        shared.take(batch.bytes);
                        self.take(batch);
                    }
                    None => {
                        self.total = self.total();
                        self.origin = Origin::Ended;
                    }
                },
                Origin::Ended => return None,
            }
        }
    }

    /// Ends reading from a pipe, of which only the entries already read remain; a file or a list is still
    /// read to its end.
    pub(crate) fn close(&mut self) {
        if let Origin::Streamed(batches, shared) = &mut self.origin
            && !self.is_whole
        {
            shared.close();
            let received: Vec<Batch> = std::iter::from_fn(|| batches.try_recv().ok()).collect();
            self.origin = Origin::Ended;
            received.into_iter().for_each(|batch| self.take(batch));
        }
    }

    fn take(&mut self, batch: Batch) {
        self.read_at = batch.read_at;
        self.ready.extend(batch.entries);
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        if let Origin::Streamed(_, shared) = &self.origin {
            shared.close();
        }
    }
}

impl Shared {
    fn ahead(&self) -> MutexGuard<'_, Ahead> {
        self.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until a batch of this size may be read ahead; returns false if no more is wanted.
    fn reserve(&self, bytes: usize) -> bool {
        let is_full = |ahead: &mut Ahead| {
            !ahead.is_closed && ahead.bytes > 0 && ahead.bytes + bytes > AHEAD_BYTES
        };
        let waited = self.taken.wait_while(self.ahead(), is_full);
        let mut ahead = waited.unwrap_or_else(PoisonError::into_inner);
        ahead.bytes += bytes;
        !ahead.is_closed
    }

    /// Waits until every batch is taken; returns false if no more is wanted.
    fn wait_until_taken(&self) -> bool {
        let is_left = |ahead: &mut Ahead| !ahead.is_closed && ahead.bytes > 0;
        let waited = self.taken.wait_while(self.ahead(), is_left);
        !waited.unwrap_or_else(PoisonError::into_inner).is_closed
    }

    fn take(&self, bytes: usize) {
        self.ahead().bytes -= bytes;
        self.taken.notify_one();
    }

    fn close(&self) {
        self.ahead().is_closed = true;
        self.taken.notify_one();
    }
}

fn read_all(
    mut source: Source,
    batches: UnboundedSender<Batch>,
    shared: &Shared,
    requests: Option<BlockRequests>,
) {
    let mut jobs = 0;
    loop {
        if source.is_large() && !shared.wait_until_taken() {
            return;
        }
        let Some(first) = source.next() else { break };
        let read_at = Instant::now();
        let mut bytes = cost(&first);
        let mut entries = vec![first];
        // Add what can be read without blocking; a single line is sent at once.
        while entries.len() < BATCH && bytes < AHEAD_BYTES && source.buffered() {
            let Some(entry) = source.next() else { break };
            bytes += cost(&entry);
            entries.push(entry);
        }
        let is_job = |entry: &&Read| matches!(entry, Ok(Entry::Job(_) | Entry::Given(_)));
        jobs += entries.iter().filter(is_job).count() as u64;
        let batch = Batch {
            entries,
            bytes,
            read_at,
        };
        if !shared.reserve(bytes) || batches.send(batch).is_err() {
            return;
        }
    }
    // Set once, here.
    let _ = shared.total.set(jobs);
    // There are no more jobs, but perhaps more for them to do.
    drop(batches);
    if let Some(requests) = requests {
        requests.serve(&mut source);
    }
}

/// Returns about how much an entry takes.
fn cost(entry: &Read) -> usize {
    match entry {
        Ok(Entry::Job(job)) => cost_of(job),
        Ok(Entry::Given(given)) => cost_of(&given.job),
        Ok(Entry::Warning(_)) | Err(_) => 1,
    }
}

/// Returns about how much a job takes: its command line or values, and a line ending.
fn cost_of(job: &Job) -> usize {
    let line = job.invocation.line().map_or(0, |line| line.len());
    let stdin = job.stdin.as_ref().map_or(0, JobInput::length);
    let stdin = usize::try_from(stdin).unwrap_or(usize::MAX);
    let args: usize = job.args.iter().map(|value| value.len() + 1).sum();
    line.saturating_add(stdin).saturating_add(args + 1)
}
