//! The shells that the tests compare.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::needs::{needs, path_of};

/// A shell: how the tests name it, and the program.
#[derive(Clone, Copy)]
pub(crate) struct Shell {
    pub(crate) name: &'static str,
    program: &'static str,
}

pub(crate) const DASH: Shell = Shell::called("dash");
pub(crate) const BASH: Shell = Shell::called("bash");
pub(crate) const KSH: Shell = Shell::called("ksh");
pub(crate) const ZSH: Shell = Shell::called("zsh");
pub(crate) const BUSYBOX: Shell = Shell {
    name: "ash",
    program: "busybox",
};

/// All of them.
pub(crate) const ALL: [Shell; 5] = [DASH, BASH, KSH, ZSH, BUSYBOX];

impl Shell {
    const fn called(name: &'static str) -> Self {
        let program = name;
        Self { name, program }
    }

    /// Whether it is installed; if not, the test is listed as skipped.
    #[track_caller]
    pub(crate) fn is_there(self) -> bool {
        needs(self.program)
    }

    /// Returns its path. busybox is a shell by the name of a link, put into `folder`.
    pub(crate) fn path(self, folder: &Path) -> PathBuf {
        let path = path_of(self.program).expect("the shell is installed");
        if self.name == self.program {
            return path;
        }
        let link = folder.join(self.name);
        if !link.exists() {
            symlink(path, &link).expect("the folder can hold a link");
        }
        link
    }
}

/// How long a fuzzer runs, if `PRUN_FUZZ_SECONDS` says so.
pub(crate) fn fuzz_time() -> Option<Duration> {
    let seconds = std::env::var("PRUN_FUZZ_SECONDS").ok()?;
    let seconds = seconds.parse().expect("PRUN_FUZZ_SECONDS is a number");
    Some(Duration::from_secs(seconds))
}
