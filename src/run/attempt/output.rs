//! What a running attempt prints, passed on piece by piece when its turn has come.

use std::convert::Infallible;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::messages::{AttemptEvent, Printing};
use crate::event::{NumberedJob, Print, Stream};
use crate::process::Pieces;

/// One attempt, as that which prints.
pub(crate) struct Printer {
    pub(crate) printing: Printing,
    pub(crate) job: Arc<NumberedJob>,
    pub(crate) attempt: u32,
    pub(crate) events: mpsc::Sender<AttemptEvent>,
}

impl Printer {
    /// Tells what comes from `stdout` and `stderr` when the job's turn has come. Dropped, it has lost
    /// nothing; by itself it never ends.
    pub(crate) async fn print(
        mut self,
        stdout: Option<Pieces>,
        stderr: Option<Pieces>,
    ) -> Infallible {
        let seq = self.job.seq;
        let turn = self.printing.turn.wait_for(|turn| *turn >= seq);
        // A runner that is gone does not want to know.
        if turn.await.is_ok() {
            tokio::join!(
                self.forward(Stream::Stdout, stdout),
                self.forward(Stream::Stderr, stderr)
            );
        }
        std::future::pending().await
    }

    async fn forward(&self, stream: Stream, pieces: Option<Pieces>) {
        let Some(mut pieces) = pieces else { return };
        // A permit is taken when there is something to tell, since silent jobs would keep them all.
        while pieces.ready().await {
            let permits = Arc::clone(&self.printing.permits);
            let (Ok(permit), Ok(place)) =
                (permits.acquire_owned().await, self.events.reserve().await)
            else {
                return;
            };
            // Nothing waits from here on, so that a piece that was taken is told.
            place.send(AttemptEvent::Printed(Arc::new(Print {
                job: Arc::clone(&self.job),
                attempt: self.attempt,
                stream,
                piece: pieces.take(),
                permit,
            })));
        }
    }
}
