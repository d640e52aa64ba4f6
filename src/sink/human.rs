//! What a person sees: output in one piece, and what went wrong.

use std::io::{self, Write};
use std::time::SystemTime;

use super::console::{Console, Interest, Sink, TellError};
use super::digest::{Digest, print_counts};
use super::lines::Lines;
use super::style::Style;
use super::words;
use crate::event::{
    Attempt, Cause, End, Event, JobEnd, NumberedJob, OutputLoss, RunningJob, Status, Stop, Stream,
};
use crate::plan::format_duration;
use crate::process::Spool;

/// Which jobs' output is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Show {
    All,
    /// Only that of jobs that did not end well.
    Failed,
    /// None, and nothing else either.
    Nothing,
    /// None, because it goes elsewhere; prun's own words are told.
    Words,
}

/// The output of each job in one piece when it ends; prun's own words on standard error.
pub(crate) struct Human {
    show: Show,
    /// Whether starts and endings are told too.
    verbose: bool,
    /// Whether a run without a failure is told as well.
    always_counts: bool,
    style: Style,
    /// If output is shown line by line.
    lines: Option<Lines>,
    digest: Digest,
    /// Whether the reader of standard output went away: then prun ends without a word.
    mute: bool,
}

impl Human {
    /// `terminal` says whether standard error is one.
    pub(crate) fn new(
        show: Show,
        by_line: bool,
        verbose: bool,
        terminal: bool,
        style: Style,
    ) -> Self {
        let always_counts = verbose || (terminal && show != Show::Failed);
        Self {
            show,
            verbose,
            always_counts,
            style,
            lines: by_line.then(|| Lines::new(style)),
            digest: Digest::default(),
            mute: false,
        }
    }

    /// What the attempt printed and was not told while it ran.
    fn output(
        &mut self,
        job: &NumberedJob,
        attempt: &Attempt,
        console: &mut Console,
    ) -> io::Result<()> {
        let shown = match self.show {
            Show::All => true,
            Show::Failed => attempt.status() != Status::Ok,
            Show::Nothing | Show::Words => false,
        };
        if shown {
            self.print(job, Stream::Stdout, &attempt.stdout, console)?;
            self.print(job, Stream::Stderr, &attempt.stderr, console)?;
        }
        if let Some(lines) = &mut self.lines {
            lines.finish(job, Stream::Stdout, console.out())?;
            lines.finish(job, Stream::Stderr, console.err())?;
        }
        if attempt.is_truncated() {
            let lost = attempt.stdout.lost() + attempt.stderr.lost();
            let error = attempt.stdout.error().or(attempt.stderr.error());
            let why = error.map(ToString::to_string).unwrap_or_default();
            writeln!(
                console.err(),
                "prun: {lost} bytes of output could not be kept: {why}"
            )?;
        }
        Ok(())
    }

    fn print(
        &mut self,
        job: &NumberedJob,
        stream: Stream,
        piece: &Spool,
        console: &mut Console,
    ) -> io::Result<()> {
        match (stream, &mut self.lines) {
            (_, None) => console.copy(stream, piece)?,
            (Stream::Stdout, Some(lines)) => lines.write(job, stream, piece, console.out())?,
            (Stream::Stderr, Some(lines)) => lines.write(job, stream, piece, console.err())?,
        }
        // Out before the other stream can be.
        console.flush()
    }

    fn ended(&mut self, end: &JobEnd, console: &mut Console) -> io::Result<()> {
        if let Some(last) = &end.last {
            self.output(&end.job, last, console)?;
            if self.verbose {
                self.verbose_end(end, last, console)?;
            }
            if last.leaked && self.show != Show::Failed {
                let label = words::label(&end.job);
                let what = "a process that it left behind still holds its output (leaked)";
                writeln!(console.err(), "prun: {label}: {what}")?;
            }
        }
        self.digest.add(end);
        Ok(())
    }

    fn verbose_end(&self, end: &JobEnd, last: &Attempt, console: &mut Console) -> io::Result<()> {
        let mut facts = vec![words::ending(end), format_duration(last.wall)];
        if let Some(exit) = last.exit() {
            let cpu = exit.usage.user + exit.usage.system;
            facts.push(format!("cpu {}", format_duration(cpu)));
            let mib = exit.usage.max_rss_bytes as f64 / (1024.0 * 1024.0);
            facts.push(format!("memory {mib:.1} MiB"));
        }
        let facts = facts.join(", ");
        let facts = match end.status {
            Status::Ok => self.style.good(facts),
            _ => self.style.bad(facts),
        };
        writeln!(console.err(), "── {} ({facts})", words::label(&end.job))
    }

