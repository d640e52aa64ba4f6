//! Requirements that a machine may not meet, and the tests that are skipped then.
//!
//! A test that needs a program or a privilege that not every machine has declares it in its first line:
//!
//! ```ignore
//! if !needs("python3") {
//!     return;
//! }
//! ```
//!
//! libtest has no way for a running test to skip itself, and counts such a test as passed. So all skipped
//! tests are listed on standard error when the last test has ended. `PRUN_TEST_ALL=1` makes these tests
//! fail instead.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::panic::Location;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, Once, PoisonError};
use std::thread;

use super::sys::{Held, at_exit};

/// The privilege to mount file systems that only one run sees: prefix the program with [`MOUNTS`].
pub(crate) const MOUNT_NAMESPACE: &str = "user and mount namespaces";

/// The privilege to create a PID namespace: prefix the program with [`NUMBERS`].
pub(crate) const PID_NAMESPACE: &str = "user and pid namespaces";

/// Root that may become another user; a container or a user namespace may have no other.
pub(crate) const ROOT: &str = "root";

/// Hosts of their own on this machine, and Slurm for them: see `tests/cluster`.
pub(crate) const SLURM: &str = "root and Slurm";

/// Chromium and its driver.
pub(crate) const BROWSER: &str = "chromium and chromedriver";

/// A private mount namespace for one run.
pub(crate) const MOUNTS: [&str; 4] = ["unshare", "--user", "--map-root-user", "--mount"];

/// A private PID namespace, in which prun is process 1.
pub(crate) const NUMBERS: [&str; 6] = [
    "unshare",
    "--user",
    "--map-root-user",
    "--pid",
    "--fork",
    "--mount-proc",
];

/// Whether a requirement of a test is met: one of the constants above, or a program by name or path. If
/// not, the test is listed as skipped.
#[track_caller]
#[must_use = "a test without what it needs must return"]
pub(crate) fn needs(what: &'static str) -> bool {
    static KNOWN: Mutex<BTreeMap<&str, bool>> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let is_there = *known.entry(what).or_insert_with(|| is_there(what));
    drop(known);
    if !is_there {
        let must_be = env::var_os("PRUN_TEST_ALL").is_some_and(|all| all == "1");
        assert!(!must_be, "needs {what}, and PRUN_TEST_ALL=1 skips nothing");
        skip(&format!("needs {what}"));
    }
    is_there
}

/// A program whose execution hangs until this is dropped; if there can be none here, the test is listed
/// as skipped.
#[track_caller]
pub(crate) fn held(program: &Path) -> Option<Held> {
    let held = Held::new(program);
    if held.is_none() {
        skip("needs a file system with leases");
    }
    held
}

/// Lists this test as skipped, wholly or in part, for this reason.
#[track_caller]
pub(crate) fn skip(reason: &str) {
    static LIST: Once = Once::new();
    LIST.call_once(|| at_exit(list));
    // Threads started by a test do not have its name.
    let place = match thread::current().name() {
        Some(test) if test.contains("::") => test.to_owned(),
        _ => Location::caller().to_string(),
    };
    let mut skipped = SKIPPED.lock().unwrap_or_else(PoisonError::into_inner);
    skipped.insert(format!("{reason}: {place}"));
}

static SKIPPED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// The prefix of a line of the list.
pub(crate) const SKIPPED_LINE: &str = "skipped: ";

extern "C" fn list() {
    let skipped = SKIPPED.lock().unwrap_or_else(PoisonError::into_inner);
    let lines = skipped.iter().map(|one| format!("{SKIPPED_LINE}{one}\n"));
    let text = format!("{}\n", lines.collect::<String>());
    // Not with a macro: the harness would capture it. If the write fails, nobody reads it.
    let _ = io::stderr().write_all(text.as_bytes());
}

/// How each requirement is checked: by trying it, if being installed is not enough.
fn is_there(what: &str) -> bool {
    match what {
        MOUNT_NAMESPACE => {
            let mount = "mount -t tmpfs none /tmp && cd /tmp && touch a b && mount --bind a b";
            works(&[&MOUNTS[..], &["sh", "-c", mount]].concat())
        }
        PID_NAMESPACE => works(&[&NUMBERS[..], &["true"]].concat()),
        ROOT => works(&[
            "setpriv",
            "--reuid=12345",
            "--regid=12345",
            "--clear-groups",
            "true",
        ]),
        SLURM => {
            let programs = "slurmctld slurmd sbatch munged ip nsenter";
            let found = format!(
                "PATH=$PATH:/usr/sbin:/sbin; test $(id -u) = 0 || exit 1
                 for program in {programs}; do command -v $program || exit 1; done"
            );
            let host = [
                "unshare",
                "--net",
                "--mount",
                "--uts",
                "--pid",
                "--fork",
                "--mount-proc",
                "mount",
                "-t",
                "tmpfs",
                "none",
                "/tmp",
            ];
            works(&["sh", "-c", &found]) && works(&host)
        }
        BROWSER => ["chromium", "chromedriver"]
            .iter()
            .all(|name| path_of(name).is_some()),
        // A container may forbid tracing.
        "strace" => works(&["strace", "-o", "/dev/null", "true"]),
        // A version manager puts shims into PATH that may not work.
        "python3" => works(&["python3", "-c", ""]),
        program => path_of(program).is_some(),
    }
}

fn works(words: &[&str]) -> bool {
    let tried = Command::new(words[0]).args(&words[1..]).output();
    tried.is_ok_and(|tried| tried.status.success())
}

/// The path of a program, if there is one of this name.
pub(crate) fn path_of(name: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into());
    let mut files = env::split_paths(&path).map(|folder| folder.join(name));
    files.find(|file| {
        let about = file.metadata();
        about.is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
    })
}
