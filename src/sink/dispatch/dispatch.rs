//! Hands every event to the two threads, and waits for them at the end.

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

/// How long prun may wait until a suspension was told: a terminal may be stopped as well.
const LIFTING: Duration = Duration::from_millis(200);

/// Hands events to those who tell them.
pub(crate) struct Dispatch {
    console: Queue<(SystemTime, Event)>,
    records: Option<Queue<ToRecorder>>,
    /// What says that a suspension was told.
    lifted: Receiver<()>,
    told: oneshot::Receiver<Option<OutputLoss>>,
    recorded: Option<oneshot::Receiver<bool>>,
    unfinished: recorders::Unfinished,
}

/// What is called when something cannot be told, from the thread that finds it out.
pub(crate) struct OnLoss<L, E> {
    /// Standard output cannot be written any more. Called once.
    pub(crate) output: L,
    /// A file cannot be written.
    pub(crate) record: E,
}

impl Dispatch {
    /// Starts the threads that write, to the console of later jobs after earlier ones if `in_order`.
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
        // The next one's turn comes by the end of the one before, however silent that was.
        interest.silent_successes |= in_order;
        let wants_deliveries = recorders.iter().any(|to| to.wants_deliveries());
        let (mut records, mut recorded) = (None, None);
        let unfinished = recorders::unfinished(&recorders);
        if !recorders.is_empty() {
            let (queue, entries) = Queue::new(all(recorders.iter().map(|to| to.interest())));
            let (handle, told) = oneshot::channel();
            let backlog = Arc::clone(&queue.backlog);
            let open = Arc::clone(&unfinished);
            let mut writer = RecordWriter::new(recorders, on_loss.record, open);
            start_thread("prun-records", move || {
                // Whoever is gone does not want to know.
                let _ = handle.send(writer.write_all(&entries, &backlog));
            })?;
            (records, recorded) = (Some(queue), Some(told));
        }
        let (queue, events) = Queue::new(interest);
        let (handle, told) = oneshot::channel();
        let (lifted, is_lifted) = mpsc::sync_channel(1);
        let backlog = Arc::clone(&queue.backlog);
        let deliveries = records.as_ref().filter(|_| wants_deliveries);
        let deliveries = deliveries.map(|queue| queue.sender.clone());
        start_thread("prun-writer", move || {
            let mut console_thread =
                ConsoleThread::new(sinks, console, lifted, deliveries, on_loss.output);
            let loss = console_thread.handle_all(&events, in_order, &backlog);
            // Whoever is gone does not want to know.
            let _ = handle.send(loss);
        })?;
        Ok(Self {
            console: queue,
            records,
            lifted: is_lifted,
            told,
            recorded,
            unfinished,
        })
    }

    /// Takes one event that happens now, and says whether more can be taken.
    pub(crate) fn handle(&mut self, event: &Event) -> Flow {
        self.handle_at(SystemTime::now(), event)
    }

    /// The same for an event that happened at `at`.
    pub(crate) fn handle_at(&mut self, at: SystemTime, event: &Event) -> Flow {
        let is_told = self.console.wants(event);
        let mut rooms = Vec::new();
        if let Some(records) = &mut self.records
            && records.wants(event)
        {
            let entry = RecorderEntry {
                at,
                event: event.clone(),
                is_delivered: !is_told,
            };
            rooms.extend(records.send(ToRecorder::Event(entry)));
        }
        if is_told {
            // What was said too late to somebody before.
            if let Event::Suspended = event {
                while self.lifted.try_recv().is_ok() {}
            }
            rooms.extend(self.console.send((at, event.clone())));
            if let Event::Suspended = event {
                // Nothing runs meanwhile, and whoever is at the terminal next is to find it clean.
                let _ = self.lifted.recv_timeout(LIFTING);
            }
        }
        if rooms.is_empty() {
            return Flow::Ready;
        }
        Flow::Full(Box::pin(async move {
            for backlog in rooms {
                backlog.room().await;
            }
        }))
    }

    /// No more events come.
    pub(crate) fn finish(self) -> Drained {
        let mut drained = Drained {
            told: Some(self.told),
            untold: Arc::clone(&self.console.backlog),
            recorded: self.recorded,
            records: self.records.map(|queue| queue.sender),
            unfinished: self.unfinished,
        };
        if let Some(records) = &drained.records {
            // The thread takes messages for as long as it has not said that it is done.
            let _ = records.send(ToRecorder::NoMoreEvents);
        }
        if !self.console.has_sent {
            // The end of the queue would wake the writer, for nothing, when prun is about to exit.
            std::mem::forget(self.console.sender);
            drained.give_up_console();
        }
        drained
    }
}

