//! The limits of memory of our control group and of those above it: which folders have them, and what
//! their files say. Pure.

use std::path::{Path, PathBuf};

use crate::run::policy::Memory;

/// The two interfaces of control groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CgroupVersion {
    One,
    Two,
}

/// The names of the files of a group.
pub(super) struct FileNames {
    /// Those with a limit; the lowest counts.
    pub(super) limits: &'static [&'static str],
    pub(super) usage: &'static str,
    pub(super) statistics: &'static str,
    /// The line of the statistics with the pages of files that are dropped first when memory is short.
    inactive: &'static str,
}

impl CgroupVersion {
    pub(super) fn files(self) -> FileNames {
        match self {
            Self::One => FileNames {
                limits: &["memory.limit_in_bytes"],
                usage: "memory.usage_in_bytes",
                statistics: "memory.stat",
                inactive: "total_inactive_file",
            },
            // Above `high` the kernel slows a group down until it has given memory back.
            Self::Two => FileNames {
                limits: &["memory.max", "memory.high"],
                usage: "memory.current",
                statistics: "memory.stat",
                inactive: "inactive_file",
            },
        }
    }
}

/// The folder of a control group, below the root of the system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CgroupFolder {
    pub(super) path: PathBuf,
    pub(super) version: CgroupVersion,
}

/// Returns the folders of our control group and of those above it, as far as we see them, from the texts
/// of `/proc/self/cgroup` and `/proc/self/mountinfo`.
pub(super) fn folders(cgroup: &str, mountinfo: &str) -> Vec<CgroupFolder> {
    let own = cgroup.lines().filter_map(own_path);
    let folders = own.flat_map(|(version, own)| {
        let mount = mountinfo.lines().find_map(|line| mount(line, version));
        let folders = mount.map(|mount| mount.folders(Path::new(own)));
        let folders = folders.into_iter().flatten();
        folders.map(move |path| CgroupFolder { path, version })
    });
    folders.collect()
}

/// Returns the path of our group from a line like `4:memory:/a/b` or `0::/a/b`.
fn own_path(line: &str) -> Option<(CgroupVersion, &str)> {
    let mut fields = line.splitn(3, ':');
    let (number, controllers, path) = (fields.next()?, fields.next()?, fields.next()?);
    let has_memory = controllers.split(',').any(|name| name == "memory");
    match (number, controllers) {
        ("0", "") => Some((CgroupVersion::Two, path)),
        _ if has_memory => Some((CgroupVersion::One, path)),
        _ => None,
    }
}

/// Where the groups are visible, and which of them is there.
struct CgroupMount<'a> {
    root: &'a Path,
    point: &'a Path,
}

/// Reads a line like `36 31 0:30 /root /sys/fs/cgroup/memory rw shared:9 - cgroup cgroup rw,memory`.
fn mount(line: &str, version: CgroupVersion) -> Option<CgroupMount<'_>> {
    let (place, system) = line.split_once(" - ")?;
    let mut place = place.split(' ').skip(3);
    let (root, point) = (place.next()?, place.next()?);
    let mut system = system.split(' ');
    let (kind, options) = (system.next()?, system.nth(1)?);
    let is_it = match version {
        CgroupVersion::One => kind == "cgroup" && options.split(',').any(|word| word == "memory"),
        CgroupVersion::Two => kind == "cgroup2",
    };
    is_it.then(|| CgroupMount {
        root: Path::new(root),
        point: Path::new(point),
    })
}

impl CgroupMount<'_> {
    /// Returns the folder of the group `own`, and those above it.
    fn folders(&self, own: &Path) -> Vec<PathBuf> {
        // In a namespace the path may lead out of it: then the mounted group is the nearest that we see.
        let is_plain = |path: &&Path| !path.components().any(|part| part.as_os_str() == "..");
        let below = own.strip_prefix(self.root).ok().filter(is_plain);
        let below = below.unwrap_or(Path::new(""));
        below
            .ancestors()
            .map(|part| self.point.join(part))
            .collect()
    }
}

