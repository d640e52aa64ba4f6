//! Process groups: their living members, and signalling them.

#[cfg(linux)]
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::io;
use std::sync::OnceLock;

use super::signal::Signal;
use super::sys;

/// Whether the kernel can signal a group through its leader's pidfd (Linux 6.9), which reaches the
/// group after the leader was reaped, and never another group.
pub(crate) fn can_signal_by_pidfd() -> bool {
    static CAN: OnceLock<bool> = OnceLock::new();
    *CAN.get_or_init(|| {
        // Signal 0 to our own group: nothing is sent, but the flag is checked. If we do not lead our
        // group the error is ESRCH; only EINVAL means that the flag is unknown.
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

/// Returns a living member of each of `groups` that has one, in one pass over all processes.
#[cfg(linux)]
pub(crate) fn living_members(groups: &BTreeSet<u32>) -> io::Result<BTreeMap<u32, u32>> {
    let mut living = BTreeMap::new();
    for (pid, stat) in Stat::all()? {
        if stat.is_alive() && groups.contains(&stat.group) {
            living.insert(stat.group, pid);
            if living.len() == groups.len() {
                break;
            }
        }
    }
    Ok(living)
}

/// Sends `signal` to the process group with this number. For callers without a child in it, who cannot
/// know that the number is still that group's. `ESRCH` means that the group is empty.
pub(crate) fn signal_group(group: u32, signal: Signal) -> io::Result<()> {
    match libc::pid_t::try_from(group) {
        // -0 would be our own group, and -1 all processes.
        Ok(number) if number > 1 => sys::kill(-number, signal.as_raw()),
        _ => Err(io::ErrorKind::InvalidInput.into()),
    }
}

/// Returns those of `groups` that have a living member. Zombies do not count.
#[cfg(linux)]
pub(crate) fn living_groups(groups: &BTreeSet<u32>) -> BTreeSet<u32> {
    if groups.is_empty() {
        return BTreeSet::new();
    }
    // Without /proc living members cannot be determined.
    living_members(groups).map_or_else(|_| groups.clone(), |living| living.into_keys().collect())
}

/// Other systems have no /proc to read, so living members cannot be determined.
#[cfg(not(linux))]
pub(crate) fn living_groups(groups: &BTreeSet<u32>) -> BTreeSet<u32> {
    groups.clone()
}

/// Returns the processes that have the same parent as we (or were reparented together with us), are not
/// older, and lead a process group in our session.
#[cfg(linux)]
pub(crate) fn younger_siblings() -> Vec<u32> {
    let (Some(own), Ok(all)) = (Stat::of(std::process::id()), Stat::all()) else {
        return Vec::new();
    };
    let siblings = all.filter(|(pid, stat)| {
        let leads = stat.group == *pid && stat.session == own.session;
        leads && stat.parent == own.parent && stat.started >= own.started
    });
    siblings.map(|(pid, _)| pid).collect()
}

/// On other systems they cannot be determined.
#[cfg(not(linux))]
pub(crate) fn younger_siblings() -> Vec<u32> {
    Vec::new()
}

/// Whether a process is stopped, also while it is traced by a debugger.
#[cfg(linux)]
pub(crate) fn is_stopped(pid: u32) -> bool {
    Stat::of(pid).is_some_and(|stat| matches!(stat.state, 'T' | 't'))
}

/// Whether nobody could continue our process group if it stopped: no ancestor outside of it is in
/// our session, as in a container or after setsid(1).
#[cfg(linux)]
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

/// On other systems a shell is assumed.
#[cfg(not(linux))]
pub(crate) fn is_orphaned() -> bool {
    false
}

/// The fields of /proc/PID/stat about a process's group, session and parent.
#[cfg(linux)]
pub(crate) struct Stat {
    state: char,
    parent: u32,
    pub(crate) group: u32,
    session: u32,
    /// In clock ticks since boot.
    started: u64,
}

#[cfg(linux)]
impl Stat {
    pub(crate) fn of(pid: u32) -> Option<Self> {
        Self::parse(&std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }

    /// Reads those of all processes, with their process ids, if /proc is mounted.
    fn all() -> io::Result<impl Iterator<Item = (u32, Self)>> {
        let entries = std::fs::read_dir("/proc")?.flatten();
        let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        Ok(numbers.filter_map(|pid| Some((pid, Self::of(pid)?))))
    }

    /// `PID (NAME) STATE PARENT GROUP SESSION …`, where the name may contain any character. The start
    /// time is the 22nd field.
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
            started: fields.nth(15)?.parse().ok()?,
        })
    }

    pub(crate) fn is_alive(&self) -> bool {
        !matches!(self.state, 'Z' | 'X')
    }
}

#[cfg(all(test, linux))]
mod tests {
    use super::Stat;

    #[test]
    fn a_process_is_read_right_whatever_its_name_is() {
        let between = "0 -1 4194560 11 0 0 0 1 2 0 0 20 0 1 0";
        let stat = Stat::parse(&format!("7 (a) R 2) S 1 42 43 {between} 9876 55 1")).unwrap();
        assert!(stat.is_alive());
        assert_eq!((stat.group, stat.parent, stat.session), (42, 1, 43));
        assert_eq!(stat.started, 9876);
    }

    #[test]
    fn a_zombie_is_not_alive() {
        let zombie = format!("7 (sh) Z 1 42 7 {}", "0 ".repeat(40));
        assert!(!Stat::parse(&zombie).unwrap().is_alive());
    }
}
