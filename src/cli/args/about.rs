//! The definition of the options that print something about prun.

use clap::Args as ClapArgs;
use clap_complete::Shell;

use super::values::SchemaMode;

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

    /// Print the JSON Schema of the records, or of job files: records or jobs
    ///
    /// records (default): of --json, --json=events and --joblog; its $defs are job, event and log, one
    /// for each line of these. jobs: of documents, for editors; its $defs line is a line of JSON Lines.
    #[arg(long, value_name = "records|jobs", value_enum, num_args = 0..=1, require_equals = true, default_missing_value = "records", hide_possible_values = true, hide_short_help = true, help_heading = "About prun")]
    pub(crate) schema: Option<SchemaMode>,
}
