//! The paths of the output of each job in GNU parallel's tree of results.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

use crate::event::NumberedJob;
use crate::plan::ReplacementText;

/// The three files of a job.
pub(crate) struct Paths {
    pub(crate) stdout: PathBuf,
    pub(crate) stderr: PathBuf,
    pub(crate) seq: PathBuf,
}

/// Where the output of each job goes.
#[derive(Debug)]
pub(crate) enum Tree {
    /// A folder for each argument: `DIR/1/a/2/b/`.
    Arguments {
        dir: PathBuf,
        /// The names of the sources, instead of their numbers.
        names: Vec<OsString>,
        /// Whether all arguments are of one source.
        is_batch: bool,
    },
    /// A path with replacement strings: a folder if it ends with a slash.
    Text(ReplacementText),
}

impl Tree {
    /// Returns the files of a job.
    pub(crate) fn paths(&self, job: &NumberedJob) -> io::Result<Paths> {
        let args = &job.job.args;
        let dir = match self {
            Self::Text(text) => {
                let path = text.fill(args, job.seq, escaped);
                if is_outside(&path) {
                    return Err(outside(args));
                }
                if path.last() != Some(&b'/') {
                    let with = |end: &str| {
                        PathBuf::from(OsString::from_vec([&path, end.as_bytes()].concat()))
                    };
                    return Ok(Paths {
                        stdout: with(""),
                        stderr: with(".err"),
                        seq: with(".seq"),
                    });
                }
                PathBuf::from(OsString::from_vec(path))
            }
            Self::Arguments {
                dir,
                names,
                is_batch,
            } => {
                let mut path = dir.clone();
                for (at, arg) in args.iter().enumerate() {
                    let source = if *is_batch { 0 } else { at };
                    match names.get(source) {
                        Some(name) => path.push(component(name)?),
                        None => path.push((source + 1).to_string()),
                    }
                    path.push(component(arg)?);
                }
                path
            }
        };
        Ok(Paths {
            stdout: dir.join("stdout"),
            stderr: dir.join("stderr"),
            seq: dir.join("seq"),
        })
    }
}

/// Returns an argument as the name of a folder, which cannot lead out of its own.
fn component(arg: &OsStr) -> io::Result<OsString> {
    match arg.as_bytes() {
        b"." | b".." => Err(outside(&[arg.to_owned()])),
        bytes => Ok(OsString::from_vec(escaped(bytes))),
    }
}

fn outside(args: &[OsString]) -> io::Error {
    let args = args.join(OsStr::new(" "));
    io::Error::other(format!(
        "the argument `{}` would lead out of the folder",
        args.display()
    ))
}

/// Whether a path goes up.
fn is_outside(path: &[u8]) -> bool {
    let path = Path::new(OsStr::from_bytes(path));
    path.components()
        .any(|part| part == std::path::Component::ParentDir)
}

/// Escapes what a name cannot have, as GNU parallel does.
fn escaped(value: &[u8]) -> Vec<u8> {
    let mut escaped = Vec::with_capacity(value.len());
    for byte in value {
        match byte {
            b'\\' => escaped.extend_from_slice(b"\\\\"),
            b'\t' => escaped.extend_from_slice(b"\\t"),
            b'/' => escaped.extend_from_slice(b"\\_"),
            byte => escaped.push(*byte),
        }
    }
    escaped
}
