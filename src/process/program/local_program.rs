//! Programs that can be executed without waiting for a server that may be down.
//!
//! Handing a start to another thread takes longer than the start itself. So the calling thread starts
//! programs that are on a local disk: those in the system directories, and those that were found to be
//! local when another thread started them first.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use super::path_lookup::{changes_path, has_slash};
use crate::process::command::Command;

/// File systems that need no other machine.
const LOCAL_FILE_SYSTEMS: [&str; 20] = [
    "bcachefs", "btrfs", "erofs", "exfat", "ext2", "ext3", "ext4", "f2fs", "iso9660", "jfs",
    "ntfs3", "overlay", "ramfs", "reiserfs", "rootfs", "squashfs", "tmpfs", "vfat", "xfs", "zfs",
];

/// The system directories.
const SYSTEM_DIRECTORIES: [&str; 3] = ["/bin", "/sbin", "/usr"];

/// How many programs are remembered.
const MAX_REMEMBERED: usize = 4096;

static LOCAL_PROGRAMS: LazyLock<LocalPrograms> = LazyLock::new(|| {
    // Read once. Reading it accesses none of the file systems that it lists.
    let mut text = Vec::with_capacity(64 * 1024);
    let mounts = File::open("/proc/self/mountinfo").and_then(|mut all| all.read_to_end(&mut text));
    // If it cannot be read, nothing is known to be local.
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
    /// Whether all directories of our `PATH` are local.
    is_path_local: bool,
    /// Programs and directories that were found to be local, as given to commands.
    found: Mutex<HashSet<OsString>>,
}

/// Whether the program of `command` is local. Makes system calls only the first time.
pub(crate) fn is_on_local_disk(command: &Command) -> bool {
    // A fork takes long, and so may hooks of the caller.
    if command.changes.need_fork() {
        return false;
    }
    let program = command.program.as_os_str();
    if let Some(dir) = &command.cwd {
        // A name relative to the command's directory is another program than the same name here.
        let is_relative = has_slash(program) && !Path::new(program).is_absolute();
        if is_relative || !LOCAL_PROGRAMS.found().contains(dir.as_os_str()) {
            return false;
        }
    }
    if !has_slash(program) {
        return LOCAL_PROGRAMS.is_path_local && !changes_path(command);
    }
    let path = Path::new(program);
    let is_system = SYSTEM_DIRECTORIES.iter().any(|dir| path.starts_with(dir));
    (is_system && is_local(&LOCAL_PROGRAMS.mounts, path))
        || LOCAL_PROGRAMS.found().contains(program)
}

/// Remembers the program of `command`, which was executed, and its directory, each if it is on a local
/// disk. Accesses the file system, and so may wait as long as a start.
pub(crate) fn remember(command: &Command) {
    let dir = command.cwd.as_deref();
    let program = Path::new(&command.program);
    let names_file = program.is_absolute() || (dir.is_none() && has_slash(&command.program));
    let program = names_file.then_some(program);
    let dir = dir.filter(|dir| dir.is_absolute());
    for path in program.into_iter().chain(dir) {
        if LOCAL_PROGRAMS.found().len() < MAX_REMEMBERED
            && let Ok(real) = path.canonicalize()
            && is_local(&LOCAL_PROGRAMS.mounts, &real)
        {
            LOCAL_PROGRAMS.found().insert(path.into());
        }
    }
}

impl LocalPrograms {
    /// Ignores poison: a panic while the lock is held cannot leave a set half changed.
    fn found(&self) -> MutexGuard<'_, HashSet<OsString>> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Mount {
    at: Vec<u8>,
    is_local: bool,
}

/// Parses `/proc/self/mountinfo`: the fifth field is the mount point, and after ` - ` comes the type of
/// the file system.
fn mount_points(mountinfo: &[u8]) -> Vec<Mount> {
    let mount = |line: &[u8]| {
        let mut fields = line.split(|byte| *byte == b' ');
        let at = fields.nth(4)?;
        let kind = fields.skip_while(|field| *field != b"-").nth(1)?;
        Some(Mount {
            at: unescaped(at),
            is_local: LOCAL_FILE_SYSTEMS
                .iter()
                .any(|local| local.as_bytes() == kind),
        })
    };
    mountinfo
        .split(|byte| *byte == b'\n')
        .filter_map(mount)
        .collect()
}

/// Space, tab, newline and backslash are escaped as a backslash and three octal digits.
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

/// Whether `path`, as written, is on a local file system: of the mounts above it the deepest counts, and
/// of several at the same mount point the last.
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
    fn without_known_mounts_nothing_is_local() {
        assert!(!is_local(&mount_points(b""), Path::new("/bin/true")));
        assert!(mount_points(b"nonsense\n\n- -\n").is_empty());
    }
}
