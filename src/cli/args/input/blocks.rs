//! The definition of the options for blocks.

use std::ffi::OsString;

use clap::Args as ClapArgs;

use crate::cli::args::values::parse_block;

/// How the input is cut into blocks.
#[derive(Debug, ClapArgs)]
pub(crate) struct BlockArgs {
    /// Cut standard input into blocks of records, each the input of one job
    ///
    /// With -a FILE, cuts that file instead; a regular file is cut by offsets, and jobs read it
    /// directly. A record is a line unless --recstart, --recend or -0 says otherwise; with -N, a
    /// block is that many records. A block is read when a job can start, and kept in memory, or in an
    /// unlinked file if all blocks together exceed 256 MiB. {#} is the number of the block. -j is the
    /// number of CPUs by default; -k prints the output in the order of the blocks; with --retries, only
    /// the output of a job's last attempt is shown.
    #[arg(long, help_heading = "Blocks")]
    pub(crate) pipe: bool,

    /// The size of a block [default: 1M]
    ///
    /// A block ends after the last whole record within SIZE bytes. A longer record is a block of its
    /// own, up to 1 GiB. SIZE is in bytes; K, M and G multiply by powers of 1024, k, m and g by powers
    /// of 1000.
    #[arg(long, value_name = "SIZE", value_parser = parse_block, hide_short_help = true, conflicts_with = "max_args", help_heading = "Blocks")]
    pub(crate) block: Option<u64>,

    /// Records begin with STR
    ///
    /// A literal text; \n, \r, \t, \0, \xHH and \\ are understood. With --recend, a border between
    /// records is where STR follows the end of a record.
    #[arg(
        long,
        value_name = "STR",
        allow_hyphen_values = true,
        hide_short_help = true,
        help_heading = "Blocks"
    )]
    pub(crate) recstart: Option<OsString>,

    /// Records end with STR [default: \n, unless --recstart is given]
    ///
    /// A literal text, as for --recstart.
    #[arg(
        long,
        value_name = "STR",
        allow_hyphen_values = true,
        hide_short_help = true,
        conflicts_with = "null",
        help_heading = "Blocks"
    )]
    pub(crate) recend: Option<OsString>,

    /// Share the blocks among -j jobs
    ///
    /// Each job starts when there is a block for it, and gets further blocks as it reads them, until the
    /// end of the input. Without --retries and --resume, as no job can read its blocks again.
    #[arg(
        long,
        alias = "roundrobin",
        hide_short_help = true,
        help_heading = "Blocks"
    )]
    pub(crate) round_robin: bool,
}
