//! Where a file of a run goes: what stands at its path decides how it is written.
//!
//! | at the path | `--joblog` | the same with `--resume` | `--junit`, `--report`, `--trace` |
//! |---|---|---|---|
//! | nothing | made, appended to | made, appended to | a new file takes the place |
//! | a plain file of ours | appended to | read, appended to | a new file takes its place |
//! | any other file | appended to | read, appended to | written over in place |
//! | a stream | written as it comes | refused | written as it comes |
//! | standard output | written as it comes | refused | behind what else is told there |
//!
//! Links are followed by the system alone, which may refuse that.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use super::unnamed::Unnamed;
use crate::os::folder;
use crate::sink::console::Console;

/// What is to be written.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FileKind {
    /// The job log.
    Log { resume: bool },
    /// A file that tells of one run.
    RunFile,
}

/// What stands at a path.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Standing {
    Nothing,
    /// A plain file by this name alone, of the owner that a new file has, where a new one can be made.
    OwnFile,
    /// Any other file: through a link, by several names, of somebody else.
    File,
    /// A FIFO, a device: what was written there cannot be read again.
    Stream,
    /// Standard output, by whatever name.
    Output,
}

/// How it is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum WriteMode {
    /// Behind what is there.
    Append,
    /// As it comes.
    Stream,
    /// Behind what else is told there.
    Output,
    /// Into a new file, which takes the place when it is whole.
    Replace,
    /// Into the file that is there, in place of what it holds.
    InPlace,
    Refuse(&'static str),
}

pub(crate) fn way(output: FileKind, standing: Standing) -> WriteMode {
    match (standing, output) {
        (Standing::Stream | Standing::Output, FileKind::Log { resume: true }) => {
            WriteMode::Refuse("is no regular file, and --resume reads it: name one")
        }
        (Standing::Output, FileKind::RunFile) => WriteMode::Output,
        (Standing::Stream | Standing::Output, _) => WriteMode::Stream,
        (_, FileKind::Log { .. }) => WriteMode::Append,
        (Standing::Nothing | Standing::OwnFile, FileKind::RunFile) => WriteMode::Replace,
        (Standing::File, FileKind::RunFile) => WriteMode::InPlace,
    }
}

/// What stands at the path of a log.
pub(crate) fn standing(path: &Path) -> io::Result<Standing> {
    match fs::metadata(path) {
        Ok(meta) if meta.is_file() || meta.is_dir() => Ok(Standing::File),
        Ok(_) => Ok(Standing::Stream),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Standing::Nothing),
        Err(error) => Err(error),
    }
}

/// What stands at the path of a file that tells of a run, open and unchanged.
pub(crate) struct OpenTarget {
    pub(crate) standing: Standing,
    /// What is there.
    pub(crate) there: Option<File>,
    /// What may take its place.
    pub(crate) new: Option<(File, Unnamed)>,
}

impl OpenTarget {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        if path.as_os_str() == "-" {
            return Ok(Self::stream(Standing::Output, Console::stdout()?));
        }
        let meta = match fs::symlink_metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Self::nothing(path),
            meta => meta?,
        };
        let mut options = File::options();
        // As a shell does it: with O_CREAT, by which the system refuses what somebody else may have
        // put into a folder for all. A FIFO waits for its reader. Nothing is changed yet.
        options.write(true).create(true).truncate(false).mode(0o666);
        let no_link = match meta.is_symlink() {
            true => 0,
            false => libc::O_NOFOLLOW,
        };
        options.custom_flags(libc::O_NOCTTY | no_link);
        let there = options.open(path)?;
        let is = there.metadata()?;
        let out = Console::stdout()?;
        let out_is = out.metadata()?;
        let is_out = (is.dev(), is.ino()) == (out_is.dev(), out_is.ino());
        if is_out && !is.file_type().is_char_device() {
            // Behind what else is written there, and not over it.
            return Ok(Self::stream(Standing::Output, out));
        }
        if !is.is_file() {
            return Ok(Self::stream(Standing::Stream, there));
        }
        let is_plain = meta.is_file() && is.nlink() == 1;
        let new = is_plain.then(|| Unnamed::make(folder(path)).ok()).flatten();
        let new = new.filter(|(new, _)| {
            new.metadata().is_ok_and(|new| {
                (new.uid(), new.gid(), new.dev()) == (is.uid(), is.gid(), is.dev())
            }) && new.set_permissions(is.permissions()).is_ok()
        });
        let standing = match new {
            Some(_) => Standing::OwnFile,
            None => Standing::File,
        };
        Ok(Self {
            standing,
            there: Some(there),
            new,
        })
    }

    fn nothing(path: &Path) -> io::Result<Self> {
        use std::os::unix::ffi::OsStrExt;
        if path.as_os_str().as_bytes().ends_with(b"/") || path.file_name().is_none() {
            return Err(io::Error::other("names no file"));
        }
        Ok(Self {
            standing: Standing::Nothing,
            there: None,
            new: Some(Unnamed::make(folder(path))?),
        })
    }

    fn stream(standing: Standing, file: File) -> Self {
        Self {
            standing,
            there: Some(file),
            new: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_output_has_a_way_for_all_that_may_stand_there() {
        let log = |resume| FileKind::Log { resume };
        let outputs = [log(false), log(true), FileKind::RunFile];
        let ways = |standing| outputs.map(|output| way(output, standing));
        let append = WriteMode::Append;
        assert_eq!(
            ways(Standing::Nothing),
            [append, append, WriteMode::Replace]
        );
        assert_eq!(
            ways(Standing::OwnFile),
            [append, append, WriteMode::Replace]
        );
        assert_eq!(ways(Standing::File), [append, append, WriteMode::InPlace]);
        for (standing, way) in [
            (Standing::Stream, WriteMode::Stream),
            (Standing::Output, WriteMode::Output),
        ] {
            let [log, resumed, file] = ways(standing);
            assert_eq!([log, file], [WriteMode::Stream, way]);
            assert!(matches!(resumed, WriteMode::Refuse(_)));
        }
    }
}
