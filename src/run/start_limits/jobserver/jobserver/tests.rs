//! Tests of the tokens that a run holds.

use std::num::NonZeroUsize;
use std::time::Duration;

use tokio::sync::mpsc;

use super::super::server::JobserverForm;
use super::*;

fn pool(form: JobserverForm, jobs: usize) -> JobserverPool {
    let jobs = NonZeroUsize::new(jobs).expect("there are some");
    JobserverPool::create(form, jobs).expect("a small pool can be made")
}

/// Returns the jobserver that a job would find.
fn of_a_job(pool: &JobserverPool) -> Tokens {
    let [(_, flags), (_, cargo)] = pool.variables(Some("k".as_ref()));
    assert_eq!(named_in(&flags), named_in(&cargo));
    let auth = named_in(&flags).and_then(Result::ok);
    Tokens::open(&auth.expect("the flags name one")).expect("it exists")
}

#[test]
fn jobs_and_we_share_one_pool() {
    for form in [JobserverForm::Pipe, JobserverForm::Fifo] {
        let pool = pool(form, 4);
        let job = of_a_job(&pool);
        let mut ours = Jobserver::own(pool);
        assert!(ours.take_for(1), "the first job needs none");
        assert_eq!(job.count().unwrap(), 3);
        assert!(ours.take_for(3));
        let token = job.take().unwrap();
        assert!(!ours.take_for(4), "all are taken");
        job.put(token).unwrap();
        assert!(ours.take_for(4));
        assert_eq!(job.take(), None);
        ours.keep_for(2);
        assert_eq!(job.count().unwrap(), 2);
        drop(ours);
        assert_eq!(job.count().unwrap(), 3);
    }
}

#[test]
fn tokens_of_killed_processes_come_back_when_no_job_runs() {
    let pool = pool(JobserverForm::Pipe, 4);
    let job = of_a_job(&pool);
    let mut ours = Jobserver::own(pool);
    assert!(ours.take_for(2));
    // Two are lost with a make that was killed.
    let lost = [job.take(), job.take()];
    ours.keep_for(1);
    assert_eq!(job.count().unwrap(), 1, "others may have them");
    ours.keep_for(0);
    assert_eq!(job.count().unwrap(), 3);
    // It was alive after all.
    for token in lost.into_iter().flatten() {
        job.put(token).unwrap();
    }
    ours.keep_for(0);
    assert_eq!(job.count().unwrap(), 3);
}

#[test]
fn the_tokens_of_others_are_never_made_up() {
    let pool = pool(JobserverForm::Fifo, 4);
    let mut inner = Jobserver::outer(of_a_job(&pool));
    let other = of_a_job(&pool);
    let _lost = other.take();
    assert!(inner.take_for(3));
    inner.keep_for(0);
    drop(inner);
    assert_eq!(other.count().unwrap(), 2);
}

#[test]
fn more_jobs_than_a_pipe_holds_are_refused() {
    let many = NonZeroUsize::new(1 << 21).unwrap();
    let error = JobserverPool::create(JobserverForm::Pipe, many).unwrap_err();
    let expected = "--jobserver: 2097152 jobs are too many for a pipe: give a lower number with -j";
    assert_eq!(error.to_string(), expected);
}

#[tokio::test]
async fn a_token_that_was_missing_is_told_once() {
    let pool = pool(JobserverForm::Pipe, 2);
    let job = of_a_job(&pool);
    let mut ours = Jobserver::own(pool);
    let (control, mut controls) = mpsc::unbounded_channel();
    ours.listen(control).unwrap();
    let token = job.take().unwrap();
    for _ in 0..3 {
        assert!(!ours.take_for(2));
    }
    tokio::time::sleep(Duration::from_millis(20)).await;
    job.put(token).unwrap();
    while !matches!(controls.recv().await, Some(Control::TokenCame)) {}
    ours.came();
    assert!(ours.take_for(2));
    assert!(controls.is_empty());
}
