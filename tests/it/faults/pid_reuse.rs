//! Process ids that are reused at once: no signal goes to a process that is not ours.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::fixtures::inject_faults;
use crate::needs::{NUMBERS, PID_NAMESPACE, needs};
use crate::stage::Stage;

const TIME_LIMIT: Duration = Duration::from_secs(120);

/// Many jobs that end at about their time limit.
fn jobs(count: usize) -> String {
    let job = |n: usize| {
        let word = [
            "true",
            "sleep 0.003",
            "sh -c 'sleep 0.002 & sleep 0.003'",
            "exit 3",
        ][n % 4];
        let timeout = ["1ms", "3ms", "4ms", "1ms"][n % 4];
        format!("{{\"cmd\":\"{word}\",\"timeout\":\"{timeout}\"}}\n")
    };
    (0..count).map(job).collect()
}

/// The number in `text` after `before`.
fn number_after(text: &str, before: &str) -> Option<i64> {
    let (_, rest) = text.split_once(before)?;
    let end = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    rest[..end].parse().ok()
}

#[test]
fn no_signal_goes_to_a_pid_that_was_released() {
    if !needs("strace") {
        return;
    }
    // If groups are signalled by number, the process of that number must still be a zombie.
    let faults = [
        "pidfd_send_signal:error=EINVAL:when=1+",
        "kill",
        "waitid",
        "clone3",
    ];
    let outcome = inject_faults(Stage::new(), &faults)
        .args(["-j4", "--grace", "2ms", "-qq"])
        .file("jobs.jsonl", jobs(400))
        .args(["-f", "jobs.jsonl"])
        .code(1)
        .within(TIME_LIMIT)
        .run();
    let trace = outcome.read_text("trace");
    let prun = trace.split(' ').next().expect("there are calls").to_owned();
    // Processes are started by the first thread and by the threads that it creates.
    let (mut ours, mut threads, mut kills) = (BTreeSet::new(), BTreeSet::new(), 0);
    let mut starts_thread = BTreeMap::new();
    for line in trace.lines() {
        let caller = line.split(' ').next().unwrap_or_default();
        let is_first = caller == prun;
        if line.contains("clone3(") || line.contains("clone3 resumed") {
            if line.contains("clone3(") {
                starts_thread.insert(caller, line.contains("CLONE_THREAD"));
            }
            let born = line.rsplit(" = ").next();
            let born = born.and_then(|pid| pid.parse::<i64>().ok());
            if starts_thread[caller] {
                threads.extend(born.map(|thread| thread.to_string()));
            } else if is_first || threads.contains(caller) {
                ours.extend(born);
            }
        } else if !is_first {
            continue;
        } else if line.contains("waitid(") && !line.contains("WNOWAIT") {
            if let Some(pid) = number_after(line, "si_pid=") {
                ours.remove(&pid);
            }
        } else if let Some(group) = number_after(line, "kill(-") {
            kills += 1;
            assert!(ours.contains(&group), "not ours: {line}");
        }
    }
    assert!(kills > 50, "only {kills} groups were signalled");
}

#[test]
fn pids_that_are_reused_at_once_do_no_harm() {
    if !needs(PID_NAMESPACE) {
        return;
    }
    // A namespace may have its own pid_max since Linux 6.14; before, there are many pids.
    let few = "echo 400 > /proc/sys/kernel/pid_max; exec \"$@\"";
    let outcome = Stage::new()
        .under(NUMBERS)
        .in_shell(few)
        .args(["--json", "-j8", "--grace", "1ms"])
        .file("jobs.jsonl", jobs(3000))
        .args(["-f", "jobs.jsonl"])
        .stdout_any()
        .stderr_any()
        .code(1)
        .within(TIME_LIMIT)
        .run();
    let records = outcome.json();
    assert_eq!(records.len(), 3000);
    for record in records {
        // A job ends by itself or at its time limit, not by another job's signal.
        let own = if record["cmd"] == "exit 3" {
            "failed"
        } else {
            "ok"
        };
        let status = record["status"].as_str().expect("a word");
        assert!(status == own || status == "timeout", "{record}");
    }
}
