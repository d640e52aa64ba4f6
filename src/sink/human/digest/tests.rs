use super::*;
use crate::event::samples::{
    ended, exit, failed, job, may_fail, needing, service, skipped, with_outcome,
};
use crate::event::{CancelReason, Outcome};
use std::sync::Arc;

/// The digest of these endings, in a log.
fn digest(ends: &[JobEnd]) -> Vec<String> {
    let mut digest = Digest::default();
    for end in ends {
        digest.add_unfinished(end);
        if let Some(last) = &end.last {
            digest.add(end, last, None, &Paster::default());
        }
    }
    digest.lines(Seen::Above, Style::Plain)
}

fn canceled(name: &str, need: &str) -> JobEnd {
    let reason = Some(CancelReason::Needs);
    let exit = exit(None);
    let mut end = with_outcome(job(name), Outcome::Canceled { reason, exit });
    end.failed_need = Some(Arc::new(failed(need)));
    end
}

#[test]
fn jobs_that_did_not_run_because_of_the_same_one_are_one_line() {
    let mut ends = vec![ended(job("build"), 1)];
    let names: Vec<String> = (1..=17).map(|n| format!("test-{n}")).collect();
    ends.extend(names.iter().map(|name| skipped(job(name), "build: exit 1")));
    ends.push(skipped(job("other"), "api: not ready after 60 s"));
    ends.extend(["e2e", "load"].map(|name| canceled(name, "api: exit 3")));
    assert_eq!(
        digest(&ends),
        [
            "── 1 of 3 jobs failed:",
            "── build (exit 1, 1.0 s)",
            "   $ run build",
            "── skipped because build failed: test-1, test-2, test-3, test-4, test-5 and 12 more",
            "── skipped because api failed: other",
            "── canceled because api failed: e2e, load",
        ]
    );
}

#[test]
fn of_very_many_causes_the_first_are_told_and_the_others_counted() {
    let ends: Vec<JobEnd> = (1..=60)
        .map(|n| skipped(needing("x", &[]), &format!("job-{n}: exit 1")))
        .collect();
    let lines = digest(&ends);
    assert_eq!(lines.len(), MAX_FAILURES + 1);
    let last = lines.last().map(String::as_str);
    assert_eq!(
        last,
        Some("── and 10 more jobs skipped or canceled because others failed")
    );
}

#[test]
fn allowed_failures_are_told_as_allowed() {
    let only = digest(&[ended(may_fail("flaky"), 3), ended(job("a"), 0)]);
    assert_eq!(
        only[..2],
        [
            "── 1 of 2 jobs failed (allowed):",
            "── flaky (exit 3, allowed, 1.0 s)"
        ]
    );
    let both = digest(&[
        ended(may_fail("flaky"), 3),
        ended(job("a"), 1),
        ended(may_fail("b"), 0),
    ]);
    assert_eq!(both[0], "── 1 of 3 jobs failed, 1 failed (allowed):");
    let mut counts = Counts::default();
    let ends = [
        ended(may_fail("flaky"), 3),
        ended(job("a"), 1),
        ended(may_fail("b"), 0),
    ];
    ends.iter()
        .for_each(|end| counts.add(end.status, end.is_allowed_failure()));
    assert_eq!(
        counted(&counts, Duration::from_secs(2), Style::Plain),
        "3 jobs: 1 ok, 1 failed, 1 failed (allowed) (2.0 s)"
    );
}

#[test]
fn a_service_is_not_among_the_slowest_jobs() {
    let mut digest = Digest::default();
    let mut ends: Vec<JobEnd> = (1..=6)
        .map(|n| ended(job(&format!("job-{n}")), 0))
        .collect();
    let exit = exit(None);
    ends.push(with_outcome(service("api"), Outcome::EndedWithRun { exit }));
    for end in &ends {
        digest.add(
            end,
            end.last.as_ref().expect("it ran"),
            None,
            &Paster::default(),
        );
    }
    let lines = digest.slowest(Style::Plain).join("\n");
    assert!(lines.contains("job-1") && !lines.contains("api"), "{lines}");
}
