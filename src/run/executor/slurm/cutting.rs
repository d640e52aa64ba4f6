//! Makes chunks of the jobs that were gathered.

use std::num::NonZeroU32;
use std::time::SystemTime;

use super::chunks::{ChunkSizes, CutRules, CutTime};
use super::files::ToFiles;
use super::setup::SlurmMode;
use super::slurm::{SlurmExecutor, StopState};
use crate::event::Event;
use crate::record::WorkHeader;
use crate::run::context::RunContext;
use crate::run::policy::Moment;

impl SlurmExecutor {
    /// Makes chunks of the jobs that were gathered, if it is time.
    pub(super) fn cut(&mut self, run: &mut RunContext) {
        let is_last = run.exhausted;
        let Some(gathered) = self.gathering.gathered(is_last) else {
            if is_last && !self.is_whole {
                self.is_whole = true;
                self.request_files(ToFiles::SetWhole);
            }
            return;
        };
        let now = run.clock.now();
        let sizes: Vec<u64> = if self.stop != StopState::No {
            vec![gathered.jobs]
        } else if self.is_known || (is_last && self.next_chunk == 0) {
            match is_last {
                true => ChunkSizes::new(gathered.jobs, self.setup.cut).collect(),
                false => return,
            }
        } else {
            let unended = self.fates.unended() + self.unwritten;
            if gathered.cut_time(now, unended, &self.setup.cut) != CutTime::Now {
                return;
            }
            // All that may run now share them: none waits for another one beside a free node.
            let free = u64::from(self.setup.tasks.get()).saturating_sub(unended);
            let free = NonZeroU32::new(u32::try_from(free).unwrap_or(u32::MAX));
            let free = free.unwrap_or(NonZeroU32::MIN);
            let rules = CutRules {
                tasks: free,
                most_chunks: free,
                ..self.setup.cut
            };
            ChunkSizes::new(gathered.jobs, rules).collect()
        };
        if self.setup.mode == SlurmMode::Detach && sizes.len() as u64 > self.setup.block_size.get()
        {
            // The second array would have to wait for tasks of the first, and prun with it.
            let (tasks, most) = (sizes.len(), self.setup.block_size);
            let why = format!(
                "--detach: {tasks} chunks are more than the {most} of a job array here: write --chunk N with a larger N"
            );
            run.announce(&Event::InputFailed(why.into()));
            self.is_refused = true;
            return;
        }
        let lines = self.gathering.hand_over();
        self.files.ask(ToFiles::Gather(lines));
        let read_at = SystemTime::now() - now.saturating_sub(gathered.since);
        let header = self.next_header(sizes.len() as u64, read_at);
        self.request_files(ToFiles::Cut(header, sizes));
        self.gathering.clear();
        if is_last {
            // Before anything is submitted: whoever follows the run must not think that jobs are missing.
            self.is_whole = true;
            self.request_files(ToFiles::SetWhole);
        }
    }

    /// When gathered jobs become chunks, if only time is missing.
    pub(super) fn cut_due(&self, run: &RunContext) -> Option<Moment> {
        if self.is_known || run.exhausted {
            return None;
        }
        let unended = self.fates.unended() + self.unwritten;
        let gathered = self.gathering.gathered(false)?;
        match gathered.cut_time(run.clock.now(), unended, &self.setup.cut) {
            CutTime::At(moment) => Some(moment),
            CutTime::Now | CutTime::WhenFree => None,
        }
    }

    /// Returns the header of the work of the next chunks.
    pub(super) fn next_header(&mut self, chunks: u64, read_at: SystemTime) -> WorkHeader {
        let header = WorkHeader {
            chunk: self.next_chunk,
            read_at,
            ..self.setup.header.clone()
        };
        self.next_chunk += chunks;
        self.unwritten += chunks;
        header
    }
}
