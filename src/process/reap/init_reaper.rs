//! Process 1 of a container is the parent of all who lost theirs there, and has to reap them.
//!
//! A stranger is told from a child of ours by its number: ours are [claimed](crate::process::reap::claims) for as
//! long as anybody may still ask for their status, which only their own handle collects.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};

use super::claims::is_ours;
use crate::os::sys;
use crate::os::sys::Child;

/// How long a stranger may have to wait for a child of ours that ended before it: the system shows
/// one ended child at a time.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Reaps strangers for ever, if there can be any. To be called in the first thread of the program,
/// to which the system gives them. A child whose start is not over yet, so that nobody has a claim on
/// it, belongs to the thread that starts it, and is not seen here.
pub(crate) async fn reap_strangers() {
    if std::process::id() != 1 {
        return;
    }
    // Without the signal there is no telling when to look; it fails where nothing else works either.
    let Ok(mut ends) = signal(SignalKind::child()) else {
        return;
    };
    loop {
        while let Some(pid) = any_zombie() {
            if is_ours(pid) {
                tokio::time::sleep(LOOK_AGAIN).await;
            } else {
                // Nobody but us can take it away in between.
                let _ = sys::try_wait(Child::Pid(pid));
            }
        }
        if ends.recv().await.is_none() {
            return;
        }
    }
}

/// A child of this thread that has ended, whether or not we started it, and that nobody has reaped.
#[cfg(linux)]
fn any_zombie() -> Option<libc::pid_t> {
    use nix::sys::wait::{Id, WaitPidFlag, waitid};
    let flags = WaitPidFlag::WEXITED
        | WaitPidFlag::WNOHANG
        | WaitPidFlag::WNOWAIT
        | WaitPidFlag::__WNOTHREAD;
    Some(waitid(Id::All, flags).ok()?.pid()?.as_raw())
}

/// Elsewhere a program is not process 1.
#[cfg(not(linux))]
fn any_zombie() -> Option<libc::pid_t> {
    None
}
