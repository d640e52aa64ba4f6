//! One flat JSON object for each finished job, one line each.

use std::io::{self, Write};
use std::time::SystemTime;

use super::console::Console;
use super::sink::{Interest, Sink};
use crate::event::Event;
use crate::record::{JobRecord, RecordStreams, Texts};

/// Writes a record for each job when it ends.
pub(crate) struct JsonLines;

impl Sink for JsonLines {
    fn interest(&self) -> Interest {
        Interest::ENDINGS
    }

    fn handle(&mut self, event: &Event, _at: SystemTime, console: &mut Console) -> io::Result<()> {
        let Event::JobEnded(end) = event else {
            return Ok(());
        };
        let streams = RecordStreams::default();
        let record = JobRecord::of(end, Texts::Whole, &streams);
        serde_json::to_writer(console.out(), &record).map_err(io::Error::from)?;
        console.out().write_all(b"\n")?;
        streams.take_error()
    }
}
