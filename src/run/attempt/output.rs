//! Forwards the output of a running attempt, piece by piece, once it is its turn.

use std::convert::Infallible;
use std::sync::Arc;

use tokio::sync::mpsc;

use super::messages::{AttemptEvent, Printing};
use crate::event::{NumberedJob, Print, Stream};
use crate::process::Pieces;

/// Forwards the output of one attempt.
pub(crate) struct Printer {
    pub(crate) printing: Printing,
    pub(crate) job: Arc<NumberedJob>,
    pub(crate) attempt: u32,
    pub(crate) events: mpsc::Sender<AttemptEvent>,
}

impl Printer {
    /// Reports `stdout` and `stderr` once it is the job's turn. Never returns; loses nothing when
    /// dropped.
    pub(crate) async fn print(
        mut self,
        stdout: Option<Pieces>,
        stderr: Option<Pieces>,
    ) -> Infallible {
        // A service has no turn in the order of the jobs: they are reported while it runs.
        let place = match self.job.job.service() {
            None => self.job.seq,
            Some(_) => u64::MAX,
        };
        let turn = self.printing.turn.wait_for(|turn| *turn >= place);
        // The runner may be gone.
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
        // Take a permit only when there is output: silent jobs would hold them all.
        while pieces.ready().await {
            let permits = Arc::clone(&self.printing.permits);
            let (Ok(permit), Ok(sender)) =
                (permits.acquire_owned().await, self.events.reserve().await)
            else {
                return;
            };
            // No await from here on, so that a piece that was taken is sent.
            let print = Print {
                job: Arc::clone(&self.job),
                attempt: self.attempt,
                stream,
                piece: pieces.take(),
            };
            sender.send(AttemptEvent::Printed(Arc::new(print), permit));
        }
    }
}
