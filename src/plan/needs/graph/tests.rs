//! Examples of needs, and any graphs.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::plan::invocation::Invocation;
use crate::plan::scheduling::{Need, Scheduling};

/// A job in line `seq` that needs others.
pub(crate) fn job(name: Option<&str>, seq: u64, needs: &[&str]) -> Job {
    let origin = Origin {
        source: "jobs".into(),
        line: seq,
    };
    let invocation = Invocation::Argv(vec!["true".into()]);
    let mut job = Job::new(origin, name.map(str::to_owned), invocation);
    let needs = needs
        .iter()
        .map(|name| Need::unresolved((*name).to_owned()));
    job.scheduling = Some(Box::new(Scheduling {
        needs: needs.collect(),
        ..Scheduling::default()
    }));
    job
}

/// Checks jobs with these names and needs.
fn checked(jobs: &[(&str, &[&str])]) -> Result<(), String> {
    let (mut names, mut graph) = (JobNames::default(), Graph::default());
    for (seq, (name, needs)) in (1..).zip(jobs) {
        assert!(names.take(name, seq));
        graph.add(&job(Some(name), seq, needs), seq);
    }
    graph.check(&names).map_err(|error| error.to_string())
}

fn error(jobs: &[(&str, &[&str])]) -> String {
    checked(jobs).unwrap_err()
}

#[test]
fn jobs_may_need_earlier_and_later_ones() {
    let jobs: [(&str, &[&str]); 4] = [("a", &["c", "d"]), ("b", &["a"]), ("c", &[]), ("d", &["c"])];
    assert_eq!(checked(&jobs), Ok(()));
}

#[test]
fn a_name_that_no_job_has_is_an_error() {
    let message = "jobs:2: `needs`: no job is named `c`";
    assert_eq!(error(&[("a", &[]), ("b", &["a", "c"])]), message);
}

#[test]
fn a_job_cannot_need_itself() {
    let message = "jobs:1: `needs`: the job needs itself: remove `a`";
    assert_eq!(error(&[("a", &["a"])]), message);
}

#[test]
fn a_cycle_is_printed_from_its_first_job_on() {
    let message = "jobs:2: `needs`: none of these jobs can be the first: b → d → c → b (b jobs:2, d jobs:4, c jobs:3)";
    let jobs: [(&str, &[&str]); 5] = [
        ("a", &["b"]),
        ("b", &["e", "d"]),
        ("c", &["b"]),
        ("d", &["c"]),
        ("e", &[]),
    ];
    assert_eq!(error(&jobs), message);
}

#[test]
fn a_long_cycle_is_shortened_and_a_long_chain_is_no_danger() {
    let names: Vec<String> = (0..100_000).map(|number| format!("j{number}")).collect();
    let (mut seen, mut graph) = (JobNames::default(), Graph::default());
    for (seq, name) in (1..).zip(&names) {
        seen.take(name, seq);
        // Each needs the next one, and the last one the first.
        let next = &names[seq as usize % names.len()];
        graph.add(&job(Some(name), seq, &[next]), seq);
    }
    let message = graph.check(&seen).unwrap_err().to_string();
    assert!(
        message.contains("j10 → j11 → (99988 more) → j0 ("),
        "{message}"
    );
    assert!(message.len() < 1000, "{message}");
}

#[test]
fn a_job_of_a_stream_can_need_only_earlier_ones() {
    let mut names = JobNames::default();
    names.take("a", 1);
    let mut good = job(None, 2, &["a"]);
    assert_eq!(
        resolve(&mut good, 2, &names, NeedsFault::NotEarlier),
        Ok(())
    );
    assert_eq!(good.needs()[0].seq, 1);
    let mut bad = job(None, 2, &["a", "b"]);
    let error = resolve(&mut bad, 2, &names, NeedsFault::NotEarlier).unwrap_err();
    assert_eq!(error.index, 1);
    assert_eq!(
        error.to_string(),
        "jobs:2: `needs`: no earlier job is named `b`: a job of a stream can need only jobs before it; write the jobs to a file and name it with -f"
    );
}

/// Whether the jobs can be removed one by one, each when it needs none that is left.
fn has_an_order(edges: &[Vec<usize>]) -> bool {
    let mut left: Vec<usize> = (0..edges.len()).collect();
    loop {
        let before = left.clone();
        left.retain(|job| edges[*job].iter().any(|other| before.contains(other)));
        if left.len() == before.len() {
            return left.is_empty();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_cycle_is_found_where_there_is_no_order(edges in vec(vec(0..9_usize, 0..3), 9)) {
        let names: Vec<String> = (0..edges.len()).map(|number| format!("j{number}")).collect();
        let needs: Vec<Vec<&str>> = edges
            .iter()
            .map(|others| others.iter().map(|other| names[*other].as_str()).collect())
            .collect();
        let jobs: Vec<(&str, &[&str])> = names
            .iter()
            .map(String::as_str)
            .zip(needs.iter().map(Vec::as_slice))
            .collect();
        let checked = checked(&jobs);
        prop_assert_eq!(checked.is_ok(), has_an_order(&edges), "{:?}", checked);
        if let Err(message) = checked
            && let Some((_, cycle)) = message.split_once("first: ")
        {
            // Each job of the cycle needs the next one.
            let cycle = cycle.split_once(" (").expect("places follow").0;
            let cycle: Vec<usize> = cycle.split(" → ").map(|name| name[1..].parse().unwrap()).collect();
            prop_assert_eq!(cycle.first(), cycle.last());
            prop_assert!(cycle.windows(2).all(|pair| edges[pair[0]].contains(&pair[1])), "{}", message);
        }
    }
}
