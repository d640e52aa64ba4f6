//! [`LookTimes`]: when Slurm is asked for its tasks, and when journals are read.

use std::time::Duration;

use crate::run::policy::Moment;

/// How long after a submission Slurm is asked.
const AFTER_SUBMISSION: Duration = Duration::from_secs(2);

/// The least time between two questions.
const BETWEEN: Duration = Duration::from_secs(10);

/// The least time between two questions while the run stops.
const BETWEEN_STOPPING: Duration = Duration::from_secs(1);

/// The least time between two looks at the journals.
const BETWEEN_LOOKS: Duration = Duration::from_millis(200);

/// After so long a silence of all running journals Slurm is asked at once.
const SILENCE: Duration = Duration::from_secs(10);

/// So many journals are read in a second at most.
const JOURNALS_PER_SECOND: u32 = 100;

/// When Slurm is asked for its tasks.
#[derive(Clone, Debug, Default)]
pub(crate) struct LookTimes {
    /// When it was asked last.
    asked_at: Moment,
    /// A time before the next regular question.
    early: Option<Moment>,
    /// When something was last found in a journal.
    heard_at: Moment,
}

impl LookTimes {
    /// Returns how long after a look at all running journals the next one follows.
    pub(crate) fn between_journals(running: u32) -> Duration {
        BETWEEN_LOOKS.max(Duration::from_secs(1) * running / JOURNALS_PER_SECOND)
    }

    /// Chunks were submitted.
    pub(crate) fn submitted(&mut self, now: Moment) {
        let due = now + AFTER_SUBMISSION;
        self.early = Some(self.early.map_or(due, |early| early.min(due)));
    }

    /// Something was found in a journal.
    pub(crate) fn heard(&mut self, now: Moment) {
        self.heard_at = now;
    }

    /// Slurm is asked.
    pub(crate) fn asked(&mut self, now: Moment) {
        self.asked_at = now;
        self.early = self.early.filter(|early| *early > now);
    }

    /// Returns when Slurm is to be asked next, while so many journals are running.
    pub(crate) fn next(&self, running: u32, is_stopping: bool) -> Moment {
        if is_stopping {
            return self.asked_at + BETWEEN_STOPPING;
        }
        let regular = self.asked_at + BETWEEN.max(Self::between_journals(running));
        let silent = self.heard_at + SILENCE;
        // Once for each silence.
        let is_asked_of = self.asked_at >= silent;
        let silent = (running > 0 && !is_asked_of).then_some(silent);
        [self.early, silent]
            .into_iter()
            .flatten()
            .fold(regular, Moment::min)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Moment {
        Duration::from_secs(seconds)
    }

    #[test]
    fn slurm_is_asked_soon_after_a_submission_and_then_rarely() {
        let mut times = LookTimes::default();
        times.asked(s(100));
        assert_eq!(times.next(0, false), s(110));
        times.submitted(s(101));
        times.submitted(s(102));
        assert_eq!(times.next(0, false), s(103));
        times.asked(s(103));
        assert_eq!(times.next(0, false), s(113));
    }

    #[test]
    fn a_question_before_the_submission_is_no_question_after_it() {
        let mut times = LookTimes::default();
        times.submitted(s(100));
        times.asked(s(101));
        assert_eq!(times.next(0, false), s(102));
    }

    #[test]
    fn a_silence_of_all_journals_is_asked_about_once() {
        let mut times = LookTimes::default();
        times.heard(s(100));
        times.asked(s(105));
        assert_eq!(times.next(3000, false), s(110));
        times.asked(s(110));
        assert_eq!(times.next(3000, false), s(140));
        times.heard(s(120));
        assert_eq!(times.next(3000, false), s(130));
        assert_eq!(times.next(0, false), s(120));
    }

    #[test]
    fn slurm_is_asked_every_second_while_the_run_stops() {
        let mut times = LookTimes::default();
        times.asked(s(100));
        assert_eq!(times.next(3000, true), s(101));
    }

    #[test]
    fn at_most_a_hundred_journals_are_read_in_a_second() {
        assert_eq!(LookTimes::between_journals(3), Duration::from_millis(200));
        assert_eq!(LookTimes::between_journals(100), s(1));
        assert_eq!(LookTimes::between_journals(1000), s(10));
    }
}
