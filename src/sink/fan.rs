//! One queue and one thread between the run and all sinks.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, SyncSender};
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::{Notify, oneshot};

use super::console::Console;
use super::order::Order;
use super::sink::{Interest, Sink, TellError};
use crate::event::{Attempt, Event, Flow, OutputLoss, Status};
use crate::process::start_beside;

/// With so many events untold nothing new is started. Each holds at most what a job may keep in
/// memory of its output, so this bounds prun's own memory.
const MOST_PENDING: usize = 32;

/// Hands events to the sinks.
pub(crate) struct Fan {
    queue: Sender<(SystemTime, Event)>,
    backlog: Arc<Backlog>,
    interest: Interest,
    /// Whether the writer was given something at all.
    has_told: bool,
    /// What says that a suspension was told.
    lifted: Receiver<()>,
    told: oneshot::Receiver<Option<OutputLoss>>,
}

/// How long prun may wait for that: a terminal may be stopped as well.
const LIFTING: Duration = Duration::from_millis(200);

/// Resolves when everything was told: whether standard output was lost on the way. None where there
/// was nothing to tell, so that nobody needs to be waited for.
pub(crate) struct Told(Option<oneshot::Receiver<Option<OutputLoss>>>);

/// By how much an event counts: those with files of their own by more, since there may be few.
fn weight(event: &Event) -> usize {
    let has_file = |attempt: &Attempt| attempt.stdout.has_file() || attempt.stderr.has_file();
    match event.attempt().is_some_and(has_file) {
        true => 4,
        false => 1,
    }
}

/// How many events are untold, by their weights.
#[derive(Default)]
struct Backlog {
    pending: AtomicUsize,
    room: Notify,
}

impl Fan {
    /// Starts the thread that writes, of later jobs after earlier ones if `in_order`. `on_loss` is
    /// called from there, once, when standard output cannot be written any more.
    pub(crate) fn start(
        sinks: Vec<Box<dyn Sink>>,
        console: Console,
        in_order: bool,
        on_loss: impl FnOnce(OutputLoss) + Send + 'static,
    ) -> io::Result<Self> {
        let interest = sinks.iter().map(|sink| sink.interest());
        let mut interest = interest.fold(Interest::default(), Interest::or);
        // The next one's turn comes by the end of the one before, however silent that was.
        interest.silent_successes |= in_order;
        let (queue, events) = mpsc::channel();
        let (tell, told) = oneshot::channel();
        let (lifted, is_lifted) = mpsc::sync_channel(1);
        let backlog = Arc::new(Backlog::default());
        let shared = Arc::clone(&backlog);
        start_beside("prun-writer", move || {
            let order = in_order.then(Order::new);
            let mut teller = Teller {
                sinks,
                console,
                lifted,
                on_loss: Some(on_loss),
                lost: None,
            };
            let loss = teller.tell_all(&events, order, &shared);
            // Whoever is gone does not want to know.
            let _ = tell.send(loss);
        })?;
        Ok(Self {
            queue,
            backlog,
            interest,
            has_told: false,
            lifted: is_lifted,
            told,
        })
    }

    /// Takes one event that happens now, and says whether more can be taken.
    pub(crate) fn tell(&mut self, event: &Event) -> Flow {
        self.tell_at(SystemTime::now(), event)
    }

    /// The same for an event that happened at `at`.
    pub(crate) fn tell_at(&mut self, at: SystemTime, event: &Event) -> Flow {
        if !self.is_of_interest(event) {
            return Flow::Ready;
        }
        // What was said too late to somebody before.
        if let Event::Suspended = event {
            while self.lifted.try_recv().is_ok() {}
        }
        let before = self
            .backlog
            .pending
            .fetch_add(weight(event), Ordering::AcqRel);
        self.has_told = true;
        // The writer takes events for as long as this sender is there.
        let _ = self.queue.send((at, event.clone()));
        if let Event::Suspended = event {
            // Nothing runs meanwhile, and whoever is at the terminal next is to find it clean.
            let _ = self.lifted.recv_timeout(LIFTING);
        }
        if before < MOST_PENDING {
            return Flow::Ready;
        }
        let backlog = Arc::clone(&self.backlog);
        Flow::Full(Box::pin(async move { backlog.room().await }))
    }

    /// No more events come.
    pub(crate) fn finish(self) -> Told {
        if !self.has_told {
            // The end of the queue would wake the writer, for nothing, when prun is about to exit.
            std::mem::forget(self.queue);
            return Told(None);
        }
        Told(Some(self.told))
    }

