//! The display for people: each job's output in one piece, and what failed.

use std::io::{self, Write};
use std::time::SystemTime;

use super::digest::{Digest, Seen, count};
use super::display::{DisplayOptions, Frame, Headline, Show};
use super::paste::Paster;
use super::prefix::{LinePrefix, PrefixedLines};
use super::screen;
use crate::event::{
    Attempt, CancelReason, Event, JobEnd, JobRetry, NumberedJob, OutputLoss, Print, Stream,
};
use crate::process::Spool;
use crate::sink::ci::{Severity, Vendor};
use crate::sink::console::Console;
use crate::sink::describe;
use crate::sink::sink::{Interest, Sink};

/// Shows the output of each job in one piece when it ends, and prun's own messages on standard error.
pub(crate) struct Human {
    display: DisplayOptions,
    paster: Paster,
    /// Whether the counts are shown even without a failure.
    always_counts: bool,
    digest: Digest,
    /// Whether the reader of standard output has gone away: prun then ends silently.
    mute: bool,
    /// Incomplete lines, if output is shown line by line.
    lines: Option<PrefixedLines>,
    /// The job whose output is shown while it runs, and the number of lines before it.
    streamed: Option<(u64, u64)>,
    /// The number of folded groups.
    groups: u64,
    /// Whether further text would be in the last group.
    in_group: bool,
}

impl Human {
    pub(crate) fn new(display: DisplayOptions, paster: Paster, prefix: LinePrefix) -> Self {
        let is_watched = display.terminal && display.show != Show::Failed;
        let always_counts = display.verbose || is_watched || display.line_per_job;
        Self {
            display,
            paster,
            always_counts,
            digest: Digest::default(),
            mute: false,
            lines: display
                .by_line
                .then(|| PrefixedLines::new(display.style, display.vendor, prefix)),
            streamed: None,
            groups: 0,
            in_group: false,
        }
    }

    /// Writes a line of prun's own.
    fn line(&mut self, line: &str, console: &mut Console) -> io::Result<()> {
        self.leave_group(console)?;
        let line = match self.display.vendor {
            Some(vendor) => vendor.escape_line(line),
            None => line.into(),
        };
        writeln!(console.words()?, "{line}")
    }

    fn leave_group(&mut self, console: &mut Console) -> io::Result<()> {
        let is_open = std::mem::take(&mut self.in_group);
        match self.display.vendor.and_then(Vendor::reopen) {
            Some(mark) if is_open => {
                console.out().write_all(mark.as_bytes())?;
                console.flush()
            }
            _ => Ok(()),
        }
    }

    /// Shows the output of an attempt that was not shown while it ran. The headline is above the output, or
    /// (if `is_wanted`) below it where both go to different files. Returns the number of lines before the
    /// output, if all of it is shown where the digest will be.
    fn attempt(
        &mut self,
        job: &NumberedJob,
        attempt: &Attempt,
        headline: &Headline,
        is_wanted: bool,
        console: &mut Console,
    ) -> io::Result<Option<u64>> {
        let is_last = headline.next.is_empty();
        let is_shown = match self.display.show {
            Show::All => is_last || self.display.shows_retries,
            Show::Failed => !headline.is_good(),
            Show::Nothing | Show::Words => false,
        };
        let is_silent = attempt.stdout.is_empty() && attempt.stderr.is_empty();
        if is_shown && self.display.is_live && !is_silent {
            self.begin(job, console)?;
        }
        let streamed = self.streamed.take_if(|(seq, _)| *seq == job.seq);
        let before = streamed.map_or_else(|| console.newlines(), |(_, before)| before);
        let is_below = streamed.is_none() && !self.display.is_live;
        let line = headline.painted(self.display.style);
        match self.display.frame {
            Frame::Folded(vendor) if is_shown && is_below => {
                self.logged(vendor, attempt, headline, is_silent, console)?;
            }
            Frame::Headed if is_shown && is_below => {
                if is_wanted || !is_silent || headline.is_marked {
                    self.line(&line, console)?;
                }
                self.output(job, attempt, console)?;
            }
            frame => {
                if is_shown {
                    self.output(job, attempt, console)?;
                }
                let is_marked = is_shown && frame != Frame::Bare && headline.is_marked;
                if is_wanted || is_marked {
                    self.line(&line, console)?;
                }
            }
        }
        if attempt.is_truncated() {
            let lost = attempt.stdout.lost() + attempt.stderr.lost();
            let error = attempt.stdout.error().or(attempt.stderr.error());
            let why = error.map(ToString::to_string).unwrap_or_default();
            let line = format!("prun: {lost} bytes of output could not be kept: {why}");
            self.line(&line, console)?;
        }
        let is_here = is_shown && self.display.frame == Frame::Headed && !attempt.is_truncated();
        Ok(is_here.then_some(before))
    }

