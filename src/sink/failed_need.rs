//! The job because of which another one was skipped or canceled.

use crate::event::{CancelReason, JobEnd};

/// A job that did not end well, and is needed by others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FailedNeed<'a> {
    pub(super) name: &'a str,
    /// How it ended.
    pub(super) how: &'a str,
}

impl<'a> FailedNeed<'a> {
    /// Returns why a job did not run to its end, if that is because of another one.
    pub(super) fn of(end: &'a JobEnd) -> Option<Self> {
        if end.reason != Some(CancelReason::Needs) {
            return None;
        }
        let text = end.failed_need.as_deref()?;
        let needs = end.job.job.needs().iter();
        // A name may contain what separates it from the rest.
        let known = needs.filter_map(|need| text.strip_prefix(&*need.name)?.strip_prefix(": "));
        let (name, how) = match known.min_by_key(|how| how.len()) {
            Some(how) => (&text[..text.len() - how.len() - 2], how),
            None => text.split_once(": ").unwrap_or((text, "")),
        };
        Some(Self { name, how })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::samples::{ended, needing, skipped};

    #[test]
    fn a_name_ends_where_the_needed_job_says() {
        let named = |needs: &[&str], text: &str| {
            let end = skipped(needing("test", needs), text);
            let need = FailedNeed::of(&end).expect("it is the reason");
            (need.name.to_owned(), need.how.to_owned())
        };
        let pair = |name: &str, how: &str| (name.to_owned(), how.to_owned());
        assert_eq!(named(&["build"], "build: exit 1"), pair("build", "exit 1"));
        let why = "a: b: could not start: no such program: x";
        assert_eq!(
            named(&["a", "a: b"], why),
            pair("a: b", "could not start: no such program: x")
        );
        // The cause of a skipped need is passed on: it is not among the needs of this job.
        assert_eq!(named(&["test"], "build: exit 1"), pair("build", "exit 1"));
        assert_eq!(named(&[], "build"), pair("build", ""));
    }

    #[test]
    fn other_reasons_have_no_needed_job() {
        assert_eq!(FailedNeed::of(&ended(needing("test", &["build"]), 1)), None);
    }
}
