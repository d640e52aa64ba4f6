//! A doorway: the command line in, the exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    let exit = prun::cli::main();
    if let prun::exit::ExitCode::Signal(signal) = exit {
        // Whoever started prun, a shell's loop above all, must see that a signal ended it.
        signal.raise_default();
    }
    ExitCode::from(exit.number())
}
