//! [`Fates`]: decides what becomes of each chunk.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use super::super::commands::{TaskReport, is_notable_reason};
use super::answer::QueueAnswer;
use super::chunk::{ChunkFate, JournalState, LastWait, SubmissionState};
use super::end::{canceled, lost};
use super::verdict::{CanceledBy, UnaskedEndings, Verdict};
use crate::record::LostAttempts;
use crate::run::executor::slurm::chunks::SeqSet;
use crate::run::policy::Moment;

/// How long after the end of a task something may still come to its journal: file systems of networks show
/// it late.
const LATE: Duration = Duration::from_secs(10);

/// Decides what becomes of each chunk.
#[derive(Debug)]
pub(crate) struct Fates {
    /// Those of which nothing is decided yet, by number.
    chunks: BTreeMap<u64, ChunkFate>,
    /// How many chunks have the indices of one array.
    block_size: NonZeroU64,
    /// Whether a job that has begun may be run again.
    may_run_again: bool,
    /// Whether prun cancels what it has submitted.
    is_stopping: bool,
    /// How many jobs have ended.
    ended: u64,
    /// Chunks of which something new is known.
    touched: BTreeSet<u64>,
    /// When chunks are to be judged again.
    timers: BTreeSet<(Moment, u64)>,
    /// The reasons of waiting that were told.
    told: HashSet<String>,
    /// Decided at once.
    decided: Vec<Verdict>,
}

impl Fates {
    /// Creates the fates of a run that has no chunk yet. `block_size` is how many chunks have the indices
    /// of one array; `may_run_again` whether a job that has begun may be run again.
    pub(crate) fn new(block_size: NonZeroU64, may_run_again: bool) -> Self {
        Self {
            chunks: BTreeMap::new(),
            block_size,
            may_run_again,
            is_stopping: false,
            ended: 0,
            touched: BTreeSet::new(),
            timers: BTreeSet::new(),
            told: HashSet::new(),
            decided: Vec::new(),
        }
    }

    /// A new chunk has these jobs, of which so much was lost before; `tries` is that of the lost chunk that
    /// had them, or 0. Chunks are opened in the order of their numbers: the last one that has a job owns it.
    pub(crate) fn open(
        &mut self,
        chunk: u64,
        jobs: SeqSet,
        earlier: BTreeMap<u64, LostAttempts>,
        tries: u32,
    ) {
        let first = jobs.first().unwrap_or(u64::MAX);
        for (number, older) in &mut self.chunks {
            if older.open.last().is_some_and(|last| last >= first) {
                for seq in jobs.iter() {
                    if older.open.remove(seq) {
                        older.begun.remove(&seq);
                        self.touched.insert(*number);
                    }
                }
            }
        }
        let fate = ChunkFate {
            open: jobs,
            earlier,
            tries,
            ended_before: self.ended,
            ..ChunkFate::default()
        };
        self.chunks.insert(chunk, fate);
        self.touched.insert(chunk);
    }

    /// Whether nothing is open.
    pub(crate) fn is_empty(&self) -> bool {
        self.chunks.is_empty()
    }

    /// Whether nothing is decided yet of this chunk.
    pub(crate) fn is_open(&self, chunk: u64) -> bool {
        self.chunks.contains_key(&chunk)
    }

    /// Returns the number of chunks of which nothing is decided yet.
    pub(crate) fn unended(&self) -> u64 {
        self.chunks.len() as u64
    }

    /// Returns how many of them have a journal that goes on.
    pub(crate) fn running(&self) -> u32 {
        let running = self.chunks.values();
        let running = running.filter(|fate| fate.journal == JournalState::Begun);
        u32::try_from(running.count()).unwrap_or(u32::MAX)
    }

    /// Whether this job belongs to this chunk and has not ended.
    pub(crate) fn owns(&self, chunk: u64, seq: u64) -> bool {
        let fate = self.chunks.get(&chunk);
        fate.is_some_and(|fate| fate.open.contains(seq))
    }

    /// A chunk of which something new becomes known.
    fn touch(&mut self, chunk: u64) -> Option<&mut ChunkFate> {
        let fate = self.chunks.get_mut(&chunk)?;
        self.touched.insert(chunk);
        Some(fate)
    }

