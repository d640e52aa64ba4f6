//! Why a process could not be started: which of program, interpreter, directory or argument.

use std::ffi::OsString;
use std::io;
use std::os::fd::RawFd;
use std::path::PathBuf;

/// A process that could not be started; nothing of it is left.
#[derive(Debug, thiserror::Error)]
#[error("{kind}")]
#[non_exhaustive]
pub struct SpawnError {
    /// What was at fault.
    pub kind: SpawnErrorKind,
    /// The program as it was named.
    pub program: OsString,
    /// What the system said, if it was asked.
    pub source: Option<io::Error>,
}

/// Which part of a command was at fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SpawnErrorKind {
    /// No file of this name, or none in `PATH`.
    #[error("no such program: {}", .0.display())]
    ProgramNotFound(OsString),
    /// The file is there, but may not be executed.
    #[error("not executable: {} ({why})", path.display())]
    NotExecutable {
        /// The file.
        path: PathBuf,
        /// What forbids it.
        why: &'static str,
    },
    /// A symbolic link whose end is not there.
    #[error("{}: a symbolic link to a file that does not exist", .0.display())]
    BrokenLink(PathBuf),
    /// A script whose `#!` line names what cannot run it.
    #[error("{}: bad interpreter: {why}: {}", script.display(), interpreter.display())]
    BadInterpreter {
        /// The script.
        script: PathBuf,
        /// What its first line names.
        interpreter: PathBuf,
        /// What is wrong with that.
        why: &'static str,
    },
    /// A script with the line endings of another system, which the name of its interpreter ends in.
    #[error("{}: its #! line ends with CRLF: convert the file to LF line endings", .0.display())]
    CrlfShebang(PathBuf),
    /// A binary whose dynamic loader is missing: made for another system or libc.
    #[error(
        "{}: its program loader is not installed: {} (made for another system?)",
        program.display(), loader.display()
    )]
    MissingLoader {
        /// The binary.
        program: PathBuf,
        /// What it names as its loader.
        loader: PathBuf,
    },
    /// A binary that is none for this system: of another processor, or damaged.
    #[error("{}: a binary that this system cannot execute", .0.display())]
    ForeignBinary(PathBuf),
    /// An executable text file without a `#!` line, which only a shell can run.
    #[error("{}: neither a binary nor a script with #!", .0.display())]
    NoShebang(PathBuf),
    /// The directory to start in is missing, no directory, or closed to us.
    #[error("cannot start in {}: {why}", path.display())]
    BadCwd {
        /// The directory.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// One argument is longer than the system takes.
    #[error("argument {index} is too long for the system: {len} bytes")]
    ArgTooLong {
        /// Which, from 1; 0 is the program.
        index: usize,
        /// Its length in bytes.
        len: usize,
    },
    /// All arguments and variables together are longer than the system takes.
    #[error("the arguments and the environment together are too long for the system")]
    ArgvTooLong,
    /// An argument holds a NUL byte, which no system can pass on.
    #[error("argument {index} holds a NUL byte")]
    NulInArg {
        /// Which, from 1; 0 is the program.
        index: usize,
    },
    /// One variable of the environment, with its name, is longer than the system takes.
    #[error("the environment variable {} is too long for the system: {len} bytes", name.display())]
    EnvTooLong {
        /// Which.
        name: OsString,
        /// The length of name and value in bytes.
        len: usize,
    },
    /// A variable's name is empty or holds `=` or NUL, or its value holds NUL.
    #[error("the environment variable {} cannot be passed on", .0.display())]
    BadEnv(OsString),
    /// The program's name is empty.
    #[error("the program's name is empty")]
    EmptyProgram,
    /// A stream was given a kind that it cannot have.
    #[error(transparent)]
    InvalidStdio(InvalidStdio),
    /// [`Command::pass_fd`](super::Command::pass_fd) was given a number that it cannot take.
    #[error(transparent)]
    InvalidFd(InvalidFd),
    /// [`Group::Join`](super::Group::Join) with a number that no process group has.
    #[error("no process group has the number {0}")]
    InvalidGroup(u32),
    /// The process was to begin by a fork (for [`Command::pre_exec`](super::Command::pre_exec) or another user, and on other systems
    /// than Linux for more), and this program ignores `SIGCHLD`: then the system keeps no exit status, and a fork that
    /// fails cannot be told from one that does not.
    #[error("a process cannot begin by a fork while SIGCHLD is ignored")]
    SigchldIgnored,
    /// Something that the process was to have or to be, such as a pipe, `/dev/null` or another user,
    /// could not be; the source has the reason. The program was not looked for.
    #[error("cannot set up {what}: {why}")]
    Setup {
        /// What it was for.
        what: String,
        /// What the system said.
        why: String,
    },
    /// Called outside a tokio runtime.
    #[error("no tokio runtime: call spawn within one")]
    NoRuntime,
    /// Called in a tokio runtime that was built without this driver. tokio says so by a panic, which is
    /// caught (and ends a program that was compiled with `panic = "abort"`).
    #[error("the tokio runtime has no driver for {0}")]
    NoDriver(Driver),
    /// The system is out of processes, memory or descriptors; it may work later.
    #[error("out of {0}")]
    Resource(Shortage),
    /// Somebody has the program open for writing.
    #[error("{}: the file is open for writing", .0.display())]
    TextFileBusy(OsString),
    /// Anything else; the source has it.
    #[error("could not start {}: {why}", program.display())]
    Os {
        /// The program as it was named.
        program: OsString,
        /// What the system said.
        why: String,
    },
}

/// What the system is out of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Shortage {
    /// Processes, of this user or of the cgroup (`EAGAIN`).
    #[error("processes (ulimit -u, pids.max)")]
    Processes,
    /// Threads that start processes: so many starts hang, as the programs' files do not answer.
    #[error("threads (32 starts hang)")]
    Threads,
    /// Memory (`ENOMEM`).
    #[error("memory")]
    Memory,
    /// Descriptors of this process (`EMFILE`).
    #[error("file descriptors (ulimit -n)")]
    FileDescriptors,
    /// Descriptors of all processes together (`ENFILE`).
    #[error("file descriptors of the whole system")]
    SystemFileDescriptors,
}

/// A kind of stream that a standard stream cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidStdio {
    /// [`Stdio::ToStdout`](super::Stdio::ToStdout) for another stream than standard error.
    #[error("ToStdout is for standard error alone")]
    ToStdout,
    /// [`Stdio::Capture`](super::Stdio::Capture) or
    /// [`Stdio::Terminal`](super::Stdio::Terminal) for standard input.
    #[error("standard input cannot be captured")]
    CapturedInput,
}

/// A number that a descriptor cannot be [passed](super::Command::pass_fd) under.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidFd {
    /// No descriptor has one below 0.
    #[error("descriptor {0}: a number below 0")]
    Negative(RawFd),
    /// 0 to 2 are the standard streams, which have options of their own.
    #[error("descriptor {0}: a standard stream")]
    Standard(RawFd),
    /// Another descriptor is passed under it.
    #[error("descriptor {0}: passed twice")]
    Twice(RawFd),
}

/// A driver of a tokio runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Driver {
    /// Watches pipes and the ends of processes.
    #[error("I/O (build it with enable_io)")]
    Io,
    /// Bounds waits, and tries again later.
    #[error("time (build it with enable_time)")]
    Time,
}

impl SpawnError {
    /// The system's error number, if the system was asked.
    #[must_use]
    pub fn raw_os_error(&self) -> Option<i32> {
        self.source.as_ref()?.raw_os_error()
    }
}
