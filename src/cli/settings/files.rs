//! The files that a run writes, and the check that no two options name the same file.

use std::ffi::OsString;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::{fs, io};

use crate::cli::args::{Args, GnuValues, Jobs, SlotList};
use crate::os::folder;
use crate::run::{LogDir, LogDirError};
use crate::sink::{Console, RunFiles};

/// Conflicting paths. Nothing was started, and no file was touched.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FilesError {
    #[error("{0} -: standard output cannot be {1}: name a path (./- for one called -)")]
    NotStdout(&'static str, &'static str),
    #[error("{option} {}: {other} {does} the same file: name a different one", path.display())]
    Same {
        option: &'static str,
        path: PathBuf,
        other: &'static str,
        does: &'static str,
    },
}

/// The number of symbolic links that Linux follows.
const MAX_LINKS: u32 = 40;

/// A file that an option names.
struct Named<'a> {
    option: &'static str,
    path: &'a Path,
    id: Option<Id>,
    is_written: bool,
}

/// The identity of a file.
#[derive(Debug, PartialEq)]
enum Id {
    /// An existing file, also if named through a link or a descriptor.
    Existing { dev: u64, ino: u64 },
    /// A name in a folder, where no file exists yet.
    Missing { folder: Box<Id>, name: OsString },
}

/// Creates the folder for `--log-dir`, and returns it with a warning.
pub(crate) fn log_dir(
    args: &Args,
    own: &Path,
) -> Result<Option<(LogDir, Option<String>)>, LogDirError> {
    let dir = args.log_dir.as_ref();
    dir.map(|dir| LogDir::open(dir, own, args.resume))
        .transpose()
}

/// Returns the report files, not opened yet.
pub(crate) fn files(args: &Args) -> RunFiles {
    RunFiles {
        junit: args.junit.clone(),
        trace: args.trace.clone(),
        report: args.report.clone(),
    }
}

/// Rejects a file that two options write, or that one reads and another writes.
pub(crate) fn check(args: &Args) -> Result<(), FilesError> {
    let gnu = args.gnu.as_deref();
    let outputs: Vec<Named<'_>> = [
        ("--joblog", args.joblog.as_ref()),
        ("--log-dir", args.log_dir.as_ref()),
        ("--junit", args.junit.as_ref()),
        ("--report", args.report.as_ref()),
        ("--trace", args.trace.as_ref()),
        ("--joblog", gnu.and_then(|gnu| gnu.joblog.as_ref())),
        ("--results", gnu.and_then(|gnu| gnu.results.as_ref())),
    ]
    .into_iter()
    .filter_map(|(option, path)| Some(Named::written(option, path?)))
    .collect();
    for (option, what) in [("--joblog", "a job log"), ("--log-dir", "a folder")] {
        let is_out = |named: &Named<'_>| named.option == option && is_standard(named.path);
        if outputs.iter().any(is_out) {
            return Err(FilesError::NotStdout(option, what));
        }
    }
    let mut all = Vec::new();
    if args.json.is_some() {
        all.push(Named::written("--json", Path::new("-")));
    }
    all.extend(inputs(args));
    all.extend(outputs);
    let out = Named::written("standard output", Path::new("-"));
    let is_file = |meta: fs::Metadata| meta.is_file();
    let is_file = Console::stdout()
        .and_then(|out| out.metadata())
        .is_ok_and(is_file);
    let log = all.iter().find(|named| named.option == "--joblog");
    match (conflict(&all).or_else(|| in_log_dir(&all)), log) {
        (Some((one, other)), _) => Err(one.same_as(other)),
        // Other output in the log would confuse a later run.
        (None, Some(log)) if is_file && log.id == out.id => Err(log.same_as(&out)),
        (None, _) => Ok(()),
    }
}

impl<'a> Named<'a> {
    fn written(option: &'static str, path: &'a Path) -> Self {
        Self {
            option,
            path,
            id: id(path, 0),
            is_written: true,
        }
    }

    fn same_as(&self, other: &Self) -> FilesError {
        FilesError::Same {
            option: self.option,
            path: self.path.to_owned(),
            other: other.option,
            does: match other.is_written {
                true => "writes",
                false => "reads",
            },
        }
    }
}

