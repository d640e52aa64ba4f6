//! Process groups: who is left in one, and how to reach them.

use std::sync::OnceLock;

use super::sys;

/// Whether the kernel signals a group through its leader's pidfd (Linux 6.9), which reaches the
/// group after the leader was reaped, and never a stranger.
pub(super) fn can_signal_by_pidfd() -> bool {
    static CAN: OnceLock<bool> = OnceLock::new();
    *CAN.get_or_init(|| {
        // Signal 0 to our own group: nothing is sent, but the flag is checked. Where we do not
        // lead our group the answer is ESRCH, and only EINVAL says that the flag is unknown.
        let ours = sys::pidfd_open(std::process::id() as libc::pid_t);
        ours.is_ok_and(|pidfd| {
            use std::os::fd::AsFd;
            match sys::pidfd_send_signal(pidfd.as_fd(), 0, true) {
                Ok(()) => true,
                Err(error) => error.raw_os_error() == Some(libc::ESRCH),
            }
        })
    })
}

/// Whether a member of the process group `group` is alive. Zombies are not: where process 1 is
/// slow to reap them, or never does, waiting for them would never end.
#[cfg(target_os = "linux")]
pub(super) fn has_living_member(group: u32) -> bool {
    // Without /proc nothing can be told apart, and the grace ends the wait.
    let Ok(processes) = std::fs::read_dir("/proc") else {
        return true;
    };
    let mut numbers = processes
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    numbers.any(|pid| {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"));
        stat.is_ok_and(|stat| is_living_member(&stat, group))
    })
}

/// Elsewhere there is no /proc to look at: whoever is left, zombie or not, counts until the grace
/// is over.
#[cfg(not(target_os = "linux"))]
pub(super) fn has_living_member(_group: u32) -> bool {
    true
}

/// Reads state and group of a line of /proc/PID/stat: `PID (NAME) STATE PARENT GROUP …`, where
/// the name may hold anything.
#[cfg(target_os = "linux")]
fn is_living_member(stat: &str, group: u32) -> bool {
    let Some((_, after_name)) = stat.rsplit_once(')') else {
        return false;
    };
    let mut fields = after_name.split_ascii_whitespace();
    let state = fields.next();
    let of_group = fields
        .nth(1)
        .is_some_and(|field| field.parse() == Ok(group));
    of_group && !matches!(state, Some("Z" | "X"))
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::is_living_member;

    #[test]
    fn a_member_is_told_by_its_group_and_state_whatever_its_name_is() {
        assert!(is_living_member("7 (a) R 2) S 1 42 7 0", 42));
        assert!(!is_living_member("7 (sh) S 1 43 7 0", 42));
    }

    #[test]
    fn a_zombie_is_not_alive() {
        assert!(!is_living_member("7 (sh) Z 1 42 7 0", 42));
    }
}
