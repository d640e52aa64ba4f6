//! The entry of the program: whose command line it is, and what is printed of an error in it.

use std::ffi::OsString;
use std::io::{self, IsTerminal};

use clap::Parser;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::app::{print, print_error, start};
use super::args::{Args, hint, join_header};
use super::gnu::{GnuSurroundings, Translated, gnu_words, translate};
use crate::exit::ExitCode;
use crate::guard;
use crate::process::reset_inherited_signals;
use crate::run::cpus;
use crate::sink::escape;

/// Runs prun on this process's command line.
#[must_use]
pub fn main() -> ExitCode {
    if guard::is_asked() {
        return run_guard();
    }
    reset_inherited_signals();
    let argv = match gnu_words(std::env::args_os().collect()) {
        Ok(words) => return as_parallel(words),
        Err(argv) => argv,
    };
    let argv = match argv.iter().any(|word| word == "--header") {
        true => join_header(argv),
        false => argv,
    };
    let args = match Args::try_parse_from(argv) {
        Ok(args) => args,
        Err(error) => return report_clap(&error),
    };
    match start(args) {
        Ok(exit) => exit,
        Err(error) => {
            report(&*error);
            ExitCode::Usage
        }
    }
}

fn report(error: &dyn std::error::Error) {
    print_error(&format!("prun: {}\n", escape(error.to_string().as_bytes())));
}

/// Runs a command line of GNU parallel, whose exit codes are those of that program.
fn as_parallel(words: Vec<OsString>) -> ExitCode {
    let surroundings = GnuSurroundings::look(cpus().get(), io::stdin().is_terminal());
    let exit = match translate(words, &surroundings) {
        Ok(Translated::Run(args)) => start(*args),
        Ok(Translated::Print(text)) => print(text.as_bytes()).map_err(Into::into),
        Err(error) => Err(error.into()),
    };
    match exit {
        Ok(ExitCode::Usage | ExitCode::OutputLost) => ExitCode::ParallelError,
        Ok(exit) => exit,
        Err(error) => {
            report(&*error);
            ExitCode::ParallelError
        }
    }
}

/// Runs as the guard process of another prun, until that has ended.
fn run_guard() -> ExitCode {
    if guard::guard() {
        return ExitCode::Ok;
    }
    print_error("prun: --guard-process is for internal use: use --guard\n");
    ExitCode::Usage
}

/// Prints help and version to standard output, errors to standard error.
fn report_clap(error: &clap::Error) -> ExitCode {
    if error.kind() == ErrorKind::UnknownArgument
        && let Some(ContextValue::String(option)) = error.get(ContextKind::InvalidArg)
        && let Some(hint) = hint(option)
    {
        print_error(&format!("prun: unknown option `{option}`: {hint}\n"));
        return ExitCode::Usage;
    }
    let text = error.render();
    if error.use_stderr() {
        print_error(&match console::colors_enabled_stderr() {
            true => text.ansi().to_string(),
            false => text.to_string(),
        });
        return ExitCode::Usage;
    }
    let text = match console::colors_enabled() {
        true => text.ansi().to_string(),
        false => text.to_string(),
    };
    print(text.as_bytes()).unwrap_or(ExitCode::OutputLost)
}
