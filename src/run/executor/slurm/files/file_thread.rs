//! [`FileThread`]: the thread that reads and writes the files of a run.

use std::io;
use std::sync::mpsc::{Sender, channel};

use tokio::sync::mpsc::{self, Receiver};

use super::files::{ClusterFiles, FileRules};
use super::folder::RunFolder;
use super::messages::{FromFiles, ToFiles};
use crate::os::start_thread;

/// How many answers may wait for the run: it takes none while the sinks are full.
const MOST_WAITING: usize = 256;

/// The thread, and the ways to it and from it.
pub(crate) struct FileThread {
    asked: Sender<ToFiles>,
    answers: Receiver<FromFiles>,
}

impl FileThread {
    /// Starts it for a run folder.
    pub(crate) fn start(folder: RunFolder, rules: FileRules) -> io::Result<Self> {
        let (asked, requests) = channel();
        let (answer, answers) = mpsc::channel(MOST_WAITING);
        // Not joined: it may wait for a server that does not answer.
        start_thread("prun-files", move || {
            let mut files = ClusterFiles::new(folder, rules, answer);
            for request in requests {
                if let ToFiles::Finish { remove } = request {
                    return files.finish(remove);
                }
                if files.handle(request).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { asked, answers })
    }

    /// Asks it for something.
    pub(crate) fn ask(&self, request: ToFiles) {
        // It ends with the run.
        let _ = self.asked.send(request);
    }

    /// Returns its next answer. Cancel-safe.
    pub(crate) async fn answer(&mut self) -> FromFiles {
        match self.answers.recv().await {
            Some(answer) => answer,
            // It has told how it ended.
            None => std::future::pending().await,
        }
    }
}
