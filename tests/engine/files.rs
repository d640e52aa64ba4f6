//! Files for the tests: temporary directories, programs in them, and unnamed files.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A temporary directory by its real path.
pub(super) struct Folder {
    path: PathBuf,
    _kept: TempDir,
}

impl Folder {
    pub(super) fn new() -> Self {
        let kept = TempDir::with_prefix("prun-engine-").expect("a temporary folder can be made");
        let path = fs::canonicalize(kept.path()).expect("a fresh folder has a real path");
        Self { path, _kept: kept }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Writes a program, and returns its absolute path.
    ///
    /// Another process writes it: a child that another test forks meanwhile would hold a file of ours
    /// open for writing until its exec, and until then the program would be busy.
    pub(super) fn script(&self, name: impl AsRef<Path>, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path.join(name);
        let line = "mkdir -p \"${0%/*}\" && cat >\"$0\" && chmod 755 \"$0\"";
        let mut shell = Command::new("/bin/sh")
            .args(["-c", line])
            .arg(&path)
            .stdin(Stdio::piped())
            .spawn()
            .expect("there is a shell");
        let mut stdin = shell.stdin.take().expect("it is a pipe");
        stdin.write_all(text.as_ref()).expect("cat reads it all");
        drop(stdin);
        assert!(shell.wait().expect("it can be waited for").success());
        path
    }
}

/// An open unnamed file that contains `text`, positioned at its start.
pub(super) fn file_of(text: &str) -> File {
    let mut file = tempfile::tempfile().expect("a temporary file can be made");
    let filled = file.write_all(text.as_bytes());
    filled.expect("there is room for a few bytes");
    file.seek(SeekFrom::Start(0)).expect("a file has a start");
    file
}

/// The contents of a file, whoever wrote it; its position is at the end then.
pub(super) fn text_of(mut file: &File) -> String {
    let mut text = String::new();
    file.seek(SeekFrom::Start(0)).expect("a file has a start");
    file.read_to_string(&mut text)
        .expect("the tests write text");
    text
}

/// Bytes that reveal a lost, duplicated or moved piece.
pub(super) fn bytes(len: usize) -> Vec<u8> {
    (0..len).map(|n| (n * 31 + n / 251) as u8).collect()
}
