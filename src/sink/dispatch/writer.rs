//! The thread that writes to standard output and standard error.

use std::collections::HashSet;
use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender};
use std::time::{Instant, SystemTime};

use super::backlog::Backlog;
use super::recorders::ToRecorder;
use crate::event::{Event, OutputLoss};
use crate::sink::console::Console;
use crate::sink::reorder::Reorder;
use crate::sink::sink::Sink;

pub(crate) struct ConsoleThread<L> {
    sinks: Vec<Box<dyn Sink>>,
    console: Console,
    /// Says that a suspension was told.
    lifted: SyncSender<()>,
    /// Whom to tell whose output has arrived.
    deliveries: Option<Sender<ToRecorder>>,
    on_loss: L,
    has_lost_out: bool,
    has_lost_err: bool,
    /// Jobs of which output was lost on standard error.
    undelivered: HashSet<u64>,
    lost: Option<OutputLoss>,
}

impl<L: FnMut(OutputLoss)> ConsoleThread<L> {
    pub(crate) fn new(
        sinks: Vec<Box<dyn Sink>>,
        console: Console,
        lifted: SyncSender<()>,
        deliveries: Option<Sender<ToRecorder>>,
        on_loss: L,
    ) -> Self {
        Self {
            sinks,
            console,
            lifted,
            deliveries,
            on_loss,
            has_lost_out: false,
            has_lost_err: false,
            undelivered: HashSet::new(),
            lost: None,
        }
    }

    /// Tells all events until there are no more, and says how output was lost, if it was.
    pub(crate) fn handle_all(
        &mut self,
        events: &Receiver<(SystemTime, Event)>,
        in_order: bool,
        backlog: &Backlog,
    ) -> Option<OutputLoss> {
        let mut order = in_order.then(Reorder::new);
        loop {
            let wakes_at = self.sinks.iter().filter_map(|sink| sink.wakes_at()).min();
            let next = match wakes_at {
                None => events.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(at) => events.recv_timeout(at.saturating_duration_since(Instant::now())),
            };
            match next {
                Ok((at, event)) => {
                    let is_suspension = matches!(event, Event::Suspended);
                    match &mut order {
                        Some(order) => {
                            self.handle(at, &event, |sink| !sink.keeps_order());
                            order.take_in(at, event, |at, event| {
                                self.handle(at, event, |sink| sink.keeps_order());
                                self.deliver(event);
                            });
                        }
                        None => {
                            self.handle(at, &event, |_| true);
                            self.deliver(&event);
                            drop(event);
                        }
                    }
                    backlog.remove();
                    if is_suspension {
                        // Whoever waits no longer does not need to know.
                        let _ = self.lifted.try_send(());
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            // Also where one event follows the other without a pause.
            if wakes_at.is_some_and(|at| at <= Instant::now()) {
                self.wake();
            }
        }
        if let Some(deliveries) = &self.deliveries {
            // Records that are written already need to know no more.
            let _ = deliveries.send(ToRecorder::NoMoreDeliveries);
        }
        self.lost
    }

    fn handle(&mut self, at: SystemTime, event: &Event, which: impl Fn(&dyn Sink) -> bool) {
        for place in 0..self.sinks.len() {
            if which(&*self.sinks[place]) {
                let told = self.sinks[place].handle(event, at, &mut self.console);
                let is_lost = self.note(told);
                self.undelivered.extend(event.seq().filter(|_| is_lost));
            }
        }
    }

    /// Says that the output of a job that has ended is written.
    fn deliver(&mut self, event: &Event) {
        let Event::JobEnded(end) = event else { return };
        let is_lost = self.undelivered.remove(&end.job.seq) || self.has_lost_out;
        if let (Some(deliveries), false) = (&self.deliveries, is_lost) {
            // Records that were given up need to know no more.
            let _ = deliveries.send(ToRecorder::Delivered(end.job.seq));
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

    /// Takes down what could not be told, and says whether there is something.
    fn note(&mut self, told: io::Result<()>) -> bool {
        let told = told.and_then(|()| self.console.flush());
        let err = self.console.take_loss();
        let out = told.err().map(|error| self.console.lose_out(&error));
        for loss in err.into_iter().chain(out) {
            self.lose(loss);
        }
        err.is_some() || out.is_some()
    }

    /// Says once of each stream that output was lost there: only one of them ends the run.
    fn lose(&mut self, loss: OutputLoss) {
        self.lost.get_or_insert(loss);
        let has_lost = match loss {
            OutputLoss::Stderr => &mut self.has_lost_err,
            OutputLoss::ReaderGone | OutputLoss::NotWritten => &mut self.has_lost_out,
        };
        if !std::mem::replace(has_lost, true) {
            (self.on_loss)(loss);
            if let Some(deliveries) = &self.deliveries {
                // The run may be over by now; it is on record all the same.
                let _ = deliveries.send(ToRecorder::Lost(loss));
            }
        }
    }
}
