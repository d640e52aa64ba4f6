//! The events of a run as they happen, one flat JSON object a line on standard output.

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::time::SystemTime;

use serde::Serialize;

use super::console::Console;
use super::sink::{Interest, Sink};
use crate::event::{Attempt, Event, Stream};
use crate::process::Spool;
use crate::record::{EventLine, RecordStreams, cut_character};

/// At most so much of what a job printed is in one line.
const LONGEST: u64 = 64 * 1024;

/// Writes every event, and the output of running jobs as it comes.
#[derive(Default)]
pub(crate) struct Events {
    /// The beginning of a character whose rest may come with the next piece.
    cut: HashMap<(u64, Stream), Vec<u8>>,
}

impl Events {
    /// Tells a piece of output, but for a character that is not whole.
    fn output(
        &mut self,
        (seq, attempt, stream): (u64, u32, Stream),
        piece: &Spool,
        at: SystemTime,
        console: &mut Console,
    ) -> io::Result<()> {
        let mut rest = piece.kept(piece.taken());
        loop {
            let mut bytes = self.cut.remove(&(seq, stream)).unwrap_or_default();
            let before = bytes.len();
            rest.by_ref().take(LONGEST).read_to_end(&mut bytes)?;
            let is_end = bytes.len() == before;
            let cut = bytes.split_off(bytes.len() - cut_character(&bytes));
            if !bytes.is_empty() {
                write(
                    &EventLine::output(seq, attempt, stream, &bytes, at),
                    console,
                )?;
            }
            if !cut.is_empty() {
                self.cut.insert((seq, stream), cut);
            }
            if is_end {
                return Ok(());
            }
        }
    }

    /// Tells what an attempt printed and was not told while it ran.
    fn rest(
        &mut self,
        seq: u64,
        attempt: &Attempt,
        at: SystemTime,
        console: &mut Console,
    ) -> io::Result<()> {
        let number = attempt.number;
        for (stream, spool) in [
            (Stream::Stdout, &attempt.stdout),
            (Stream::Stderr, &attempt.stderr),
        ] {
            self.output((seq, number, stream), spool, at, console)?;
            // No rest comes: what was begun is no character.
            if let Some(bytes) = self.cut.remove(&(seq, stream)) {
                write(&EventLine::output(seq, number, stream, &bytes, at), console)?;
            }
        }
        Ok(())
    }
}

impl Sink for Events {
    fn interest(&self) -> Interest {
        Interest::ALL
    }

    fn keeps_order(&self) -> bool {
        false
    }

    fn handle(&mut self, event: &Event, at: SystemTime, console: &mut Console) -> io::Result<()> {
        if let Event::JobPrinted(print) = event {
            let whose = (print.job.seq, print.attempt, print.stream);
            self.output(whose, &print.piece, at, console)?;
        }
        if let (Some(attempt), Some(seq)) = (event.attempt(), event.seq()) {
            self.rest(seq, attempt, at, console)?;
        }
        let streams = RecordStreams::default();
        match EventLine::of(event, at, &streams) {
            Some(line) => write(&line, console),
            None => Ok(()),
        }
    }
}

fn write(line: &impl Serialize, console: &mut Console) -> io::Result<()> {
    serde_json::to_writer(console.out(), line)?;
    console.out().write_all(b"\n")
}