    fn output(
        &mut self,
        job: &NumberedJob,
        attempt: &Attempt,
        console: &mut Console,
    ) -> io::Result<()> {
        match attempt.terminal {
            // Only the last state of redrawn output is shown.
            Some(size) if !self.display.is_live => {
                // Earlier text may go to the same file.
                console.flush()?;
                screen::collapse(&attempt.stdout, size, &mut console.output(Stream::Stdout))?;
            }
            _ => {
                self.print(job, Stream::Stdout, &attempt.stdout, console)?;
                self.print(job, Stream::Stderr, &attempt.stderr, console)?;
            }
        }
        if let Some(lines) = &mut self.lines {
            for stream in [Stream::Stdout, Stream::Stderr] {
                lines.finish(job, stream, &mut console.output(stream))?;
            }
        }
        console.end_output()
    }

    /// Shows a piece of a running job's output.
    fn streamed(&mut self, print: &Print, console: &mut Console) -> io::Result<()> {
        self.begin(&print.job, console)?;
        self.print(&print.job, print.stream, &print.piece, console)
    }

    /// Writes the headline of output that begins, unless it is the only job or each line has a prefix.
    fn begin(&mut self, job: &NumberedJob, console: &mut Console) -> io::Result<()> {
        if self.streamed.is_some_and(|(seq, _)| seq == job.seq) {
            return Ok(());
        }
        self.streamed = Some((job.seq, console.newlines()));
        let DisplayOptions {
            frame,
            alone,
            by_line,
            ..
        } = self.display;
        match frame == Frame::Headed && !alone && !by_line {
            true => self.line(&format!("── {}", describe::label(job)), console),
            false => Ok(()),
        }
    }

    fn print(
        &mut self,
        job: &NumberedJob,
        stream: Stream,
        piece: &Spool,
        console: &mut Console,
    ) -> io::Result<()> {
        // Earlier text may go to the same file.
        console.flush()?;
        match &mut self.lines {
            None => console.copy(stream, piece),
            Some(lines) => lines.write(job, stream, piece, &mut console.output(stream)),
        }
    }

    /// Shows the output of an attempt in a CI log, folded if it succeeded.
    fn logged(
        &mut self,
        vendor: Vendor,
        attempt: &Attempt,
        headline: &Headline,
        is_silent: bool,
        console: &mut Console,
    ) -> io::Result<()> {
        let is_folded = headline.is_good() && !is_silent && vendor.folds();
        let number = self.groups + 1;
        if is_folded {
            self.groups = number;
            let mark = vendor.open(&headline.title(), number, attempt.started_at);
            console.words()?.write_all(mark.as_bytes())?;
        } else {
            self.line(&headline.painted(self.display.style), console)?;
        }
        console.copy(Stream::Stdout, &attempt.stdout)?;
        console.end_line()?;
        console.copy(Stream::Stderr, &attempt.stderr)?;
        console.end_line()?;
        console.end_output()?;
        if is_folded {
            self.in_group = true;
            let mark = vendor.close(&headline.title(), number, attempt.started_at + attempt.wall);
            console.words()?.write_all(mark.as_bytes())?;
        }
        console.flush()
    }

    fn ended(&mut self, end: &JobEnd, console: &mut Console) -> io::Result<()> {
        if end.failed_need.is_some() {
            self.digest.add_unfinished(end);
        }
        let headline = Headline::of_end(end, self.display.verbose);
        let is_line =
            self.display.line_per_job && (self.display.show != Show::Failed || !headline.is_good());
        let is_wanted = self.display.verbose || is_line;
        let Some(last) = &end.last else {
            // Others that were not started are only counted: after a failure limit there may be many.
            let is_wanted = is_wanted && end.reason == Some(CancelReason::Needs);
            return match is_wanted {
                true => self.line(&headline.painted(self.display.style), console),
                false => Ok(()),
            };
        };
        let before = self.attempt(&end.job, last, &headline, is_wanted, console)?;
        if last.leaked && self.display.show != Show::Failed {
            let label = describe::label(&end.job);
            let what = "a process left behind still holds its output open (leaked)";
            self.line(&format!("prun: {label}: {what}"), console)?;
        }
        let lines = self.digest.add(end, last, before, &self.paster);
        let vendor = self.display.vendor.filter(|_| end.status.is_failure());
        let severity = match end.is_allowed_failure() {
            true => Severity::Warning,
            false => Severity::Error,
        };
        let Headline { label, facts, .. } = &headline;
        let mark = vendor.and_then(|vendor| vendor.annotation(severity, label, facts, lines));
        match mark {
            Some(mark) => writeln!(console.words()?, "{mark}"),
            None => Ok(()),
        }
    }

