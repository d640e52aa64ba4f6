//! Jobs that are lost, and what Slurm says by the way.

use super::*;

#[test]
fn a_job_is_lost_twice_and_then_it_fails_but_preemption_does_not_count() {
    let mut run = Run::of_one_chunk();
    for (chunk, (state, next)) in [
        ("NODE_FAIL", again(1, 1)),
        ("PREEMPTED", again(1, 2)),
        ("OUT_OF_MEMORY", AfterLoss::Failed),
    ]
    .into_iter()
    .enumerate()
    {
        let chunk = chunk as u64;
        run.fates.journal_begun(chunk, None);
        run.fates.job_begun(chunk, 1, chunk as u32 + 1);
        run.say(vec![report(chunk, state, Some("n1"))]);
        let lost = run.lost(chunk);
        assert_eq!(lost.begun[0].next, next, "{state}");
        assert_eq!(lost.unbegun, (seqs(&[2, 3, 4]), Unbegun::Again));
        run.reopen(chunk + 1, &lost);
    }
    assert!(!run.fates.owns(3, 1));
}

#[test]
fn with_no_second_run_a_begun_job_fails_and_so_does_what_may_have_begun_unseen() {
    for (state, unbegun) in [
        ("NODE_FAIL", Unbegun::MayHaveBegun),
        ("TIMEOUT", Unbegun::Again),
        ("PREEMPTED", Unbegun::Again),
    ] {
        let mut run = Run::new(false);
        run.open(0, 1..=4);
        run.begin(0, &[1]);
        run.say(vec![report(0, state, Some("n1"))]);
        let lost = run.lost(0);
        assert_eq!(lost.begun[0].next, AfterLoss::Failed);
        assert_eq!(lost.unbegun.1, unbegun, "{state}");
        let count = usize::from(unbegun == Unbegun::Again) * 3;
        assert_eq!(lost.again().count(), count);
    }
}

#[test]
fn what_cannot_begin_is_tried_again_three_times_unless_other_jobs_end() {
    let mut run = Run::of_one_chunk();
    run.open(100, 101..=102);
    let mut chunk = 0;
    let mut fail = |run: &mut Run, code: u32| {
        let failed = TaskReport {
            exit: TaskStatus::from_wait(code << 8),
            ..report(chunk, "FAILED", Some("n1"))
        };
        // At once: no journal can come late of a task that has not started prun.
        let verdicts = run.say(vec![failed, report(100, "RUNNING", Some("n2"))]);
        let [Verdict::Lost(lost)] = &verdicts[..] else {
            panic!("{verdicts:?}");
        };
        chunk += 1;
        run.reopen(chunk, lost);
        lost.unbegun.1
    };
    for _ in 0..3 {
        assert_eq!(fail(&mut run, 120), Unbegun::Again);
    }
    run.begin(100, &[101]);
    run.fates.job_ended(100, 101);
    for _ in 0..4 {
        assert_eq!(fail(&mut run, 120), Unbegun::Again);
    }
    let failure = StartFailure::FolderNotSeen;
    assert_eq!(fail(&mut run, 120), Unbegun::CouldNotStart(failure));
}

#[test]
fn a_journal_that_a_node_could_not_write_stops_the_run() {
    let mut run = Run::of_one_chunk();
    run.begin(0, &[1]);
    let failed = TaskReport {
        exit: TaskStatus::from_wait(3 << 8),
        ..report(0, "FAILED", Some("n1"))
    };
    run.say(vec![failed]);
    run.pass(10);
    run.verdicts();
    run.fates.looked(0);
    let verdicts = run.verdicts();
    assert!(matches!(verdicts[0], Verdict::JournalNotWritten { .. }));
    assert!(matches!(&verdicts[1], Verdict::Canceled(chunk) if chunk.by == CanceledBy::Us));
}

#[test]
fn a_damaged_journal_is_a_loss_at_once() {
    let mut run = Run::of_one_chunk();
    run.begin(0, &[1]);
    run.fates.damaged(0, "log/00000:7: expected value".into());
    match &run.verdicts()[..] {
        [Verdict::Lost(lost)] => assert_eq!(lost.error(), "host: log/00000:7: expected value"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn endings_in_a_chunk_that_was_superseded_do_not_count() {
    let mut run = Run::of_one_chunk();
    run.begin(0, &[1, 2]);
    run.open(1, [2, 3]);
    assert!(!run.fates.job_ended(0, 2) && !run.fates.job_begun(0, 3, 1));
    assert!(run.fates.job_ended(0, 1) && run.fates.job_ended(1, 2));
    assert!(!run.fates.job_ended(1, 2) && !run.fates.job_ended(7, 3));
}

#[test]
fn a_line_of_a_submission_that_sbatch_refused_says_nothing() {
    let mut run = Run::of_one_chunk();
    let refused = TaskReport {
        reason: "BadConstraints".to_owned(),
        ..report(0, "FAILED", None)
    };
    let pending = report(0, "PENDING", None);
    for _ in 0..3 {
        assert_eq!(run.say(vec![refused.clone(), pending.clone()]), []);
    }
    assert_eq!(run.fates.next_due(), None);
}

#[test]
fn a_reason_to_wait_long_is_told_once() {
    let mut run = Run::of_one_chunk();
    run.open(1, [5]);
    let waits = |chunk, reason: &str| TaskReport {
        reason: reason.to_owned(),
        ..report(chunk, "PENDING", None)
    };
    assert_eq!(
        run.say(vec![waits(0, "Priority"), waits(1, "Resources")]),
        []
    );
    let reports = || vec![waits(0, "PartitionConfig"), waits(1, "PartitionConfig")];
    let reason = "PartitionConfig".to_owned();
    assert_eq!(run.say(reports()), [Verdict::WaitsLong { reason }]);
    assert_eq!(run.say(reports()), []);
}
