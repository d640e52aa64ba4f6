//! The definition of the options for limits that look at the machine.

use clap::Args as ClapArgs;

use crate::cli::args::values::{JobserverMode, LoadLimit, MemoryLimit, parse_load, parse_memory};

/// What keeps jobs from starting, besides the number of jobs at once.
#[derive(Debug, ClapArgs)]
pub(crate) struct LimitArgs {
    /// Start no job while more than N threads run on this machine; N% of the CPUs
    ///
    /// Those that run now, not the average of the last minute, which lags; where the system does not
    /// count them (macOS), that average. A job counts from its start. The first job always runs, and
    /// none is ended for it.
    #[arg(
        long,
        value_name = "N|N%",
        value_parser = parse_load,
        allow_negative_numbers = true,
        hide_short_help = true,
        help_heading = "Running"
    )]
    pub(crate) load: Option<LoadLimit>,

    /// Start no job while less than SIZE of memory is available; N% of all memory
    ///
    /// Without swapping, within the limits of the control groups (containers) that prun is in. SIZE is
    /// in bytes; K, M, G and T multiply by powers of 1024, k, m, g and t by powers of 1000. The first
    /// job always runs, and none is ended for it. A job takes memory only after its start: --delay
    /// gives it time. On Linux.
    #[arg(
        long,
        value_name = "SIZE|N%",
        value_parser = parse_memory,
        allow_negative_numbers = true,
        hide_short_help = true,
        help_heading = "Running"
    )]
    pub(crate) memfree: Option<MemoryLimit>,

    /// Share -j with the make, cargo and ninja of all jobs: pipe or fifo
    ///
    /// Be a jobserver of GNU make: all jobs together, and whatever their builds run at once, are at
    /// most -j [default of -j: the number of CPUs]. pipe (default): an inherited pipe, for every make
    /// and cargo. fifo: a named pipe, for make 4.4, ninja 1.13 and cargo. A prun without -j that finds a
    /// jobserver in MAKEFLAGS takes part in it, with or without this option; in a makefile its line
    /// begins with +. What a killed make had of -j comes back when no job runs.
    #[arg(
        long,
        value_name = "pipe|fifo",
        value_enum,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "pipe",
        hide_possible_values = true,
        hide_short_help = true,
        help_heading = "Running"
    )]
    pub(crate) jobserver: Option<JobserverMode>,
}
