//! What the guard process does: it waits for prun's end, and ends what prun has left.
//!
//! Its standard input is a pipe whose other end prun alone has, so its end is prun's. A child that
//! prun is just starting has that end until its program is executed: when the guard hears of the
//! end, every process that prun has started is there. Its standard output is the table. Its
//! standard error may be a job log, and keeps that locked until the last job is gone; so nothing is
//! ever printed.

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

/// The only argument of the program when it is to be a guard.
pub(super) const ARGUMENT: &str = "--guard-process";

/// How soon is looked again at first, and at last.
const PAUSES: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(40));

/// Whether this process was started as a guard.
pub(crate) fn is_asked() -> bool {
    let mut args = std::env::args_os().skip(1);
    args.next().is_some_and(|first| first == ARGUMENT) && args.next().is_none()
}

/// Guards a run until its end. The answer is whether there was one: a person who starts this has no
/// table to give.
pub(crate) fn guard() -> bool {
    // A service manager that stops all processes of a service must not take the guard from jobs that
    // prun is just ending.
    let _ = SigSet::all().thread_block();
    // Standard error may be a job log.
    std::panic::set_hook(Box::new(|_| {}));
    take_name();
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

/// A name of its own, which is not the beginning of prun's: `pkill -9 prun` must not reach it.
fn take_name() {
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
    let places = table.places().map(|(_, place)| place);
    let mut cleanup = Cleanup::new(table.phase() == Phase::Ending, table.grace(), places);
    let (mut pause, longest) = PAUSES;
    loop {
        find_started(&mut cleanup);
        let now = begun.elapsed();
        let living = living_groups(&cleanup.groups().collect());
        for (group, signal) in cleanup.look(now, |group| is_there(group, &living)) {
            // One that is gone, or not ours to signal, shows at the next look.
            let _ = signal_group(group, signal);
            if signal != Signal::KILL {
                // A stopped process acts on no signal but this one.
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

/// Whether there is still a group of this number: the system knows it, and a member of it is more
/// than a zombie that nobody reaps.
fn is_there(group: u32, living: &BTreeSet<u32>) -> bool {
    let known = signal_group(group, Signal::from_raw(0));
    known.map_or_else(|error| error.raw_os_error() != Some(libc::ESRCH), |()| true)
        && living.contains(&group)
}

/// Looks for the processes that prun was starting when it ended, and did not live to hear of.
fn find_started(cleanup: &mut Cleanup) {
    if cleanup.starting().is_empty() {
        return;
    }
    let started = younger_siblings();
    for seq in cleanup.starting().to_vec() {
        let variable = format!("PRUN_SEQ={seq}");
        let mut ours = started.iter();
        if let Some(group) = ours.find(|pid| has_variable(**pid, variable.as_ref())) {
            cleanup.found(seq, *group);
        }
    }
}

/// Whether a process was started with this variable.
fn has_variable(pid: u32, variable: &OsStr) -> bool {
    let environment = std::fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
    let mut variables = environment.split(|byte| *byte == 0);
    variables.any(|entry| entry == variable.as_encoded_bytes())
}
