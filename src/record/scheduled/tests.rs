use super::*;
use crate::event::samples::{ended, exit, failed, job, scheduled, service, skipped, with_outcome};
use crate::event::{CancelReason, FailedNeed};
use crate::plan::{Need, Pool, Scheduling};
use crate::record::scalar::Str;
use crate::record::{LogLine, RecordStreams};
use proptest::prelude::*;
use serde_json::Value;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

/// The line of a job log about an ending.
fn line(end: &JobEnd) -> String {
    let streams = RecordStreams::default();
    let line = LogLine::ended(end, true, &streams, UNIX_EPOCH);
    serde_json::to_string(&line).expect("a line is JSON")
}

/// The ending that is read from such a line.
fn read(line: &str) -> JobEnd {
    match LogLine::<Str<'_>, Str<'_>>::read(line.as_bytes()).expect("the line is whole") {
        LogLine::JobEnd(record) => record.ended(UNIX_EPOCH).expect("the line is whole"),
        _ => panic!("another line: {line}"),
    }
}

/// Checks that an ending becomes the same line again after it was read, and returns what was read.
#[track_caller]
fn round_trip(end: &JobEnd) -> JobEnd {
    let written = line(end);
    let again = read(&written);
    assert_eq!(line(&again), written);
    assert_eq!(again.status, end.status);
    assert_eq!(again.reason, end.reason);
    assert_eq!(again.failed_need, end.failed_need);
    assert_eq!(again.is_allowed_failure(), end.is_allowed_failure());
    assert_eq!(
        again.job.job.service().is_some(),
        end.job.job.service().is_some()
    );
    again
}

fn key<'a>(line: &'a Value, key: &str) -> &'a Value {
    line.get(key)
        .unwrap_or_else(|| panic!("no {key} in {line}"))
}

proptest! {
    #[test]
    fn how_a_job_was_scheduled_comes_back_from_its_record(
        needs in prop::collection::vec("[a-z:\\x1b\u{202e} ]{1,9}", 0..5),
        weight in 1u32..100,
        pool in prop::option::of("[a-z ]{1,9}"),
        allow_failure: bool,
        code in 0i32..3,
    ) {
        let scheduling = Scheduling {
            needs: needs.iter().map(|name| Need { name: Arc::from(&**name), seq: 0 }).collect(),
            weight: NonZeroU32::new(weight).unwrap(),
            pool: pool.map(|name| Arc::new(Pool { name: name.into(), limit: NonZeroU32::MIN })),
            allow_failure,
            service: None,
        };
        let expected = (scheduling != Scheduling::default()).then(|| Box::new(scheduling.clone()));
        let again = round_trip(&ended(scheduled("test", scheduling), code));
        prop_assert_eq!(&again.job.job.scheduling, &expected);
    }
}

#[test]
fn a_job_that_is_scheduled_like_most_has_the_defaults() {
    let end = ended(job("test"), 0);
    let line: Value = serde_json::from_str(&line(&end)).unwrap();
    assert_eq!(key(&line, "needs"), &Value::Array(Vec::new()));
    assert_eq!(key(&line, "pool"), &Value::Null);
    assert_eq!(key(&line, "weight"), &Value::from(1));
    assert_eq!(key(&line, "allow_failure"), &Value::Bool(false));
    assert_eq!(line.get("service_end"), None);
    assert_eq!(round_trip(&end).job.job.scheduling, None);
}

#[test]
fn every_ending_of_a_service_comes_back_from_its_record() {
    let limit = Duration::from_secs(60);
    for outcome in [
        Outcome::EndedWithRun { exit: exit(None) },
        Outcome::EndedWithRun {
            exit: exit(Some(0)),
        },
        Outcome::EndedEarly {
            exit: exit(Some(3)),
        },
        Outcome::EndedEarly {
            exit: exit(Some(0)),
        },
        Outcome::EndedEarly { exit: exit(None) },
        Outcome::NotReady {
            limit,
            exit: exit(None),
        },
        Outcome::Canceled {
            reason: Some(CancelReason::Signal),
            exit: exit(None),
        },
        Outcome::NotStarted("no such program: api".to_owned()),
        Outcome::Lost("the log ends before the job".to_owned()),
    ] {
        let again = round_trip(&with_outcome(service("api"), outcome.clone()));
        let last = again.last.expect("it had an attempt");
        assert_eq!(format!("{:?}", last.outcome), format!("{outcome:?}"));
    }
    round_trip(&skipped(service("api"), "build: exit 1"));
}

#[test]
fn the_need_that_failed_comes_back_from_the_record_of_a_skipped_job_and_of_a_canceled_one() {
    let never_started = skipped(job("test"), "build: could not start: no such program: x");
    let line: Value = serde_json::from_str(&line(&never_started)).unwrap();
    assert_eq!(
        key(&line, "error"),
        &Value::from("build: could not start: no such program: x")
    );
    round_trip(&never_started);
    let outcome = Outcome::Canceled {
        reason: Some(CancelReason::Needs),
        exit: exit(None),
    };
    let mut canceled = with_outcome(job("e2e"), outcome);
    canceled.failed_need = Some(Arc::new(failed("api: exit 1")));
    let again = round_trip(&canceled);
    let last = again.last.expect("it had an attempt");
    assert_eq!(last.reason(), Some(CancelReason::Needs));
}

#[test]
fn a_need_whose_name_looks_like_an_ending_comes_back_as_it_was() {
    let mut end = skipped(job("test"), "a: exit 1");
    for (name, how) in [
        ("a: b", "exit 1"),
        ("a", "could not start: b: c"),
        (": ", ": "),
    ] {
        let (name, how) = (name.to_owned(), how.to_owned());
        end.failed_need = Some(Arc::new(FailedNeed { name, how }));
        round_trip(&end);
    }
}
