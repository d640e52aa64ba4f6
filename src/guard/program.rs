//! The guard process: waits for prun's end, and ends the jobs that prun has left behind.
//!
//! Its standard input is a pipe whose write end only prun has, so it ends with prun. A child that prun is
//! just starting holds that end until its program is executed: when the guard detects the end, every
//! process that prun has started exists. Its standard output is the table. Its standard error may be a
//! job log, and keeps that locked until the last job has ended; so nothing is ever printed.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::{self, ErrorKind, Read};
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::sys::signal::SigSet;

use super::cleanup::Cleanup;
use super::table::{Phase, Table};
use crate::os::process_group::{living_groups, signal_group, younger_siblings};
use crate::os::sys::{close_from, map_shared};
use crate::process::Signal;

/// The only argument of a guard process.
pub(super) const ARGUMENT: &str = "--guard-process";

/// The interval between polls: the first, and the longest.
const POLL_INTERVALS: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(40));

/// Whether this process was started as a guard.
pub(crate) fn is_asked() -> bool {
    let mut args = std::env::args_os().skip(1);
    args.next().is_some_and(|first| first == ARGUMENT) && args.next().is_none()
}

/// Guards a run until its end. Returns whether there was one: a user who starts this has no table to
/// pass.
pub(crate) fn guard() -> bool {
    // A service manager that signals all processes of a service must not take the guard from jobs
    // that prun is just ending.
    let _ = SigSet::all().thread_block();
    // Standard error may be a job log.
    std::panic::set_hook(Box::new(|_| {}));
    set_name();
    close_from(3);
    let cells = map_shared(io::stdout().as_fd()).ok();
    let Some(table) = cells.and_then(Table::open) else {
        return false;
    };
    table.set_ready();
    wait_for_end();
    if table.phase() != Phase::Over {
        clean_up(table);
    }
    true
}

/// Sets a process name that does not start with prun's: `pkill -9 prun` must not match it.
fn set_name() {
    #[cfg(linux)]
    let _ = nix::sys::prctl::set_name(c"job-guard");
}

fn wait_for_end() {
    let mut input = io::stdin().lock();
    loop {
        match input.read(&mut [0]) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}

fn clean_up(table: Table) {
    let begun = Instant::now();
    let slots = table.slots().map(|(_, state)| state);
    let mut cleanup = Cleanup::new(table.phase() == Phase::Ending, table.grace(), slots);
    let (mut pause, longest) = POLL_INTERVALS;
    loop {
        find_started(&mut cleanup);
        let now = begun.elapsed();
        let living = living_groups(&cleanup.groups().collect());
        for (group, signal) in cleanup.step(now, |group| exists(group, &living)) {
            // A group that is gone, or that we may not signal, is noticed at the next poll.
            let _ = signal_group(group, signal);
            if signal != Signal::KILL {
                // A stopped process acts on no other signal but SIGKILL.
                let _ = signal_group(group, Signal::CONT);
            }
        }
        if cleanup.is_over(now) {
            return;
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(longest);
    }
}

/// Whether this group still exists: the kernel knows it, and it has a member that is not a zombie that
/// nobody reaps.
fn exists(group: u32, living: &BTreeSet<u32>) -> bool {
    let known = signal_group(group, Signal::from_raw(0));
    known.map_or_else(|error| error.raw_os_error() != Some(libc::ESRCH), |()| true)
        && living.contains(&group)
}

/// Finds the processes that prun was starting when it ended, and had not recorded yet.
fn find_started(cleanup: &mut Cleanup) {
    if cleanup.starting().is_empty() {
        return;
    }
    let started = younger_siblings();
    for seq in cleanup.starting().to_vec() {
        let variable = format!("PRUN_SEQ={seq}");
        // A service has the same variable as the command that asks whether it is ready.
        let known: BTreeSet<u32> = cleanup.groups().collect();
        let mut ours = started.iter().filter(|pid| !known.contains(pid));
        if let Some(group) = ours.find(|pid| has_variable(**pid, variable.as_ref())) {
            cleanup.found(seq, *group);
        }
    }
}

/// Whether a process was started with this environment variable.
fn has_variable(pid: u32, variable: &OsStr) -> bool {
    let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    let mut variables = environment.split(|byte| *byte == 0);
    variables.any(|entry| entry == variable.as_encoded_bytes())
}
