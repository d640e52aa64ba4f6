//! The definition of the options that select jobs by their names.

use clap::{ArgAction, Args as ClapArgs};

/// Which jobs are run.
#[derive(Debug, Default, ClapArgs)]
pub(crate) struct SelectionArgs {
    /// Run only the jobs with these names, and those that they need
    ///
    /// NAMES is A,B,C. All jobs are read before the first one starts, so the jobs must be in a file. May be
    /// repeated.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', action = ArgAction::Append, hide_short_help = true, help_heading = "Input")]
    pub(crate) only: Vec<String>,

    /// Do not run the jobs with these names
    ///
    /// For the jobs that need them, they count as done. With --only, what only they need is not run
    /// either. May be repeated.
    #[arg(long, value_name = "NAMES", value_delimiter = ',', action = ArgAction::Append, hide_short_help = true, help_heading = "Input")]
    pub(crate) skip: Vec<String>,
}
