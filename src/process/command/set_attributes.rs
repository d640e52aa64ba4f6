//! The methods of [`Command`] that set attributes of the new process.

use std::os::fd::{OwnedFd, RawFd};
use std::sync::Arc;

use super::attributes::Group;
use super::command::Command;

impl Command {
    /// Sets the process group of the new process; Python's `process_group=`, and std's
    /// [`process_group`](std::os::unix::process::CommandExt::process_group).
    pub fn process_group(&mut self, group: Group) -> &mut Self {
        self.changes.group = group;
        self
    }

    /// Sets whether the process leads a new session, without a controlling terminal, and so a new
    /// process group; Python's `start_new_session=`.
    pub fn new_session(&mut self, yes: bool) -> &mut Self {
        self.changes.new_session = yes;
        self
    }

    /// Passes the descriptor `fd` to the process as descriptor `number`, in addition to the three
    /// standard streams; Python's `pass_fds=`, where the number is always the same as here.
    ///
    /// The command keeps the descriptor open for as long as it lives. With a number from 0 to 2, a
    /// negative number or the same number twice, the spawn fails ([`SpawnErrorKind::InvalidFd`]).
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

    /// Sets whether the process inherits only its standard streams and those of
    /// [`pass_fd`](Self::pass_fd). The default is `true`; Python's `close_fds=`. With `false` it also
    /// inherits all descriptors of the parent that are not marked close-on-exec, as with std and tokio.
    ///
    /// Descriptors opened by std, tokio and this crate are marked close-on-exec. The others are those
    /// that this program inherited itself, and those opened by libraries in other languages.
    ///
    /// If the system cannot mark them all in one call (before Linux 5.11, and on other systems), the
    /// process marks them one by one; on systems other than Linux up to the open file limit, and after
    /// a fork, so `false` is faster there.
    pub fn close_fds(&mut self, yes: bool) -> &mut Self {
        self.changes.close_fds = yes;
        self
    }

    /// Sets the user id of the process; Python's `user=`, and std's
    /// [`uid`](std::os::unix::process::CommandExt::uid).
    ///
    /// As with std, if root starts a process with another user id and no [`groups`](Self::groups), the
    /// process drops root's supplementary groups; Python keeps them. The group id is unchanged unless
    /// [`gid`](Self::gid) sets it. The working directory is entered before the change, with the
    /// permissions of the parent, and the program is executed after it, with those of the user.
    ///
    /// Without the permission to do so, the spawn fails ([`SpawnErrorKind::Setup`]). With `uid`, `gid`
    /// or `groups` the process is forked, which takes longer the more memory this program has: ids
    /// cannot be changed while memory is shared.
    ///
    /// [`SpawnErrorKind::Setup`]: crate::process::SpawnErrorKind::Setup
    pub fn uid(&mut self, user: u32) -> &mut Self {
        self.changes.uid = Some(user);
        self
    }

    /// Sets the group id of the process; Python's `group=`, and std's
    /// [`gid`](std::os::unix::process::CommandExt::gid).
    pub fn gid(&mut self, group: u32) -> &mut Self {
        self.changes.gid = Some(group);
        self
    }

    /// Sets the supplementary groups of the process, replacing all others; Python's `extra_groups=`.
    ///
    /// ```no_run
    /// # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// // Only root may do this.
    /// let mut id = prun::process::Command::exec("id");
    /// id.arg("-G").uid(1000).gid(1001).groups([1002, 1003]);
    /// assert_eq!(id.output().await?.stdout, b"1001 1002 1003\n");
    /// # Ok(()) }
    /// ```
    pub fn groups(&mut self, groups: impl IntoIterator<Item = u32>) -> &mut Self {
        self.changes.groups = Some(groups.into_iter().collect());
        self
    }

    /// Sets the umask of the process, for example `0o077`; Python's `umask=`.
    pub fn umask(&mut self, mask: u32) -> &mut Self {
        self.changes.umask = Some(mask);
        self
    }

    /// Sets whether `SIGPIPE` has its default action in the process. The default is `true`, as with std;
    /// Python's `restore_signals=`. Rust programs ignore `SIGPIPE`; with `false` the process inherits
    /// this: writing to a pipe without a reader fails with an error instead of ending the process. Other
    /// signals that this program ignores are ignored by the process in either case.
    pub fn restore_signals(&mut self, yes: bool) -> &mut Self {
        self.changes.restore_signals = yes;
        self
    }
}
