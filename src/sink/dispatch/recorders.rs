//! The thread that writes the files about the run.

use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::backlog::Backlog;
use crate::event::OutputLoss;
use crate::sink::recorder::{Effect, Recorder, RecorderEntry, RecorderError};

/// Messages to the thread.
pub(crate) enum ToRecorder {
    Event(RecorderEntry),
    /// The output of the job with this number has been delivered.
    Delivered(u64),
    /// Output was lost.
    Lost(OutputLoss),
    NoMoreEvents,
    /// Output not delivered by now will not be.
    NoMoreDeliveries,
}

/// The name of each file that is not complete; `None` once it is.
pub(crate) type Unfinished = Arc<Mutex<Vec<Option<String>>>>;

pub(crate) fn unfinished(recorders: &[Box<dyn Recorder>]) -> Unfinished {
    let names = recorders.iter().map(|recorder| Some(recorder.name()));
    Arc::new(Mutex::new(names.collect()))
}

/// Returns those names. Poisoning is ignored, as no code panics while it changes the list.
pub(crate) fn names(unfinished: &Unfinished) -> Vec<String> {
    let names = unfinished.lock().unwrap_or_else(PoisonError::into_inner);
    names.iter().flatten().cloned().collect()
}

pub(crate) struct RecordWriter<E> {
    recorders: Vec<Box<dyn Recorder>>,
    on_error: E,
    unfinished: Unfinished,
    is_lost: bool,
}

impl<E: FnMut(RecorderError)> RecordWriter<E> {
    pub(crate) fn new(
        recorders: Vec<Box<dyn Recorder>>,
        on_error: E,
        unfinished: Unfinished,
    ) -> Self {
        Self {
            recorders,
            on_error,
            unfinished,
            is_lost: false,
        }
    }

    /// Writes all events until the queue ends. Returns whether anything could not be written.
    pub(crate) fn write_all(&mut self, entries: &Receiver<ToRecorder>, backlog: &Backlog) -> bool {
        let (mut has_events, mut has_deliveries) = (true, self.wants_deliveries());
        while has_events || has_deliveries {
            let wakes_at = self.recorders.iter().filter_map(|to| to.wakes_at()).min();
            let next = match wakes_at {
                None => entries.recv().map_err(|_| RecvTimeoutError::Disconnected),
                Some(at) => entries.recv_timeout(at.saturating_duration_since(Instant::now())),
            };
            match next {
                Ok(ToRecorder::Event(entry)) => {
                    self.each(|recorder| recorder.record(&entry));
                    backlog.remove();
                }
                Ok(ToRecorder::Delivered(seq)) => self.each(|recorder| recorder.delivered(seq)),
                Ok(ToRecorder::Lost(loss)) => self.each(|recorder| recorder.lost(loss)),
                Ok(ToRecorder::NoMoreEvents) => has_events = false,
                Ok(ToRecorder::NoMoreDeliveries) => has_deliveries = false,
                Err(RecvTimeoutError::Timeout) => {}
                // All senders are gone.
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if wakes_at.is_some_and(|at| at <= Instant::now()) {
                self.each(|recorder| recorder.wake());
            }
        }
        self.each(|recorder| recorder.finish());
        self.is_lost
    }

    fn wants_deliveries(&self) -> bool {
        self.recorders.iter().any(|to| to.wants_deliveries())
    }

    fn each(&mut self, mut write: impl FnMut(&mut dyn Recorder) -> Result<(), RecorderError>) {
        for (index, recorder) in self.recorders.iter_mut().enumerate() {
            let was_finished = recorder.is_finished();
            if let Err(error) = write(&mut **recorder) {
                self.is_lost |= error.effect() != Effect::Nothing;
                (self.on_error)(error);
            }
            if recorder.is_finished() && !was_finished {
                let names = self.unfinished.lock();
                names.unwrap_or_else(PoisonError::into_inner)[index] = None;
            }
        }
    }
}
