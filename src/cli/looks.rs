//! How a run is shown here: colour, and whose log it is.

use std::ffi::{OsStr, OsString};

use super::args::{Args, CiMode, ColorMode, OutputMode, ProgressMode};
use super::surroundings::Surroundings;
use crate::sink::{Frame, Looks, Show, Style, Vendor};

/// What asks a program for colour although it does not write to a terminal.
const ASKING: [&str; 2] = ["CLICOLOR_FORCE", "FORCE_COLOR"];

/// How a person is told.
pub(super) fn looks(args: &Args, surroundings: &Surroundings, show: Show) -> Looks {
    let vendor = vendor(args.ci, surroundings);
    let terminal = surroundings.stderr_is_terminal;
    let progress = progress(args, surroundings, vendor);
    Looks {
        show,
        verbose: args.verbose,
        terminal,
        by_line: args.output == OutputMode::Line,
        // Until the source is open.
        alone: false,
        is_live: false,
        tells_each: vendor.is_some() || progress == ProgressMode::Plain,
        has_bar: progress == ProgressMode::Bar && show != Show::Nothing,
        frame: frame(args.ci, vendor, surroundings),
        vendor,
        style: style(args.color, surroundings, terminal),
    }
}

/// What is shown while jobs run. Jobs that write to the terminal themselves leave no room for it.
fn progress(args: &Args, surroundings: &Surroundings, vendor: Option<Vendor>) -> ProgressMode {
    let is_dumb = (surroundings.variable)("TERM").is_none_or(|term| term == "dumb");
    let is_inherited = args.tty || args.output == OutputMode::Raw;
    match args.progress {
        ProgressMode::Auto | ProgressMode::Bar
            if is_inherited || !surroundings.stderr_is_terminal =>
        {
            ProgressMode::None
        }
        ProgressMode::Auto if vendor.is_some() || args.quiet > 0 => ProgressMode::None,
        ProgressMode::Auto if is_dumb => ProgressMode::Plain,
        ProgressMode::Auto if surroundings.stdout_is_pipe => ProgressMode::None,
        ProgressMode::Auto => ProgressMode::Bar,
        asked => asked,
    }
}

/// The same when it is known whether there is one job in all: that is shown as it comes, and so
/// cannot be folded.
pub(super) fn settled(looks: Looks, alone: bool, one_place: bool) -> Looks {
    let frame = match looks.frame {
        Frame::Folded(_) if alone && one_place => Frame::Headed,
        Frame::Folded(_) if alone => Frame::Bare,
        frame => frame,
    };
    Looks {
        alone,
        has_bar: looks.has_bar && !alone,
        frame,
        ..looks
    }
}

/// Whose log it is, if it is one.
fn vendor(asked: CiMode, surroundings: &Surroundings) -> Option<Vendor> {
    let is_on = |name: &str| {
        let value = (surroundings.variable)(name);
        value.is_some_and(|value| !["", "0", "false"].iter().any(|off| value == *off))
    };
    match asked {
        CiMode::Auto if is_on("GITHUB_ACTIONS") => Some(Vendor::Github),
        CiMode::Auto if is_on("GITLAB_CI") => Some(Vendor::Gitlab),
        CiMode::Auto if is_on("TF_BUILD") => Some(Vendor::Azure),
        CiMode::Auto if is_on("BUILDKITE") => Some(Vendor::Buildkite),
        CiMode::Auto if is_on("CI") => Some(Vendor::Plain),
        CiMode::Auto | CiMode::Off => None,
        CiMode::Github => Some(Vendor::Github),
        CiMode::Gitlab => Some(Vendor::Gitlab),
        CiMode::Azure => Some(Vendor::Azure),
        CiMode::Buildkite => Some(Vendor::Buildkite),
        CiMode::Plain => Some(Vendor::Plain),
    }
}

/// How a job's output is set off: by nothing where that and the output may go different ways.
fn frame(asked: CiMode, vendor: Option<Vendor>, surroundings: &Surroundings) -> Frame {
    let Surroundings {
        one_place,
        is_stdout_of_parent,
        stderr_is_terminal,
        ..
    } = surroundings;
    match vendor {
        None if *one_place && *stderr_is_terminal => Frame::Headed,
        None => Frame::Bare,
        Some(Vendor::Plain) if *one_place => Frame::Headed,
        Some(Vendor::Plain) => Frame::Bare,
        Some(vendor) if asked != CiMode::Auto => Frame::Folded(vendor),
        Some(vendor) if *one_place || is_stdout_of_parent() => Frame::Folded(vendor),
        Some(_) => Frame::Bare,
    }
}

/// How prun's own words look on a stream.
fn style(asked: ColorMode, surroundings: &Surroundings, is_terminal: bool) -> Style {
    let variable = |name| (surroundings.variable)(name).filter(|value| !value.is_empty());
    let is_coloured = match asked {
        ColorMode::Always => true,
        ColorMode::Never => false,
        ColorMode::Auto if variable("NO_COLOR").is_some() => false,
        ColorMode::Auto if variable("CLICOLOR_FORCE").is_some_and(|force| force != "0") => true,
        ColorMode::Auto => is_terminal && variable("TERM").is_none_or(|term| term != "dumb"),
    };
    if is_coloured {
        Style::Coloured
    } else {
        Style::Plain
    }
}

/// What is added to the jobs' environment so that captured output is coloured where it is shown in
/// colour. Whatever the user says about colour, or about these variables, is left as it is.
pub(super) fn asking(args: &Args, surroundings: &Surroundings) -> Vec<(OsString, OsString)> {
    let is_coloured = |is_terminal| style(args.color, surroundings, is_terminal) == Style::Coloured;
    let both = is_coloured(surroundings.stdout_is_terminal)
        && is_coloured(surroundings.stderr_is_terminal);
    let is_named = |name: &str| {
        let mut changed = args.env.iter().map(|(name, _)| name).chain(&args.unset);
        changed.any(|changed| changed == OsStr::new(name))
            || (surroundings.variable)(name).is_some()
    };
    if !both || is_named("NO_COLOR") {
        return Vec::new();
    }
    let free = ASKING.into_iter().filter(|name| !is_named(name));
    free.map(|name| (name.into(), "1".into())).collect()
}
