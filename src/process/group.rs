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
    numbers.any(|pid| Stat::of(pid).is_some_and(|stat| stat.group == group && stat.is_alive()))
}

/// Elsewhere there is no /proc to look at: whoever is left, zombie or not, counts until the grace
/// is over.
#[cfg(not(target_os = "linux"))]
pub(super) fn has_living_member(_group: u32) -> bool {
    true
}

/// Whether a process is stopped, also where a debugger looks on.
#[cfg(target_os = "linux")]
pub(super) fn is_stopped(pid: u32) -> bool {
    Stat::of(pid).is_some_and(|stat| matches!(stat.state, 'T' | 't'))
}

/// Whether nobody could continue our process group if it stopped: no ancestor outside of it is in
/// our session, as in a container or after setsid(1).
#[cfg(all(target_os = "linux", feature = "cli"))]
pub(crate) fn is_orphaned() -> bool {
    let Some(own) = Stat::of(std::process::id()) else {
        return false;
    };
    let mut parent = own.parent;
    while let Some(stat) = Stat::of(parent) {
        if stat.group != own.group {
            return stat.session != own.session;
        }
        parent = stat.parent;
    }
    true
}

/// Elsewhere the shell is trusted to be there.
#[cfg(all(not(target_os = "linux"), feature = "cli"))]
pub(crate) fn is_orphaned() -> bool {
    false
}

/// What a line of /proc/PID/stat says of a process's place.
#[cfg(target_os = "linux")]
struct Stat {
    state: char,
    #[cfg_attr(not(feature = "cli"), expect(dead_code))]
    parent: u32,
    group: u32,
    #[cfg_attr(not(feature = "cli"), expect(dead_code))]
    session: u32,
}

#[cfg(target_os = "linux")]
impl Stat {
    fn of(pid: u32) -> Option<Self> {
        Self::parse(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }

    /// `PID (NAME) STATE PARENT GROUP SESSION …`, where the name may hold anything.
    fn parse(stat: &str) -> Option<Self> {
        let (_, after_name) = stat.rsplit_once(')')?;
        let mut fields = after_name.split_ascii_whitespace();
        let state = fields.next()?.chars().next()?;
        let mut number = || fields.next()?.parse().ok();
        Some(Self {
            state,
            parent: number()?,
            group: number()?,
            session: number()?,
        })
    }

    fn is_alive(&self) -> bool {
        !matches!(self.state, 'Z' | 'X')
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::Stat;

    #[test]
    fn a_process_is_read_right_whatever_its_name_is() {
        let stat = Stat::parse("7 (a) R 2) S 1 42 43 0").unwrap();
        assert!(stat.is_alive());
        assert_eq!((stat.group, stat.parent, stat.session), (42, 1, 43));
    }

    #[test]
    fn a_zombie_is_not_alive() {
        assert!(!Stat::parse("7 (sh) Z 1 42 7 0").unwrap().is_alive());
    }
}
