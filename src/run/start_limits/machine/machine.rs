//! Reads how loaded the machine is, from the files in which the system tells it.

use std::fs;
use std::path::{Path, PathBuf};

use super::cgroup::{self, CgroupFolder};
use super::{load, meminfo};
use crate::os::load_average;
use crate::run::policy::Memory;

/// The machine, or what we see of it in a container.
#[derive(Debug)]
pub(crate) struct Machine {
    /// `/`, but in tests.
    root: PathBuf,
    /// Our control group and those above it.
    cgroups: Vec<CgroupFolder>,
}

impl Machine {
    /// Finds the control groups that we are in, below the root of the system.
    pub(crate) fn at(root: &Path) -> Self {
        let text = |name: &str| fs::read_to_string(root.join(name)).unwrap_or_default();
        let cgroups = cgroup::folders(&text("proc/self/cgroup"), &text("proc/self/mountinfo"));
        Self {
            root: root.to_owned(),
            cgroups,
        }
    }

    /// Returns how many threads run now, or where the system does not tell, how many did in the last
    /// minute on average.
    pub(crate) fn load(&self) -> Option<f64> {
        let loadavg = fs::read_to_string(self.root.join("proc/loadavg")).ok();
        let threads = loadavg.as_deref().and_then(load::running_threads);
        threads.map(f64::from).or_else(load_average)
    }

    /// Returns the memory of the machine, or of the control group that leaves us less; `None` where the
    /// system does not tell.
    pub(crate) fn memory(&self) -> Option<Memory> {
        let whole = fs::read_to_string(self.root.join("proc/meminfo")).ok()?;
        let whole = meminfo::memory(&whole)?;
        let groups = self.cgroups.iter().filter_map(|group| self.group(group));
        Some(groups.fold(whole, Memory::lower))
    }

    /// Returns what a control group leaves us, if it has a limit. The root group has no such files.
    fn group(&self, group: &CgroupFolder) -> Option<Memory> {
        let below = group.path.strip_prefix("/").unwrap_or(&group.path);
        let folder = self.root.join(below);
        let text = |name: &&str| fs::read_to_string(folder.join(name)).ok();
        let files = group.version.files();
        let limits: Vec<String> = files.limits.iter().filter_map(text).collect();
        let usage = text(&files.usage)?;
        let statistics = text(&files.statistics).unwrap_or_default();
        cgroup::memory(group.version, &limits, &usage, &statistics)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A system of these files.
    fn system(files: &[(&str, &str)]) -> (tempfile::TempDir, Machine) {
        let root = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let machine = Machine::at(root.path());
        (root, machine)
    }

    const MEMINFO: &str = "MemTotal: 1000 kB\nMemAvailable: 900 kB\n";
    const MOUNT: &str = "30 23 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";

    #[test]
    fn the_group_that_leaves_least_counts_also_if_it_is_one_above_ours() {
        let (_root, machine) = system(&[
            ("proc/meminfo", MEMINFO),
            ("proc/self/cgroup", "0::/a/b\n"),
            ("proc/self/mountinfo", MOUNT),
            ("sys/fs/cgroup/a/b/memory.max", "500000\n"),
            ("sys/fs/cgroup/a/b/memory.current", "100000\n"),
            ("sys/fs/cgroup/a/memory.max", "400000\n"),
            ("sys/fs/cgroup/a/memory.current", "350000\n"),
            ("sys/fs/cgroup/a/memory.stat", "inactive_file 10000\n"),
        ]);
        let expected = Memory {
            available: 60_000,
            total: 400_000,
        };
        assert_eq!(machine.memory(), Some(expected));
    }

    #[test]
    fn without_a_limit_the_memory_is_that_of_the_machine() {
        let (root, machine) = system(&[
            ("proc/meminfo", MEMINFO),
            ("proc/self/cgroup", "0::/a\n"),
            ("proc/self/mountinfo", MOUNT),
            ("sys/fs/cgroup/a/memory.max", "max\n"),
            ("sys/fs/cgroup/a/memory.current", "100000\n"),
        ]);
        let expected = Memory {
            available: 900 * 1024,
            total: 1000 * 1024,
        };
        assert_eq!(machine.memory(), Some(expected));
        fs::write(root.path().join("sys/fs/cgroup/a/memory.max"), "150000\n").unwrap();
        let available = machine.memory().map(|memory| memory.available);
        assert_eq!(available, Some(50_000), "the limit was set later");
    }

    #[test]
    fn the_load_is_that_of_now() {
        let (root, machine) = system(&[("proc/loadavg", "9.00 9.00 9.00 3/80 7\n")]);
        assert_eq!(machine.load(), Some(2.0));
        fs::write(root.path().join("proc/loadavg"), "9.00 9.00 9.00 8/80 7\n").unwrap();
        assert_eq!(machine.load(), Some(7.0));
    }

    #[test]
    fn without_the_files_of_linux_there_is_the_average_and_no_memory() {
        let (_root, machine) = system(&[]);
        assert_eq!(machine.memory(), None);
        assert!(machine.load().is_some_and(|load| load >= 0.0));
    }

    #[test]
    #[cfg(linux)]
    fn this_machine_tells_both() {
        let machine = Machine::at(Path::new("/"));
        let memory = machine.memory().unwrap();
        assert!(0 < memory.available && memory.available <= memory.total);
        assert!(machine.load().is_some());
    }
}
