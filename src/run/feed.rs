//! From a blocking stream of jobs to one that the loop can wait for.

use std::collections::VecDeque;
use std::io;
use std::time::Instant;

use tokio::sync::mpsc::{self, Receiver};

use crate::os::start_thread;
use crate::plan::{Entry, Source, SourceError};

/// So many entries go to the loop at once, if they are there: a hand-over costs a wake-up.
const BATCH: usize = 256;

type Read = Result<Entry, SourceError>;

/// Entries that were read together, and when.
struct Batch {
    entries: Vec<Read>,
    read_at: Instant,
}

/// The jobs that are still to come.
pub(crate) struct Feed {
    origin: Origin,
    /// Read, and not handed out.
    ready: VecDeque<Read>,
    /// When those were read.
    read_at: Instant,
    /// Whether the whole source is at hand, so that an early end can tell every job in it.
    is_whole: bool,
}

enum Origin {
    /// In memory: reading never waits.
    Listed(Box<Source>),
    /// Read by a thread of its own, since a file or a pipe can keep a reader waiting.
    Streamed(Receiver<Batch>),
    Ended,
}

impl Feed {
    /// Starts to read `source`. Fails if that needs a thread, and there can be none.
    pub(crate) fn new(source: Source) -> io::Result<Self> {
        let is_whole = source.total().is_some();
        let origin = if source.may_block() {
            let (sender, batches) = mpsc::channel(2);
            // It is not joined: at an early end it may wait in a read that never returns.
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

    /// The next entry, and when it was read; none at the end. Cancel-safe.
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

    /// Reads no further than what is at hand: of a pipe what was read, of a file or a list all.
    pub(crate) fn close(&mut self) {
        if let Origin::Streamed(batches) = &mut self.origin
            && !self.is_whole
        {
            let at_hand: Vec<Batch> = std::iter::from_fn(|| batches.try_recv().ok()).collect();
            self.origin = Origin::Ended;
            at_hand.into_iter().for_each(|batch| self.take(batch));
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
        // What needs no waiting goes along; a line that is alone goes at once.
        while entries.len() < BATCH && source.buffered() {
            let Some(entry) = source.next() else { break };
            entries.push(entry);
        }
        if batches.blocking_send(Batch { entries, read_at }).is_err() {
            return;
        }
    }
}
