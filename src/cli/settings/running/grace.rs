//! The grace of a prun that is a job of another prun: its jobs must have ended before the outer prun kills it.

use std::ffi::{OsStr, OsString};
use std::time::Duration;

use crate::plan::{DurationError, parse_duration};

/// The variable that passes the time between TERM and KILL to the jobs.
pub(crate) const VARIABLE: &str = "PRUN_GRACE";

/// The variable is not a duration. The text is for the user.
#[derive(Debug, thiserror::Error)]
#[error("{VARIABLE}={}: {why}; or unset it (env -u {VARIABLE})", value.display())]
pub(crate) struct GraceError {
    value: OsString,
    why: DurationError,
}

/// Returns our own grace: as requested, but at most nine tenths of an outer prun's, so that our jobs are
/// killed and reported before the outer prun kills us.
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

/// Returns the value of the variable, in seconds. Without grace, `None`: jobs could not use any.
pub(crate) fn seconds(grace: Duration) -> Option<OsString> {
    (!grace.is_zero()).then(|| {
        let text = format!("{}.{:09}", grace.as_secs(), grace.subsec_nanos());
        let text = text.trim_end_matches('0').trim_end_matches('.');
        text.into()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn seconds_have_no_trailing_zeros() {
        let of = |millis| seconds(Duration::from_millis(millis));
        assert_eq!(of(5000), Some("5".into()));
        assert_eq!(of(450), Some("0.45".into()));
        assert_eq!(of(10_000), Some("10".into()));
        assert_eq!(of(0), None);
    }

    #[test]
    fn an_invalid_duration_is_rejected_with_the_variable() {
        let error = within(Duration::ZERO, Some("soon".as_ref())).unwrap_err();
        let error = error.to_string();
        assert!(
            error.starts_with("PRUN_GRACE=soon: a duration needs"),
            "{error}"
        );
    }

    proptest! {
        #[test]
        fn an_inner_run_ends_before_the_outer_one_kills_it(outer in 1u64..u64::MAX / 1000, asked: u32) {
            let (outer, asked) = (Duration::from_nanos(outer), Duration::from_nanos(asked.into()));
            let inner = within(asked, seconds(outer).as_deref()).unwrap();
            prop_assert!(inner <= asked && inner < outer);
            prop_assert!(inner == asked || inner >= outer * 8 / 10, "no less than is needed");
            prop_assert_eq!(within(asked, None).unwrap(), asked);
        }
    }
}
