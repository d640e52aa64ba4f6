//! The definition of the options that print something about prun.

use clap::Args as ClapArgs;
use clap_complete::Shell;

/// What is printed instead of running anything.
#[derive(Debug, ClapArgs)]
pub(crate) struct AboutArgs {
    /// Print the completion script for SHELL
    ///
    /// For the current shell: `source <(prun --completions bash)`.
    #[arg(
        long,
        value_name = "SHELL",
        hide_short_help = true,
        help_heading = "About prun"
    )]
    pub(crate) completions: Option<Shell>,

    /// Print the manual page
    ///
    /// To read it: `prun --man | man -l -`.
    #[arg(long, hide_short_help = true, help_heading = "About prun")]
    pub(crate) man: bool,

    /// Print the JSON Schema of --json, --json=events and --joblog
    ///
    /// Its $defs are job, event and log: one for each line of these.
    #[arg(long, hide_short_help = true, help_heading = "About prun")]
    pub(crate) schema: bool,
}
