//! A limit of concurrent jobs that is read again before each start, as from a file that changes.

use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;

use super::control::{Control, ReadLimit};
use crate::os::start_thread;

/// How often it is read while nothing starts: a higher limit lets further jobs start.
const INTERVAL: Duration = Duration::from_secs(1);

/// Reads the limit on a thread of its own, since a read of a file may block.
#[derive(Clone)]
pub(crate) struct JobLimitReader(Sender<()>);

impl JobLimitReader {
    /// Starts the thread, which answers by messages to `control`.
    pub(crate) fn start(
        read: impl FnMut() -> ReadLimit + Send + 'static,
        control: UnboundedSender<Control>,
    ) -> io::Result<Self> {
        let (ask, asked) = channel();
        start_thread("prun-job-limit", move || answer(read, &asked, &control))?;
        Ok(Self(ask))
    }

    /// Asks for the limit; exactly one message answers it.
    pub(super) fn ask(&self) {
        // The thread ends only with the run.
        let _ = self.0.send(());
    }
}

fn answer(
    mut read: impl FnMut() -> ReadLimit,
    asked: &Receiver<()>,
    control: &UnboundedSender<Control>,
) {
    let mut last = None;
    loop {
        let is_asked = match asked.recv_timeout(INTERVAL) {
            Ok(()) => true,
            Err(RecvTimeoutError::Timeout) => false,
            Err(RecvTimeoutError::Disconnected) => return,
        };
        let limit = read();
        let is_new = last.as_ref() != Some(&limit);
        last = Some(limit.clone());
        if (is_asked || is_new) && control.send(Control::JobLimit { limit, is_new }).is_err() {
            return;
        }
    }
}
