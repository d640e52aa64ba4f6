//! [`ClusterLimits`]: how many tasks a cluster takes.

/// The limits of a cluster, as `scontrol show config` tells them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClusterLimits {
    /// The indices of an array are below this.
    pub(crate) array_size: u32,
    /// The most jobs at the same time, where each task of an array is one.
    pub(crate) jobs: u32,
    /// The version of Slurm, if it is known.
    pub(crate) version: Option<String>,
}

impl Default for ClusterLimits {
    /// What holds if nobody has changed it.
    fn default() -> Self {
        Self {
            array_size: 1001,
            jobs: 10_000,
            version: None,
        }
    }
}

impl ClusterLimits {
    /// Reads the answer of `scontrol show config`. What it does not tell is as by default.
    pub(crate) fn parse(answer: &[u8]) -> Self {
        let text = String::from_utf8_lossy(answer);
        let mut limits = Self::default();
        for line in text.lines() {
            let Some((name, value)) = line.split_once('=') else {
                continue;
            };
            let value = value.trim();
            let number = || value.parse().ok().filter(|number| *number > 0);
            match name.trim() {
                "MaxArraySize" => limits.array_size = number().unwrap_or(limits.array_size),
                "MaxJobCount" => limits.jobs = number().unwrap_or(limits.jobs),
                "SLURM_VERSION" => limits.version = Some(value.to_owned()),
                _ => {}
            }
        }
        limits
    }

    /// Returns the most chunks into which a run is divided: all have an index in one array, and half of the
    /// jobs of the cluster are left to others.
    pub(crate) fn most_chunks(&self) -> u32 {
        self.array_size.min(self.jobs / 2).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limits_are_read_from_the_configuration() {
        let answer = b"Configuration data as of 2026-11-28T02:21:49\n\
            AccountingStorageEnforce = none\n\
            MaxArraySize            = 11\n\
            MaxJobCount             = 12\n\
            SLURM_CONF              = /etc/slurm.conf\n\
            SLURM_VERSION           = 22.05.8\n";
        let limits = ClusterLimits::parse(answer);
        assert_eq!((limits.array_size, limits.jobs), (11, 12));
        assert_eq!(limits.version.as_deref(), Some("22.05.8"));
        assert_eq!(limits.most_chunks(), 6);
    }

    #[test]
    fn what_is_not_told_is_as_by_default() {
        for answer in [&b""[..], b"MaxArraySize = many\nMaxJobCount = 0\n", b"\xff"] {
            assert_eq!(ClusterLimits::parse(answer), ClusterLimits::default());
        }
        assert_eq!(ClusterLimits::default().most_chunks(), 1001);
    }
}