    fn retried(&mut self, retry: &JobRetry, console: &mut Console) -> io::Result<()> {
        let (job, attempt) = (&retry.job, &retry.attempt);
        let headline = Headline::of_retry(retry);
        let is_wanted = self.display.verbose || self.always_counts;
        self.attempt(job, attempt, &headline, is_wanted, console)?;
        Ok(())
    }

    /// Returns the digest, without output that is still visible on the screen.
    fn digest_lines(&self, console: &Console) -> Vec<String> {
        let (style, alone) = (self.display.style, self.display.alone);
        let seen = match (
            self.display.frame,
            Console::size().filter(|_| self.display.terminal),
        ) {
            (Frame::Headed, Some(size)) => Seen::On {
                screen: u64::from(size.rows),
                newlines: console.newlines(),
                alone,
            },
            (Frame::Headed | Frame::Folded(_), _) => Seen::Above,
            (Frame::Bare, _) => Seen::Elsewhere,
        };
        self.digest.lines(seen, style)
    }
}

impl Sink for Human {
    fn interest(&self) -> Interest {
        Interest {
            starts: self.display.verbose,
            silent_successes: self.display.verbose || self.display.line_per_job,
            silent_runs: self.always_counts,
        }
    }

    fn handle(&mut self, event: &Event, _at: SystemTime, console: &mut Console) -> io::Result<()> {
        self.show(event, console)
    }
}

impl Human {
    fn show(&mut self, event: &Event, console: &mut Console) -> io::Result<()> {
        let DisplayOptions {
            show,
            verbose,
            style,
            ..
        } = self.display;
        if show == Show::Nothing || self.mute {
            return Ok(());
        }
        match event {
            Event::JobStarted(start) if verbose => {
                let label = describe::label(&start.job);
                let command = self.paster.line(&start.job, start.slot, start.attempt);
                let again = match start.attempt {
                    1 => String::new(),
                    attempt => format!(", attempt {attempt}"),
                };
                let (slot, pid) = (start.slot, start.pid);
                let facts = style.dim(format!("start, slot {slot}, pid {pid}{again}"));
                self.line(&format!("── {label} ({facts}) $ {command}"), console)
            }
            Event::JobPrinted(print) if show == Show::All => self.streamed(print, console),
            Event::RunStarted { .. }
            | Event::InputEnded { .. }
            | Event::JobStarted(_)
            | Event::JobPrinted(_)
            | Event::Suspended
            | Event::JobsWaited(_)
            | Event::Continued => Ok(()),
            Event::JobRetried(retry) => self.retried(retry, console),
            Event::JobEnded(end) => self.ended(end, console),
            Event::Warned(text) | Event::InputFailed(text) => {
                let line = format!("prun: {}", describe::escape(text.as_bytes()));
                self.line(&line, console)
            }
            Event::Canceled(stop) => {
                self.line(&format!("prun: {}", describe::stopping(stop)), console)
            }
            Event::Asked(running) => self.lines(describe::running(running), console),
            Event::OutputFailed(loss) => {
                self.mute = *loss == OutputLoss::ReaderGone;
                Ok(())
            }
            Event::RunEnded { elapsed, counts } => {
                if !self.display.has_digest {
                    return Ok(());
                }
                let mut lines = self.digest_lines(console);
                if verbose {
                    lines.extend(self.digest.slowest(style));
                }
                if self.always_counts || !self.digest.is_empty() || counts.has_unfinished() {
                    lines.push(count(counts, *elapsed, style));
                }
                self.lines(lines, console)
            }
        }
    }

    fn lines(&mut self, lines: Vec<String>, console: &mut Console) -> io::Result<()> {
        lines.iter().try_for_each(|line| self.line(line, console))
    }
}