/// Returns the files that are read.
fn inputs(args: &Args) -> Vec<Named<'_>> {
    let read = |option, path| Named {
        is_written: false,
        ..Named::written(option, path)
    };
    let mut inputs = Vec::new();
    inputs.extend(args.file.iter().map(|path| read("-f", path)));
    inputs.extend(args.arg_files.iter().map(|path| read("-a", path)));
    inputs.extend(args.replay.iter().map(|path| read("--replay", path)));
    if let Some(Jobs::File(path)) = &args.jobs {
        inputs.push(read("-j", path));
    }
    if let Some(SlotList::File(path)) = &args.slots {
        inputs.push(read("--slots", path));
    }
    let sources = args.gnu.iter().flat_map(|gnu| &gnu.sources);
    inputs.extend(sources.filter_map(|source| match &source.values {
        GnuValues::File(path) => Some(read("-a", path)),
        GnuValues::List(_) | GnuValues::Stdin => None,
    }));
    inputs.retain(|named| !is_standard(named.path));
    // A terminal or a socket may also be standard output.
    let stdin = read("standard input", Path::new("/dev/stdin"));
    if fs::metadata(stdin.path).is_ok_and(|meta| meta.is_file()) {
        inputs.push(stdin);
    }
    inputs
}

/// Returns an output, and another option that names the same file.
fn conflict<'a, 'b>(all: &'b [Named<'a>]) -> Option<(&'b Named<'a>, &'b Named<'a>)> {
    let pairs = all
        .iter()
        .enumerate()
        .flat_map(|(n, one)| all[..n].iter().map(move |other| (one, other)));
    { pairs }.find(|(one, other)| {
        one.id.is_some() && one.id == other.id && (one.is_written || other.is_written)
    })
}

/// Returns an output that would be one of the jobs' files in the log directory.
fn in_log_dir<'a, 'b>(all: &'b [Named<'a>]) -> Option<(&'b Named<'a>, &'b Named<'a>)> {
    let log_dir = all.iter().find(|named| named.option == "--log-dir")?;
    let is_in_it = |named: &&Named<'_>| {
        let name = named.path.file_name();
        let has_name = name.is_some_and(|name| LogDir::has(Path::new(name)));
        named.is_written && has_name && id(folder(named.path), 0) == log_dir.id
    };
    Some((all.iter().find(is_in_it)?, log_dir))
}

/// Returns the identity of a file: `None` for a device, which several may write, and if it is unknown.
fn id(path: &Path, links: u32) -> Option<Id> {
    let meta = match is_standard(path) {
        true => Console::stdout().and_then(|out| out.metadata()),
        false => fs::metadata(path),
    };
    match meta {
        Ok(meta) if meta.file_type().is_char_device() && !is_standard(path) => None,
        Ok(meta) => Some(Id::Existing {
            dev: meta.dev(),
            ino: meta.ino(),
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => match fs::read_link(path) {
            Ok(to) if links < MAX_LINKS => id(&folder(path).join(to), links + 1),
            _ => Some(Id::Missing {
                folder: Box::new(id(folder(path), links)?),
                name: path.file_name()?.to_owned(),
            }),
        },
        Err(_) => None,
    }
}

fn is_standard(path: &Path) -> bool {
    path.as_os_str() == "-"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_the_same_by_any_name() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        let link = |to: &str, name| std::os::unix::fs::symlink(to, at(name)).unwrap();
        fs::write(at("file"), "").unwrap();
        fs::hard_link(at("file"), at("hard")).unwrap();
        link("file", "soft");
        link("to-be", "dangling");
        link("dangling", "again");
        link("round", "round");
        let same = |one, other| {
            let one = id(&at(one), 0);
            one.is_some() && one == id(&at(other), 0)
        };
        assert!(same("file", "hard") && same("soft", "./file"));
        assert!(same("to-be", "dangling") && same("again", "./to-be"));
        assert!(!same("file", "to-be") && !same("round", "file"));
        assert_eq!(id(Path::new("/dev/null"), 0), None);
    }
}
