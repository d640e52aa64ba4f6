//! What jobs wait for, in one line.

use std::sync::Arc;

use crate::event::{Awaited, JobWait, MachineLimit, Waits};
use crate::sink::describe;

/// The maximum number of needed jobs to name for a job that waits; the others are counted.
const MAX_NEEDS: usize = 3;

/// Returns the line, unless nothing waits: `waiting: test (for build, api), deploy (for test), 12 more`.
pub(super) fn line(waits: &Waits) -> Option<String> {
    let machine = waits.machine.map(machine);
    let jobs = (waits.jobs > 0).then(|| jobs(waits));
    let parts: Vec<String> = machine.into_iter().chain(jobs).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

fn jobs(waits: &Waits) -> String {
    let more = waits.jobs.saturating_sub(waits.first.len());
    let named = waits.first.iter().map(|JobWait { job, awaited }| {
        let label = describe::label(job).replace('\t', " ");
        format!("{label} (for {})", what(awaited))
    });
    let more = match (more, waits.first.is_empty()) {
        (0, _) => None,
        (1, true) => Some("1 job".to_owned()),
        (more, true) => Some(format!("{more} jobs")),
        (more, false) => Some(format!("{more} more")),
    };
    let parts: Vec<String> = named.chain(more).collect();
    format!("waiting: {}", parts.join(", "))
}

fn what(awaited: &Awaited) -> String {
    let visible = |name: &Arc<str>| describe::escape(name.as_bytes()).replace('\t', " ");
    match awaited {
        Awaited::Jobs(needs) => {
            let named = needs.iter().take(MAX_NEEDS).map(visible);
            let more = needs.len().saturating_sub(MAX_NEEDS);
            let more = (more > 0).then(|| format!("{more} more"));
            named.chain(more).collect::<Vec<_>>().join(", ")
        }
        Awaited::Pool(pool) => format!("pool {}", visible(pool)),
        Awaited::Slots(1) => "1 free slot".to_owned(),
        Awaited::Slots(slots) => format!("{slots} free slots"),
    }
}

fn machine(limit: MachineLimit) -> String {
    match limit {
        MachineLimit::Load { now, limit } => {
            let (now, limit) = (decimal(now), decimal(limit));
            format!("waiting for load: {now}, limit {limit}")
        }
        MachineLimit::Memory { available, limit } => {
            let (available, limit) = (size(available), size(limit));
            format!("waiting for memory: {available} available, {limit} wanted")
        }
        MachineLimit::Jobserver => "waiting for a token of the jobserver".to_owned(),
    }
}

/// Formats a number with as many decimals as matter: `9.5`, `8`, `0.25`.
fn decimal(number: f64) -> String {
    let decimals = if number < 1.0 { 2 } else { 1 };
    let text = format!("{number:.decimals$}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Formats bytes in the largest unit of which there is one: `1.2 GiB`, `512 MiB`.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];
    let mut amount = bytes as f64 / 1024.0;
    let mut unit = 0;
    // What would be shown as 1024 is one of the next unit.
    while amount >= 1023.95 && unit + 1 < UNITS.len() {
        amount /= 1024.0;
        unit += 1;
    }
    format!("{} {}", decimal(amount), UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::samples::needing;

    fn wait(name: &str, awaited: Awaited) -> JobWait {
        JobWait {
            job: Arc::new(needing(name, &[])),
            awaited,
        }
    }

    fn on(needs: &[&str]) -> Awaited {
        Awaited::Jobs(needs.iter().map(|need| Arc::from(*need)).collect())
    }

    fn told(jobs: usize, first: Vec<JobWait>, machine: Option<MachineLimit>) -> Option<String> {
        line(&Waits {
            jobs,
            first,
            machine,
        })
    }

    #[test]
    fn jobs_are_named_with_what_they_wait_for_and_the_rest_is_counted() {
        let first = || {
            vec![
                wait("test", on(&["build", "api"])),
                wait("deploy", on(&["test"])),
            ]
        };
        assert_eq!(
            told(14, first(), None).as_deref(),
            Some("waiting: test (for build, api), deploy (for test), 12 more")
        );
        assert_eq!(
            told(2, first(), None).as_deref(),
            Some("waiting: test (for build, api), deploy (for test)")
        );
        let others = vec![
            wait("all", on(&["a", "b", "c", "d", "e"])),
            wait("e2e", Awaited::Pool("db".into())),
            wait("big", Awaited::Slots(4)),
        ];
        assert_eq!(
            told(3, others, None).as_deref(),
            Some("waiting: all (for a, b, c, 2 more), e2e (for pool db), big (for 4 free slots)")
        );
        assert_eq!(told(1, Vec::new(), None).as_deref(), Some("waiting: 1 job"));
    }

    #[test]
    fn nothing_is_told_if_nothing_waits() {
        assert_eq!(told(0, Vec::new(), None), None);
    }

    #[test]
    fn a_limit_of_the_machine_is_told_with_its_figures() {
        let gib = 1024.0 * 1024.0 * 1024.0;
        let memory = MachineLimit::Memory {
            available: (1.2 * gib) as u64,
            limit: 2 * gib as u64,
        };
        for (limit, text) in [
            (
                memory,
                "waiting for memory: 1.2 GiB available, 2 GiB wanted",
            ),
            (
                MachineLimit::Load {
                    now: 9.5,
                    limit: 8.0,
                },
                "waiting for load: 9.5, limit 8",
            ),
            (
                MachineLimit::Load {
                    now: 10.0,
                    limit: 0.25,
                },
                "waiting for load: 10, limit 0.25",
            ),
            (
                MachineLimit::Jobserver,
                "waiting for a token of the jobserver",
            ),
        ] {
            assert_eq!(told(0, Vec::new(), Some(limit)).as_deref(), Some(text));
        }
        let both = told(
            1,
            vec![wait("a", on(&["b"]))],
            Some(MachineLimit::Jobserver),
        );
        let both = both.expect("there is something");
        assert_eq!(
            both,
            "waiting for a token of the jobserver; waiting: a (for b)"
        );
    }

    #[test]
    fn sizes_have_the_unit_that_a_person_would_choose() {
        for (bytes, text) in [
            (0, "0 KiB"),
            (512 * 1024 * 1024, "512 MiB"),
            (1024 * 1024 * 1024 - 1, "1 GiB"),
            (1536 * 1024, "1.5 MiB"),
            (u64::MAX, "16 EiB"),
        ] {
            assert_eq!(size(bytes), text, "{bytes}");
        }
    }

    #[test]
    fn names_cannot_take_over_the_terminal() {
        let first = vec![wait("a\x1b[2J\tb", on(&["c\u{202e}\n"]))];
        assert_eq!(
            told(1, first, None).as_deref(),
            Some("waiting: a\\x1b[2J b (for c\\u{202e}\\x0a)")
        );
    }
}
