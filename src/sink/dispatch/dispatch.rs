//! Passes every event to the two writer threads, and waits for them at the end.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, SystemTime};

use tokio::sync::oneshot;

use super::backlog::Backlog;
use super::recorders;
use super::recorders::{RecordWriter, ToRecorder};
use super::writer::ConsoleThread;
use crate::event::{Event, Flow, OutputLoss, Status};
use crate::os::start_thread;
use crate::sink::console::Console;
use crate::sink::recorder::{Recorder, RecorderEntry, RecorderError};
use crate::sink::sink::{Interest, Sink};

/// How long prun waits for the display to be cleared before it suspends: the terminal may be stopped too.
const CLEAR_TIMEOUT: Duration = Duration::from_millis(200);

/// Passes events to the sinks and recorders.
pub(crate) struct Dispatch {
    console: Queue<(SystemTime, Event)>,
    records: Option<Queue<ToRecorder>>,
    /// Signals that the display was cleared for a suspension.
    cleared: Receiver<()>,
    console_done: oneshot::Receiver<Option<OutputLoss>>,
    recorders_done: Option<oneshot::Receiver<bool>>,
    unfinished: recorders::Unfinished,
}

/// Callbacks for lost output, called from the thread that detects the loss.
pub(crate) struct OnLoss<L, E> {
    /// A standard stream cannot be written any more. Called once per stream.
    pub(crate) output: L,
    /// A file cannot be written.
    pub(crate) record: E,
}

impl Dispatch {
    /// Starts the writer threads. `in_order`: the console shows the jobs in their order.
    pub(crate) fn start<L, E>(
        sinks: Vec<Box<dyn Sink>>,
        recorders: Vec<Box<dyn Recorder>>,
        console: Console,
        in_order: bool,
        on_loss: OnLoss<L, E>,
    ) -> io::Result<Self>
    where
        L: FnMut(OutputLoss) + Send + 'static,
        E: FnMut(RecorderError) + Send + 'static,
    {
        let mut interest = all(sinks.iter().map(|sink| sink.interest()));
        // The end of a job, even if silent, makes it the turn of the next.
        interest.silent_successes |= in_order;
        let wants_deliveries = recorders.iter().any(|to| to.wants_deliveries());
        let (mut records, mut recorders_done) = (None, None);
        let unfinished = recorders::unfinished(&recorders);
        if !recorders.is_empty() {
            let (queue, entries) = Queue::new(all(recorders.iter().map(|to| to.interest())));
            let (done, is_done) = oneshot::channel();
            let backlog = Arc::clone(&queue.backlog);
            let open = Arc::clone(&unfinished);
            let mut writer = RecordWriter::new(recorders, on_loss.record, open);
            start_thread("prun-records", move || {
                // The receiver may be gone.
                let _ = done.send(writer.write_all(&entries, &backlog));
            })?;
            (records, recorders_done) = (Some(queue), Some(is_done));
        }
        let (queue, events) = Queue::new(interest);
        let (done, console_done) = oneshot::channel();
        let (cleared, is_cleared) = mpsc::sync_channel(1);
        let backlog = Arc::clone(&queue.backlog);
        let deliveries = records.as_ref().filter(|_| wants_deliveries);
        let deliveries = deliveries.map(|queue| queue.sender.clone());
        start_thread("prun-writer", move || {
            let mut console_thread =
                ConsoleThread::new(sinks, console, cleared, deliveries, on_loss.output);
            let loss = console_thread.handle_all(&events, in_order, &backlog);
            // The receiver may be gone.
            let _ = done.send(loss);
        })?;
        Ok(Self {
            console: queue,
            records,
            cleared: is_cleared,
            console_done,
            recorders_done,
            unfinished,
        })
    }

    /// Handles an event that happens now. Returns whether there is capacity for more.
    pub(crate) fn handle(&mut self, event: &Event) -> Flow {
        self.handle_at(SystemTime::now(), event)
    }

    /// Handles an event that happened at `at`.
    pub(crate) fn handle_at(&mut self, at: SystemTime, event: &Event) -> Flow {
        let is_shown = self.console.wants(event);
        let mut full = Vec::new();
        if let Some(records) = &mut self.records
            && records.wants(event)
        {
            let entry = RecorderEntry {
                at,
                event: event.clone(),
                is_delivered: !is_shown,
            };
            full.extend(records.send(ToRecorder::Event(entry)));
        }
        if is_shown {
            // Drop stale acknowledgements.
            if let Event::Suspended = event {
                while self.cleared.try_recv().is_ok() {}
            }
            full.extend(self.console.send((at, event.clone())));
            if let Event::Suspended = event {
                // Nothing runs meanwhile; leave a clean terminal to the shell.
                let _ = self.cleared.recv_timeout(CLEAR_TIMEOUT);
            }
        }
        if full.is_empty() {
            return Flow::Ready;
        }
        Flow::Full(Box::pin(async move {
            for backlog in full {
                backlog.capacity().await;
            }
        }))
    }

    /// Ends the queues after the last event.
    pub(crate) fn finish(self) -> Drained {
        let mut drained = Drained {
            console_done: Some(self.console_done),
            backlog: Arc::clone(&self.console.backlog),
            recorders_done: self.recorders_done,
            records: self.records.map(|queue| queue.sender),
            unfinished: self.unfinished,
        };
        if let Some(records) = &drained.records {
            // The thread may have finished after an error.
            let _ = records.send(ToRecorder::NoMoreEvents);
        }
        if !self.console.has_sent {
            // Closing the queue would wake the writer for nothing when prun is about to exit.
            std::mem::forget(self.console.sender);
            drained.give_up_console();
        }
        drained
    }
}

