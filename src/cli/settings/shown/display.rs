//! How a run is shown: colour, progress, format of the CI log.

use std::path::PathBuf;

use super::form::OutputForm;
use crate::cli::args::{Args, CiMode, ColorMode, OutputMode, ProgressMode};
use crate::cli::settings::surroundings::Surroundings;
use crate::sink::{DisplayOptions, Frame, Show, Style, Vendor};

/// Where a run is shown, and what of it.
#[derive(Clone, Copy)]
pub(crate) struct View {
    pub(crate) show: Show,
    /// The CI system, if output goes to its log.
    pub(crate) vendor: Option<Vendor>,
    pub(crate) frame: Frame,
    /// Whether there is only one job.
    pub(crate) alone: bool,
}

impl View {
    pub(crate) fn of(
        args: &Args,
        surroundings: &Surroundings,
        form: OutputForm,
        alone: bool,
    ) -> Self {
        let show = match (args.quiet, form) {
            (2.., _) => Show::Nothing,
            _ if args.keeps_output() => Show::Words,
            (_, OutputForm::Records | OutputForm::Events) => Show::Words,
            (1, _) => Show::Failed,
            (0, _) => Show::All,
        };
        let vendor = vendor(args.ci, surroundings);
        Self {
            show,
            vendor,
            frame: frame(args.ci, vendor, show, surroundings),
            alone,
        }
    }
}

/// Returns the options of the display. `is_live` is whether output is shown as it arrives.
pub(crate) fn display(
    args: &Args,
    surroundings: &Surroundings,
    View {
        show,
        vendor,
        frame,
        alone,
    }: View,
    is_live: bool,
) -> DisplayOptions {
    let terminal = surroundings.stderr_is_terminal;
    let progress = progress(args, surroundings, vendor);
    DisplayOptions {
        show,
        verbose: args.verbose,
        terminal,
        by_line: args.output == OutputMode::Line || args.tag().is_some(),
        alone,
        is_live,
        line_per_job: vendor.is_some() || progress == ProgressMode::Plain,
        has_bar: progress == ProgressMode::Bar && show != Show::Nothing && !alone,
        // A script that was written for GNU parallel may collect what it says.
        has_digest: args.gnu.is_none() || terminal,
        shows_retries: !args.shows_last_attempt() || is_live,
        frame,
        vendor,
        style: style(args.color, surroundings, terminal),
    }
}

/// Returns the progress to show. There is none if jobs write to the terminal themselves.
fn progress(args: &Args, surroundings: &Surroundings, vendor: Option<Vendor>) -> ProgressMode {
    let is_dumb = is_dumb(surroundings);
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

/// Whether the terminal can only print. An unknown terminal may be any.
fn is_dumb(surroundings: &Surroundings) -> bool {
    let term = (surroundings.variable)("TERM");
    term.is_none_or(|term| term.is_empty() || term == "dumb")
}

/// The variables that identify a CI system. `CI`, which most of them set, comes last.
const VENDORS: [(&str, Vendor); 24] = [
    ("GITHUB_ACTIONS", Vendor::Github),
    ("GITLAB_CI", Vendor::Gitlab),
    ("TF_BUILD", Vendor::Azure),
    ("BUILDKITE", Vendor::Buildkite),
    ("TEAMCITY_VERSION", Vendor::Teamcity),
    ("JENKINS_URL", Vendor::Plain),
    ("HUDSON_URL", Vendor::Plain),
    ("CIRCLECI", Vendor::Plain),
    ("TRAVIS", Vendor::Plain),
    ("bamboo_buildKey", Vendor::Plain),
    ("CODEBUILD_BUILD_ID", Vendor::Plain),
    ("APPVEYOR", Vendor::Plain),
    ("BITBUCKET_BUILD_NUMBER", Vendor::Plain),
    ("BUDDY_WORKSPACE_ID", Vendor::Plain),
    ("CF_BUILD_ID", Vendor::Plain),
    ("CIRRUS_CI", Vendor::Plain),
    ("DRONE", Vendor::Plain),
    ("GO_PIPELINE_NAME", Vendor::Plain),
    ("HARNESS_BUILD_ID", Vendor::Plain),
    ("HEROKU_TEST_RUN_ID", Vendor::Plain),
    ("PROW_JOB_ID", Vendor::Plain),
    ("SEMAPHORE", Vendor::Plain),
    ("WOODPECKER", Vendor::Plain),
    ("CI", Vendor::Plain),
];

/// Returns the CI system, if there is one.
fn vendor(asked: CiMode, surroundings: &Surroundings) -> Option<Vendor> {
    let is_on = |name: &str| {
        let value = (surroundings.variable)(name);
        value.is_some_and(|value| !["", "0", "false"].iter().any(|off| value == *off))
    };
    match asked {
        CiMode::Auto => {
            let mut vendors = VENDORS.iter();
            vendors
                .find(|(name, _)| is_on(name))
                .map(|(_, vendor)| *vendor)
        }
        CiMode::Off => None,
        CiMode::Github => Some(Vendor::Github),
        CiMode::Gitlab => Some(Vendor::Gitlab),
        CiMode::Azure => Some(Vendor::Azure),
        CiMode::Buildkite => Some(Vendor::Buildkite),
        CiMode::Teamcity => Some(Vendor::Teamcity),
        CiMode::Plain => Some(Vendor::Plain),
    }
}

/// Returns the path of the GitHub step summary, if it is to be written.
pub(crate) fn step_summary(
    display: &DisplayOptions,
    surroundings: &Surroundings,
) -> Option<PathBuf> {
    let is_wanted = display.vendor == Some(Vendor::Github) && display.show != Show::Nothing;
    let path = (surroundings.variable)("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty());
    path.filter(|_| is_wanted).map(PathBuf::from)
}

/// Returns how a job's output is framed: not at all if frame and output may go to different files. A CI log
/// is one stream, standard output, unless that is redirected.
fn frame(asked: CiMode, vendor: Option<Vendor>, show: Show, surroundings: &Surroundings) -> Frame {
    let Surroundings {
        one_place,
        is_stdout_of_parent,
        stderr_is_terminal,
        ..
    } = surroundings;
    match vendor {
        None if *one_place && *stderr_is_terminal => Frame::Headed,
        None => Frame::Bare,
        // Standard output carries the records.
        Some(_) if show == Show::Words => Frame::Bare,
        Some(vendor) if asked != CiMode::Auto => Frame::Folded(vendor),
        Some(vendor) if *one_place || is_stdout_of_parent() => Frame::Folded(vendor),
        Some(_) => Frame::Bare,
    }
}

/// Returns the style of prun's own messages.
fn style(asked: ColorMode, surroundings: &Surroundings, is_terminal: bool) -> Style {
    let variable = |name| (surroundings.variable)(name).filter(|value| !value.is_empty());
    let is_coloured = match asked {
        ColorMode::Always => true,
        ColorMode::Never => false,
        ColorMode::Auto if variable("NO_COLOR").is_some() => false,
        ColorMode::Auto if variable("CLICOLOR_FORCE").is_some_and(|force| force != "0") => true,
        ColorMode::Auto => is_terminal && !is_dumb(surroundings),
    };
    if is_coloured {
        Style::Coloured
    } else {
        Style::Plain
    }
}
