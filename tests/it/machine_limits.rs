//! Starts that wait for the load or the memory of the machine (`--load`, `--memfree`).

use std::time::Duration;

use crate::needs::{MOUNT_NAMESPACE, MOUNTS, needs};
use crate::stage::Stage;

/// Far more than any of these runs needs.
const TIME_LIMIT: Duration = Duration::from_secs(60);

fn stage() -> Stage {
    Stage::new().within(TIME_LIMIT)
}

/// A run on a machine whose `/proc/NAME` is the file `NAME`, which its jobs change.
fn on_a_machine_of(name: &str, text: &str) -> Stage {
    let stage = stage().under(MOUNTS);
    let mount = format!("mount --bind {name} /proc/{name} && exec \"$@\"");
    stage.in_shell(&mount).file(name, text)
}

const BUSY: &str = "9.00 9.00 9.00 8/80 7\n";
const LITTLE: &str = "MemTotal: 1000000 kB\nMemAvailable: 99999 kB\n";

/// A first job that ends when the second one has started, which has to wait for what it does.
fn until_second_starts(release: &str) -> String {
    format!(
        "sleep 0.4; test ! -e second || exit 3; {release}; while test ! -e second; do sleep 0.02; done"
    )
}

#[test]
fn no_job_starts_above_the_load_and_the_next_one_does_when_it_falls() {
    if !needs(MOUNT_NAMESPACE) {
        return;
    }
    // 7 threads besides the one that reads.
    for (limit, falls_to) in [("6", "7/80"), ("5.5", "6/80")] {
        let first = until_second_starts(&format!("echo 9 9 9 {falls_to} 7 >loadavg"));
        let outcome = on_a_machine_of("loadavg", BUSY)
            .args(["--json", "-j2", "--load", limit, &first, "touch second"])
            .stdout_any()
            .run();
        let queued = outcome.record(2)["queued_s"].as_f64().unwrap();
        assert!(queued >= 0.4, "{queued}");
        assert!(outcome.record(1)["queued_s"].as_f64().unwrap() < 0.4);
    }
}

#[test]
fn jobs_start_up_to_the_load() {
    if !needs(MOUNT_NAMESPACE) {
        return;
    }
    let wait_for_each_other = "touch $PRUN_SEQ; while test ! -e 1 -o ! -e 2; do sleep 0.02; done";
    on_a_machine_of("loadavg", BUSY)
        .args([
            "-j2",
            "--load",
            "7",
            wait_for_each_other,
            wait_for_each_other,
        ])
        .run();
}

#[test]
fn no_job_starts_below_the_memory_and_the_next_one_does_when_it_is_available() {
    if !needs(MOUNT_NAMESPACE) {
        return;
    }
    for limit in ["100000K", "10%"] {
        let first = until_second_starts(
            "printf 'MemTotal: 1000000 kB\\nMemAvailable: 100000 kB\\n' >meminfo",
        );
        on_a_machine_of("meminfo", LITTLE)
            .args(["-j2", "--memfree", limit, &first, "touch second"])
            .run();
    }
}

#[test]
fn retries_wait_as_well() {
    if !needs(MOUNT_NAMESPACE) {
        return;
    }
    let first = until_second_starts("echo 9 9 9 1/80 7 >loadavg");
    let again = "test $PRUN_ATTEMPT = 2 && touch second";
    on_a_machine_of("loadavg", "0 0 0 1/80 7\n")
        .args(["-j2", "--load", "4", "--retries", "1"])
        .arg(format!(
            "while test ! -e failed; do sleep 0.02; done; {first}"
        ))
        .arg(format!("echo 9 9 9 8/80 7 >loadavg; touch failed; {again}"))
        .stderr_any()
        .run();
}

#[test]
fn a_job_that_computes_is_load() {
    let computes = "i=0; while test $i -lt 60000; do i=$((i+1)); done; test ! -e second";
    stage()
        .args(["-j2", "--load", "0", computes, "touch second"])
        .run();
}

#[test]
fn jobs_that_wait_end_with_the_run() {
    if !needs(MOUNT_NAMESPACE) {
        return;
    }
    let mut running = on_a_machine_of("loadavg", BUSY)
        .args([
            "-j2",
            "--load",
            "1",
            "touch first; sleep 300",
            "touch second",
        ])
        .stderr_any()
        .signal(libc::SIGINT)
        .start();
    running.wait_for_file("first");
    running.send(libc::SIGINT);
    let outcome = running.finish();
    assert!(!outcome.path("second").exists());
}

#[test]
fn more_memory_than_there_is_and_texts_without_meaning_are_refused() {
    const MEMORY: &str = "an amount of memory is 500M, 4G";
    for (option, value, message) in [
        (
            "--memfree",
            "1000000G",
            "so that only one job at a time would run: give less",
        ),
        ("--memfree", "0", MEMORY),
        ("--memfree", "100%", MEMORY),
        ("--memfree", "much", MEMORY),
        ("--load", "-1", "a load is 4, 1.5 or 150% (of the CPUs)"),
        ("--load", "nan", "a load is 4, 1.5 or 150% (of the CPUs)"),
    ] {
        let outcome = stage()
            .args([option, value, "touch PWN"])
            .stderr_has(message)
            .code(2)
            .run();
        assert!(!outcome.path("PWN").exists());
    }
}
