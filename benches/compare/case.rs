//! Plain data: a [`Case`] is one piece of work, a [`Contender`] is one way to do it. Nothing here runs
//! anything.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::rc::Rc;

use crate::programs::Program;

/// One piece of work, and all its contenders.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// The title of the table: the work, and the destination of stdout.
    pub(crate) what: String,
    /// The number of counted rounds, unless `--rounds` sets it.
    pub(crate) rounds: u32,
    /// The first one is the limit, to which the ratios refer.
    pub(crate) contenders: Vec<Contender>,
}

/// One way to do a case's work.
pub(crate) struct Contender {
    pub(crate) name: String,
    pub(crate) how: How,
    pub(crate) proof: Proof,
    /// How often the command runs, one after the other, for one sample.
    pub(crate) runs: u32,
    /// The measured time is multiplied by this. Above 1 for contenders that would take minutes, or
    /// all the memory, and therefore do only one part in `scale` of the work; the table shows it.
    pub(crate) scale: u32,
    /// A command that runs after each run, outside of the measured time; empty for none.
    pub(crate) after: Vec<String>,
}

pub(crate) enum How {
    /// `posix_spawn` of a program that does nothing, in this process, with this many children
    /// alive.
    BareLoop {
        jobs: u32,
        alive: u32,
    },
    Command {
        program: PathBuf,
        args: Vec<String>,
        stdin: Option<Rc<Input>>,
    },
    NotInstalled,
}

/// The evidence that a run did its work. It also decides the destination of stdout.
#[derive(Clone, Copy)]
pub(crate) enum Proof {
    /// At least this many processes were started on the whole system, including the contender.
    /// Stdout is /dev/null.
    Started(u64),
    /// Exactly this many bytes were written to stdout, a pipe that this bench drains.
    Wrote(u64),
    /// At least this many bytes.
    WroteAtLeast(u64),
}

/// Lines for standard input, in an unnamed file: unlike a pipe it needs no second process that writes.
pub(crate) struct Input {
    pub(crate) file: File,
    pub(crate) description: String,
}

impl Input {
    pub(crate) fn of_lines<L: AsRef<str>>(
        description: &str,
        lines: impl IntoIterator<Item = L>,
    ) -> io::Result<Rc<Self>> {
        let mut file = BufWriter::new(tempfile::tempfile()?);
        for line in lines {
            writeln!(file, "{}", line.as_ref())?;
        }
        let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        let description = description.to_owned();
        Ok(Rc::new(Self { file, description }))
    }
}

impl Contender {
    pub(crate) fn bare_loop(jobs: u32, alive: u32) -> Self {
        Self {
            name: "limit".to_owned(),
            how: How::BareLoop { jobs, alive },
            proof: Proof::Started(u64::from(jobs)),
            runs: 1,
            scale: 1,
            after: Vec::new(),
        }
    }

    /// A contender that runs `program`, and has its name.
    pub(crate) fn new<A: Into<String>>(
        program: &Program,
        proof: Proof,
        args: impl IntoIterator<Item = A>,
    ) -> Self {
        let how = match &program.path {
            Some(path) => How::Command {
                program: path.clone(),
                args: args.into_iter().map(Into::into).collect(),
                stdin: None,
            },
            None => How::NotInstalled,
        };
        Self {
            name: program.name.to_owned(),
            how,
            proof,
            runs: 1,
            scale: 1,
            after: Vec::new(),
        }
    }

    pub(crate) fn named(mut self, name: &str) -> Self {
        self.name = name.to_owned();
        self
    }

    pub(crate) fn reading(mut self, input: &Rc<Input>) -> Self {
        if let How::Command { stdin, .. } = &mut self.how {
            *stdin = Some(Rc::clone(input));
        }
        self
    }

    pub(crate) fn runs(mut self, runs: u32) -> Self {
        self.runs = runs;
        self
    }

    pub(crate) fn scaled(mut self, scale: u32) -> Self {
        self.scale = scale;
        self
    }

    pub(crate) fn after(mut self, command: impl IntoIterator<Item = String>) -> Self {
        self.after = command.into_iter().collect();
        self
    }

    pub(crate) fn is_installed(&self) -> bool {
        !matches!(self.how, How::NotInstalled)
    }

    /// The command in one line; long lists of arguments are cut, and input is described.
    pub(crate) fn describe(&self) -> String {
        const SHOWN_ARGS: usize = 7;
        let mut text = match &self.how {
            How::NotInstalled => return "not installed".to_owned(),
            How::BareLoop { jobs, alive } => {
                format!(
                    "posix_spawn and wait4 in this process, {jobs} times, at most {alive} alive"
                )
            }
            How::Command {
                program,
                args,
                stdin,
            } => {
                let mut words = vec![file_name(program)];
                words.extend(args.iter().take(SHOWN_ARGS).map(|arg| quoted(arg)));
                if args.len() > SHOWN_ARGS {
                    words.push(format!("… ({} arguments)", args.len()));
                }
                if let Some(input) = stdin {
                    words.push(format!("< {}", input.description));
                }
                words.join(" ")
            }
        };
        if self.runs > 1 {
            text.push_str(&format!("; {} runs", self.runs));
        }
        text
    }
}

fn file_name(program: &std::path::Path) -> String {
    program
        .file_name()
        .unwrap_or(program.as_os_str())
        .to_string_lossy()
        .into_owned()
}

fn quoted(word: &str) -> String {
    shlex::try_quote(word).map_or_else(|_| word.to_owned(), |quoted| quoted.into_owned())
}
