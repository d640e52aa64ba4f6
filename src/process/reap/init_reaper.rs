//! Reaping orphans as process 1 of a container, which is their new parent.
//!
//! An orphan is told from a child of ours by its process id: ours are
//! [claimed](crate::process::reap::claims) for as long as their status may still be collected, which only
//! their own handle does.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use super::claims::is_ours;
use crate::os::sys;
use crate::os::sys::Child;

/// How long an orphan may have to wait for a child of ours that ended before it: `waitid` shows one
/// ended child at a time.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Reaps orphans for ever, if there can be any. Must be called in the first thread of the program, which
/// inherits them. A child whose start has not completed, so that it has no claim yet, belongs to the
/// thread that starts it, and is not seen here.
pub(crate) async fn reap_orphans() {
    if std::process::id() != 1 {
        return;
    }
    // Without SIGCHLD there is no telling when to poll; where it fails, nothing else works either.
    let Ok(mut ends) = signal(SignalKind::child()) else {
        return;
    };
    loop {
        while let Some(pid) = any_zombie() {
            if is_ours(pid) {
                tokio::time::sleep(POLL_INTERVAL).await;
            } else {
                // No other thread can reap it in between.
                let _ = sys::try_wait(Child::Pid(pid));
            }
        }
        if ends.recv().await.is_none() {
            return;
        }
    }
}

/// A child of this thread that has ended and was not reaped, whether or not we started it.
#[cfg(linux)]
fn any_zombie() -> Option<libc::pid_t> {
    use nix::sys::wait::{Id, WaitPidFlag, waitid};
    let flags = WaitPidFlag::WEXITED
        | WaitPidFlag::WNOHANG
        | WaitPidFlag::WNOWAIT
        | WaitPidFlag::__WNOTHREAD;
    Some(waitid(Id::All, flags).ok()?.pid()?.as_raw())
}

/// On other systems the program is not process 1.
#[cfg(not(linux))]
fn any_zombie() -> Option<libc::pid_t> {
    None
}
