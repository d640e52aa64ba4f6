//! How a command is told what the new process changes in itself.

use std::os::fd::{OwnedFd, RawFd};
use std::sync::Arc;

use super::attributes::Group;
use super::command::Command;

impl Command {
    /// The process group of the new process; Python's `process_group=`, and
    /// [`process_group`](std::os::unix::process::CommandExt::process_group) of std.
    pub fn process_group(&mut self, group: Group) -> &mut Self {
        self.changes.group = group;
        self
    }

    /// Whether the process leads a session of its own, without a terminal, and with it a process
    /// group of its own; Python's `start_new_session=`.
    pub fn new_session(&mut self, yes: bool) -> &mut Self {
        self.changes.new_session = yes;
        self
    }

    /// Gives the process the descriptor `fd` under the number `number`, besides the three standard
    /// streams; Python's `pass_fds=`, where the number is always the one that it has here.
    ///
    /// The command holds it open for as long as it lives. 0 to 2, negative numbers and a number that is
    /// given twice are an error of the start ([`SpawnErrorKind::InvalidFd`]).
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use std::io::Read;
    ///
    /// let (mut reader, writer) = std::io::pipe()?;
    /// let mut command = prun::process::Command::shell("echo by the way >&5");
    /// command.pass_fd(writer, 5).status().await?;
    /// drop(command);
    /// let mut text = String::new();
    /// reader.read_to_string(&mut text)?;
    /// assert_eq!(text, "by the way\n");
    /// # Ok(()) }
    /// ```
    ///
    /// [`SpawnErrorKind::InvalidFd`]: crate::process::SpawnErrorKind::InvalidFd
    pub fn pass_fd(&mut self, fd: impl Into<OwnedFd>, number: RawFd) -> &mut Self {
        self.changes.pass_fds.push((Arc::new(fd.into()), number));
        self
    }

    /// Whether the process gets no descriptor but its standard streams and those of
    /// [`pass_fd`](Self::pass_fd), as by default; Python's `close_fds=`. With `false` it gets all of ours
    /// as well that are not marked close-on-exec, as std's and tokio's commands do.
    ///
    /// What std, tokio and this crate open is marked. The others are those that this program was
    /// started with, and what libraries in other languages opened.
    ///
    /// Where the system cannot mark them all in one call (before Linux 5.11, and elsewhere), the process
    /// does it one by one; on other systems than Linux up to the limit of open files, and after a fork,
    /// so that `false` is faster there.
    pub fn close_fds(&mut self, yes: bool) -> &mut Self {
        self.changes.close_fds = yes;
        self
    }

    /// The process runs as the user of this number; Python's `user=`, and
    /// [`uid`](std::os::unix::process::CommandExt::uid) of std.
    ///
    /// As with std, a process of root's that is given another user and no [`groups`](Self::groups) gives
    /// root's supplementary groups up; Python leaves it those. Its group stays, unless
    /// [`gid`](Self::gid) names another one. The directory is changed before, by the rights that we have,
    /// and the program is executed after, by those of the user.
    ///
    /// Without the right to do so the start is an error ([`SpawnErrorKind::Setup`]). The process begins by a
    /// fork, here and with `gid` and `groups`, which takes the longer the more memory this program has: it
    /// could not change so and share that memory.
    ///
    /// [`SpawnErrorKind::Setup`]: crate::process::SpawnErrorKind::Setup
    pub fn uid(&mut self, user: u32) -> &mut Self {
        self.changes.uid = Some(user);
        self
    }

    /// The process has the group of this number; Python's `group=`, and
    /// [`gid`](std::os::unix::process::CommandExt::gid) of std.
    pub fn gid(&mut self, group: u32) -> &mut Self {
        self.changes.gid = Some(group);
        self
    }

    /// The process has these supplementary groups, and no others; Python's `extra_groups=`.
    ///
    /// ```no_run
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// // Root alone may do this.
    /// let mut id = prun::process::Command::exec("id");
    /// id.arg("-G").uid(1000).gid(1001).groups([1002, 1003]);
    /// assert_eq!(id.output().await?.stdout, b"1001 1002 1003\n");
    /// # Ok(()) }
    /// ```
    pub fn groups(&mut self, groups: impl IntoIterator<Item = u32>) -> &mut Self {
        self.changes.groups = Some(groups.into_iter().collect());
        self
    }

    /// Which permissions files lack that the process makes, for example `0o077`; Python's `umask=`.
    pub fn umask(&mut self, mask: u32) -> &mut Self {
        self.changes.umask = Some(mask);
        self
    }

    /// Whether `SIGPIPE` has its default action in the process, as by default and with std; Python's
    /// `restore_signals=`. Rust programs ignore it, and with `false` the process begins as this one: it
    /// is told of a pipe that nobody reads by an error, and not ended. Of other signals that this program
    /// ignores the process begins ignoring them in either case.
    pub fn restore_signals(&mut self, yes: bool) -> &mut Self {
        self.changes.restore_signals = yes;
        self
    }
}
