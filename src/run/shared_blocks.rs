//! Blocks that belong to no job beforehand: a job asks for the next one when it has room for it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::plan::{Block, Source, SourceError};

/// The next block, why there is none, or `None` at the end.
type Next = Option<Result<Block, SourceError>>;

/// How long the end of a run waits for a block that no job has asked for.
const LAST_READ: Duration = Duration::from_millis(100);

/// What a job wants.
enum BlockRequest {
    Next(oneshot::Sender<Next>),
    /// To give back a block of which it has got nothing.
    Return(Block),
}

/// The blocks that jobs share, as a job sees them.
#[derive(Clone, Debug)]
pub(crate) struct SharedBlocks {
    requests: mpsc::Sender<BlockRequest>,
    has_ended: Arc<AtomicBool>,
}

/// The requests of all jobs.
pub(crate) struct BlockRequests {
    requests: mpsc::Receiver<BlockRequest>,
    /// Whether a job was told that there are no more blocks.
    has_ended: Arc<AtomicBool>,
}

impl SharedBlocks {
    pub(super) fn new() -> (Self, BlockRequests) {
        let (sender, receiver) = mpsc::channel();
        let has_ended = Arc::<AtomicBool>::default();
        let shared = Self {
            requests: sender,
            has_ended: Arc::clone(&has_ended),
        };
        let requests = BlockRequests {
            requests: receiver,
            has_ended,
        };
        (shared, requests)
    }

    /// Returns the next block. If dropped, the block goes to another job.
    pub(super) async fn next(&self) -> Next {
        let (sender, receiver) = oneshot::channel();
        // The reader has ended at the end of the input, or after an error.
        self.requests.send(BlockRequest::Next(sender)).ok()?;
        receiver.await.ok().flatten()
    }

    /// Whether there are blocks that no job has asked for.
    pub(super) async fn are_left(&self) -> bool {
        // An input that has nothing now may still have no end.
        let next = timeout(LAST_READ, self.next()).await;
        !self.has_ended.load(Ordering::Acquire) && matches!(next, Ok(Some(_)))
    }

    /// Gives back a block of which no job has got anything, for another one. Returns false if others may
    /// not ask any more.
    pub(super) fn give_back(&self, block: Block) -> bool {
        !self.has_ended.load(Ordering::Acquire)
            && self.requests.send(BlockRequest::Return(block)).is_ok()
    }
}

impl BlockRequests {
    /// Hands out the blocks of `source`, each to one job, until its end or until no job is left.
    pub(super) fn serve(self, source: &mut Source) {
        let mut returned = Vec::new();
        for request in self.requests {
            let sender = match request {
                BlockRequest::Return(block) => {
                    returned.push(Ok(block));
                    continue;
                }
                BlockRequest::Next(sender) => sender,
            };
            let next = returned.pop().or_else(|| source.next_block());
            if !matches!(next, Some(Ok(_))) {
                self.has_ended.store(true, Ordering::Release);
            }
            if let Err(Some(next)) = sender.send(next) {
                // The job has ended meanwhile.
                returned.push(next);
            }
        }
    }
}
