//! [`ChunkFiles`]: the work and the journal of a chunk.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::event::{JobStart, NumberedJob};
use crate::record::{LostAttempts, WorkLine, seq_of};
use crate::run::executor::journal::{
    JournalError, JournalItem, JournalTail, TailSettings, UnaskedMode,
};

/// The files of a chunk of which nothing is decided yet.
pub(super) struct ChunkFiles {
    work: WorkFile,
    /// What was lost of its jobs before.
    earlier: BTreeMap<u64, LostAttempts>,
    /// What endings by cancellation are.
    mode: UnaskedMode,
    /// Once it is there.
    journal: Option<OpenJournal>,
}

struct OpenJournal {
    tail: JournalTail,
    /// Which of the tasks that run at the same time it is, from 0.
    lane: u32,
    /// Whether there is nothing to read: it waits to be told how to go on, or has ended.
    is_paused: bool,
}

impl ChunkFiles {
    /// Creates it for the work at this path, of whose jobs so much was lost before.
    pub(super) fn new(work: PathBuf, earlier: BTreeMap<u64, LostAttempts>) -> Self {
        Self {
            work: WorkFile {
                path: work,
                offsets: None,
            },
            earlier,
            mode: UnaskedMode::Hold,
            journal: None,
        }
    }

    /// Whether its journal was found.
    pub(super) fn has_journal(&self) -> bool {
        self.journal.is_some()
    }

    /// What was lost of its jobs before.
    pub(super) fn earlier(&self) -> &BTreeMap<u64, LostAttempts> {
        &self.earlier
    }

    /// Its journal is there.
    pub(super) fn begin(&mut self, path: &Path, lane: u32, settings: TailSettings) {
        let mut tail = JournalTail::new(path, settings);
        tail.set_mode(self.mode);
        self.journal = Some(OpenJournal {
            tail,
            lane,
            is_paused: false,
        });
    }

    /// Which of the tasks that run at the same time it is, if it has begun.
    pub(super) fn lane(&self) -> Option<u32> {
        self.journal.as_ref().map(|journal| journal.lane)
    }

    /// Endings by cancellation are of this kind.
    pub(super) fn go_on(&mut self, mode: UnaskedMode) {
        self.mode = mode;
        if let Some(journal) = &mut self.journal {
            journal.tail.set_mode(mode);
            journal.is_paused = false;
        }
    }

    /// Reads what is new in its journal.
    pub(super) fn look(&mut self, mut take: impl FnMut(JournalItem)) -> Result<(), JournalError> {
        let Some(journal) = self.journal.as_mut().filter(|journal| !journal.is_paused) else {
            return Ok(());
        };
        let is_paused = &mut journal.is_paused;
        let found = |found| {
            *is_paused |= matches!(found, JournalItem::Held | JournalItem::Ended);
            take(found);
        };
        let given = |seq| Some(self.work.read_job(seq).ok()??.job);
        let looked = journal.tail.look(given, found);
        // What is damaged stays so.
        journal.is_paused |= looked.as_ref().is_err_and(JournalError::is_damage);
        looked
    }

    /// Returns the attempt of a job that has begun and not ended.
    pub(super) fn open_attempt(&self, seq: u64) -> Option<&Arc<JobStart>> {
        self.journal.as_ref()?.tail.open_attempt(seq)
    }

    /// Returns a job as it is in the work.
    pub(super) fn job(&mut self, seq: u64) -> Option<Arc<NumberedJob>> {
        self.work.read_job(seq).ok().flatten().map(Arc::new)
    }
}

/// The work of a chunk, of which only some lines are read again.
struct WorkFile {
    path: PathBuf,
    /// Where the line of each job begins, in the order of their numbers, once one was asked for.
    offsets: Option<Vec<(u64, u64)>>,
}

impl WorkFile {
    fn read_job(&mut self, seq: u64) -> io::Result<Option<NumberedJob>> {
        let offsets = match &self.offsets {
            Some(offsets) => offsets,
            None => self.offsets.insert(offsets(&self.path)?),
        };
        let Ok(at) = offsets.binary_search_by_key(&seq, |(seq, _)| *seq) else {
            return Ok(None);
        };
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(offsets[at].1))?;
        let mut line = Vec::new();
        BufReader::new(file).read_until(b'\n', &mut line)?;
        Ok(match WorkLine::read(&line) {
            Ok(WorkLine::Job(job)) => Some(job.numbered()),
            _ => None,
        })
    }
}

/// Returns where the line of each job begins, in the order of their numbers.
fn offsets(path: &Path) -> io::Result<Vec<(u64, u64)>> {
    let mut offsets = Vec::new();
    let mut at = 0;
    for_each_line(path, |line| {
        offsets.extend(seq_of(line).map(|seq| (seq, at)));
        at += line.len() as u64;
        true
    })?;
    offsets.sort_unstable();
    Ok(offsets)
}

/// Reads a file line by line, with the line endings, as long as these are wanted.
pub(super) fn for_each_line(path: &Path, mut each: impl FnMut(&[u8]) -> bool) -> io::Result<()> {
    let mut file = BufReader::with_capacity(64 * 1024, File::open(path)?);
    let mut line = Vec::new();
    loop {
        line.clear();
        if file.read_until(b'\n', &mut line)? == 0 || !each(&line) {
            return Ok(());
        }
    }
}
