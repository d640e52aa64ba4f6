//! The definition of the option for the order in which jobs start.

use clap::Args as ClapArgs;
use clap::ValueEnum;

/// In which order jobs start.
#[derive(Debug, ClapArgs)]
pub(crate) struct OrderArgs {
    /// Start the jobs in this order: input, or longest
    ///
    /// longest: first those that took the longest in earlier runs according to the job log, counting
    /// the jobs that need them; all jobs are read before the first one starts. A job that is not in
    /// the log counts as long as the longest one. Reports and -k keep the order of the input.
    #[arg(long, value_name = "ORDER", value_enum, default_value_t = OrderMode::Input, hide_possible_values = true, hide_short_help = true, help_heading = "Running")]
    pub(crate) order: OrderMode,
}

/// The values of `--order`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OrderMode {
    Input,
    Longest,
}
