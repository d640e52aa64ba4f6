//! [`ChunkFate`]: what is known of a chunk.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::commands::{FOLDER_NOT_SEEN, FOLDER_NOT_WRITABLE, TaskReport};
use super::verdict::{StartFailure, UnaskedEndings};
use crate::record::LostAttempts;
use crate::run::executor::slurm::chunks::SeqSet;
use crate::run::policy::Moment;

/// In so many answers in a row Slurm must not list a task that it does not know any more.
const UNLISTED: u32 = 2;

/// The exit code of a prun that could not write its journal.
const JOURNAL_NOT_WRITTEN: u8 = 3;

/// What is known of a chunk.
#[derive(Debug, Default)]
pub(super) struct ChunkFate {
    /// The jobs that have not ended.
    pub(super) open: SeqSet,
    /// Those of them that have begun, with the number of their last attempt.
    pub(super) begun: BTreeMap<u64, u32>,
    /// Whether any job has begun.
    pub(super) has_begun: bool,
    /// What was lost of its jobs before.
    pub(super) earlier: BTreeMap<u64, LostAttempts>,
    /// How often in a row its jobs could not begin.
    pub(super) tries: u32,
    /// How many jobs of the run had ended when it was opened.
    pub(super) ended_before: u64,
    pub(super) submitted: SubmissionState,
    pub(super) journal: JournalState,
    /// Whether the reader of the journal waits for a word about endings.
    pub(super) is_held: bool,
    /// What it was told.
    pub(super) endings: Option<UnaskedEndings>,
    /// What the machine calls itself.
    pub(super) host: Option<Arc<str>>,
    /// What Slurm said last.
    pub(super) report: Option<TaskReport>,
    /// In how many answers in a row Slurm did not list it.
    pub(super) unlisted: u32,
    pub(super) wait: LastWait,
}

/// Whether Slurm has a chunk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum SubmissionState {
    #[default]
    No,
    /// sbatch runs.
    Submitting,
    /// Since this time.
    Since(Moment),
}

/// How far a journal has come.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum JournalState {
    #[default]
    None,
    Begun,
    Ended,
    /// It cannot be read, for this reason.
    Damaged(Arc<str>),
}

/// The wait for the rest of the journal of a task that has ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum LastWait {
    #[default]
    No,
    Until(Moment),
    /// It is looked for once more.
    Looking,
    /// It was, and nothing is to be expected any more.
    Over,
}

impl ChunkFate {
    /// Whether Slurm says that the task has ended, or does not know it.
    pub(super) fn has_ended(&self) -> bool {
        let is_final = |report: &TaskReport| !report.state.is_alive();
        self.unlisted >= UNLISTED || self.report.as_ref().is_some_and(is_final)
    }

    /// Whether somebody canceled the task.
    pub(super) fn is_canceled(&self) -> bool {
        self.last_report()
            .is_some_and(|report| report.state.is_canceled())
    }

    /// The last report, unless Slurm knows the task no more.
    fn last_report(&self) -> Option<&TaskReport> {
        self.report
            .as_ref()
            .filter(|report| self.unlisted < UNLISTED || !report.state.is_alive())
    }

    /// Whether it was ended for a job of a higher priority.
    pub(super) fn is_preempted(&self) -> bool {
        self.last_report()
            .is_some_and(|report| report.state.is_preempted())
    }

    /// Whether Slurm ended it because of a limit, or for another job.
    pub(super) fn is_ended_by_limit(&self) -> bool {
        self.last_report()
            .is_some_and(|report| report.state.is_ended_by_limit())
    }

    /// Whether it surely had no node at any time.
    pub(super) fn had_no_node(&self) -> bool {
        let has_node = |report: &TaskReport| report.node.is_some();
        let is_nowhere = match self.submitted {
            SubmissionState::No => true,
            SubmissionState::Submitting => false,
            SubmissionState::Since(_) => self.is_canceled(),
        };
        let has_begun = self.journal != JournalState::None;
        is_nowhere && !has_begun && !self.report.as_ref().is_some_and(has_node)
    }

    /// Whether a process of it may still run, which nobody can see.
    pub(super) fn may_run_on(&self) -> bool {
        let report = self.last_report();
        let has_ended = report.is_some_and(|report| report.state.has_surely_ended());
        !(has_ended || self.journal == JournalState::Ended || self.had_no_node())
    }

    /// Whether its prun could not write the journal.
    pub(super) fn could_not_write(&self) -> bool {
        let report = self.last_report();
        report.is_some_and(|report| {
            report.state.is_failed() && report.exit.code() == Some(JOURNAL_NOT_WRITTEN)
        })
    }

    /// Whether its script ended before it started prun, so that no journal can come late.
    pub(super) fn never_began(&self) -> bool {
        let report = self.last_report();
        let is_by_script = report.is_some_and(|report| {
            let code = report.exit.code();
            let is_its_own = matches!(code, Some(FOLDER_NOT_SEEN | FOLDER_NOT_WRITABLE));
            report.state.is_failed() && is_its_own
        });
        is_by_script && self.journal == JournalState::None
    }

    /// Why it could not begin.
    pub(super) fn start_failure(&self) -> StartFailure {
        let code = self.last_report().and_then(|report| report.exit.code());
        match code {
            Some(FOLDER_NOT_SEEN) => StartFailure::FolderNotSeen,
            Some(FOLDER_NOT_WRITABLE) => StartFailure::FolderNotWritable,
            _ => StartFailure::Said,
        }
    }

    /// The machine, for people.
    pub(super) fn machine(&self) -> Option<Arc<str>> {
        let node = || self.report.as_ref()?.node.as_deref().map(Arc::from);
        node().or_else(|| self.host.clone())
    }

    /// What happened to it, for people.
    pub(super) fn state(&self) -> Arc<str> {
        match (&self.journal, self.last_report()) {
            (JournalState::Damaged(why), _) => Arc::clone(why),
            (_, Some(report)) if !report.state.is_alive() => report.state.to_string().into(),
            (JournalState::Ended, _) => "prun ended before its jobs".into(),
            _ if self.submitted == SubmissionState::No => "not submitted".into(),
            (_, Some(report)) => report.state.to_string().into(),
            (_, None) => "Slurm does not know the task any more".into(),
        }
    }

    /// The node that the next try must not use: where the task did not end because of a limit of its own.
    pub(super) fn excluded(&self) -> Option<Arc<str>> {
        let report = self.report.as_ref()?;
        let is_by_limit = report.state.is_ended_by_limit();
        let node = report.node.as_deref().filter(|_| !is_by_limit);
        node.map(Arc::from)
    }
}
