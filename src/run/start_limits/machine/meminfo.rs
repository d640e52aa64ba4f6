//! The memory of the machine, from the text of `/proc/meminfo`. Pure.

use crate::run::policy::Memory;

/// Returns the memory of the machine: what programs can get without swapping, as the kernel estimates it.
pub(super) fn memory(meminfo: &str) -> Option<Memory> {
    let bytes = |name: &str| {
        let line = meminfo.lines().find_map(|line| line.strip_prefix(name))?;
        let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kibibytes.saturating_mul(1024))
    };
    Some(Memory {
        available: bytes("MemAvailable:")?,
        total: bytes("MemTotal:")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernel_estimates_what_is_available() {
        let text = "MemTotal:       24684092 kB\nMemFree:        10963600 kB\nMemAvailable:   23701864 kB\n";
        let expected = Memory {
            available: 23_701_864 * 1024,
            total: 24_684_092 * 1024,
        };
        assert_eq!(memory(text), Some(expected));
    }

    #[test]
    fn without_an_estimate_there_is_no_answer() {
        let text = "MemTotal:       24684092 kB\nMemFree:        10963600 kB\n";
        assert_eq!(memory(text), None);
        assert_eq!(memory("MemTotal: many kB\nMemAvailable: 1 kB\n"), None);
    }
}
