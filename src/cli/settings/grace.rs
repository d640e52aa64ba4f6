//! prun inside a job of another prun: the inner one has to be done with its jobs before the outer one
//! kills it.

use std::ffi::{OsStr, OsString};
use std::time::Duration;

use crate::plan::{DurationError, parse_duration};

/// The variable by which a prun tells its jobs how long it waits between TERM and KILL.
pub(crate) const VARIABLE: &str = "PRUN_GRACE";

/// A variable that does not say how long. The text is for the user.
#[derive(Debug, thiserror::Error)]
#[error("{VARIABLE}={}: {why}; or unset it (env -u {VARIABLE})", value.display())]
pub(crate) struct GraceError {
    value: OsString,
    why: DurationError,
}

/// Our own grace: as asked, and at most nine tenths of what an outer prun gives us, so that our jobs
/// are killed, and told of, before we are.
pub(crate) fn within(asked: Duration, outer: Option<&OsStr>) -> Result<Duration, GraceError> {
    let Some(value) = outer else {
        return Ok(asked);
    };
    let wrong = |why| GraceError {
        value: value.to_owned(),
        why,
    };
    let outer = parse_duration(&value.to_string_lossy()).map_err(wrong)?;
    Ok(asked.min(outer * 9 / 10))
}

/// What jobs are told of it: seconds. Nothing where there is no grace, as they could not use any.
pub(crate) fn told(grace: Duration) -> Option<OsString> {
    (!grace.is_zero()).then(|| {
        let (seconds, nanos) = (grace.as_secs(), grace.subsec_nanos());
        let text = format!("{seconds}.{nanos:09}");
        let text = text.trim_end_matches('0').trim_end_matches('.');
        text.into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_told_is_as_a_person_would_write_it() {
        let of = |millis| told(Duration::from_millis(millis));
        assert_eq!(of(5000), Some("5".into()));
        assert_eq!(of(450), Some("0.45".into()));
        assert_eq!(of(10_000), Some("10".into()));
        assert_eq!(of(0), None);
    }

    #[test]
    fn what_is_no_duration_is_refused_with_its_name() {
        let error = within(Duration::ZERO, Some("soon".as_ref())).unwrap_err();
        let error = error.to_string();
        assert!(
            error.starts_with("PRUN_GRACE=soon: a duration needs"),
            "{error}"
        );
    }

    proptest! {
        #[test]
        fn an_inner_run_is_done_before_the_outer_one_kills_it(outer in 1u64..u64::MAX / 1000, asked: u32) {
            let (outer, asked) = (Duration::from_nanos(outer), Duration::from_nanos(asked.into()));
            let inner = within(asked, told(outer).as_deref()).unwrap();
            prop_assert!(inner <= asked && inner < outer);
            prop_assert!(inner == asked || inner >= outer * 8 / 10, "no less than is needed");
            prop_assert_eq!(within(asked, None).unwrap(), asked);
        }
    }
}
