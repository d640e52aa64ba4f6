//! When a shell runs the commands, and which.

use std::sync::Arc;

use crate::cli::args::Args;
use crate::plan::{Shell, ShellError, ShellRule};

/// Returns when a shell runs a command: as the options say, or those of GNU parallel.
pub(crate) fn shell_rule(args: &Args) -> Result<ShellRule, ShellError> {
    if let Some(gnu) = &args.gnu {
        let shell = Arc::new(Shell::program_of(&gnu.shell)?);
        return Ok(match gnu.always_shell {
            true => ShellRule::Always(shell),
            false => ShellRule::Auto(shell),
        });
    }
    Ok(match &args.shell {
        _ if args.exec => ShellRule::Never,
        Some(shell) => ShellRule::Always(Arc::new(Shell::parse(shell)?)),
        None => ShellRule::Auto(Arc::new(Shell::default())),
    })
}
