//! What a job costs: a change that adds a system call to each of them is seen here.

use std::io::{self, Write};

use crate::stage::Stage;

/// System calls of the thread that runs the jobs, for each of them, both streams captured: two
/// pipes, the process and its pidfd, their way into the poll loop and out of it, two reads, and what
/// `posix_spawn` itself needs. How often the loop wakes is up to the machine, hence not only 34.
const BUDGET: u64 = 40;

/// How many system calls that thread made for so many jobs; none where nobody may trace.
fn system_calls(jobs: usize) -> Option<u64> {
    let outcome = Stage::new()
        .args(["-j2", "-a", "numbers", "/bin/true"])
        .file("numbers", "1\n".repeat(jobs))
        .in_shell(
            "if strace -o trace true 2>/dev/null; then strace -c -o counts \"$@\"; else \"$@\"; fi",
        )
        .run();
    let counts = std::fs::read_to_string(outcome.path("counts")).ok()?;
    let total = counts.lines().find(|line| line.ends_with(" total"))?;
    total.split_whitespace().nth(3)?.parse().ok()
}

#[test]
fn a_job_costs_so_many_system_calls() {
    let (Some(few), Some(many)) = (system_calls(50), system_calls(250)) else {
        let _ = writeln!(
            io::stderr(),
            "not tried, since strace cannot be used: system calls"
        );
        return;
    };
    let each = (many - few) / 200;
    assert!((20..=BUDGET).contains(&each), "{each} for each job");
}
