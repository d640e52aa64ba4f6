//! Shell completions and the manual page, generated from the definitions of the options.

use std::io::{self, Write};

use clap::CommandFactory;
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Roff, bold, roman};

use super::args::Args;
use super::help_sections::{SECTIONS, Section};

/// Writes the completion script for a shell.
pub(crate) fn completions(shell: Shell, out: &mut impl Write) -> io::Result<()> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "prun", &mut script);
    out.write_all(&script)
}

/// Writes the manual page.
pub(crate) fn manual(out: &mut impl Write) -> io::Result<()> {
    let command = Args::command();
    let man = Man::new(command.clone()).manual("User Commands");
    man.render_title(out)?;
    man.render_name_section(out)?;
    man.render_synopsis_section(out)?;
    man.render_description_section(out)?;
    man.render_options_section(out)?;
    let mut roff = Roff::new();
    for Section { title, entries } in &SECTIONS {
        roff.control("SH", [title.to_uppercase().as_str()]);
        for (term, meaning) in *entries {
            roff.control("TP", []);
            roff.text([bold(*term)]);
            roff.text([roman(*meaning)]);
        }
    }
    roff.to_writer(out)
}
