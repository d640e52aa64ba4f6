//! The entry of the program: whose command line it is, and what is printed of an error in it.

use std::ffi::OsString;
use std::io::{self, IsTerminal};

use super::app::{print, print_error, start};
use super::args::{UsageError, parse};
use super::gnu::{GnuSurroundings, Translated, gnu_words, translate};
use super::work;
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
    if let Some(words) = work::asked() {
        return run_work(&words);
    }
    let argv = match gnu_words(std::env::args_os().collect()) {
        Ok(words) => return as_parallel(words),
        Err(argv) => argv,
    };
    let started = match parse(&argv, |name| std::env::var_os(name).is_some()) {
        Ok(args) => start(args),
        Err(UsageError::Requested(text)) => return print_requested(&text),
        Err(error) => Err(error.into()),
    };
    match started {
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
    let surroundings = GnuSurroundings::look(cpus, io::stdin().is_terminal());
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

/// Runs the jobs of another prun.
fn run_work(words: &[OsString]) -> ExitCode {
    work::start(words).unwrap_or_else(|error| {
        report(&error);
        error.exit()
    })
}

/// Runs as the guard process of another prun, until that has ended.
fn run_guard() -> ExitCode {
    if guard::guard() {
        return ExitCode::Ok;
    }
    print_error("prun: --guard-process is for internal use: use --guard\n");
    ExitCode::Usage
}

/// Prints help or version.
fn print_requested(requested: &clap::Error) -> ExitCode {
    let text = requested.render();
    let text = match console::colors_enabled() {
        true => text.ansi().to_string(),
        false => text.to_string(),
    };
    print(text.as_bytes()).unwrap_or(ExitCode::OutputLost)
}
