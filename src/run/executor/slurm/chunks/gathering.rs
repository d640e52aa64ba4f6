//! [`Gathering`]: the jobs that are in no chunk yet, on their way to the thread of the files.

use super::cut::Gathered;
use crate::run::policy::Moment;

/// So many bytes are handed over at once.
const PIECE: usize = 256 * 1024;

/// So many bytes may be on their way.
const MOST_ON_THE_WAY: usize = 4 * 1024 * 1024;

/// The jobs that are in no chunk yet.
#[derive(Debug, Default)]
pub(crate) struct Gathering {
    /// Their lines that were not handed over.
    lines: Vec<u8>,
    /// How many bytes were handed over and are not kept yet.
    on_the_way: usize,
    jobs: u64,
    bytes: u64,
    since: Moment,
}

impl Gathering {
    /// Adds the line of a job. Returns lines that are to be handed over, if there are enough.
    pub(crate) fn add(&mut self, line: &[u8], now: Moment) -> Option<Vec<u8>> {
        if self.jobs == 0 {
            self.since = now;
        }
        self.jobs += 1;
        self.bytes += line.len() as u64;
        self.lines.extend_from_slice(line);
        (self.lines.len() >= PIECE).then(|| self.hand_over())
    }

    /// Takes the lines that were not handed over.
    pub(crate) fn hand_over(&mut self) -> Vec<u8> {
        self.on_the_way += self.lines.len();
        std::mem::take(&mut self.lines)
    }

    /// So many bytes are kept.
    pub(crate) fn kept(&mut self, bytes: usize) {
        self.on_the_way = self.on_the_way.saturating_sub(bytes);
    }

    /// Whether no more is to be added until some of it is kept.
    pub(crate) fn is_busy(&self) -> bool {
        self.on_the_way >= MOST_ON_THE_WAY
    }

    /// What there is; `None` if there is no job.
    pub(crate) fn gathered(&self, is_last: bool) -> Option<Gathered> {
        (self.jobs > 0).then_some(Gathered {
            since: self.since,
            jobs: self.jobs,
            bytes: self.bytes,
            is_last,
        })
    }

    /// All jobs are in chunks.
    pub(crate) fn clear(&mut self) {
        (self.jobs, self.bytes) = (0, 0);
    }
}
