//! Examples of selections, and any ones.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::plan::invocation::Invocation;
use crate::plan::job::Origin;
use crate::plan::needs::levels;
use crate::plan::scheduling::{Need, Scheduling, Service};

/// Jobs `j1`, `j2`, ... that need those with these numbers.
fn jobs(needs: &[Vec<u64>]) -> Vec<Job> {
    let job = |(seq, needs): (u64, &Vec<u64>)| {
        let origin = Origin {
            source: "jobs".into(),
            line: seq,
        };
        let invocation = Invocation::Argv(vec!["true".into()]);
        let mut job = Job::new(origin, Some(format!("j{seq}")), invocation);
        let need = |seq: &u64| Need {
            name: format!("j{seq}").into(),
            seq: *seq,
        };
        job.scheduling = Some(Box::new(Scheduling {
            needs: needs.iter().map(need).collect(),
            ..Scheduling::default()
        }));
        job
    };
    (1..).zip(needs).map(job).collect()
}

fn selection(only: &[&str], skip: &[&str]) -> Selection {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Selection {
        only: owned(only),
        skip: owned(skip),
    }
}

/// The selected jobs as `name: needs`.
fn selected(only: &[&str], skip: &[&str]) -> Vec<String> {
    // 1 ← 2 ← 4, 1 ← 3 ← 4, 5
    let jobs = jobs(&[vec![], vec![1], vec![1], vec![2, 3], vec![]]);
    let selected = selection(only, skip).of(jobs).unwrap();
    let show = |job: &Job| {
        let needs: Vec<String> = job
            .needs()
            .iter()
            .map(|need| format!("{}={}", need.name, need.seq))
            .collect();
        format!("{}: {}", job.name.as_deref().unwrap(), needs.join(" "))
    };
    selected.iter().map(show).collect()
}

fn error(only: &[&str], skip: &[&str]) -> String {
    let jobs = jobs(&[vec![], vec![1]]);
    selection(only, skip).of(jobs).unwrap_err().to_string()
}

#[test]
fn only_takes_what_is_needed_as_well_and_counts_anew() {
    assert_eq!(selected(&["j3"], &[]), ["j1: ", "j3: j1=1"]);
    assert_eq!(
        selected(&["j5", "j4"], &[]),
        ["j1: ", "j2: j1=1", "j3: j1=1", "j4: j2=2 j3=3", "j5: "]
    );
}

#[test]
fn a_skipped_job_counts_as_done() {
    assert_eq!(selected(&[], &["j1", "j2"]), ["j3: ", "j4: j3=1", "j5: "]);
}

#[test]
fn what_only_a_skipped_job_needs_is_not_selected() {
    assert_eq!(selected(&["j4"], &["j2", "j3"]), ["j4: "]);
    assert_eq!(selected(&["j4"], &["j2"]), ["j1: ", "j3: j1=1", "j4: j3=2"]);
}

#[test]
fn all_jobs_may_be_skipped() {
    assert!(selected(&[], &["j1", "j2", "j3", "j4", "j5"]).is_empty());
}

#[test]
fn a_wrong_name_is_an_error() {
    assert_eq!(
        error(&["J1"], &[]),
        "--only: no job is named `J1`: did you mean `j1`?"
    );
    assert_eq!(error(&[], &["test"]), "--skip: no job is named `test`");
    assert_eq!(
        error(&["j1"], &["j1"]),
        "`j1` is named by both --only and --skip: remove one of them"
    );
}

#[test]
fn services_alone_are_an_error() {
    let mut jobs = jobs(&[vec![], vec![1]]);
    jobs[0].scheduling.as_mut().unwrap().service = Some(Service {
        ready: None,
        ready_timeout: Service::READY_TIMEOUT,
    });
    let both = selection(&["j2"], &[]).of(jobs.clone()).unwrap();
    assert_eq!(both.len(), 2);
    let alone = selection(&["j1"], &[]).of(jobs);
    assert_eq!(alone, Err(SelectionError::OnlyServices));
}

#[test]
fn levels_begin_with_the_jobs_that_need_none() {
    let jobs = jobs(&[vec![3], vec![], vec![2], vec![1, 2], vec![]]);
    assert_eq!(levels(&jobs), [3, 1, 2, 4, 1]);
}

/// Needs of earlier jobs, in which there is no cycle.
fn needs() -> impl Strategy<Value = Vec<Vec<u64>>> {
    vec(vec(any::<prop::sample::Index>(), 0..3), 1..20).prop_map(|jobs| {
        let needs = |(before, needs): (usize, &Vec<prop::sample::Index>)| {
            let earlier = needs.iter().filter(|_| before > 0);
            let earlier: BTreeSet<u64> =
                earlier.map(|need| need.index(before) as u64 + 1).collect();
            earlier.into_iter().collect()
        };
        jobs.iter().enumerate().map(needs).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn the_selection_is_exactly_the_closure(
        needs in needs(),
        only in vec(any::<prop::sample::Index>(), 0..4),
        skip in vec(any::<prop::sample::Index>(), 0..4),
    ) {
        let numbers = |indexes: &[prop::sample::Index]| -> BTreeSet<u64> {
            indexes.iter().map(|index| index.index(needs.len()) as u64 + 1).collect()
        };
        let (only, skip) = (numbers(&only), numbers(&skip));
        let only: BTreeSet<u64> = only.difference(&skip).copied().collect();
        // The closure, by its definition: grown until it grows no more.
        let mut closure: BTreeSet<u64> = match only.is_empty() {
            true => (1..=needs.len() as u64).filter(|seq| !skip.contains(seq)).collect(),
            false => only.clone(),
        };
        loop {
            let more = closure.iter().flat_map(|seq| &needs[*seq as usize - 1]);
            let more: BTreeSet<u64> = more.filter(|seq| !skip.contains(seq)).copied().collect();
            if more.is_subset(&closure) {
                break;
            }
            closure.extend(more);
        }
        let names = |numbers: &BTreeSet<u64>| numbers.iter().map(|seq| format!("j{seq}")).collect();
        let selection = Selection { only: names(&only), skip: names(&skip) };
        let selected = selection.of(jobs(&needs)).unwrap();
        let found: Vec<String> = selected.iter().map(|job| job.name.clone().unwrap()).collect();
        prop_assert_eq!(&found, &names(&closure));
        for job in &selected {
            let before = &needs[job.origin.line as usize - 1];
            let left: Vec<&u64> = before.iter().filter(|seq| !skip.contains(seq)).collect();
            prop_assert_eq!(job.needs().len(), left.len());
            for need in job.needs() {
                // The number is that of the job with the name.
                prop_assert_eq!(&found[need.seq as usize - 1], &*need.name);
            }
        }
    }

    #[test]
    fn each_job_is_above_all_that_it_needs(needs in needs()) {
        let levels = levels(&jobs(&needs));
        for (index, needs) in needs.iter().enumerate() {
            let highest = needs.iter().map(|seq| levels[*seq as usize - 1]).max().unwrap_or(0);
            prop_assert_eq!(levels[index], highest + 1);
        }
    }
}
