//! Which programs can be executed without waiting for a server that may be gone.
//!
//! To hand a start over to another thread takes longer than the start itself. So whoever asks starts
//! those programs that lie on a disk of this machine: what is in the directories of the system, and
//! whatever was found to be there when another thread started it first.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use super::path_lookup::{changes_path, has_slash};
use crate::process::command::Command;

/// The file systems that ask nobody but this machine.
const LOCAL: [&str; 20] = [
    "bcachefs", "btrfs", "erofs", "exfat", "ext2", "ext3", "ext4", "f2fs", "iso9660", "jfs",
    "ntfs3", "overlay", "ramfs", "reiserfs", "rootfs", "squashfs", "tmpfs", "vfat", "xfs", "zfs",
];

/// The directories of the system.
const SYSTEM: [&str; 3] = ["/bin", "/sbin", "/usr"];

/// So many programs are remembered.
const MOST: usize = 4096;

static NEARBY: LazyLock<LocalPrograms> = LazyLock::new(|| {
    // Read once: to read it asks none of the file systems that it names.
    let mut text = Vec::with_capacity(64 * 1024);
    let mounts = File::open("/proc/self/mountinfo").and_then(|mut all| all.read_to_end(&mut text));
    // Where it is not to be had, nothing is known to be nearby.
    let mounts = mounts.map_or(Vec::new(), |_| mount_points(&text));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let is_path_local = std::env::split_paths(&path).all(|dir| is_local(&mounts, &dir));
    LocalPrograms {
        mounts,
        is_path_local,
        found: Mutex::default(),
    }
});

struct LocalPrograms {
    mounts: Vec<Mount>,
    /// Whether all directories of our `PATH` are.
    is_path_local: bool,
    /// Programs and directories that were found to be, by the words that name them.
    found: Mutex<HashSet<OsString>>,
}

/// Whether the program of `command` is. Makes no system call but the first time.
pub(crate) fn is_on_local_disk(command: &Command) -> bool {
    // A fork takes its time, and so may code of the caller's.
    if command.changes.need_fork() {
        return false;
    }
    let program = command.program.as_os_str();
    if let Some(dir) = &command.cwd {
        // What is relative to a directory is another program than that of the same name here.
        let is_relative = has_slash(program) && !Path::new(program).is_absolute();
        if is_relative || !NEARBY.found().contains(dir.as_os_str()) {
            return false;
        }
    }
    if !has_slash(program) {
        return NEARBY.is_path_local && !changes_path(command);
    }
    let path = Path::new(program);
    let is_system = SYSTEM.iter().any(|dir| path.starts_with(dir));
    (is_system && is_local(&NEARBY.mounts, path)) || NEARBY.found().contains(program)
}

/// Remembers the program of `command`, which was executed, and its directory, each if it lies on a disk of
/// this machine. Asks the file system, and so waits as long as a start may.
pub(crate) fn remember(command: &Command) {
    let dir = command.cwd.as_deref();
    let program = Path::new(&command.program);
    let names_file = program.is_absolute() || (dir.is_none() && has_slash(&command.program));
    let program = names_file.then_some(program);
    let dir = dir.filter(|dir| dir.is_absolute());
    for path in program.into_iter().chain(dir) {
        if NEARBY.found().len() < MOST
            && let Ok(real) = path.canonicalize()
            && is_local(&NEARBY.mounts, &real)
        {
            NEARBY.found().insert(path.into());
        }
    }
}

impl LocalPrograms {
    /// A panic while the lock is held cannot leave a set half changed, so poison is ignored.
    fn found(&self) -> MutexGuard<'_, HashSet<OsString>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Mount {
    at: Vec<u8>,
    is_local: bool,
}

/// What `/proc/self/mountinfo` says: in its fifth field where something is mounted, and behind ` - `
/// what it is.
fn mount_points(mountinfo: &[u8]) -> Vec<Mount> {
    let mount = |line: &[u8]| {
        let mut fields = line.split(|byte| *byte == b' ');
        let at = fields.nth(4)?;
        let kind = fields.skip_while(|field| *field != b"-").nth(1)?;
        Some(Mount {
            at: unescaped(at),
            is_local: LOCAL.iter().any(|local| local.as_bytes() == kind),
        })
    };
    mountinfo
        .split(|byte| *byte == b'\n')
        .filter_map(mount)
        .collect()
}

/// A blank, a tab, a newline and a backslash are written as three octal digits behind a backslash.
fn unescaped(field: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..3).filter(|_| *first == b'\\');
        let number =
            digits.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok());
        bytes.push(number.unwrap_or(*first));
        rest = if number.is_some() { &after[3..] } else { after };
    }
    bytes
}

/// Whether `path`, as it is written, lies on a file system of this machine: of the mounts above it the
/// deepest counts, and of those at one place the last.
fn is_local(mounts: &[Mount], path: &Path) -> bool {
    let path = path.as_os_str().as_bytes();
    let is_above = |mount: &&Mount| {
        let rest = path.strip_prefix(mount.at.as_slice());
        rest.is_some_and(|rest| matches!(rest, [] | [b'/', ..]) || mount.at == b"/")
    };
    let deepest = mounts
        .iter()
        .filter(is_above)
        .max_by_key(|mount| mount.at.len());
    deepest.is_some_and(|mount| mount.is_local)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTINFO: &[u8] = b"\
        22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n\
        30 22 0:30 / /home rw - nfs4 server:/home rw\n\
        31 30 0:31 / /home/a\\040b rw master:2 - tmpfs tmpfs rw\n\
        32 22 0:32 / /over rw - xfs /dev/vdb rw\n\
        33 32 0:33 / /over rw - fuse.sshfs far:/ rw\n";

    #[test]
    fn the_deepest_mount_and_of_those_at_one_place_the_last_counts() {
        let mounts = mount_points(MOUNTINFO);
        let is_local = |path: &str| is_local(&mounts, Path::new(path));
        assert!(is_local("/bin/true") && is_local("/homes/x"));
        assert!(!is_local("/home/x") && is_local("/home/a b/x"));
        assert!(!is_local("/over/x"), "the last one lies on top");
        assert!(
            !is_local("x") && !is_local(""),
            "nobody knows where that is"
        );
    }

    #[test]
    fn where_nothing_is_known_nothing_is_nearby() {
        assert!(!is_local(&mount_points(b""), Path::new("/bin/true")));
        assert!(mount_points(b"nonsense\n\n- -\n").is_empty());
    }
}