    fn retried(
        &mut self,
        job: &NumberedJob,
        attempt: &Attempt,
        delay: std::time::Duration,
        console: &mut Console,
    ) -> io::Result<()> {
        self.output(job, attempt, console)?;
        if self.verbose || self.always_counts {
            let (label, ending) = (words::label(job), words::attempt_ending(job, attempt));
            let delay = match delay.is_zero() {
                true => String::new(),
                false => format!(" in {}", format_duration(delay)),
            };
            let next = attempt.number + 1;
            writeln!(
                console.err(),
                "── {label} ({ending}); attempt {next} follows{delay}"
            )?;
        }
        Ok(())
    }
}

impl Sink for Human {
    fn interest(&self) -> Interest {
        Interest {
            starts: self.verbose,
            silent_successes: self.verbose,
        }
    }

    fn tell(
        &mut self,
        event: &Event,
        _at: SystemTime,
        console: &mut Console,
    ) -> Result<(), TellError> {
        Ok(self.say(event, console)?)
    }
}

impl Human {
    fn say(&mut self, event: &Event, console: &mut Console) -> io::Result<()> {
        if self.show == Show::Nothing || self.mute {
            return Ok(());
        }
        match event {
            Event::JobStarted(start) if self.verbose => {
                let (label, command) = (words::label(&start.job), words::paste(&start.job));
                let again = match start.attempt {
                    1 => String::new(),
                    attempt => format!(", attempt {attempt}"),
                };
                let (slot, pid) = (start.slot, start.pid);
                let facts = self
                    .style
                    .dim(format!("start, slot {slot}, pid {pid}{again}"));
                writeln!(console.err(), "── {label} ({facts}) $ {command}")
            }
            Event::JobPrinted(print) if self.show == Show::All => {
                self.print(&print.job, print.stream, &print.piece, console)
            }
            Event::JobStarted(_) | Event::JobPrinted(_) => Ok(()),
            Event::JobRetried(retry) => {
                self.retried(&retry.job, &retry.attempt, retry.delay, console)
            }
            Event::JobEnded(end) => self.ended(end, console),
            Event::Warned(warning) => {
                writeln!(console.err(), "prun: {}", words::escape(warning.as_bytes()))
            }
            Event::InputFailed(error) => {
                writeln!(console.err(), "prun: {}", words::escape(error.as_bytes()))
            }
            Event::Stopped(stop) => writeln!(console.err(), "prun: {}", stopping(stop)),
            Event::Asked(running) => tell_running(running, console),
            Event::OutputFailed(loss) => {
                self.mute = *loss == OutputLoss::ReaderGone;
                Ok(())
            }
            Event::RunEnded { elapsed, counts } => {
                self.digest.print(self.style, console)?;
                if self.always_counts || !self.digest.is_empty() || counts.has_unfinished() {
                    print_counts(counts, *elapsed, self.style, console)?;
                }
                Ok(())
            }
        }
    }
}

/// What ended the run, what becomes of the jobs, and what the next signal will do.
pub(super) fn stopping(stop: &Stop) -> String {
    let why = match (stop.cause, stop.end) {
        (Cause::Signal(signal), End::Killed) => format!("{signal} again"),
        (Cause::Signal(signal), _) => signal.to_string(),
        (Cause::FailFast, _) => "enough jobs have failed".to_owned(),
        (Cause::Deadline, _) => "the deadline has passed".to_owned(),
        (Cause::Race { .. }, _) => "the race is decided".to_owned(),
    };
    let jobs = match stop.running {
        0 => return format!("{why}: nothing runs, and nothing more is started"),
        1 => "1 job".to_owned(),
        n => format!("{n} jobs"),
    };
    let grace = format_duration(stop.grace);
    match (stop.end, stop.cause) {
        (End::Awaited, _) => format!("{why}: nothing more is started, {jobs} may end"),
        (End::Killed, _) => format!("{why}: killing {jobs}; once more leaves at once"),
        (End::Gentle, Cause::Signal(_)) => {
            format!("{why}: ending {jobs}, killed after {grace}; once more kills at once")
        }
        (End::Gentle, _) => format!("{why}: ending {jobs}, killed after {grace}"),
    }
}

/// The running jobs, oldest first.
fn tell_running(running: &[RunningJob], console: &mut Console) -> io::Result<()> {
    let err = console.err();
    match running.len() {
        0 => return writeln!(err, "prun: nothing runs"),
        1 => writeln!(err, "prun: 1 job runs")?,
        n => writeln!(err, "prun: {n} jobs run")?,
    }
    for RunningJob { start, elapsed } in running {
        let (label, elapsed) = (words::label(&start.job), format_duration(*elapsed));
        writeln!(
            err,
            "── {label} ({elapsed}, slot {}, pid {})",
            start.slot, start.pid
        )?;
    }
    Ok(())
}
