//! `--pipe`: how an input is cut into blocks.

use super::error::GnuError;
use crate::cli::args::{GnuArgs, GnuPipe, GnuSource, GnuValues};

/// Checks how an input is cut into blocks.
pub(super) fn pipe(
    mut pipe: GnuPipe,
    gnu: &mut GnuArgs,
    needs_file: bool,
    has_lines: bool,
    retries: u32,
) -> Result<GnuPipe, GnuError> {
    let is_file = matches!(
        gnu.sources.as_slice(),
        [GnuSource {
            values: GnuValues::File(_),
            ..
        }]
    );
    if std::mem::take(&mut gnu.has_header) {
        pipe.header_lines = 1;
    }
    let other_records = pipe.end.is_some() || !pipe.start.is_empty();
    let conflicts = [
        (
            gnu.command.is_empty(),
            "--pipe needs a command that reads the blocks: ... | parallel --pipe wc -l",
        ),
        (needs_file && !is_file, "--pipepart needs one file: -a FILE"),
        (
            !gnu.sources.is_empty() && !is_file,
            "--pipe reads standard input, or one file with -a",
        ),
        (
            has_lines,
            "-L with --pipe is not supported: -N is the number of records of a block",
        ),
        (
            pipe.end.as_ref().is_some_and(Vec::is_empty) && pipe.start.is_empty(),
            "--recend '' is not supported: records need an end or a beginning",
        ),
        (
            pipe.header_lines > 0 && other_records,
            "--header with --recstart or --recend is not supported: the header is lines, the records are not",
        ),
        (
            pipe.is_round_robin && retries > 0,
            "--round-robin cannot be used with --retries: a job cannot read its blocks again",
        ),
        (
            pipe.is_round_robin && gnu.resume.is_some(),
            "--round-robin cannot be used with --resume: a job cannot read its blocks again",
        ),
        (
            pipe.records == Some(0),
            "-N0 with --pipe: a block has at least one record",
        ),
    ];
    if let Some((_, conflict)) = conflicts.into_iter().find(|(is_there, _)| *is_there) {
        return Err(GnuError::Conflict(conflict));
    }
    gnu.batch = None;
    Ok(pipe)
}
