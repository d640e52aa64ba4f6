//! Why a process could not be started: its program, interpreter, directory, an argument, …

use std::ffi::OsString;
use std::io;
use std::os::fd::RawFd;
use std::path::PathBuf;

/// Why a process could not be started. No process is left behind.
#[derive(Debug, thiserror::Error)]
#[error("{kind}")]
#[non_exhaustive]
pub struct SpawnError {
    /// What was at fault.
    pub kind: SpawnErrorKind,
    /// The program, as it was given to the command.
    pub program: OsString,
    /// The error of the system call, if one failed.
    pub source: Option<io::Error>,
}

/// The part of a command that was at fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SpawnErrorKind {
    /// No such file, or no file of this name in `PATH`.
    #[error("no such program: {}", .0.display())]
    ProgramNotFound(OsString),
    /// The file exists but cannot be executed.
    #[error("not executable: {} ({why})", path.display())]
    NotExecutable {
        /// The file.
        path: PathBuf,
        /// The reason.
        why: &'static str,
    },
    /// A symbolic link whose target does not exist.
    #[error("{}: broken symbolic link", .0.display())]
    BrokenLink(PathBuf),
    /// A script whose `#!` line names an interpreter that cannot run it.
    #[error("{}: bad interpreter: {why}: {}", script.display(), interpreter.display())]
    BadInterpreter {
        /// The script.
        script: PathBuf,
        /// The interpreter named by its first line.
        interpreter: PathBuf,
        /// What is wrong with the interpreter.
        why: &'static str,
    },
    /// A script with CRLF line endings, so that the name of its interpreter ends with a carriage return.
    #[error("{}: its #! line ends with CRLF: convert the file to LF line endings", .0.display())]
    CrlfShebang(PathBuf),
    /// A binary whose dynamic loader is missing: built for another system or libc.
    #[error(
        "{}: dynamic loader not found: {} (built for another system?)",
        program.display(), loader.display()
    )]
    MissingLoader {
        /// The binary.
        program: PathBuf,
        /// The loader that it names.
        loader: PathBuf,
    },
    /// A binary that this system cannot execute: built for another architecture, or damaged.
    #[error("{}: cannot execute binary file (wrong architecture, or damaged)", .0.display())]
    ForeignBinary(PathBuf),
    /// An executable text file without a `#!` line, which only a shell can run.
    #[error("{}: neither a binary nor a script with #!", .0.display())]
    NoShebang(PathBuf),
    /// The working directory does not exist, is not a directory, or may not be entered.
    #[error("cannot start in {}: {why}", path.display())]
    BadCwd {
        /// The directory.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// An argument is longer than the system allows.
    #[error("argument {index} is too long for the system: {len} bytes")]
    ArgTooLong {
        /// The index of the argument, from 1; 0 is the program.
        index: usize,
        /// Its length in bytes.
        len: usize,
    },
    /// The arguments and the environment together are longer than the system allows.
    #[error("the arguments and the environment together are too long for the system")]
    ArgvTooLong,
    /// An argument contains a NUL byte.
    #[error("argument {index} contains a NUL byte")]
    NulInArg {
        /// The index of the argument, from 1; 0 is the program.
        index: usize,
    },
    /// An environment variable, including its name, is longer than the system allows.
    #[error("the environment variable {} is too long for the system: {len} bytes", name.display())]
    EnvTooLong {
        /// The name of the variable.
        name: OsString,
        /// The length of name and value, in bytes.
        len: usize,
    },
    /// A variable's name is empty or contains `=` or NUL, or its value contains NUL.
    #[error("invalid environment variable: {}", .0.display())]
    BadEnv(OsString),
    /// The program's name is empty.
    #[error("the program name is empty")]
    EmptyProgram,
    /// The [`Stdio`](super::Stdio) is not valid for the stream.
    #[error(transparent)]
    InvalidStdio(InvalidStdio),
    /// The number given to [`Command::pass_fd`](super::Command::pass_fd) is invalid.
    #[error(transparent)]
    InvalidFd(InvalidFd),
    /// The number given to [`Group::Join`](super::Group::Join) cannot be a process group.
    #[error("invalid process group: {0}")]
    InvalidGroup(u32),
    /// The process would have to be forked (for [`Command::pre_exec`](super::Command::pre_exec) or another
    /// user; on systems other than Linux in more cases) while this program ignores `SIGCHLD`. The system
    /// keeps no exit statuses then, and a failed start could not be told from a successful one.
    #[error("cannot fork a process while SIGCHLD is ignored")]
    SigchldIgnored,
    /// A resource or attribute of the process, such as a pipe, `/dev/null` or another user id, could not
    /// be set up; `source` has the reason. The program was not looked up.
    #[error("cannot set up {what}: {why}")]
    Setup {
        /// What could not be set up.
        what: String,
        /// The reason, from the system.
        why: String,
    },
    /// `spawn` was called outside a tokio runtime.
    #[error("no tokio runtime: call spawn from within one")]
    NoRuntime,
    /// `spawn` was called in a tokio runtime without this driver. tokio reports this with a panic, which is
    /// caught (and aborts a program compiled with `panic = "abort"`).
    #[error("the tokio runtime has no driver for {0}")]
    NoDriver(Driver),
    /// The system is out of processes, memory or file descriptors. A later attempt may succeed.
    #[error("out of {0}")]
    Resource(Shortage),
    /// The program file is open for writing.
    #[error("{}: the file is open for writing", .0.display())]
    TextFileBusy(OsString),
    /// Any other error; `source` has it.
    #[error("could not start {}: {why}", program.display())]
    Os {
        /// The program, as it was given to the command.
        program: OsString,
        /// The reason, from the system.
        why: String,
    },
}

