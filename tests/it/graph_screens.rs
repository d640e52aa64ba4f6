//! The live region while jobs wait for others, in a terminal emulator.

use std::fs::write;

use serde_json::{Value, json};

use crate::screens::{screen, stage, wait_for};
use crate::stage::Running;

/// A run of these jobs on a screen of this size.
fn start(size: (u16, u16), slots: u32, jobs: &[Value]) -> Running {
    let lines: String = jobs.iter().map(|job| format!("{job}\n")).collect();
    let stage = stage(size).file("jobs.jsonl", lines);
    stage
        .args([&format!("-j{slots}"), "-f", "jobs.jsonl"])
        .start()
}

/// A job that waits until the file of its name exists.
fn job(name: &str, needs: &[&str]) -> Value {
    let cmd = format!("until test -e {name}; do sleep 0.01; done");
    json!({"name": name, "cmd": cmd, "needs": needs})
}

fn let_go(run: &Running, name: &str) {
    write(run.dir().join(name), "").expect("the folder is writable");
}

#[test]
fn the_live_region_says_what_waits_for_what_until_nothing_does() {
    let size = (24, 80);
    let mut run = start(
        size,
        8,
        &[
            job("build", &[]),
            job("test", &["build", "api"]),
            job("api", &[]),
            job("deploy", &["test"]),
            job("announce", &["deploy"]),
            job("tag", &["deploy", "announce"]),
        ],
    );
    wait_for(
        &mut run,
        size,
        "\
[                                        ] 0/6, 0:00
   0:00  build
   0:00  api
waiting: test (for build, api), deploy (for test), announce (for deploy), 1 mo…",
    );
    let_go(&run, "build");
    wait_for(
        &mut run,
        size,
        "\
[======                                  ] 1/6, 0:00
   0:00  api
waiting: test (for api), deploy (for test), announce (for deploy), 1 more",
    );
    for name in ["api", "test", "deploy"] {
        let_go(&run, name);
    }
    wait_for(
        &mut run,
        size,
        "\
[==========================              ] 4/6, 0:00
   0:00  announce
waiting: tag (for announce)",
    );
    let_go(&run, "announce");
    wait_for(
        &mut run,
        size,
        "\
[=================================       ] 5/6, 0:00
   0:00  tag",
    );
    let_go(&run, "tag");
    let outcome = run.finish();
    let last = screen(&outcome.screen, size.0, size.1);
    assert_eq!(last, "── 6 jobs: 6 ok (T s)");
}

#[test]
fn the_line_is_cut_to_the_width_and_the_region_fits_the_height() {
    let size = (5, 30);
    let jobs = [job("build", &[]), job("api", &[]), job("test", &["build"])];
    let mut run = start(size, 8, &jobs);
    wait_for(
        &mut run,
        size,
        "\
[                 ] 0/3, 0:00
   0:00  build
         and 1 more
waiting: test (for build)",
    );
    let_go(&run, "api");
    for name in ["build", "test"] {
        let_go(&run, name);
    }
    run.finish();
}

#[test]
fn a_job_that_waits_for_its_pool_or_for_slots_says_so() {
    let size = (24, 80);
    let mut in_pool = job("first", &[]);
    in_pool["pool"] = json!("db");
    let mut second = job("second", &[]);
    second["pool"] = json!("db");
    let mut heavy = job("heavy", &[]);
    heavy["weight"] = json!(2);
    let mut run = start(size, 2, &[in_pool, second, heavy]);
    wait_for(
        &mut run,
        size,
        "\
[                                        ] 0/3, 0:00
   0:00  first
waiting: heavy (for 2 free slots), second (for pool db)",
    );
    for name in ["first", "second", "heavy"] {
        let_go(&run, name);
    }
    run.finish();
}

#[test]
fn a_limit_of_the_machine_is_told_while_it_keeps_jobs_from_starting() {
    // No machine has as much memory available as this.
    let mut run = stage((24, 80))
        .args(["-j4", "--memfree", "99%"])
        .args(["until test -e go; do sleep 0.01; done", "true"])
        .start();
    run.wait_for_screen("waiting for memory: ");
    run.wait_for_screen(" wanted");
    let_go(&run, "go");
    run.finish();
}
