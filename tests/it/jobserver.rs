//! GNU make's jobserver: one that prun is (`--jobserver`), and one that it takes part in.

mod client;
mod server;

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::stage::Stage;

/// Far more than any of these runs needs.
const TIME_LIMIT: Duration = Duration::from_secs(90);

/// A makefile with six recipes, each of which notes its beginning and its end.
const MAKEFILE: &str = "\
all: t1 t2 t3 t4 t5 t6
t%:
\t@echo begin >>log; sleep 0.1; echo end >>log
";

/// A job that does the same.
const JOB: &str = "echo begin >>log; sleep 0.1; echo end >>log";

/// Counts the tokens that a job finds, and takes them.
const COUNT: &str = "auth=${MAKEFLAGS##*--jobserver-auth=}; case $auth in \
    fifo:*) pipe=${auth#fifo:};; *) pipe=/dev/fd/${auth%%,*};; esac; \
    dd if=$pipe iflag=nonblock bs=64 count=1 2>/dev/null | wc -c";

fn stage() -> Stage {
    Stage::new().within(TIME_LIMIT)
}

/// Returns the most recipes and jobs that have run at once. All have ended.
fn most_at_once(log: &str) -> usize {
    let (mut now, mut most) = (0usize, 0);
    for line in log.lines() {
        match line {
            "begin" => now += 1,
            "end" => now -= 1,
            _ => panic!("{line}"),
        }
        most = most.max(now);
    }
    assert_eq!(now, 0, "all have ended");
    most
}

/// A jobserver of another program, in a named pipe.
struct Outer {
    path: PathBuf,
    tokens: File,
}

impl Outer {
    fn with(tokens: usize, dir: &Path) -> Self {
        let path = dir.join("tokens");
        let made = Command::new("mkfifo").arg(&path).status();
        assert!(made.is_ok_and(|status| status.success()));
        let mut options = OpenOptions::new();
        let options = options
            .read(true)
            .write(true)
            .custom_flags(libc::O_NONBLOCK);
        let mut pipe = options.open(&path).expect("the pipe of the test");
        pipe.write_all(&vec![b'x'; tokens])
            .expect("the pipe of the test");
        Self { path, tokens: pipe }
    }

    /// Returns the tokens that nobody has, and takes them.
    fn left(mut self) -> String {
        let mut left = [0; 64];
        let count = self.tokens.read(&mut left).unwrap_or(0);
        String::from_utf8_lossy(&left[..count]).into_owned()
    }

    fn flags(&self) -> String {
        format!("k -j4 --jobserver-auth=fifo:{}", self.path.display())
    }
}
