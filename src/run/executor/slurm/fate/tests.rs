//! Chunks in all weathers.

mod losses;
mod properties;

use std::collections::BTreeMap;
use std::num::NonZeroU64;
use std::time::Duration;

use super::super::commands::{TaskReport, TaskState, TaskStatus};
use super::verdict::LostJob;
use super::*;
use crate::record::LostAttempts;
use crate::run::executor::slurm::chunks::SeqSet;
use crate::run::policy::Moment;

const BLOCK: u64 = 4;

/// A run with the time that it has.
struct Run {
    fates: Fates,
    now: Moment,
}

fn report(chunk: u64, state: &str, node: Option<&str>) -> TaskReport {
    TaskReport {
        block: chunk / BLOCK,
        index: Some(chunk % BLOCK),
        state: TaskState::new(state),
        reason: "None".to_owned(),
        exit: TaskStatus::default(),
        node: node.map(str::to_owned),
    }
}

impl Run {
    fn new(may_run_again: bool) -> Self {
        Self {
            fates: Fates::new(NonZeroU64::new(BLOCK).unwrap(), may_run_again),
            now: Duration::from_secs(100),
        }
    }

    /// A run with chunk 0, whose jobs 1 to 4 are submitted.
    fn of_one_chunk() -> Self {
        let mut run = Self::new(true);
        run.open(0, 1..=4);
        run
    }

    fn open(&mut self, chunk: u64, jobs: impl IntoIterator<Item = u64>) {
        let jobs = jobs.into_iter().collect();
        self.fates.open(chunk, jobs, BTreeMap::new(), 0);
        self.fates.submitting(chunk);
        self.fates.submitted(chunk, self.now);
    }

    fn reopen(&mut self, chunk: u64, lost: &LostChunk) {
        let jobs: Vec<_> = lost.again().collect();
        let seqs = jobs.iter().map(|(seq, _)| *seq).collect();
        self.fates
            .open(chunk, seqs, jobs.into_iter().collect(), lost.tries);
        self.fates.submitting(chunk);
        self.fates.submitted(chunk, self.now);
    }

    /// The journal of a chunk has the starts of these jobs.
    fn begin(&mut self, chunk: u64, jobs: &[u64]) {
        self.fates.journal_begun(chunk, Some("host".into()));
        for seq in jobs {
            self.fates.job_begun(chunk, *seq, 1);
        }
    }

    fn say(&mut self, reports: Vec<TaskReport>) -> Vec<Verdict> {
        self.pass(1);
        self.fates.queue_answered(self.now, reports);
        self.verdicts()
    }

    fn pass(&mut self, seconds: u64) {
        self.now += Duration::from_secs(seconds);
    }

    fn verdicts(&mut self) -> Vec<Verdict> {
        self.fates.verdicts(self.now)
    }

    /// The verdict after the last look at a chunk that has ended.
    fn after_last_look(&mut self, chunk: u64) -> Verdict {
        assert_eq!(self.verdicts(), []);
        self.pass(9);
        assert_eq!(self.verdicts(), []);
        assert!(self.fates.next_due().is_some());
        self.pass(1);
        assert_eq!(self.verdicts(), [Verdict::LookAgain { chunk }]);
        self.pass(1);
        assert_eq!(self.verdicts(), []);
        self.fates.looked(chunk);
        let mut verdicts = self.verdicts();
        assert_eq!(verdicts.len(), 1);
        verdicts.remove(0)
    }

    fn lost(&mut self, chunk: u64) -> LostChunk {
        match self.after_last_look(chunk) {
            Verdict::Lost(lost) => lost,
            other => panic!("{other:?}"),
        }
    }
}

fn again(losses: u32, attempts: u32) -> AfterLoss {
    AfterLoss::Again(LostAttempts { losses, attempts })
}

fn seqs(jobs: &[u64]) -> SeqSet {
    jobs.iter().copied().collect()
}

#[test]
fn a_chunk_is_over_when_its_journal_is_complete_whatever_slurm_says() {
    let mut run = Run::of_one_chunk();
    run.begin(0, &[1, 2, 3, 4]);
    assert!((1..=4).all(|seq| run.fates.job_ended(0, seq)));
    assert_eq!(run.verdicts(), []);
    run.fates.run_ended(0);
    assert_eq!(run.verdicts(), [Verdict::Over { chunk: 0 }]);
    assert!(run.fates.is_empty());
}

#[test]
fn jobs_of_a_node_that_failed_run_again_and_those_that_had_begun_come_first() {
    let mut run = Run::of_one_chunk();
    run.begin(0, &[1, 3]);
    run.fates.job_ended(0, 1);
    run.fates.job_begun(0, 3, 2);
    assert_eq!(run.say(vec![report(0, "NODE_FAIL", Some("n2"))]), []);
    let lost = run.lost(0);
    let next = again(1, 2);
    let job = LostJob {
        seq: 3,
        attempt: 2,
        next,
    };
    assert_eq!(lost.begun, [job]);
    assert_eq!(lost.unbegun, (seqs(&[2, 4]), Unbegun::Again));
    assert_eq!(lost.error(), "n2: NODE_FAIL");
    assert_eq!(lost.excluded.as_deref(), Some("n2"));
    let order: Vec<u64> = lost.again().map(|(seq, _)| seq).collect();
    assert_eq!(order, [3, 2, 4]);
}

