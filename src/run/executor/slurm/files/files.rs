//! [`ClusterFiles`]: does what is asked of it with the files of a run.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use tokio::sync::mpsc::Sender;

use super::chunk_files::{ChunkFiles, for_each_line};
use super::folder::{RunFolder, RunFolderError};
use super::gathered::GatheredLines;
use super::made::made;
use super::messages::{FoundChunk, FromFiles, JobRange, LostJobs, MadeEnding, ToFiles};
use crate::event::{Event, JobEnd, Status};
use crate::process::SpoolOptions;
use crate::record::{END_LINE, LostAttempts, WorkHeader, WorkLine, seq_of, work_line};
use crate::run::executor::journal::TailSettings;
use crate::run::executor::slurm::chunks::SeqSet;

/// What holds for the journals of all chunks.
#[derive(Clone)]
pub(crate) struct FileRules {
    /// When the run began here.
    pub(crate) run_begun: SystemTime,
    /// How many jobs a task runs at once.
    pub(crate) slots_per_task: u32,
    pub(crate) spool: SpoolOptions,
}

/// The files of a run.
pub(super) struct ClusterFiles {
    folder: RunFolder,
    rules: FileRules,
    gathered: GatheredLines,
    chunks: BTreeMap<u64, ChunkFiles>,
    /// Which of the tasks that run at the same time there are.
    lanes: Vec<bool>,
    /// Whether a chunk could not be written; then no other one is.
    has_failed: bool,
    reports: Sender<FromFiles>,
}

/// The run has ended.
pub(super) struct RunOver;

impl ClusterFiles {
    pub(super) fn new(folder: RunFolder, rules: FileRules, reports: Sender<FromFiles>) -> Self {
        Self {
            folder,
            rules,
            gathered: GatheredLines::default(),
            chunks: BTreeMap::new(),
            lanes: Vec::new(),
            has_failed: false,
            reports,
        }
    }

    /// Does what is asked, but for the last thing.
    pub(super) fn handle(&mut self, asked: ToFiles) -> Result<(), RunOver> {
        match asked {
            ToFiles::Gather(lines) => {
                if let Err(error) = self.gathered.add(&lines) {
                    self.fail(&format!(
                        "cannot keep the jobs in a temporary file: {error}"
                    ))?;
                }
                self.report(FromFiles::Gathered(lines.len()))
            }
            ToFiles::Cut(header, sizes) => self.cut(header, &sizes),
            ToFiles::Again(header, lost) => self.again(&header, &lost),
            ToFiles::SetWhole => match self.folder.set_whole() {
                Ok(()) => self.report(FromFiles::Done),
                Err(error) => {
                    self.fail(&error.to_string())?;
                    self.report(FromFiles::Done)
                }
            },
            ToFiles::Look(chunks) => self.look(chunks),
            ToFiles::GoOn(chunk, mode) => {
                if let Some(files) = self.chunks.get_mut(&chunk) {
                    files.go_on(mode);
                    return self.look_into(chunk);
                }
                Ok(())
            }
            ToFiles::End(chunk, jobs) => {
                self.make(chunk, &jobs)?;
                self.report(FromFiles::Done)
            }
            ToFiles::Close(chunk) => {
                let closed = self.chunks.remove(&chunk);
                if let Some(lane) = closed.and_then(|files| files.lane()) {
                    self.lanes[lane as usize] = false;
                }
                Ok(())
            }
            ToFiles::Find => self.find(),
            ToFiles::Finish { .. } => Err(RunOver),
        }
    }

    /// Ends with the run.
    pub(super) fn finish(self, remove: bool) {
        let finished = match remove {
            true => self.folder.remove(),
            false => Ok(None),
        };
        // The run may not wait for it.
        let _ = self.reports.blocking_send(FromFiles::Finished(finished));
    }

    fn report(&self, report: FromFiles) -> Result<(), RunOver> {
        self.reports.blocking_send(report).map_err(|_| RunOver)
    }

    /// No more chunks are written.
    fn fail(&mut self, why: &str) -> Result<(), RunOver> {
        match std::mem::replace(&mut self.has_failed, true) {
            true => Ok(()),
            false => self.report(FromFiles::Failed(why.into())),
        }
    }

