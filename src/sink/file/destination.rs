//! The destination of a file: what exists at its path decides how it is written.
//!
//! | at the path | `--joblog` | the same with `--resume` | `--junit`, `--report`, `--trace` |
//! |---|---|---|---|
//! | nothing | created, appended to | created, appended to | created |
//! | a plain file of ours | appended to | read, appended to | replaced by a new file |
//! | any other file | appended to | read, appended to | overwritten in place |
//! | a stream | written as it comes | refused | written as it comes |
//! | standard output | written as it comes | refused | after other output |
//!
//! Symbolic links are followed by the kernel, which may refuse to.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::Path;

use super::unnamed::Unnamed;
use crate::os::folder;
use crate::sink::console::Console;

/// The kind of file to write.
#[derive(Clone, Copy, Debug)]
pub(crate) enum FileKind {
    /// The job log.
    Log { resume: bool },
    /// A report about one run.
    RunFile,
}

/// What exists at a path.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Standing {
    Nothing,
    /// A regular file with one name and the owner of a new file, in a folder where a new one can be created.
    OwnFile,
    /// Any other file: behind a link, with several names, or of another owner.
    File,
    /// A FIFO or a device: written data cannot be read back.
    Stream,
    /// Standard output, by any name.
    Output,
}

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum WriteMode {
    /// After the existing content.
    Append,
    /// As data comes.
    Stream,
    /// After other output.
    Output,
    /// Into a new file, which replaces the old one when it is complete.
    Replace,
    /// Into the existing file, replacing its content.
    InPlace,
    Refuse(&'static str),
}

/// Returns how a file is written, given what exists at its path.
pub(crate) fn way(output: FileKind, standing: Standing) -> WriteMode {
    match (standing, output) {
        (Standing::Stream | Standing::Output, FileKind::Log { resume: true }) => {
            WriteMode::Refuse("not a regular file, which --resume needs")
        }
        (Standing::Output, FileKind::RunFile) => WriteMode::Output,
        (Standing::Stream | Standing::Output, _) => WriteMode::Stream,
        (_, FileKind::Log { .. }) => WriteMode::Append,
        (Standing::Nothing | Standing::OwnFile, FileKind::RunFile) => WriteMode::Replace,
        (Standing::File, FileKind::RunFile) => WriteMode::InPlace,
    }
}

/// Returns what exists at the path of a log.
pub(crate) fn standing(path: &Path) -> io::Result<Standing> {
    match fs::metadata(path) {
        Ok(meta) if meta.is_file() || meta.is_dir() => Ok(Standing::File),
        Ok(_) => Ok(Standing::Stream),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Standing::Nothing),
        Err(error) => Err(error),
    }
}

/// The destination of a report, open and unchanged.
pub(crate) struct OpenTarget {
    pub(crate) standing: Standing,
    /// The existing file.
    pub(crate) there: Option<File>,
    /// The file that may replace it.
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
        // As a shell does, with O_CREAT: the kernel then refuses files of others in a shared sticky folder
        // (fs.protected_regular). A FIFO waits for its reader. Nothing is changed yet.
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
            // After other output, not over it.
            return Ok(Self::stream(Standing::Output, out));
        }
        if !is.is_file() {
            return Ok(Self::stream(Standing::Stream, there));
        }
        let is_plain = meta.is_file() && is.nlink() == 1;
        let new = is_plain
            .then(|| Unnamed::create(folder(path)).ok())
            .flatten();
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
            return Err(io::Error::other("not a file name"));
        }
        Ok(Self {
            standing: Standing::Nothing,
            there: None,
            new: Some(Unnamed::create(folder(path))?),
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
    fn each_kind_of_file_has_a_mode_for_each_destination() {
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