#[test]
fn a_task_that_slurm_does_not_list_twice_is_gone() {
    let mut run = Run::of_one_chunk();
    run.begin(0, &[1]);
    assert_eq!(run.say(vec![]), []);
    assert_eq!(run.fates.next_due(), None);
    assert_eq!(run.say(vec![report(0, "RUNNING", Some("n1"))]), []);
    assert_eq!(run.say(vec![]), []);
    assert_eq!(run.fates.next_due(), None);
    assert_eq!(run.say(vec![]), []);
    let lost = run.lost(0);
    assert_eq!(lost.error(), "n1: Slurm does not know the task any more");
}

#[test]
fn an_answer_from_before_the_submission_says_nothing() {
    let mut run = Run::of_one_chunk();
    let before = run.now - Duration::from_secs(1);
    for _ in 0..3 {
        run.fates.queue_answered(before, vec![]);
    }
    assert_eq!(run.verdicts(), []);
    assert_eq!(run.fates.next_due(), None);
}

#[test]
fn a_task_that_is_alive_again_is_not_lost() {
    let mut run = Run::of_one_chunk();
    run.say(vec![report(0, "NODE_FAIL", Some("n2"))]);
    run.pass(5);
    run.say(vec![report(0, "PENDING", None)]);
    run.pass(60);
    assert_eq!(run.verdicts(), []);
}

#[test]
fn what_the_last_look_finds_counts() {
    let mut run = Run::of_one_chunk();
    run.say(vec![report(0, "COMPLETED", Some("n2"))]);
    run.pass(10);
    assert_eq!(run.verdicts(), [Verdict::LookAgain { chunk: 0 }]);
    run.begin(0, &[1, 2, 3, 4]);
    for seq in 1..=4 {
        run.fates.job_ended(0, seq);
    }
    run.fates.run_ended(0);
    run.fates.looked(0);
    assert_eq!(run.verdicts(), [Verdict::Over { chunk: 0 }]);
}

#[test]
fn endings_by_cancellation_wait_for_the_word_of_slurm() {
    for (state, endings) in [
        ("CANCELLED", UnaskedEndings::Engine),
        ("TIMEOUT", UnaskedEndings::Discarded),
        ("PREEMPTED", UnaskedEndings::Discarded),
        ("FAILED", UnaskedEndings::Discarded),
    ] {
        let mut run = Run::of_one_chunk();
        run.begin(0, &[1]);
        run.fates.holds(0);
        assert_eq!(run.verdicts(), []);
        assert_eq!(run.say(vec![report(0, "COMPLETING", Some("n1"))]), []);
        let verdicts = run.say(vec![report(0, state, Some("n1"))]);
        assert_eq!(verdicts, [Verdict::Endings { chunk: 0, endings }]);
        if endings == UnaskedEndings::Engine {
            assert!((1..=4).all(|seq| run.fates.job_ended(0, seq)));
        }
        run.fates.run_ended(0);
        match (&run.verdicts()[..], endings) {
            ([Verdict::Over { chunk: 0 }], UnaskedEndings::Engine) => {}
            ([Verdict::Lost(lost)], UnaskedEndings::Discarded) => {
                let losses = u32::from(state != "PREEMPTED");
                assert_eq!(lost.begun[0].next, again(losses, 1));
                let is_excluded = state == "FAILED";
                assert_eq!(lost.excluded.is_some(), is_excluded);
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn while_the_run_stops_endings_by_cancellation_are_ours() {
    let mut run = Run::of_one_chunk();
    run.begin(0, &[1]);
    run.fates.holds(0);
    run.fates.stop();
    let ours = Verdict::Endings {
        chunk: 0,
        endings: UnaskedEndings::Ours,
    };
    assert_eq!(run.verdicts(), std::slice::from_ref(&ours));
    run.fates.holds(0);
    assert_eq!(run.verdicts(), [ours]);
}

#[test]
fn tasks_that_somebody_cancels_do_not_run_again() {
    let mut run = Run::of_one_chunk();
    run.open(1, 5..=6);
    run.begin(1, &[5]);
    // Slurm has one line for all that had not begun.
    let mut canceled = report(0, "CANCELLED", None);
    canceled.index = None;
    run.say(vec![canceled, report(1, "RUNNING", Some("n1"))]);
    match run.after_last_look(0) {
        Verdict::Canceled(canceled) => {
            assert_eq!(canceled.by, CanceledBy::Engine);
            assert_eq!(canceled.begun, []);
            assert_eq!(canceled.unbegun, seqs(&[1, 2, 3, 4]));
        }
        other => panic!("{other:?}"),
    }
    run.say(vec![report(1, "CANCELLED", Some("n1"))]);
    match run.after_last_look(1) {
        Verdict::Canceled(canceled) => {
            assert_eq!(canceled.by, CanceledBy::Engine);
            assert_eq!(canceled.begun, [(5, 1)]);
            assert_eq!(canceled.unbegun, seqs(&[6]));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn while_the_run_stops_tasks_that_never_had_a_node_end_at_once() {
    let mut run = Run::of_one_chunk();
    // One that sbatch has not got yet, and one that it is getting.
    run.fates.open(1, seqs(&[5]), BTreeMap::new(), 0);
    run.fates.open(2, seqs(&[6]), BTreeMap::new(), 0);
    run.fates.submitting(2);
    run.fates.stop();
    let chunks = |verdicts: Vec<Verdict>| -> Vec<u64> {
        let canceled = verdicts.into_iter().filter_map(|verdict| match verdict {
            Verdict::Canceled(chunk) if chunk.by == CanceledBy::Us => Some(chunk.chunk),
            _ => None,
        });
        canceled.collect()
    };
    assert_eq!(chunks(run.verdicts()), [1]);
    let verdicts = run.say(vec![report(0, "CANCELLED", None)]);
    assert_eq!(chunks(verdicts), [0]);
    run.fates.not_submitted(2);
    assert_eq!(chunks(run.verdicts()), [2]);
}
