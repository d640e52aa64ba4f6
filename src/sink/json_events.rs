//! The events of a run as they happen, one flat JSON object a line on standard output.

use std::io::{self, Write};
use std::time::SystemTime;

use serde::Serialize;

use super::console::Console;
use super::output_pieces::{OutputPieces, PieceOf};
use super::sink::{Interest, Sink};
use crate::event::Event;
use crate::record::{EventLine, RecordStreams};

/// Writes every event, and the output of running jobs as it comes.
#[derive(Default)]
pub(crate) struct Events {
    pieces: OutputPieces,
}

impl Sink for Events {
    fn interest(&self) -> Interest {
        Interest::ALL
    }

    fn keeps_order(&self) -> bool {
        false
    }

    fn handle(&mut self, event: &Event, at: SystemTime, console: &mut Console) -> io::Result<()> {
        let mut tell = |(seq, attempt, stream): PieceOf, bytes: &[u8]| {
            write(&EventLine::output(seq, attempt, stream, bytes, at), console)
        };
        if let Event::JobPrinted(print) = event {
            let of = (print.job.seq, print.attempt, print.stream);
            self.pieces.printed(of, &print.piece, &mut tell)?;
        }
        if let (Some(attempt), Some(seq)) = (event.attempt(), event.seq()) {
            self.pieces.ended(seq, attempt, &mut tell)?;
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