    /// sbatch was started with it.
    pub(crate) fn submitting(&mut self, chunk: u64) {
        if let Some(fate) = self.touch(chunk) {
            fate.submitted = SubmissionState::Submitting;
        }
    }

    /// sbatch has taken it.
    pub(crate) fn submitted(&mut self, chunk: u64, now: Moment) {
        if let Some(fate) = self.touch(chunk) {
            fate.submitted = SubmissionState::Since(now);
        }
    }

    /// sbatch has not taken it.
    pub(crate) fn not_submitted(&mut self, chunk: u64) {
        if let Some(fate) = self.touch(chunk) {
            fate.submitted = SubmissionState::No;
        }
    }

    /// Its journal is there, written on this machine.
    pub(crate) fn journal_begun(&mut self, chunk: u64, host: Option<Arc<str>>) {
        if let Some(fate) = self.touch(chunk) {
            fate.journal = JournalState::Begun;
            fate.host = host;
        }
    }

    /// An attempt of a job has begun, of this number in all chunks. Returns whether that counts.
    pub(crate) fn job_begun(&mut self, chunk: u64, seq: u64, attempt: u32) -> bool {
        let Some(fate) = self.chunks.get_mut(&chunk) else {
            return false;
        };
        fate.has_begun = true;
        let is_owner = fate.open.contains(seq);
        if is_owner {
            fate.begun.insert(seq, attempt);
        }
        is_owner
    }

    /// A job has an ending in the journal. Returns whether that counts: a job has one ending, in the last
    /// chunk that has it.
    pub(crate) fn job_ended(&mut self, chunk: u64, seq: u64) -> bool {
        let Some(fate) = self.chunks.get_mut(&chunk) else {
            return false;
        };
        let is_owner = fate.open.remove(seq);
        if is_owner {
            fate.has_begun |= fate.begun.remove(&seq).is_some();
            self.ended += 1;
            if fate.open.is_empty() {
                self.touched.insert(chunk);
            }
        }
        is_owner
    }

    /// The reader of the journal waits before an ending by cancellation, for which nobody here has asked.
    pub(crate) fn holds(&mut self, chunk: u64) {
        if let Some(fate) = self.touch(chunk) {
            fate.is_held = true;
        }
    }

    /// The journal has its last line.
    pub(crate) fn run_ended(&mut self, chunk: u64) {
        if let Some(fate) = self.touch(chunk) {
            fate.journal = JournalState::Ended;
        }
    }

    /// The journal cannot be read, for this reason, which names the file.
    pub(crate) fn damaged(&mut self, chunk: u64, why: Arc<str>) {
        if let Some(fate) = self.touch(chunk) {
            fate.journal = JournalState::Damaged(why);
        }
    }

    /// The journal was looked for and read once more.
    pub(crate) fn looked(&mut self, chunk: u64) {
        if let Some(fate) = self.touch(chunk)
            && fate.wait == LastWait::Looking
        {
            fate.wait = LastWait::Over;
        }
    }

    /// Slurm, asked at `asked`, lists these tasks and no others of the run.
    pub(crate) fn queue_answered(&mut self, asked: Moment, reports: Vec<TaskReport>) {
        for report in &reports {
            let reason = &report.reason;
            let waits_long = report.state.is_pending() && is_notable_reason(reason);
            if waits_long && self.told.insert(reason.clone()) {
                let reason = reason.clone();
                self.decided.push(Verdict::WaitsLong { reason });
            }
        }
        let mut answer = QueueAnswer::new(reports, self.block_size);
        for (&chunk, fate) in &mut self.chunks {
            if let Some(report) = answer.take(chunk) {
                if fate.submitted == SubmissionState::No {
                    fate.submitted = SubmissionState::Since(asked);
                }
                fate.report = Some(report);
                fate.unlisted = 0;
            } else if matches!(fate.submitted, SubmissionState::Since(at) if at <= asked)
                && !fate.has_ended()
            {
                let canceled = answer.canceled(chunk);
                match canceled.filter(|_| fate.journal == JournalState::None) {
                    Some(report) => fate.report = Some(report.clone()),
                    None => fate.unlisted += 1,
                }
            }
            self.touched.insert(chunk);
        }
    }

