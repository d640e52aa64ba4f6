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
    /// Signals that the display was cleared for a suspension.
    cleared: SyncSender<()>,
    /// Receives the numbers of jobs whose output was delivered.
    deliveries: Option<Sender<ToRecorder>>,
    on_loss: L,
    has_lost_out: bool,
    has_lost_err: bool,
    /// Jobs whose output was lost on standard error.
    undelivered: HashSet<u64>,
    lost: Option<OutputLoss>,
}

impl<L: FnMut(OutputLoss)> ConsoleThread<L> {
    pub(crate) fn new(
        sinks: Vec<Box<dyn Sink>>,
        console: Console,
        cleared: SyncSender<()>,
        deliveries: Option<Sender<ToRecorder>>,
        on_loss: L,
    ) -> Self {
        Self {
            sinks,
            console,
            cleared,
            deliveries,
            on_loss,
            has_lost_out: false,
            has_lost_err: false,
            undelivered: HashSet::new(),
            lost: None,
        }
    }

    /// Handles all events until the queue ends. Returns how output was lost, if it was.
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
                            order.push(at, event, |at, event| {
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
                        // The receiver may have timed out.
                        let _ = self.cleared.try_send(());
                    }
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            // Also if events arrive without a pause.
            if wakes_at.is_some_and(|at| at <= Instant::now()) {
                self.wake();
            }
        }
        if let Some(deliveries) = &self.deliveries {
            // The recorders may have finished.
            let _ = deliveries.send(ToRecorder::NoMoreDeliveries);
        }
        self.lost
    }

    fn handle(&mut self, at: SystemTime, event: &Event, which: impl Fn(&dyn Sink) -> bool) {
        for index in 0..self.sinks.len() {
            if which(&*self.sinks[index]) {
                let result = self.sinks[index].handle(event, at, &mut self.console);
                let is_lost = self.note(result);
                self.undelivered.extend(event.seq().filter(|_| is_lost));
            }
        }
    }

    /// Reports that the output of an ended job is written.
    fn deliver(&mut self, event: &Event) {
        let Event::JobEnded(end) = event else { return };
        let is_lost = self.undelivered.remove(&end.job.seq) || self.has_lost_out;
        if let (Some(deliveries), false) = (&self.deliveries, is_lost) {
            // The recorders may have given up.
            let _ = deliveries.send(ToRecorder::Delivered(end.job.seq));
        }
    }

    fn wake(&mut self) {
        for index in 0..self.sinks.len() {
            let wakes_at = self.sinks[index].wakes_at();
            if wakes_at.is_some_and(|at| at <= Instant::now()) {
                let result = self.sinks[index].wake(&mut self.console);
                self.note(result);
            }
        }
    }

    /// Flushes the console and records losses. Returns whether there are any.
    fn note(&mut self, result: io::Result<()>) -> bool {
        let result = result.and_then(|()| self.console.flush());
        let err = self.console.take_loss();
        let out = result.err().map(|error| self.console.lose_out(&error));
        for loss in err.into_iter().chain(out) {
            self.lose(loss);
        }
        err.is_some() || out.is_some()
    }

    /// Reports the first loss on each stream: only a loss on standard output ends the run.
    fn lose(&mut self, loss: OutputLoss) {
        self.lost.get_or_insert(loss);
        let has_lost = match loss {
            OutputLoss::Stderr => &mut self.has_lost_err,
            OutputLoss::ReaderGone | OutputLoss::NotWritten => &mut self.has_lost_out,
        };
        if !std::mem::replace(has_lost, true) {
            (self.on_loss)(loss);
            if let Some(deliveries) = &self.deliveries {
                // The recorders need it even if the run has ended.
                let _ = deliveries.send(ToRecorder::Lost(loss));
            }
        }
    }
}
