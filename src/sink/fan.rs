//! One queue and one thread between the run and all sinks.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::SystemTime;

use tokio::sync::{Notify, oneshot};

use super::console::{Console, Interest, Sink, TellError};
use crate::event::{Event, Flow, OutputLoss, Status};

/// With so many events untold nothing new is started. Each holds at most what a job may keep in
/// memory of its output, so this bounds prun's own memory.
const MOST_PENDING: usize = 32;

/// Hands events to the sinks.
pub(crate) struct Fan {
    queue: Sender<(SystemTime, Event)>,
    backlog: Arc<Backlog>,
    interest: Interest,
    told: oneshot::Receiver<Option<OutputLoss>>,
}

/// Resolves when everything was told: whether standard output was lost on the way.
pub(crate) struct Told(oneshot::Receiver<Option<OutputLoss>>);

/// How many events are untold.
#[derive(Default)]
struct Backlog {
    pending: AtomicUsize,
    room: Notify,
}

impl Fan {
    /// Starts the thread that writes. `on_loss` is called from there, once, when standard output
    /// cannot be written any more.
    pub(crate) fn start(
        mut sinks: Vec<Box<dyn Sink>>,
        mut console: Console,
        on_loss: impl FnOnce(OutputLoss) + Send + 'static,
    ) -> io::Result<Self> {
        let interest = sinks.iter().map(|sink| sink.interest());
        let interest = interest.fold(Interest::default(), Interest::or);
        let (queue, events) = mpsc::channel();
        let (tell, told) = oneshot::channel();
        let backlog = Arc::new(Backlog::default());
        let shared = Arc::clone(&backlog);
        std::thread::Builder::new()
            .name("prun-writer".into())
            .spawn(move || {
                let loss = tell_all(&events, &mut sinks, &mut console, &shared, on_loss);
                // Whoever is gone does not want to know.
                let _ = tell.send(loss);
            })?;
        Ok(Self {
            queue,
            backlog,
            interest,
            told,
        })
    }

    /// Takes one event, and says whether more can be taken.
    pub(crate) fn tell(&mut self, event: &Event) -> Flow {
        if !self.is_of_interest(event) {
            return Flow::Ready;
        }
        let before = self.backlog.pending.fetch_add(1, Ordering::AcqRel);
        // The writer takes events for as long as this sender is there.
        let _ = self.queue.send((SystemTime::now(), event.clone()));
        if before < MOST_PENDING {
            return Flow::Ready;
        }
        let backlog = Arc::clone(&self.backlog);
        Flow::Full(Box::pin(async move { backlog.room().await }))
    }

    /// No more events come.
    pub(crate) fn finish(self) -> Told {
        Told(self.told)
    }

    fn is_of_interest(&self, event: &Event) -> bool {
        match event {
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

impl Told {
    /// Waits until everything was told. Cancel-safe.
    pub(crate) async fn wait(&mut self) -> Option<OutputLoss> {
        // A writer that is gone without a word has panicked: what it had was not told.
        (&mut self.0).await.unwrap_or(Some(OutputLoss::NotWritten))
    }
}

impl Backlog {
    async fn room(&self) {
        loop {
            let room = self.room.notified();
            if self.pending.load(Ordering::Acquire) <= MOST_PENDING / 2 {
                return;
            }
            room.await;
        }
    }

    fn told_one(&self) {
        if self.pending.fetch_sub(1, Ordering::AcqRel) == MOST_PENDING / 2 + 1 {
            self.room.notify_one();
        }
    }
}

fn tell_all(
    events: &Receiver<(SystemTime, Event)>,
    sinks: &mut [Box<dyn Sink>],
    console: &mut Console,
    backlog: &Backlog,
    on_loss: impl FnOnce(OutputLoss),
) -> Option<OutputLoss> {
    let mut on_loss = Some(on_loss);
    let mut lost = None;
    for (at, event) in events {
        for sink in sinks.iter_mut() {
            let told = sink.tell(&event, at, console);
            let told = told.and_then(|()| Ok(console.flush()?));
            let Err(error) = told else { continue };
            let loss = classify(&error, console);
            if let Some(on_loss) = on_loss.take() {
                lost = Some(loss);
                on_loss(loss);
            }
        }
        backlog.told_one();
    }
    lost
}

fn classify(error: &TellError, console: &mut Console) -> OutputLoss {
    match error {
        TellError::Output(error) => console.lose_out(error),
        TellError::File { .. } => {
            let _ = writeln!(console.err(), "prun: {error}");
            let _ = console.flush();
            OutputLoss::NotWritten
        }
    }
}
