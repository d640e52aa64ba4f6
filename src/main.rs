//! The binary: command line in, exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    let exit = prun::cli::main();
    if let prun::exit::ExitCode::Signal(signal) = exit {
        // The parent, such as a shell loop, must see that a signal ended prun.
        signal.raise_default();
    }
    ExitCode::from(exit.number())
}
