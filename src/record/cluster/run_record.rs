//! The settings of a run on a cluster, for those that follow it.

use std::ffi::OsString;
use std::num::{NonZeroU32, NonZeroU64};

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::record::log_line::LineError;
use crate::record::scalar::{Str, decoded_words, words_base64};

/// The version of these settings, and of all other files beside them.
const RUN_FOLDER_VERSION: u64 = 1;

/// The settings of a run on a cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RunRecord {
    /// Identifies the run: its jobs have it in PRUN_RUN_ID.
    pub(crate) run_id: String,
    /// What the run is called: the job arrays are `prun-ID`.
    pub(crate) id: String,
    /// The options of sbatch, without `--no-requeue`.
    pub(crate) words: Vec<OsString>,
    /// Whether a job that is lost with its node is run again.
    pub(crate) requeue: bool,
    /// How many array tasks run at once.
    pub(crate) tasks: NonZeroU32,
    /// How many CPUs each of them has.
    pub(crate) cpus: NonZeroU32,
    /// How many jobs each of them runs at once.
    pub(crate) jobs_per_task: NonZeroU32,
    /// How many jobs a chunk has; `None` for shares of what is left.
    pub(crate) chunk: Option<NonZeroU64>,
    /// How many chunks a block has: the `MaxArraySize` of the cluster.
    pub(crate) block_size: NonZeroU64,
    /// The header of the work of each chunk, a line of JSON.
    pub(crate) header: Vec<u8>,
}

/// Its line.
#[derive(Serialize, Deserialize)]
struct RunLine<'a> {
    v: u64,
    #[serde(borrow)]
    prun: Str<'a>,
    #[serde(borrow)]
    run_id: Str<'a>,
    #[serde(borrow)]
    id: Str<'a>,
    #[serde(borrow)]
    engine: Str<'a>,
    #[serde(borrow)]
    words: Vec<Str<'a>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    words_base64: Option<Vec<String>>,
    requeue: bool,
    tasks: NonZeroU32,
    cpus: NonZeroU32,
    jobs_per_task: NonZeroU32,
    chunk: Option<NonZeroU64>,
    block_size: NonZeroU64,
    #[serde(borrow)]
    header: &'a RawValue,
}

/// What says how the line is to be read.
#[derive(Deserialize)]
struct RunVersion {
    v: u64,
}

const ENGINE: &str = "slurm";

impl RunRecord {
    /// Returns its line, without a line ending.
    pub(crate) fn line(&self) -> Result<Vec<u8>, LineError> {
        let is_text = self.words.iter().all(|word| word.to_str().is_some());
        let line = RunLine {
            v: RUN_FOLDER_VERSION,
            prun: env!("CARGO_PKG_VERSION").into(),
            run_id: Str::from(&*self.run_id),
            id: Str::from(&*self.id),
            engine: ENGINE.into(),
            words: self.words.iter().map(|word| Str::lossy(word)).collect(),
            words_base64: (!is_text).then(|| words_base64(&self.words)),
            requeue: self.requeue,
            tasks: self.tasks,
            cpus: self.cpus,
            jobs_per_task: self.jobs_per_task,
            chunk: self.chunk,
            block_size: self.block_size,
            header: serde_json::from_slice(self.header.trim_ascii())?,
        };
        Ok(serde_json::to_vec(&line)?)
    }

    /// Reads its line.
    pub(crate) fn read(line: &[u8]) -> Result<Self, LineError> {
        if serde_json::from_slice::<RunVersion>(line)?.v != RUN_FOLDER_VERSION {
            return Err(LineError::OtherVersion);
        }
        let line: RunLine<'_> = serde_json::from_slice(line)?;
        if line.engine.0 != ENGINE {
            return Err(LineError::OtherVersion);
        }
        Ok(Self {
            words: decoded_words(&line.words, line.words_base64.as_deref())?,
            run_id: line.run_id.0.into_owned(),
            id: line.id.0.into_owned(),
            requeue: line.requeue,
            tasks: line.tasks,
            cpus: line.cpus,
            jobs_per_task: line.jobs_per_task,
            chunk: line.chunk,
            block_size: line.block_size,
            header: line.header.get().as_bytes().to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::ffi::OsStringExt;

    use super::*;

    fn record() -> RunRecord {
        let one = NonZeroU32::MIN;
        RunRecord {
            run_id: "7f3a9c".to_owned(),
            id: "7f".to_owned(),
            words: vec!["-p".into(), OsString::from_vec(b"l\xffng \n".to_vec())],
            requeue: true,
            tasks: one,
            cpus: one,
            jobs_per_task: one,
            chunk: NonZeroU64::new(7),
            block_size: NonZeroU64::MIN,
            header: br#"{"type":"work","v":1,"log_dir":"a\"b"}"#.to_vec(),
        }
    }

    #[test]
    fn what_was_written_is_read_back() {
        let line = record().line().unwrap();
        assert_eq!(RunRecord::read(&line).unwrap(), record());
        let plain = RunRecord {
            words: vec!["-c4".into()],
            chunk: None,
            ..record()
        };
        assert_eq!(RunRecord::read(&plain.line().unwrap()).unwrap(), plain);
    }

    #[test]
    fn another_version_is_told_before_its_keys_are_read() {
        let read = RunRecord::read(br#"{"v":2,"all":"different"}"#);
        assert!(matches!(read, Err(LineError::OtherVersion)));
    }

    #[test]
    fn a_line_that_is_cut_is_damaged() {
        let line = record().line().unwrap();
        for length in 0..line.len() {
            let read = RunRecord::read(&line[..length]);
            assert!(matches!(read, Err(LineError::Damaged(_))), "{length}");
        }
    }
}