    fn cut(&mut self, mut header: WorkHeader, sizes: &[u64]) -> Result<(), RunOver> {
        for size in sizes {
            let mut jobs = SeqSet::default();
            let mut lines = self.gathered.lines(*size);
            let mut seen = lines.by_ref().inspect(|line| {
                seq_of(line).map(|seq| jobs.insert(seq));
            });
            let written = match self.has_failed {
                true => Ok(()),
                false => write(&self.folder, &header, seen.by_ref()),
            };
            // What could not be written is to be told, too.
            seen.for_each(drop);
            let (bytes, error) = (lines.bytes, lines.error);
            if let Some(error) = error {
                self.fail(&format!(
                    "cannot read back jobs from a temporary file: {error}"
                ))?;
            }
            if let Err(error) = written {
                self.fail(&error.to_string())?;
            }
            match self.has_failed {
                true => {
                    self.skip(*size)?;
                    self.report(FromFiles::NotWritten)?;
                }
                false => self.written(header.chunk, jobs, BTreeMap::new(), 0)?,
            }
            self.gathered.drop_first(bytes);
            header.chunk += 1;
        }
        self.report(FromFiles::Done)
    }

    /// Ends the next gathered jobs, which can be in no chunk.
    fn skip(&mut self, jobs: u64) -> Result<(), RunOver> {
        for line in self.gathered.lines(jobs) {
            if let Ok(WorkLine::Job(job)) = WorkLine::read(&line) {
                let end = JobEnd::unstarted(Arc::new(job.numbered()), Status::Skipped, None);
                self.report(FromFiles::Made(Event::JobEnded(Arc::new(end))))?;
            }
        }
        Ok(())
    }

    fn again(&mut self, header: &WorkHeader, lost: &LostJobs) -> Result<(), RunOver> {
        let (mut jobs, mut earlier, mut unread) = (SeqSet::default(), BTreeMap::new(), None);
        let mut old = ChunkFiles::new(self.folder.work_path(lost.from), BTreeMap::new());
        let lines = lost.jobs.iter().map_while(|(seq, attempts)| {
            let Some(line) = old
                .job(*seq)
                .and_then(|job| work_line(&job, &[], *attempts).ok())
            else {
                unread = Some(*seq);
                return None;
            };
            jobs.insert(*seq);
            if *attempts != LostAttempts::default() {
                earlier.insert(*seq, *attempts);
            }
            Some(line)
        });
        let written = write(&self.folder, header, lines);
        if let Some(seq) = unread {
            let path = self.folder.work_path(lost.from);
            self.fail(&format!("cannot read job {seq} from {}", path.display()))?;
        }
        if let Err(error) = written {
            self.fail(&error.to_string())?;
        }
        if self.has_failed {
            let skipped = MadeEnding::Skipped(None);
            let ranges = lost
                .jobs
                .iter()
                .map(|(seq, _)| ((*seq, *seq), skipped.clone()));
            self.chunks.entry(lost.from).or_insert(old);
            self.make(lost.from, &ranges.collect::<Vec<_>>())?;
            self.chunks.remove(&lost.from);
            self.report(FromFiles::NotWritten)?;
        } else {
            self.written(header.chunk, jobs, earlier, lost.tries)?;
        }
        self.report(FromFiles::Done)
    }

    /// A chunk was written.
    fn written(
        &mut self,
        chunk: u64,
        jobs: SeqSet,
        earlier: BTreeMap<u64, LostAttempts>,
        tries: u32,
    ) -> Result<(), RunOver> {
        let files = ChunkFiles::new(self.folder.work_path(chunk), earlier.clone());
        self.chunks.insert(chunk, files);
        self.report(FromFiles::Written(FoundChunk {
            chunk,
            jobs,
            earlier,
            tries,
        }))
    }

    fn look(&mut self, asked: Vec<u64>) -> Result<(), RunOver> {
        // If it cannot be listed now, it is no news.
        let logs = self.folder.logs().unwrap_or_default();
        for chunk in logs.journals {
            let is_new = |files: &ChunkFiles| !files.has_journal();
            if self.chunks.get(&chunk).is_some_and(is_new) {
                self.begin(chunk);
            }
        }
        let begun = self.chunks.iter().filter(|(_, files)| files.has_journal());
        let begun: Vec<u64> = begun.map(|(chunk, _)| *chunk).collect();
        for chunk in begun {
            self.look_into(chunk)?;
        }
        self.report(FromFiles::Looked(asked))
    }