/// What is left to be written after the last event.
pub(crate) struct Drained {
    /// None where there was nothing to tell, and when it was told.
    told: Option<oneshot::Receiver<Option<OutputLoss>>>,
    untold: Arc<Backlog>,
    /// None where there is no file to write, and when all are written.
    recorded: Option<oneshot::Receiver<bool>>,
    records: Option<Sender<ToRecorder>>,
    unfinished: recorders::Unfinished,
}

impl Drained {
    /// Whether everything was written, or was given up.
    pub(crate) fn is_complete(&self) -> bool {
        self.told.is_none() && self.recorded.is_none()
    }

    /// Waits until the console or the files are written; whether something was lost there.
    /// Cancel-safe. Never resolves once all is complete.
    pub(crate) async fn next(&mut self) -> Option<OutputLoss> {
        // A writer that is gone without a word has panicked: what it had was not told.
        tokio::select! {
            loss = taken(&mut self.told) => {
                self.told = None;
                loss.unwrap_or(Some(OutputLoss::NotWritten))
            }
            is_lost = taken(&mut self.recorded) => {
                self.recorded = None;
                is_lost.unwrap_or(true).then_some(OutputLoss::NotWritten)
            }
        }
    }

    /// How much is not told on the console yet; none if that is not waited for any more.
    pub(crate) fn untold(&self) -> Option<usize> {
        self.told.as_ref().map(|_| self.untold.pending())
    }

    /// Waits for the console no longer: a success whose output did not arrive is on record as that.
    pub(crate) fn give_up_console(&mut self) {
        self.told = None;
        if let Some(records) = &self.records {
            // A thread that is done needs to know no more.
            let _ = records.send(ToRecorder::NoMoreDeliveries);
        }
    }

    /// What is not written whole, in words.
    pub(crate) fn unfinished(&self) -> Vec<String> {
        let files = recorders::names(&self.unfinished);
        let output = self.told.as_ref().map(|_| "the output".to_owned());
        output.into_iter().chain(files).collect()
    }
}

async fn taken<T>(
    receiver: &mut Option<oneshot::Receiver<T>>,
) -> Result<T, oneshot::error::RecvError> {
    match receiver {
        Some(receiver) => receiver.await,
        None => std::future::pending().await,
    }
}

/// The way to one of the threads.
struct Queue<M> {
    sender: Sender<M>,
    backlog: Arc<Backlog>,
    interest: Interest,
    /// Whether it was given something at all.
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

    /// Hands a message over. The answer is who has room again, if there is none.
    fn send(&mut self, message: M) -> Option<Arc<Backlog>> {
        self.has_sent = true;
        let is_full = self.backlog.add();
        // The thread takes messages for as long as this sender is there.
        let _ = self.sender.send(message);
        is_full.then(|| Arc::clone(&self.backlog))
    }

    fn wants(&self, event: &Event) -> bool {
        match event {
            Event::RunStarted { .. } => self.interest.silent_runs,
            Event::RunEnded { .. } => self.interest.silent_runs || self.has_sent,
            Event::JobStarted(_) => self.interest.starts,
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

    /// A sink for which nothing has happened yet.
    struct Waiting;

    impl Sink for Waiting {
        fn interest(&self) -> Interest {
            Interest::default()
        }

        fn handle(&mut self, event: &Event, _: SystemTime, _: &mut Console) -> io::Result<()> {
            panic!("nobody wanted to hear of {event:?}")
        }
    }

    #[test]
    fn a_run_of_which_there_is_nothing_to_tell_waits_for_nobody() {
        let console = Console::new().unwrap();
        let on_loss = OnLoss {
            output: |_| panic!("nothing can be lost"),
            record: |_| panic!("nothing is recorded"),
        };
        let sinks: Vec<Box<dyn Sink>> = vec![Box::new(Waiting)];
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
