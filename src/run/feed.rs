//! Turns a blocking stream of jobs into one for which the loop can wait.

use std::collections::VecDeque;
use std::io;
use std::time::Instant;

use tokio::sync::mpsc::{self, Receiver};

use crate::os::start_thread;
use crate::plan::{Entry, Source, SourceError};

/// How many entries are sent to the loop at once, if available: each send costs a wake-up.
const BATCH: usize = 256;

type Read = Result<Entry, SourceError>;

/// Entries that were read together, and the time.
struct Batch {
    entries: Vec<Read>,
    read_at: Instant,
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
}

enum Origin {
    /// Reads never block.
    Listed(Box<Source>),
    /// Read by a thread of its own, since reads of a file or a pipe may block.
    Streamed(Receiver<Batch>),
    Ended,
}

impl Feed {
    /// Starts to read `source`. Fails if that needs a thread and none can be started.
    pub(crate) fn new(source: Source) -> io::Result<Self> {
        let is_whole = source.total().is_some();
        let origin = if source.may_block() {
            let (sender, batches) = mpsc::channel(2);
            // Not joined: if the run is cancelled, it may block in a read that never returns.
            start_thread("prun-reader", move || read_all(source, &sender))?;
            Origin::Streamed(batches)
        } else {
            Origin::Listed(Box::new(source))
        };
        Ok(Self {
            origin,
            ready: VecDeque::new(),
            read_at: Instant::now(),
            is_whole,
        })
    }

    /// Returns the next entry and when it was read; `None` at the end. Cancel-safe.
    pub(crate) async fn next(&mut self) -> Option<(Read, Instant)> {
        loop {
            if let Some(entry) = self.ready.pop_front() {
                return Some((entry, self.read_at));
            }
            match &mut self.origin {
                Origin::Listed(source) => return Some((source.next()?, self.read_at)),
                Origin::Streamed(batches) => match batches.recv().await {
                    Some(batch) => self.take(batch),
                    None => self.origin = Origin::Ended,
                },
                Origin::Ended => return None,
            }
        }
    }

    /// Ends reading from a pipe, of which only the entries already read remain; a file or a list is still
    /// read to its end.
    pub(crate) fn close(&mut self) {
        if let Origin::Streamed(batches) = &mut self.origin
            && !self.is_whole
        {
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

fn read_all(mut source: Source, batches: &mpsc::Sender<Batch>) {
    while let Some(first) = source.next() {
        let read_at = Instant::now();
        let mut entries = vec![first];
        // Add what can be read without blocking; a single line is sent at once.
        while entries.len() < BATCH && source.buffered() {
            let Some(entry) = source.next() else { break };
            entries.push(entry);
        }
        if batches.blocking_send(Batch { entries, read_at }).is_err() {
            return;
        }
    }
}
