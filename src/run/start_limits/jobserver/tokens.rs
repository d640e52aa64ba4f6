//! The tokens of a jobserver: a byte for each, in a pipe that all who take part have open.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::fd::RawFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use super::auth::JobserverAuth;

/// What a token is where we make one: the same byte as make's.
pub(super) const TOKEN: u8 = b'+';

/// The two ends of the pipe, opened by us: whether a read or a write of ours waits concerns nobody else.
#[derive(Debug)]
pub(crate) struct Tokens {
    read: File,
    write: File,
}

/// A jobserver that cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TokensError {
    #[error("make keeps it from this process")]
    Kept,
    #[error("descriptor {0} is not open")]
    Closed(RawFd),
    #[error("{} is no pipe", .0.display())]
    NoPipe(PathBuf),
    #[error("descriptors {0} and {1} are not the ends of one pipe")]
    NotOne(RawFd, RawFd),
    #[error("this system cannot read its pipe without waiting: use a named pipe (fifo)")]
    Waits,
    #[error("cannot open {}: {error}", path.display())]
    Open { path: PathBuf, error: io::Error },
    #[error("`{0}` is neither R,W nor fifo:PATH")]
    Unknown(String),
}

impl Tokens {
    /// Opens the pipe of a jobserver.
    pub(crate) fn open(auth: &JobserverAuth) -> Result<Self, TokensError> {
        match auth {
            JobserverAuth::Pipe { read, write } if *read < 0 || *write < 0 => {
                Err(TokensError::Kept)
            }
            JobserverAuth::Pipe { read, write } => {
                let tokens = Self {
                    read: end(&descriptor(*read)?, OpenOptions::new().read(true))?,
                    write: end(&descriptor(*write)?, OpenOptions::new().write(true))?,
                };
                // Otherwise others have opened something in their place.
                match tokens.is_one_pipe() {
                    true => Ok(tokens),
                    false => Err(TokensError::NotOne(*read, *write)),
                }
            }
            // In this order: the other one waits for a reader.
            JobserverAuth::Fifo(path) => Ok(Self {
                read: end(path, OpenOptions::new().read(true))?,
                write: end(path, OpenOptions::new().write(true))?,
            }),
        }
    }

    fn is_one_pipe(&self) -> bool {
        let inode = |file: &File| file.metadata().map(|file| (file.dev(), file.ino())).ok();
        inode(&self.read) == inode(&self.write)
    }

    /// Takes a token, if there is one.
    pub(crate) fn take(&self) -> Option<u8> {
        let mut token = [0];
        loop {
            match (&self.read).read(&mut token) {
                Ok(1) => return Some(token[0]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(_) | Err(_) => return None,
            }
        }
    }

    /// Puts a token back.
    pub(crate) fn put(&self, token: u8) -> io::Result<()> {
        (&self.write).write_all(&[token])
    }

    /// Returns how many tokens there are.
    pub(crate) fn count(&self) -> io::Result<usize> {
        let count = rustix::io::ioctl_fionread(&self.read)?;
        Ok(usize::try_from(count).unwrap_or(usize::MAX))
    }

    /// Returns the end from which tokens are taken, to wait for one.
    pub(crate) fn reading_end(&self) -> io::Result<File> {
        self.read.try_clone()
    }
}

/// Returns the path by which an inherited descriptor is opened again. A duplicate would share with make
/// whether a read waits, which make changes.
fn descriptor(number: RawFd) -> Result<PathBuf, TokensError> {
    let path = PathBuf::from(format!("/dev/fd/{number}"));
    match path.symlink_metadata() {
        Ok(_) => Ok(path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(TokensError::Closed(number)),
        Err(error) => Err(TokensError::Open { path, error }),
    }
}

fn end(path: &Path, options: &mut OpenOptions) -> Result<File, TokensError> {
    let wrong = |error| TokensError::Open {
        path: path.to_owned(),
        error,
    };
    // Before it is opened, which may have an effect on another file.
    if !path.metadata().map_err(wrong)?.file_type().is_fifo() {
        return Err(TokensError::NoPipe(path.to_owned()));
    }
    options.custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
    let end = options.open(path).map_err(wrong)?;
    // Not everywhere is a descriptor opened anew: then it is still that of make.
    match rustix::fs::fcntl_getfl(&end).is_ok_and(|flags| flags.contains(OFlags::NONBLOCK)) {
        true => Ok(end),
        false => Err(TokensError::Waits),
    }
}

#[cfg(all(test, linux))]
mod tests {
    use super::*;
    use std::os::fd::AsRawFd;

    #[test]
    fn what_is_taken_is_put_back() {
        let (reader, writer) = io::pipe().unwrap();
        let auth = JobserverAuth::Pipe {
            read: reader.as_raw_fd(),
            write: writer.as_raw_fd(),
        };
        let tokens = Tokens::open(&auth).unwrap();
        assert_eq!(tokens.take(), None, "it does not wait for one");
        (&writer).write_all(b"ab").unwrap();
        assert_eq!(tokens.count().unwrap(), 2);
        assert_eq!(tokens.take(), Some(b'a'));
        assert_eq!(tokens.count().unwrap(), 1);
        tokens.put(b'a').unwrap();
        let mut left = [0; 2];
        (&reader).read_exact(&mut left).unwrap();
        assert_eq!(&left, b"ba");
    }

    #[test]
    fn the_inherited_ends_wait_as_before() {
        let (reader, writer) = io::pipe().unwrap();
        let (read, write) = (reader.as_raw_fd(), writer.as_raw_fd());
        let _tokens = Tokens::open(&JobserverAuth::Pipe { read, write }).unwrap();
        for end in [read, write] {
            let text = std::fs::read_to_string(format!("/proc/self/fdinfo/{end}")).unwrap();
            let flags = text.lines().find_map(|line| line.strip_prefix("flags:"));
            let flags = i32::from_str_radix(flags.unwrap().trim(), 8).unwrap();
            assert_eq!(flags & libc::O_NONBLOCK, 0);
        }
    }

    #[test]
    fn descriptors_that_are_closed_or_no_pipes_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "+").unwrap();
        let file = File::options().read(true).write(true).open(&path).unwrap();
        let number = file.as_raw_fd();
        let pair = |read, write| Tokens::open(&JobserverAuth::Pipe { read, write }).unwrap_err();
        let no_pipe = format!("/dev/fd/{number} is no pipe");
        assert_eq!(pair(number, number).to_string(), no_pipe);
        assert_eq!(pair(99_999, 4).to_string(), "descriptor 99999 is not open");
        assert!(matches!(pair(-2, -2), TokensError::Kept));
        let (one, other) = (io::pipe().unwrap(), io::pipe().unwrap());
        let two_pipes = pair(one.0.as_raw_fd(), other.1.as_raw_fd());
        assert!(matches!(two_pipes, TokensError::NotOne(..)));
        let fifo = |path: &Path| Tokens::open(&JobserverAuth::Fifo(path.into())).unwrap_err();
        assert!(fifo(&path).to_string().ends_with("file is no pipe"));
        assert!(
            fifo(Path::new("/none"))
                .to_string()
                .starts_with("cannot open /none: ")
        );
        assert_eq!(std::fs::read(&path).unwrap(), b"+");
    }
}
