//! prun compared with other runners, and with the least machinery that does the same work.
//!
//!     cargo bench --bench compare                          every case, about eight minutes on two cores
//!     cargo bench --bench compare -- launch --rounds 9     the cases whose name holds "launch", nine rounds
//!
//! With `PRUN_STATIC=PATH` a statically linked prun is measured as well in the start-up case.
//!
//! # How to read it
//!
//! Each case has a **limit**: the same work done by the least machinery that can do it (a bare loop of
//! `posix_spawn` and `wait4`, a pipe into `cat`). A **ratio** is the limit's time divided by the
//! contender's: 1.00 is as fast as the limit, 0.50 takes twice as long. The distance to 1.00 is the
//! possible gain. Seconds depend on the machine; ratios much less so.
//!
//! # How it is measured
//!
//! * Everything runs in interleaved rounds: each contender once, then each again in another order, so
//!   that a machine that warms up or slows down affects all alike. The first round is discarded. Each
//!   round gives its own ratio, and the table shows the median of those; a ratio of two medians would
//!   mix good minutes with bad ones.
//! * The clock runs from just before the spawn until the contender has been reaped and its output
//!   drained.
//! * A run must prove that it did the work: the number of bytes written, or of processes started. One
//!   that exits at once with code 0 is reported as failed, not as fast.
//! * Peak memory is `ru_maxrss` from `wait4`: the maximum over the contender *and each descendant that
//!   it waited for*. The kernel passes our own peak on to spawned processes, so nothing reads lower
//!   than this bench itself; values at that floor are shown with `≤`. For this reason the bench never
//!   keeps output.
//! * Programs that are not installed are skipped and named. `cluster` needs Slurm and root: it brings up a
//!   cluster on this machine, and takes it down at its end.
//! * Figures without a ratio (the delay of a timeout, memory, size) follow the tables, each with its
//!   name; `million` and `ten-gigabytes` take long and are skipped unless they are named.

#![expect(
    clippy::print_stdout,
    reason = "the tables are what this program is for"
)]

mod case;
mod cases;
mod cluster;
mod figures;
mod measure;
mod os;
mod programs;
mod table;

use std::env;
use std::process::ExitCode;

use crate::case::Case;
use crate::programs::Programs;

fn main() -> ExitCode {
    match compare() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("compare: {error}");
            ExitCode::from(2)
        }
    }
}

fn compare() -> Result<(), String> {
    let options = Options::parse(env::args().skip(1))?;
    let programs = Programs::find().map_err(|error| format!("cannot prepare: {error}"))?;
    let mut cases = cases::all(&programs).map_err(|error| format!("cannot prepare: {error}"))?;
    let known = cases.iter().map(|case| case.name);
    let known: Vec<&str> = known
        .chain([cluster::NAME])
        .chain(figures::ALL.iter().map(|figure| figure.name))
        .collect();
    for name in &options.names {
        if !known.iter().any(|known| known.contains(name.as_str())) {
            return Err(format!(
                "no case is called '{name}' (there are: {})",
                known.join(", ")
            ));
        }
    }
    cases.retain(|case| options.selects(case.name));

    programs::print_header(&programs);
    let measure = |case: &Case| {
        table::print_head(case);
        let results = measure::in_rounds(case, options.rounds.unwrap_or(case.rounds));
        table::print_results(case, &results);
    };
    cases.iter().for_each(measure);
    if options.selects(cluster::NAME) {
        let case = cluster::case(&programs);
        // It is up until it is measured.
        let (case, _cluster) = case.map_err(|error| format!("cannot prepare: {error}"))?;
        measure(&case);
    }
    for figure in figures::ALL {
        if options.selects(figure.name) && !(figure.is_long && options.names.is_empty()) {
            figure.print(programs.prun.path.as_deref().ok_or("prun is not built")?);
        }
    }
    Ok(())
}

/// The arguments after `--`.
#[derive(Default)]
struct Options {
    /// Parts of case names; empty selects all.
    names: Vec<String>,
    /// The number of counted rounds, in place of each case's own.
    rounds: Option<u32>,
}

impl Options {
    fn parse(mut args: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self::default();
        while let Some(arg) = args.next() {
            match arg.as_str() {
                // Cargo adds it for every bench target.
                "--bench" => {}
                "--rounds" => match args.next().map(|number| number.parse()) {
                    Some(Ok(rounds)) if rounds > 0 => options.rounds = Some(rounds),
                    _ => return Err("--rounds takes a whole number from 1".to_owned()),
                },
                flag if flag.starts_with('-') => {
                    return Err(format!(
                        "unknown option {flag} (usage: [--rounds N] [CASE...])"
                    ));
                }
                name => options.names.push(name.to_owned()),
            }
        }
        Ok(options)
    }

    fn selects(&self, case: &str) -> bool {
        self.names.is_empty() || self.names.iter().any(|name| case.contains(name.as_str()))
    }
}