/// The resource that the system is out of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Shortage {
    /// Processes, of this user or of the cgroup (`EAGAIN`).
    #[error("processes (ulimit -u, pids.max)")]
    Processes,
    /// Spawning threads: 32 spawns hang, as the file systems of their programs do not respond.
    #[error("threads (32 spawns are hanging)")]
    Threads,
    /// Memory (`ENOMEM`).
    #[error("memory")]
    Memory,
    /// File descriptors of this process (`EMFILE`).
    #[error("file descriptors (ulimit -n)")]
    FileDescriptors,
    /// File descriptors of all processes together (`ENFILE`).
    #[error("file descriptors (system-wide)")]
    SystemFileDescriptors,
}

/// A [`Stdio`](super::Stdio) that is not valid for a standard stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidStdio {
    /// [`Stdio::ToStdout`](super::Stdio::ToStdout) for a stream other than standard error.
    #[error("ToStdout is valid only for standard error")]
    ToStdout,
    /// [`Stdio::Capture`](super::Stdio::Capture) or
    /// [`Stdio::Terminal`](super::Stdio::Terminal) for standard input.
    #[error("standard input cannot be captured")]
    CapturedInput,
}

/// A descriptor number that cannot be [passed](super::Command::pass_fd).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidFd {
    /// The number is negative.
    #[error("descriptor {0}: negative number")]
    Negative(RawFd),
    /// 0, 1 and 2 are the standard streams, which have options of their own.
    #[error("descriptor {0}: a standard stream")]
    Standard(RawFd),
    /// Another descriptor is passed under the same number.
    #[error("descriptor {0}: passed twice")]
    Twice(RawFd),
}

/// A driver of a tokio runtime.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Driver {
    /// The I/O driver: watches pipes and the ends of processes.
    #[error("I/O (build it with enable_io)")]
    Io,
    /// The time driver: timeouts and retries.
    #[error("time (build it with enable_time)")]
    Time,
}

impl SpawnError {
    /// Returns the OS error number, if a system call failed.
    #[must_use]
    pub fn raw_os_error(&self) -> Option<i32> {
        self.source.as_ref()?.raw_os_error()
    }
}
