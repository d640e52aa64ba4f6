//! Random templates of whole commands, words, quotes, substitutions and assignments: no template that the
//! scanner accepts runs a value as code, under any shell.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::grammar::Dice;
use super::shells::{ALL, fuzz_time};

/// Values that are code somewhere; each would create the file `pwned`.
const VALUES: [&str; 7] = [
    "MARK$(touch pwned)`touch pwned`';touch pwned;'\";touch pwned;\"\ntouch pwned\n)END",
    "a[$(touch pwned)]",
    "path[$(touch pwned)1]",
    "touch pwned",
    "-v",
    "E\ntouch pwned\n;touch pwned #",
    "-c",
];

/// The folders of a fuzzer: the jobs' own, and one for what they must not touch.
struct Folders {
    work: PathBuf,
    values: PathBuf,
    log: PathBuf,
}

impl Folders {
    fn new(root: &Path) -> Self {
        let folders = Self {
            work: root.join("work"),
            values: root.join("values"),
            log: root.join("log"),
        };
        fs::write(&folders.values, VALUES.join("\0")).expect("the test can run its programs");
        folders.clear();
        folders
    }

    /// Removes what redirections have created.
    fn clear(&self) {
        let _ = fs::remove_dir_all(&self.work);
        fs::create_dir(&self.work).expect("the test can run its programs");
        // Written by a shell, so that no process of another test has it open while it is executed.
        let show = format!(
            "printf '%s\\n' '#!/bin/sh' \"printf 'SHOW<%s>\\\\n' \\\"\\$@\\\" >>'{}'\" >show && chmod +x show",
            self.log.display()
        );
        let status = Command::new("/bin/sh")
            .args(["-c", &show])
            .current_dir(&self.work)
            .status();
        assert!(status.expect("the test can run its programs").success());
    }

    fn is_pwned(&self) -> bool {
        let names = fs::read_dir(&self.work)
            .expect("the test can run its programs")
            .flatten();
        let mut names = names.map(|file| file.file_name());
        names.any(|name| name == "pwned")
    }

    /// Runs a template with all values; returns the exit code.
    fn run(&self, shell: &Path, template: &str) -> Option<i32> {
        fs::write(&self.log, "").expect("the test can run its programs");
        // A template may leave a loop in the background, which prun does not end: the system does.
        let run = Command::new("/bin/sh")
            .args(["-c", "ulimit -t 5; exec \"$@\"", "sh"])
            .arg(env!("CARGO_BIN_EXE_prun"))
            .args(["-j8", "-t2", "--grace=0", "-0", "-a"])
            .arg(&self.values)
            .arg(format!("--shell={}", shell.display()))
            .arg(template)
            .current_dir(&self.work)
            .stdin(Stdio::null())
            .output()
            .expect("the test can run its programs");
        run.status.code()
    }

    /// Whether a program got a part of a value.
    fn is_broken(&self) -> bool {
        let given = fs::read_to_string(&self.log).unwrap_or_default();
        given.matches("MARK").count() != given.matches(VALUES[0]).count()
    }
}

#[test]
fn accepted_templates_run_no_value_as_code() {
    let tools = tempfile::tempdir().expect("the test can run its programs");
    let mut shells: Vec<_> = ALL.into_iter().filter(|shell| shell.is_there()).collect();
    if shells.is_empty() {
        return;
    }
    let folder = tempfile::tempdir().expect("the test can run its programs");
    let folders = Folders::new(folder.path());
    let seed = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .expect("the test can run its programs");
    let mut dice = Dice(seed.as_nanos() as u64 | 1);
    let started = Instant::now();
    let most = if fuzz_time().is_some() {
        usize::MAX
    } else {
        40
    };
    let time = fuzz_time().unwrap_or(Duration::from_secs(10));
    let (mut tried, mut accepted) = (0, 0);
    while accepted < most && started.elapsed() < time {
        let template = dice.list(2);
        let has_value = ["{}", "{.}", "{/}", "{1}"]
            .iter()
            .any(|form| template.contains(form));
        if !has_value || template.len() > 300 {
            continue;
        }
        tried += 1;
        // A refusal is the same for all, an expansion without quotes may split a value.
        shells.rotate_left(1);
        let may_split = template.contains('$');
        for (at, shell) in shells.iter().enumerate() {
            let code = folders.run(&shell.path(tools.path()), &template);
            if code == Some(2) {
                break;
            }
            accepted += usize::from(at == 0);
            let name = shell.name;
            assert_ne!(code, Some(101), "{name} panicked for {template:?}");
            assert!(!folders.is_pwned(), "{name} ran a value in {template:?}");
            let is_broken = !may_split && folders.is_broken();
            assert!(!is_broken, "{name} broke a value in {template:?}");
        }
        if accepted % 20 == 0 {
            folders.clear();
        }
    }
    assert!(accepted > 0, "{tried} templates");
    if fuzz_time().is_some() {
        let seconds = started.elapsed().as_secs();
        let result = format!("{tried} templates, {accepted} accepted, {seconds} s\n");
        fs::write(
            std::env::temp_dir().join("prun-fuzz-grammar-result"),
            result,
        )
        .expect("the test can run its programs");
    }
}
