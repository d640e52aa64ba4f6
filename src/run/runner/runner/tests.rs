//! A run in which prun itself panics.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use super::*;
use crate::event::{Flow, Status};
use crate::plan::{Separator, ShellRule, Source};
use crate::process::{Environment, Stdio};
use crate::run::{Foreground, JobOutput, Options};

fn options(dir: &Path) -> Options {
    Options {
        jobs: None,
        slot_values: None,
        job_limit: None,
        start_limits: None,
        limit_warning: None,
        timeout: None,
        grace: Duration::from_secs(5),
        signal_lag: Duration::ZERO,
        retries: 0,
        retry_delay: Duration::ZERO,
        deadline: None,
        halt: None,
        order: Default::default(),
        delay: Duration::ZERO,
        cwd: dir.into(),
        change_dir: true,
        env: Vec::new(),
        environment: Environment::default(),
        stdin: Stdio::Null,
        shared_blocks: None,
        output: JobOutput::Discarded,
        keep_order: false,
        spool: Options::spool(),
        terminal: None,
        log_dir: None,
        foreground: Foreground::None,
        guard: Default::default(),
        last_lines: None,
    }
}

#[test]
fn a_panic_leaves_no_job_behind() {
    let dir = tempfile::tempdir().unwrap();
    let lines = [
        "echo $$ > pid; exec sleep 300",
        "until [ -s pid ]; do sleep 0.01; done",
    ];
    let rule = ShellRule::Auto(Arc::default());
    let source = Source::commands(lines.map(Into::into).into(), &rule, |_| false).unwrap();
    let panics = |event: &Event| match event {
        Event::JobEnded(_) => panic!("a bug"),
        _ => Flow::Ready,
    };
    let runner = Runner::local(options(dir.path()), None, Box::new(panics));
    let run = catch_unwind(AssertUnwindSafe(|| {
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_all().build().unwrap();
        let (_control, mut controls) = mpsc::unbounded_channel();
        let feed = Feed::new(source).unwrap();
        runtime.block_on(runner.run(feed, &mut controls));
    }));
    assert!(run.is_err());
    let pid = std::fs::read_to_string(dir.path().join("pid")).unwrap();
    let stat = format!("/proc/{}/stat", pid.trim());
    let is_alive = || {
        let stat = std::fs::read_to_string(&stat).unwrap_or_default();
        stat.rsplit_once(')')
            .is_some_and(|(_, after)| !after.starts_with(" Z"))
    };
    let begun = Instant::now();
    while is_alive() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it runs on");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_job_whose_need_is_never_read_is_skipped() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("jobs.jsonl");
    let needing = "{\"name\":\"a\",\"cmd\":\"touch ran\",\"needs\":[\"b\"]}\n";
    // Longer than what is read at once, so that the first job comes before the change is found.
    let between = format!("{{\"cmd\":\"true # {}\"}}\n", "x".repeat(1 << 20));
    let needed = "{\"name\":\"b\",\"cmd\":\"true\"}\n";
    std::fs::write(&path, format!("{needing}{between}{needed}")).unwrap();
    let rule = ShellRule::Auto(Arc::default());
    let source = Source::file(&path, Separator::Newline, &rule).unwrap();
    // After it was checked.
    std::fs::write(&path, format!("{needing}{between}")).unwrap();
    let mut ends = Vec::new();
    let collect = |event: &Event| {
        if let Event::JobEnded(end) = event {
            ends.push(end.clone());
        }
        Flow::Ready
    };
    let runner = Runner::local(options(dir.path()), None, Box::new(collect));
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_all().build().unwrap();
    let (_control, mut controls) = mpsc::unbounded_channel();
    let run = async { runner.run(Feed::new(source).unwrap(), &mut controls).await };
    let run = async { tokio::time::timeout(Duration::from_secs(60), run).await };
    assert!(runtime.block_on(run).is_ok(), "it does not end");
    let ends: Vec<_> = ends
        .iter()
        .map(|end| {
            (
                end.status,
                end.failed_need.as_ref().map(|need| need.to_string()),
            )
        })
        .collect();
    assert_eq!(ends, [(Status::Skipped, Some("b: not read".to_owned()))]);
    assert!(!dir.path().join("ran").exists());
}
