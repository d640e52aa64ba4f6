//! Options that only print something.

use super::options::{OptionEffect, options};

/// The version of GNU parallel whose command line this is.
pub(crate) const VERSION: &str = "20221122";

/// Answers `--version`. Scripts look for `GNU parallel` and a number in the first line.
pub(crate) fn version() -> String {
    let own = env!("CARGO_PKG_VERSION");
    format!(
        "prun {own}: the command line of GNU parallel {VERSION}\nThis is not GNU parallel, but prun --gnu, which takes its command line: `man prun` says what differs.\n"
    )
}

/// Answers `--help`.
pub(crate) fn help() -> String {
    let mut text = String::from(
        "Usage: parallel [OPTION]... [COMMAND [ARGUMENT]...] < LINES
       parallel [OPTION]... [COMMAND [ARGUMENT]...] ::: ARGUMENT... | :::: FILE...
       ... | parallel --pipe [OPTION]... COMMAND [ARGUMENT]...

This is prun, which takes the command line of GNU parallel: as `prun --gnu`, or when it is called
`parallel`. A value never becomes text that a shell parses. `prun --help` shows prun's own options.

Taken, each as GNU parallel has it:
",
    );
    list(&mut text, |effect| matches!(effect, OptionEffect::Set(_)));
    text.push_str("\nTaken, without an effect:\n");
    list(&mut text, |effect| effect == OptionEffect::NoEffect);
    text.push_str("\nRefused, with a line that names another way:\n");
    list(&mut text, |effect| {
        matches!(effect, OptionEffect::Refused(_))
    });
    text
}

/// Adds the first names of some options, in lines of at most 90 characters.
fn list(text: &mut String, is_listed: impl Fn(OptionEffect) -> bool) {
    let mut line = String::from(" ");
    for option in options().filter(|option| is_listed(option.effect)) {
        let first = option.names.split(' ').next().unwrap_or_default();
        let dashes = if first.len() == 1 { "-" } else { "--" };
        if line.len() + first.len() > 86 {
            text.push_str(&line);
            text.push('\n');
            line = String::from(" ");
        }
        line.push_str(&format!(" {dashes}{first}"));
    }
    text.push_str(&line);
    text.push('\n');
}
