//! Whatever happens, every job has one ending or one chunk.

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;

use super::*;

/// Something that happens to a chunk.
#[derive(Clone, Debug)]
enum Step {
    Journal(u64),
    Begin(u64, u64),
    End(u64, u64),
    Hold(u64),
    RunEnd(u64),
    Damage(u64),
    Submit(u64, bool),
    Answer(Vec<(u64, usize, bool)>),
    Look(u64),
    Pass(u64),
    Stop,
}

const STATES: [&str; 14] = [
    "PENDING",
    "RUNNING",
    "COMPLETING",
    "REQUEUED",
    "COMPLETED",
    "FAILED",
    "CANCELLED",
    "TIMEOUT",
    "PREEMPTED",
    "NODE_FAIL",
    "BOOT_FAIL",
    "OUT_OF_MEMORY",
    "DEADLINE",
    "NEVER_HEARD_OF",
];

fn step() -> impl Strategy<Value = Step> {
    let chunk = 0..12_u64;
    let seq = 1..13_u64;
    let answer = prop::collection::vec((chunk.clone(), 0..STATES.len(), any::<bool>()), 0..8);
    prop_oneof![
        3 => chunk.clone().prop_map(Step::Journal),
        6 => (chunk.clone(), seq.clone()).prop_map(|(chunk, seq)| Step::Begin(chunk, seq)),
        6 => (chunk.clone(), seq).prop_map(|(chunk, seq)| Step::End(chunk, seq)),
        2 => chunk.clone().prop_map(Step::Hold),
        2 => chunk.clone().prop_map(Step::RunEnd),
        1 => chunk.clone().prop_map(Step::Damage),
        3 => (chunk.clone(), any::<bool>()).prop_map(|(chunk, ok)| Step::Submit(chunk, ok)),
        6 => answer.prop_map(Step::Answer),
        4 => chunk.prop_map(Step::Look),
        4 => (1..15_u64).prop_map(Step::Pass),
        1 => Just(Step::Stop),
    ]
}

/// Plays the part of the rest of prun, and counts the endings of each job.
struct Story {
    run: Run,
    next_chunk: u64,
    ended: BTreeSet<u64>,
}

impl Story {
    fn new(may_run_again: bool) -> Self {
        let mut story = Self {
            run: Run::new(may_run_again),
            next_chunk: 3,
            ended: BTreeSet::new(),
        };
        for chunk in 0..3 {
            story.run.open(chunk, chunk * 4 + 1..=chunk * 4 + 4);
        }
        story
    }

    fn end(&mut self, seq: u64) {
        assert!(self.ended.insert(seq), "job {seq} has two endings");
    }

    fn decide(&mut self) {
        for verdict in self.run.verdicts() {
            match verdict {
                Verdict::Lost(lost) => {
                    for job in lost
                        .begun
                        .iter()
                        .filter(|job| job.next == AfterLoss::Failed)
                    {
                        self.end(job.seq);
                    }
                    if lost.unbegun.1 != Unbegun::Again {
                        lost.unbegun.0.iter().for_each(|seq| self.end(seq));
                    }
                    if lost.again().next().is_some() {
                        self.run.reopen(self.next_chunk, &lost);
                        self.next_chunk += 1;
                    }
                }
                Verdict::Canceled(canceled) => {
                    let begun = canceled.begun.iter().map(|(seq, _)| *seq);
                    begun
                        .chain(canceled.unbegun.iter())
                        .for_each(|seq| self.end(seq));
                }
                Verdict::Over { .. }
                | Verdict::LookAgain { .. }
                | Verdict::Endings { .. }
                | Verdict::WaitsLong { .. }
                | Verdict::JournalNotWritten { .. } => {}
            }
        }
    }

    fn play(&mut self, step: Step) {
        let fates = &mut self.run.fates;
        match step {
            Step::Journal(chunk) => fates.journal_begun(chunk, Some(Arc::from("host"))),
            Step::Begin(chunk, seq) => drop(fates.job_begun(chunk, seq, 1)),
            Step::End(chunk, seq) => {
                if fates.job_ended(chunk, seq) {
                    self.end(seq);
                }
            }
            Step::Hold(chunk) => fates.holds(chunk),
            Step::RunEnd(chunk) => fates.run_ended(chunk),
            Step::Damage(chunk) => fates.damaged(chunk, "torn".into()),
            Step::Submit(chunk, true) => fates.submitted(chunk, self.run.now),
            Step::Submit(chunk, false) => fates.not_submitted(chunk),
            Step::Answer(words) => {
                let reports = words.into_iter().map(|(chunk, state, has_node)| {
                    report(chunk, STATES[state], has_node.then_some("n1"))
                });
                let reports = reports.collect();
                fates.queue_answered(self.run.now, reports);
            }
            Step::Look(chunk) => fates.looked(chunk),
            Step::Pass(seconds) => self.run.pass(seconds),
            Step::Stop => fates.stop(),
        }
        self.decide();
    }

    /// Every job has an ending or one chunk that owns it.
    fn check(&self) {
        for seq in 1..=12 {
            let owners = (0..self.next_chunk).filter(|chunk| self.run.fates.owns(*chunk, seq));
            let places = owners.count() + usize::from(self.ended.contains(&seq));
            assert_eq!(places, 1, "job {seq}");
        }
    }
}

proptest! {
    #[test]
    fn every_job_has_one_ending_or_one_chunk(
        steps in prop::collection::vec(step(), 0..80),
        may_run_again: bool,
    ) {
        let mut story = Story::new(may_run_again);
        for step in steps {
            story.play(step);
            story.check();
        }
        story.run.fates.abandon();
        story.decide();
        prop_assert_eq!(story.ended.len(), 12);
        prop_assert!(story.run.fates.is_empty());
    }

    #[test]
    fn every_job_ends_where_all_tasks_end(
        steps in prop::collection::vec(step(), 0..40),
        begins: bool,
        state in 5..STATES.len(),
    ) {
        // Who is preempted after it has begun runs again however often that happens.
        prop_assume!(STATES[state] != "PREEMPTED");
        let mut story = Story::new(true);
        steps.into_iter().for_each(|step| story.play(step));
        for _ in 0..50 {
            if story.ended.len() == 12 {
                break;
            }
            let chunks: Vec<u64> = (0..story.next_chunk).collect();
            for &chunk in &chunks {
                story.play(Step::Submit(chunk, true));
                for seq in 1..=12 {
                    if begins {
                        story.play(Step::Begin(chunk, seq));
                    }
                }
            }
            story.play(Step::Answer(chunks.iter().map(|chunk| (*chunk, state, true)).collect()));
            story.play(Step::Pass(10));
            chunks.iter().for_each(|chunk| story.play(Step::Look(*chunk)));
            story.play(Step::Pass(1));
            chunks.iter().for_each(|chunk| story.play(Step::Look(*chunk)));
        }
        prop_assert_eq!(story.ended.len(), 12);
    }
}
