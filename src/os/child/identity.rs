//! User and group ids of a new process.
//!
//! Only for a process that was forked. The C library's calls for this affect all threads of a program,
//! and the kernel protects memory whose owner changes: it may no longer be traced or dumped, which would
//! then apply to our memory as well.

use libc::{c_int, gid_t, uid_t};
use nix::errno::Errno;

use super::step::{Failed, Step};

/// The ids that the process changes to, in this order.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) groups: Option<Vec<gid_t>>,
    pub(crate) gid: Option<gid_t>,
    pub(crate) uid: Option<uid_t>,
}

impl Identity {
    pub(crate) fn take_on(&self) -> Result<(), Failed> {
        if let Some(groups) = &self.groups {
            set_groups(groups).map_err(Step::Groups.failed())?;
        }
        if let Some(gid) = self.gid {
            // SAFETY: the call takes an integer.
            check(unsafe { libc::setgid(gid) }).map_err(Step::Gid.failed())?;
        }
        if let Some(uid) = self.uid {
            // Another user must not have root's groups. A caller that may not drop them is not root.
            if self.groups.is_none()
                && let Err(error) = set_groups(&[])
                && error != Errno::EPERM
            {
                return Err(Step::Groups.failed()(error));
            }
            // SAFETY: the call takes an integer.
            check(unsafe { libc::setuid(uid) }).map_err(Step::Uid.failed())?;
        }
        Ok(())
    }
}

fn set_groups(groups: &[gid_t]) -> nix::Result<()> {
    // SAFETY: the length is that of the slice, which is only read.
    check(unsafe { libc::setgroups(groups.len() as _, groups.as_ptr()) })
}

fn check(result: c_int) -> nix::Result<()> {
    Errno::result(result).map(drop)
}
