//! Jobs and their endings for tests.

use std::ffi::OsString;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use super::{Attempt, CancelReason, FailedNeed, JobEnd, NumberedJob, Outcome, Status};
use crate::plan::{Invocation, Job, Need, Origin, Scheduling, Service};
use crate::process::{ExitInfo, ResourceUsage, Signal};

/// A job of this name that is scheduled like most jobs.
pub(crate) fn job(name: &str) -> NumberedJob {
    let origin = Origin {
        source: "test".into(),
        line: 1,
    };
    let command = format!("run {name}");
    let argv = ["/bin/sh", "-c", &command].map(OsString::from).to_vec();
    let invocation = Invocation::recorded(command.into(), argv, true);
    NumberedJob {
        seq: 1,
        read_at: Duration::ZERO,
        cwd: Path::new("/").into(),
        key: None,
        slot_values: None,
        job: Job::new(origin, Some(name.to_owned()), invocation),
    }
}

/// A job of this name that is scheduled like this.
pub(crate) fn scheduled(name: &str, scheduling: Scheduling) -> NumberedJob {
    let mut job = job(name);
    job.job.scheduling = Some(Box::new(scheduling));
    job
}

/// A job of this name that needs these others.
pub(crate) fn needing(name: &str, needs: &[&str]) -> NumberedJob {
    let need = |name: &&str| Need {
        name: Arc::from(*name),
        seq: 0,
    };
    let scheduling = Scheduling {
        needs: needs.iter().map(need).collect(),
        ..Scheduling::default()
    };
    scheduled(name, scheduling)
}

/// A job whose failure is allowed.
pub(crate) fn may_fail(name: &str) -> NumberedJob {
    let scheduling = Scheduling {
        allow_failure: true,
        ..Scheduling::default()
    };
    scheduled(name, scheduling)
}

/// A service.
pub(crate) fn service(name: &str) -> NumberedJob {
    let service = Service {
        ready: None,
        ready_timeout: Service::READY_TIMEOUT,
    };
    let scheduling = Scheduling {
        service: Some(service),
        ..Scheduling::default()
    };
    scheduled(name, scheduling)
}

/// The ending of a job that was not started because of this need: its name, a colon, and how it ended.
pub(crate) fn skipped(job: NumberedJob, failed_need: &str) -> JobEnd {
    JobEnd {
        job: Arc::new(job),
        status: Status::Skipped,
        reason: Some(CancelReason::Needs),
        failed_need: Some(Arc::new(failed(failed_need))),
        attempts: 0,
        queued: None,
        last: None,
    }
}

/// A job that did not end well: its name, a colon, and how it ended.
pub(crate) fn failed(text: &str) -> FailedNeed {
    let (name, how) = text.split_once(": ").expect("a name and an ending");
    FailedNeed {
        name: name.to_owned(),
        how: how.to_owned(),
    }
}

/// The ending of a job that exited with this code.
pub(crate) fn ended(job: NumberedJob, code: i32) -> JobEnd {
    let exit = exit(Some(code));
    with_outcome(job, Outcome::Exited(exit))
}

/// The ending of a job whose only attempt had this outcome.
pub(crate) fn with_outcome(job: NumberedJob, outcome: Outcome) -> JobEnd {
    let attempt = Attempt {
        pid: Some(4711),
        argv: vec!["/bin/sh".into()],
        shell: true,
        wall: Duration::from_secs(1),
        ..Attempt::new((1, 1), (UNIX_EPOCH, Duration::ZERO), outcome)
    };
    JobEnd {
        job: Arc::new(job),
        status: attempt.status(),
        reason: attempt.reason(),
        failed_need: None,
        attempts: 1,
        queued: Some(Duration::ZERO),
        last: Some(Arc::new(attempt)),
    }
}

/// How a process exited.
pub(crate) fn exit(code: Option<i32>) -> ExitInfo {
    ExitInfo {
        code,
        signal: code.is_none().then_some(Signal::TERM),
        core_dumped: false,
        usage: ResourceUsage::default(),
        started_at: UNIX_EPOCH,
        elapsed: Duration::from_secs(1),
    }
}