    fn is_of_interest(&self, event: &Event) -> bool {
        match event {
            Event::RunStarted { .. } => self.interest.silent_runs,
            Event::RunEnded { .. } => self.interest.silent_runs || self.has_told,
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
        let told = self.0.as_mut()?.await;
        told.unwrap_or(Some(OutputLoss::NotWritten))
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

    fn told(&self, weight: usize) {
        let before = self.pending.fetch_sub(weight, Ordering::AcqRel);
        if before > MOST_PENDING / 2 && before - weight <= MOST_PENDING / 2 {
            self.room.notify_one();
        }
    }
}

/// The thread that writes.
struct Teller<F> {
    sinks: Vec<Box<dyn Sink>>,
    console: Console,
    lifted: SyncSender<()>,
    /// None once it was called.
    on_loss: Option<F>,
    lost: Option<OutputLoss>,
}

impl<F: FnOnce(OutputLoss)> Teller<F> {
    fn tell_all(
        &mut self,
        events: &Receiver<(SystemTime, Event)>,
        mut order: Option<Order>,
        backlog: &Backlog,
    ) -> Option<OutputLoss> {
        loop {
            let wakes_at = self.sinks.iter().filter_map(|sink| sink.wakes_at()).min();
            let next = match wakes_at {
                None => events.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(at) => events.recv_timeout(at.saturating_duration_since(Instant::now())),
            };
            match next {
                Ok((at, event)) => {
                    let weight = weight(&event);
                    let is_suspension = matches!(event, Event::Suspended);
                    match &mut order {
                        Some(order) => {
                            self.tell(at, &event, |sink| !sink.keeps_order());
                            order.take_in(at, event, |at, event| {
                                self.tell(at, event, |sink| sink.keeps_order());
                            });
                        }
                        None => {
                            self.tell(at, &event, |_| true);
                            drop(event);
                        }
                    }
                    backlog.told(weight);
                    if is_suspension {
                        // Whoever waits no longer does not need to know.
                        let _ = self.lifted.try_send(());
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return self.lost,
            }
            // Also where one event follows the other without a pause.
            if wakes_at.is_some_and(|at| at <= Instant::now()) {
                self.wake();
            }
        }
    }

    fn tell(&mut self, at: SystemTime, event: &Event, which: impl Fn(&dyn Sink) -> bool) {
        for place in 0..self.sinks.len() {
            if which(&*self.sinks[place]) {
                let told = self.sinks[place].tell(event, at, &mut self.console);
                self.note(told);
            }
        }
    }

    fn wake(&mut self) {
        for place in 0..self.sinks.len() {
            let wakes_at = self.sinks[place].wakes_at();
            if wakes_at.is_some_and(|at| at <= Instant::now()) {
                let told = self.sinks[place].wake(&mut self.console);
                self.note(told);
            }
        }
    }

    /// Takes down what could not be told.
    fn note(&mut self, told: Result<(), TellError>) {
        let told = told.and_then(|()| Ok(self.console.flush()?));
        let Err(error) = told else { return };
        let loss = classify(&error, &mut self.console);
        self.lost.get_or_insert(loss);
        if let TellError::RunFile { .. } = error {
            return;
        }
        if let Some(on_loss) = self.on_loss.take() {
            on_loss(loss);
        }
    }
}

fn classify(error: &TellError, console: &mut Console) -> OutputLoss {
    match error {
        TellError::Output(error) => console.lose_out(error),
        TellError::File { .. } | TellError::RunFile { .. } => {
            let words = console.words();
            // Where even that cannot be written, the exit code tells it.
            let _ = words.and_then(|words| writeln!(words, "prun: {error}"));
            let _ = console.flush();
            OutputLoss::NotWritten
        }
    }
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

        fn tell(&mut self, event: &Event, _: SystemTime, _: &mut Console) -> Result<(), TellError> {
            panic!("nobody wanted to hear of {event:?}")
        }
    }

    #[test]
    fn a_run_of_which_there_is_nothing_to_tell_waits_for_nobody() {
        let console = Console::new().unwrap();
        let lost = |_| panic!("nothing can be lost");
        let mut fan = Fan::start(vec![Box::new(Waiting)], console, false, lost).unwrap();
        let (elapsed, counts) = (Duration::ZERO, Counts::default());
        for event in [
            Event::RunStarted { total: Some(1) },
            Event::RunEnded { elapsed, counts },
        ] {
            assert!(matches!(fan.tell(&event), Flow::Ready));
        }
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.build().unwrap();
        assert_eq!(runtime.block_on(fan.finish().wait()), None);
    }
}