    /// prun cancels its tasks, and asks for no others.
    pub(crate) fn stop(&mut self) {
        self.is_stopping = true;
        for (&chunk, fate) in &mut self.chunks {
            fate.is_held = false;
            fate.endings = Some(UnaskedEndings::Ours);
            let endings = UnaskedEndings::Ours;
            self.decided.push(Verdict::Endings { chunk, endings });
            self.touched.insert(chunk);
        }
    }

    /// prun does not wait for its tasks any longer: all jobs end.
    pub(crate) fn abandon(&mut self) {
        self.is_stopping = true;
        for (chunk, fate) in std::mem::take(&mut self.chunks) {
            self.decided.push(canceled(chunk, fate, CanceledBy::Us));
        }
    }

    /// Returns when [`verdicts`](Self::verdicts) may change because of the time alone.
    pub(crate) fn next_due(&self) -> Option<Moment> {
        self.timers.first().map(|(due, _)| *due)
    }

    /// Decides what can be decided.
    pub(crate) fn verdicts(&mut self, now: Moment) -> Vec<Verdict> {
        while let Some(&(due, chunk)) = self.timers.first()
            && due <= now
        {
            self.timers.pop_first();
            self.touched.insert(chunk);
        }
        while let Some(chunk) = self.touched.pop_first() {
            self.judge(chunk, now);
        }
        std::mem::take(&mut self.decided)
    }

    fn judge(&mut self, chunk: u64, now: Moment) {
        let Some(fate) = self.chunks.get_mut(&chunk) else {
            return;
        };
        if let JournalState::Damaged(_) = fate.journal {
            return self.conclude(chunk);
        }
        if fate.is_held {
            let endings = match (fate.endings, fate.has_ended(), fate.is_canceled()) {
                // Of what was read before somebody said so.
                (Some(endings), _, _) => endings,
                (None, true, true) => UnaskedEndings::Engine,
                (None, true, false) => UnaskedEndings::Discarded,
                (None, false, _) => return,
            };
            fate.is_held = false;
            fate.endings = Some(endings);
            self.decided.push(Verdict::Endings { chunk, endings });
            // The reader goes on, and what it finds is not known yet.
            if fate.wait != LastWait::No {
                fate.wait = LastWait::Until(now);
            }
            self.touched.insert(chunk);
            return;
        }
        let is_nowhere = self.is_stopping && fate.had_no_node();
        if fate.journal == JournalState::Ended || is_nowhere {
            return self.conclude(chunk);
        }
        if !fate.has_ended() {
            fate.wait = LastWait::No;
            return;
        }
        if fate.never_began() {
            return self.conclude(chunk);
        }
        match fate.wait {
            LastWait::No => {
                let due = now + LATE;
                fate.wait = LastWait::Until(due);
                self.timers.insert((due, chunk));
            }
            LastWait::Until(due) if due <= now => {
                fate.wait = LastWait::Looking;
                self.decided.push(Verdict::LookAgain { chunk });
            }
            LastWait::Until(_) | LastWait::Looking => {}
            LastWait::Over => self.conclude(chunk),
        }
    }

    /// Nothing more is expected of a chunk.
    fn conclude(&mut self, chunk: u64) {
        let Some(fate) = self.chunks.remove(&chunk) else {
            return;
        };
        if fate.could_not_write() && !fate.open.is_empty() && !self.is_stopping {
            let host = fate.machine();
            let verdict = Verdict::JournalNotWritten { chunk, host };
            self.decided.push(verdict);
            self.stop();
        }
        let verdict = if fate.open.is_empty() {
            Verdict::Over { chunk }
        } else if self.is_stopping {
            canceled(chunk, fate, CanceledBy::Us)
        } else if fate.is_canceled() {
            canceled(chunk, fate, CanceledBy::Engine)
        } else {
            let has_progress = self.ended > fate.ended_before;
            Verdict::Lost(lost(chunk, fate, has_progress, self.may_run_again))
        };
        self.decided.push(verdict);
    }
}