    /// The journal of a chunk is there.
    fn begin(&mut self, chunk: u64) {
        let Some(header) = header(&self.folder, chunk) else {
            // It is read again with the next look.
            return;
        };
        let free = self.lanes.iter().position(|is_taken| !is_taken);
        let lane = free.unwrap_or_else(|| {
            self.lanes.push(false);
            self.lanes.len() - 1
        });
        self.lanes[lane] = true;
        let lane = u32::try_from(lane).unwrap_or(u32::MAX);
        let path = self.folder.journal_path(chunk);
        let Some(files) = self.chunks.get_mut(&chunk) else {
            return;
        };
        let settings = TailSettings {
            run_began: self.rules.run_begun,
            read_at: header.read_at,
            slots_before: lane.saturating_mul(self.rules.slots_per_task),
            earlier: files.earlier().clone(),
            output: header.output,
            is_quiet: header.quiet,
            spools: self.rules.spool.clone(),
        };
        files.begin(&path, lane, settings);
    }

    /// Reads what is new in the journal of a chunk.
    fn look_into(&mut self, chunk: u64) -> Result<(), RunOver> {
        let Some(files) = self.chunks.get_mut(&chunk) else {
            return Ok(());
        };
        let mut is_over = false;
        let looked = files.look(|item| {
            let sent = self.reports.blocking_send(FromFiles::Read(chunk, item));
            is_over |= sent.is_err();
        });
        match looked {
            _ if is_over => Err(RunOver),
            Err(error) if error.is_damage() => {
                self.report(FromFiles::Damaged(chunk, error.to_string().into()))
            }
            // On the file system of a network it may be there again with the next look.
            Err(_) | Ok(()) => Ok(()),
        }
    }

    fn make(&mut self, chunk: u64, jobs: &[(JobRange, MadeEnding)]) -> Result<(), RunOver> {
        for ((first, last), ending) in jobs {
            let said = match ending {
                MadeEnding::TaskNotBegun(_) => self.said(chunk),
                _ => None,
            };
            let ending = said.map_or_else(|| ending.clone(), MadeEnding::NotStarted);
            for seq in *first..=*last {
                let Some(files) = self.chunks.get_mut(&chunk) else {
                    return Ok(());
                };
                let Some(job) = files.job(seq) else {
                    let path = self.folder.work_path(chunk);
                    self.fail(&format!("cannot read job {seq} from {}", path.display()))?;
                    continue;
                };
                let start = files.open_attempt(seq).map(|start| &**start);
                let event = made(job, start, &ending, self.rules.run_begun);
                self.report(FromFiles::Made(event))?;
            }
        }
        Ok(())
    }

    /// What the task of a chunk said when it could not begin.
    fn said(&self, chunk: u64) -> Option<Arc<str>> {
        let text = self.folder.error_text(chunk).ok()?;
        let text = String::from_utf8_lossy(&text);
        let text = text.trim();
        (!text.is_empty()).then(|| text.into())
    }

    fn find(&mut self) -> Result<(), RunOver> {
        let found = self.find_all();
        let is_whole = found.and_then(|()| self.folder.is_whole());
        match is_whole {
            Ok(is_whole) => self.report(FromFiles::AllFound { is_whole }),
            Err(error) => {
                self.fail(&error.to_string())?;
                self.report(FromFiles::AllFound { is_whole: true })
            }
        }
    }

    fn find_all(&mut self) -> Result<(), RunFolderError> {
        for chunk in self.folder.chunks()? {
            let path = self.folder.work_path(chunk);
            let mut found = FoundChunk {
                chunk,
                jobs: SeqSet::default(),
                earlier: BTreeMap::new(),
                tries: 0,
            };
            let read = for_each_line(&path, |line| {
                if let Ok(WorkLine::Job(job)) = WorkLine::read(line) {
                    found.jobs.insert(job.seq);
                    if job.lost != LostAttempts::default() {
                        found.earlier.insert(job.seq, job.lost);
                    }
                }
                true
            });
            read.map_err(|error| RunFolderError::Failed {
                action: "read",
                path: path.clone(),
                error,
            })?;
            self.chunks
                .insert(chunk, ChunkFiles::new(path, found.earlier.clone()));
            if self.report(FromFiles::Found(found)).is_err() {
                break;
            }
        }
        Ok(())
    }
}

/// Writes the work of a chunk.
fn write(
    folder: &RunFolder,
    header: &WorkHeader,
    lines: impl Iterator<Item = Vec<u8>>,
) -> Result<(), RunFolderError> {
    let first = std::iter::once(header.line());
    let last = std::iter::once(END_LINE.to_vec());
    folder.write_chunk(header.chunk, first.chain(lines).chain(last))
}

/// Returns the header of the work of a chunk.
fn header(folder: &RunFolder, chunk: u64) -> Option<WorkHeader> {
    let mut header = None;
    let read = for_each_line(&folder.work_path(chunk), |line| {
        if let Ok(WorkLine::Header(read)) = WorkLine::read(line) {
            header = Some(read);
        }
        false
    });
    read.ok().and(header)
}