/// Waits for the writer threads after the last event.
pub(crate) struct Drained {
    /// `None` if there is nothing to write, and when it is written.
    console_done: Option<oneshot::Receiver<Option<OutputLoss>>>,
    backlog: Arc<Backlog>,
    /// `None` if there are no files, and when all are written.
    recorders_done: Option<oneshot::Receiver<bool>>,
    records: Option<Sender<ToRecorder>>,
    unfinished: recorders::Unfinished,
}

impl Drained {
    /// Whether everything is written, or was given up.
    pub(crate) fn is_complete(&self) -> bool {
        self.console_done.is_none() && self.recorders_done.is_none()
    }

    /// Waits until the console or the files are written, and returns the loss, if any. Cancel-safe. Never
    /// resolves once everything is complete.
    pub(crate) async fn next(&mut self) -> Option<OutputLoss> {
        // A closed channel means that the writer panicked: its output was not written.
        tokio::select! {
            loss = received(&mut self.console_done) => {
                self.console_done = None;
                loss.unwrap_or(Some(OutputLoss::NotWritten))
            }
            is_lost = received(&mut self.recorders_done) => {
                self.recorders_done = None;
                is_lost.unwrap_or(true).then_some(OutputLoss::NotWritten)
            }
        }
    }

    /// Returns the number of events not yet written to the console; `None` if the console is not waited for.
    pub(crate) fn unwritten(&self) -> Option<usize> {
        self.console_done.as_ref().map(|_| self.backlog.pending())
    }

    /// Stops waiting for the console: the job log then knows which outputs were not delivered.
    pub(crate) fn give_up_console(&mut self) {
        self.console_done = None;
        if let Some(records) = &self.records {
            // The thread may have finished.
            let _ = records.send(ToRecorder::NoMoreDeliveries);
        }
    }

    /// Returns the names of what is not completely written.
    pub(crate) fn unfinished(&self) -> Vec<String> {
        let files = recorders::names(&self.unfinished);
        let output = self.console_done.as_ref().map(|_| "the output".to_owned());
        output.into_iter().chain(files).collect()
    }
}

async fn received<T>(
    receiver: &mut Option<oneshot::Receiver<T>>,
) -> Result<T, oneshot::error::RecvError> {
    match receiver {
        Some(receiver) => receiver.await,
        None => std::future::pending().await,
    }
}

/// The queue of one of the threads.
struct Queue<M> {
    sender: Sender<M>,
    backlog: Arc<Backlog>,
    interest: Interest,
    /// Whether anything was sent.
    has_sent: bool,
}

impl<M> Queue<M> {
    fn new(interest: Interest) -> (Self, Receiver<M>) {
        let (sender, receiver) = mpsc::channel();
        let queue = Self {
            sender,
            backlog: Arc::default(),
            interest,
            has_sent: false,
        };
        (queue, receiver)
    }

    /// Sends a message. If the backlog is full, returns it, to wait for capacity.
    fn send(&mut self, message: M) -> Option<Arc<Backlog>> {
        self.has_sent = true;
        let is_full = self.backlog.add();
        // The thread receives until this sender is dropped.
        let _ = self.sender.send(message);
        is_full.then(|| Arc::clone(&self.backlog))
    }

    fn wants(&self, event: &Event) -> bool {
        match event {
            Event::RunStarted { .. } | Event::InputEnded { .. } => self.interest.silent_runs,
            Event::RunEnded { .. } => self.interest.silent_runs || self.has_sent,
            // The jobs after a service do not wait for its end to be shown in their order.
            Event::JobStarted(start) => self.interest.starts || start.job.job.service().is_some(),
            Event::JobsWaited(_) => self.interest.starts,
            Event::JobEnded(end) if end.status == Status::Ok => {
                let silent = end.last.as_ref().is_none_or(|last| {
                    last.stdout.is_empty() && last.stderr.is_empty() && !last.leaked
                });
                self.interest.silent_successes || !silent
            }
            _ => true,
        }
    }
}

fn all(interests: impl Iterator<Item = Interest>) -> Interest {
    interests.fold(Interest::default(), Interest::or)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Counts;

    /// A sink that has no interest in any event.
    struct Uninterested;

    impl Sink for Uninterested {
        fn interest(&self) -> Interest {
            Interest::default()
        }

        fn handle(&mut self, event: &Event, _: SystemTime, _: &mut Console) -> io::Result<()> {
            panic!("unexpected event: {event:?}")
        }
    }

    #[test]
    fn a_run_without_anything_to_write_waits_for_no_thread() {
        let console = Console::new().unwrap();
        let on_loss = OnLoss {
            output: |_| panic!("nothing can be lost"),
            record: |_| panic!("nothing is recorded"),
        };
        let sinks: Vec<Box<dyn Sink>> = vec![Box::new(Uninterested)];
        let mut dispatch = Dispatch::start(sinks, Vec::new(), console, false, on_loss).unwrap();
        let (elapsed, counts) = (Duration::ZERO, Counts::default());
        for event in [
            Event::RunStarted { total: Some(1) },
            Event::RunEnded { elapsed, counts },
        ] {
            assert!(matches!(dispatch.handle(&event), Flow::Ready));
        }
        assert!(dispatch.finish().is_complete());
    }
}