/// Returns what a group leaves us, from the texts of its files; `None` if it has no limit. The kernel
/// drops pages of files that nobody has used for long before a group is out of memory.
pub(super) fn memory(
    version: CgroupVersion,
    limits: &[String],
    usage: &str,
    statistics: &str,
) -> Option<Memory> {
    let limits = limits.iter().filter_map(|text| text.trim().parse().ok());
    let limit: u64 = limits.min()?;
    let usage: u64 = usage.trim().parse().ok()?;
    let inactive = version.files().inactive;
    let inactive = statistics.lines().find_map(|line| {
        let (name, bytes) = line.split_once(' ')?;
        (name == inactive).then(|| bytes.trim().parse().ok())?
    });
    let used = usage.saturating_sub(inactive.unwrap_or(0));
    Some(Memory {
        available: limit.saturating_sub(used),
        total: limit,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(cgroup: &str, mountinfo: &str) -> Vec<String> {
        let folders = folders(cgroup, mountinfo);
        let path =
            |folder: &CgroupFolder| folder.path.to_str().unwrap().trim_end_matches('/').into();
        folders.iter().map(path).collect()
    }

    #[test]
    fn our_group_and_those_above_it_are_found() {
        let cgroup = "0::/user.slice/build.scope\n";
        let mountinfo = "24 30 0:22 / /proc rw - proc proc rw\n\
            30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";
        assert_eq!(
            paths(cgroup, mountinfo),
            [
                "/sys/fs/cgroup/user.slice/build.scope",
                "/sys/fs/cgroup/user.slice",
                "/sys/fs/cgroup"
            ]
        );
        assert!(
            folders(cgroup, mountinfo)
                .iter()
                .all(|folder| folder.version == CgroupVersion::Two)
        );
    }

    #[test]
    fn the_older_interface_has_a_tree_for_memory() {
        let cgroup = "9:name=systemd:/\n4:memory:/a/b\n1:cpu:/c\n0::/\n";
        let mountinfo = "32 31 0:29 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu\n\
            35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n";
        assert_eq!(
            paths(cgroup, mountinfo),
            [
                "/sys/fs/cgroup/memory/a/b",
                "/sys/fs/cgroup/memory/a",
                "/sys/fs/cgroup/memory"
            ]
        );
    }

    #[test]
    fn a_container_sees_its_own_group_as_the_root() {
        let mountinfo = "35 31 0:32 /docker/1 /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n";
        assert_eq!(
            paths("4:memory:/docker/1/x\n", mountinfo),
            ["/sys/fs/cgroup/memory/x", "/sys/fs/cgroup/memory"]
        );
        let out_of_it = ["4:memory:/elsewhere\n", "4:memory:/docker/1/../2\n"];
        for cgroup in out_of_it {
            assert_eq!(paths(cgroup, mountinfo), ["/sys/fs/cgroup/memory"]);
        }
        assert!(paths("4:memory:/a\n", "no mount\n").is_empty());
    }

    #[test]
    fn unused_pages_of_files_are_available() {
        let statistics = "anon 100\ninactive_file 300\nactive_file 50\n";
        let limits = ["1000\n".to_owned(), "max\n".to_owned()];
        assert_eq!(
            memory(CgroupVersion::Two, &limits, "700\n", statistics),
            Some(Memory {
                available: 600,
                total: 1000
            })
        );
        let statistics = "inactive_file 1\ntotal_inactive_file 300\n";
        assert_eq!(
            memory(CgroupVersion::One, &limits, "1700\n", statistics),
            Some(Memory {
                available: 0,
                total: 1000
            })
        );
    }

    #[test]
    fn the_lower_limit_counts_and_there_may_be_none() {
        let limits = ["1000\n".to_owned(), "800\n".to_owned()];
        let memory = |limits: &[String]| memory(CgroupVersion::Two, limits, "0\n", "");
        assert_eq!(memory(&limits).map(|memory| memory.total), Some(800));
        assert_eq!(memory(&["max\n".to_owned()]), None);
        assert_eq!(memory(&[]), None);
    }
}
