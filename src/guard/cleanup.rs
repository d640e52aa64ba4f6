//! Decides which groups the guard signals, and when. Pure: without a clock or processes.

use std::time::Duration;

use super::table::SlotState;
use crate::process::Signal;

/// How long a process may take to appear that was being started when prun ended. Its program was
/// executed before the guard detected the end, so either it exists, or it was not started at all.
const START_WAIT: Duration = Duration::from_secs(1);

/// How long processes may take to die after `SIGKILL`: in an uninterruptible system call, for ever.
const KILL_WAIT: Duration = Duration::from_secs(5);

/// The cleanup of all groups that prun has left behind. All times are relative to prun's end.
#[derive(Debug)]
pub(super) struct Cleanup {
    /// When the remaining groups are killed.
    kill_at: Duration,
    followed: Vec<Followed>,
    /// The sequence numbers of jobs whose processes may exist without being known.
    starting: Vec<u64>,
}

#[derive(Debug)]
struct Followed {
    group: u32,
    sent: Option<Signal>,
}

impl Cleanup {
    /// Creates it from the contents of the slots. If prun `was_ending` its jobs, their grace period has
    /// passed, since prun was killed only after waiting for it.
    pub(super) fn new(
        was_ending: bool,
        grace: Duration,
        slots: impl IntoIterator<Item = SlotState>,
    ) -> Self {
        let mut cleanup = Self {
            kill_at: if was_ending { Duration::ZERO } else { grace },
            followed: Vec::new(),
            starting: Vec::new(),
        };
        for state in slots {
            match state {
                SlotState::Starting(seq) => cleanup.starting.push(seq),
                SlotState::Running(group) => cleanup.follow(group),
            }
        }
        cleanup
    }

    /// The jobs whose processes have not been found yet.
    pub(super) fn starting(&self) -> &[u64] {
        &self.starting
    }

    /// Records that the process of a starting job was found, and leads this group.
    pub(super) fn found(&mut self, seq: u64, group: u32) {
        self.starting.retain(|starting| *starting != seq);
        self.follow(group);
    }

    /// The groups being cleaned up.
    pub(super) fn groups(&self) -> impl Iterator<Item = u32> {
        self.followed.iter().map(|followed| followed.group)
    }

    /// One step: returns the signal to send, and to which groups. A group that no longer exists is never
    /// signalled again, as its number may be reused.
    pub(super) fn step(
        &mut self,
        now: Duration,
        exists: impl Fn(u32) -> bool,
    ) -> Vec<(u32, Signal)> {
        if now >= START_WAIT {
            self.starting.clear();
        }
        self.followed.retain(|followed| exists(followed.group));
        let due = if now < self.kill_at {
            Signal::TERM
        } else {
            Signal::KILL
        };
        let untold = self.followed.iter_mut();
        let untold = untold.filter(|followed| followed.sent != Some(due));
        untold
            .map(|followed| {
                followed.sent = Some(due);
                (followed.group, due)
            })
            .collect()
    }

    /// Whether nothing more can be done.
    pub(super) fn is_over(&self, now: Duration) -> bool {
        let nobody_is_left = self.followed.is_empty() && self.starting.is_empty();
        nobody_is_left || now >= self.kill_at.saturating_add(KILL_WAIT)
    }

    fn follow(&mut self, group: u32) {
        self.followed.push(Followed { group, sent: None });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::{BTreeMap, BTreeSet};

    /// The behaviour of a group in a simulated world.
    #[derive(Clone, Copy, Debug)]
    struct Life {
        /// When its last member ends, if it is not killed.
        ends: Duration,
        /// Whether SIGTERM ends it at once.
        obeys: bool,
        /// The earliest time at which its number is reused.
        again: Duration,
    }

    fn life() -> impl Strategy<Value = Life> {
        (0u64..4000, any::<bool>(), 0u64..3000).prop_map(|(ends, obeys, again)| Life {
            ends: Duration::from_millis(ends),
            obeys,
            again: Duration::from_millis(ends + 1 + again),
        })
    }

    proptest! {
        #[test]
        fn all_groups_get_sigterm_then_sigkill_and_no_others(
            lives in prop::collection::vec(life(), 0..8),
            starting in prop::option::of((0u64..1500, life())),
            was_ending: bool,
            grace in 0u64..3000,
            pauses in prop::collection::vec(1u64..300, 1..5),
        ) {
            let grace = Duration::from_millis(grace);
            let mut lives: BTreeMap<u32, Life> = (10..).zip(lives).collect();
            let slots = lives.keys().map(|group| SlotState::Running(*group));
            let late = starting.map(|_| SlotState::Starting(7));
            let mut cleanup = Cleanup::new(was_ending, grace, slots.chain(late).collect::<Vec<_>>());
            let (mut gone, mut sent_to) = (BTreeSet::new(), BTreeMap::<u32, Vec<Signal>>::new());
            let mut now = Duration::ZERO;
            for pause in pauses.into_iter().cycle() {
                if let Some((at, life)) = starting
                    && now >= Duration::from_millis(at)
                    && cleanup.starting() == [7]
                {
                    lives.insert(99, life);
                    cleanup.found(7, 99);
                }
                let exists = |group: u32| {
                    let life = lives[&group];
                    now < life.ends || now >= life.again
                };
                let groups: Vec<u32> = cleanup.groups().collect();
                for group in &groups {
                    prop_assert!(!gone.contains(group), "polled again after its end");
                }
                let sent = cleanup.step(now, exists);
                gone.extend(groups.into_iter().filter(|group| !exists(*group)));
                for (group, signal) in sent {
                    prop_assert!(!gone.contains(&group), "a reused number is signalled");
                    if signal == Signal::TERM {
                        prop_assert!(!was_ending && now < grace);
                    } else {
                        prop_assert!(was_ending || now >= grace, "killed before the grace ended");
                    }
                    let life = lives.get_mut(&group).unwrap();
                    if signal == Signal::KILL || life.obeys {
                        life.ends = now;
                        life.again = life.again.max(now + Duration::from_millis(1));
                    }
                    sent_to.entry(group).or_default().push(signal);
                }
                if cleanup.is_over(now) {
                    break;
                }
                now += Duration::from_millis(pause);
                prop_assert!(now < grace + KILL_WAIT + Duration::from_millis(300), "it never ends");
            }
            for (group, signals) in sent_to {
                let once = signals.iter().map(|signal| signal.as_raw()).collect::<BTreeSet<_>>();
                prop_assert_eq!(once.len(), signals.len(), "signalled twice: {}", group);
                prop_assert!(signals.last() == Some(&Signal::KILL) || gone.contains(&group));
            }
        }
    }

    #[test]
    fn a_group_that_does_not_die_of_kill_is_not_waited_for_for_ever() {
        let mut cleanup = Cleanup::new(true, Duration::from_secs(9), [SlotState::Running(10)]);
        assert_eq!(cleanup.step(Duration::ZERO, |_| true), [(10, Signal::KILL)]);
        assert!(!cleanup.is_over(KILL_WAIT - Duration::from_millis(1)));
        assert!(cleanup.is_over(KILL_WAIT));
    }

    #[test]
    fn a_process_that_does_not_appear_was_never_started() {
        let mut cleanup = Cleanup::new(false, Duration::from_secs(9), [SlotState::Starting(3)]);
        assert!(!cleanup.is_over(Duration::ZERO));
        assert!(cleanup.step(START_WAIT, |_| true).is_empty());
        assert!(cleanup.is_over(START_WAIT));
    }
}
