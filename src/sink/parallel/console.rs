//! What GNU parallel shows besides the output of jobs: their commands, or the names of files.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::SystemTime;

use crate::event::{Event, JobEnd, NumberedJob, Stream};
use crate::record::FIRST_SLOT;
use crate::sink::console::Console;
use crate::sink::sink::{Interest, Sink};

/// Shows the command of each job above its output (`-v`, `-t`).
pub(crate) struct CommandEcho {
    stream: Stream,
    /// The last job that was shown.
    shown: Option<u64>,
}

impl CommandEcho {
    pub(crate) fn new(stream: Stream) -> Self {
        Self {
            stream,
            shown: None,
        }
    }

    fn show(&mut self, job: &NumberedJob, slot: u32, console: &mut Console) -> io::Result<()> {
        if self.shown.replace(job.seq) == Some(job.seq) {
            return Ok(());
        }
        let mut line = job.job.invocation.as_parallel(&job.job.args, job.seq, slot);
        line.push(b'\n');
        console.flush()?;
        let mut out = console.output(self.stream);
        out.write_all(&line)?;
        out.flush()
    }
}

impl Sink for CommandEcho {
    fn interest(&self) -> Interest {
        Interest::ENDINGS
    }

    fn handle(&mut self, event: &Event, _at: SystemTime, console: &mut Console) -> io::Result<()> {
        match event {
            Event::JobPrinted(print) => self.show(&print.job, FIRST_SLOT, console),
            Event::JobEnded(end) => match &end.last {
                Some(last) => self.show(&end.job, last.slot, console),
                None => Ok(()),
            },
            _ => Ok(()),
        }
    }
}

/// Writes the standard output of each job to a file, and shows its name (`--files`).
pub(crate) struct OutputFiles {
    dir: PathBuf,
}

impl OutputFiles {
    pub(crate) fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    fn write(&self, end: &JobEnd, console: &mut Console) -> io::Result<()> {
        let Some(last) = &end.last else {
            return Ok(());
        };
        let mut file = tempfile::Builder::new()
            .prefix("par")
            .suffix(".par")
            .tempfile_in(&self.dir)?;
        last.stdout.copy_to(file.as_file_mut())?;
        let (_, path) = file.keep().map_err(|error| error.error)?;
        // As it was given, which may be relative.
        let path = self.dir.join(path.file_name().unwrap_or_default());
        let out = console.out();
        out.write_all(path.as_os_str().as_encoded_bytes())?;
        out.write_all(b"\n")?;
        console.flush()?;
        last.stderr.copy_to(&mut console.output(Stream::Stderr))
    }
}

impl Sink for OutputFiles {
    fn interest(&self) -> Interest {
        Interest::ENDINGS
    }

    fn handle(&mut self, event: &Event, _at: SystemTime, console: &mut Console) -> io::Result<()> {
        match event {
            Event::JobEnded(end) => self.write(end, console),
            _ => Ok(()),
        }
    }
}
