//! Who a new process is to the system.
//!
//! Only for one that was forked. The C library's calls for this reach all threads of a program, and the
//! system puts memory under guard whose owner changes: it lets nobody trace it or dump its core any more,
//! which would then be true of us as well.

use libc::{c_int, gid_t, uid_t};
use nix::errno::Errno;

use super::step::{Failed, Step};

/// The numbers that it takes on, in this order.
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
            // SAFETY: the call takes a number.
            done(unsafe { libc::setgid(gid) }).map_err(Step::Gid.failed())?;
        }
        if let Some(uid) = self.uid {
            // Another user must not have root's groups. Whoever may not give them up is not root.
            if self.groups.is_none()
                && let Err(error) = set_groups(&[])
                && error != Errno::EPERM
            {
                return Err(Step::Groups.failed()(error));
            }
            // SAFETY: the call takes a number.
            done(unsafe { libc::setuid(uid) }).map_err(Step::Uid.failed())?;
        }
        Ok(())
    }
}

fn set_groups(groups: &[gid_t]) -> nix::Result<()> {
    // SAFETY: there are so many numbers, and they are only read.
    done(unsafe { libc::setgroups(groups.len() as _, groups.as_ptr()) })
}

fn done(result: c_int) -> nix::Result<()> {
    Errno::result(result).map(drop)
}
