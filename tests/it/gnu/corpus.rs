//! The lines of GNU parallel's manuals, run by that program and by prun called as `parallel`.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use tempfile::TempDir;

use crate::needs::needs;

const CORPUS: &str = include_str!("corpus.txt");
const PREPARE: &str = include_str!("prepare.bash");

/// Lines that nothing but that program can run: perl, SQL, semaphores, other hosts, tmux.
const FOREIGN: [&str; 5] = ["perl", "sql", "sem", "transfer", "tmux"];

/// A line, and what is expected of it.
struct Entry {
    expected: &'static str,
    script: &'static str,
}

/// What a program did with a line.
#[derive(PartialEq)]
struct Effect {
    code: Option<i32>,
    /// The lines of standard output, sorted.
    lines: Vec<Vec<u8>>,
    /// The content of each file; folders and links have a mark.
    files: BTreeMap<PathBuf, Vec<u8>>,
}

fn entries() -> Vec<Entry> {
    let entries = CORPUS.split("\n=== ").skip(1);
    let parsed = entries.map(|entry| {
        let (expected, script) = entry.split_once('\n').expect("an entry has lines");
        Entry {
            expected,
            script: script.trim(),
        }
    });
    parsed.collect()
}

impl Entry {
    fn kind(&self) -> &str {
        self.expected.split(':').next().unwrap_or_default()
    }
}

/// Runs a line in a fresh copy of the folder; returns what it did, and its messages.
fn run(root: &Path, name: &str, program: &Path, script: &str) -> (Effect, String) {
    let dir = root.join(name);
    let (work, tmp, bin, home) = ("work", "tmp", "bin", "home");
    let [work, tmp, bin, home] = [work, tmp, bin, home].map(|part| dir.join(part));
    for folder in [&tmp, &bin, &home.join(".parallel")] {
        fs::create_dir_all(folder).expect("the files of the test");
    }
    fs::write(home.join(".parallel/will-cite"), "").expect("the files of the test");
    symlink(program, bin.join("parallel")).expect("the files of the test");
    let copied = Command::new("cp")
        .arg("-a")
        .arg(root.join("prepared"))
        .arg(&work)
        .status();
    assert!(copied.expect("the files of the test").success());
    let path = std::env::var("PATH").expect("there is a PATH");
    let output = Command::new("timeout")
        .args(["40", "bash", "-c", script])
        .current_dir(&work)
        .env_clear()
        .env("PATH", format!("{}:{path}", bin.display()))
        .env("HOME", &home)
        .env("SHELL", "/bin/bash")
        .env("TMPDIR", &tmp)
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::null())
        .output()
        .expect("the files of the test");
    let mut lines: Vec<Vec<u8>> = output
        .stdout
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::to_vec)
        .collect();
    lines.sort();
    let mut files = BTreeMap::new();
    collect(&work, &work, &mut files);
    let code = output
        .status
        .code()
        .or(output.status.signal().map(|signal| 128 + signal));
    fs::remove_dir_all(&dir).expect("the files of the test");
    let effect = Effect { code, lines, files };
    (effect, String::from_utf8_lossy(&output.stderr).into_owned())
}

/// Collects the files below a folder. What is a matter of time in a job log is left out.
fn collect(root: &Path, dir: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(dir).expect("the files of the test") {
        let path = entry.expect("the files of the test").path();
        let name = path
            .strip_prefix(root)
            .expect("the files of the test")
            .to_owned();
        let meta = path.symlink_metadata().expect("the files of the test");
        if meta.is_dir() {
            files.insert(name, b"(folder)".to_vec());
            collect(root, &path, files);
        } else if meta.is_symlink() {
            files.insert(name, b"(link)".to_vec());
        } else {
            files.insert(
                name,
                timeless(fs::read(&path).expect("the files of the test")),
            );
        }
    }
}

/// Drops the columns of time, and the order in time, of a job log and of a table of results.
fn timeless(text: Vec<u8>) -> Vec<u8> {
    let separator = match text.get(..4) {
        Some(b"Seq\t") => b'\t',
        Some(b"Seq,") => b',',
        _ => return text,
    };
    let kept = |line: &[u8]| {
        let columns = line.split(|byte| *byte == separator).enumerate();
        let columns = columns.filter(|(at, _)| ![2, 3, 5].contains(at));
        columns
            .map(|(_, column)| column)
            .collect::<Vec<_>>()
            .join(&separator)
    };
    let mut lines: Vec<Vec<u8>> = text.split(|byte| *byte == b'\n').map(kept).collect();
    lines.sort();
    lines.join(&b'\n')
}

/// Returns a complaint if a line does not do what the corpus says.
fn complaint(entry: &Entry, theirs: &Effect, ours: &Effect, message: &str) -> Option<String> {
    let is_equal = theirs == ours;
    // In a pipeline the exit code is that of another program, which has then no input.
    let is_piped = entry.script.contains(" |");
    let is_refused = message.contains("prun: ") && (ours.code != Some(0) || is_piped);
    let is_right = match entry.kind() {
        "equal" => is_equal,
        _ => is_refused && (!is_equal || theirs.code != Some(0)),
    };
    if is_right {
        return None;
    }
    let text = |effect: &Effect| String::from_utf8_lossy(&effect.lines.join(&b'\n')).into_owned();
    let differs = |(name, content): &(&PathBuf, &Vec<u8>)| ours.files.get(*name) != Some(content);
    let files: Vec<_> = theirs
        .files
        .iter()
        .filter(differs)
        .map(|(name, _)| name)
        .collect();
    Some(format!(
        "expected {}, but it is {}:\n{}\ncodes {:?} and {:?}\n{}\n-- prun:\n{}\n-- files: {files:?}\n{message}",
        entry.expected,
        if is_equal {
            "equal"
        } else if is_refused {
            "refused"
        } else {
            "different"
        },
        entry.script,
        theirs.code,
        ours.code,
        text(theirs),
        text(ours),
    ))
}

#[test]
fn the_documented_lines_do_the_same_or_are_refused() {
    if !(needs("parallel") && needs("bash") && needs("timeout")) {
        return;
    }
    let root = TempDir::with_prefix("prun-gnu-").expect("the files of the test");
    let prepared = root.path().join("prepared");
    fs::create_dir(&prepared).expect("the files of the test");
    let made = Command::new("bash")
        .args(["-c", PREPARE])
        .current_dir(&prepared)
        .status();
    assert!(made.expect("the files of the test").success());
    let found = Command::new("bash")
        .args(["-c", "command -v parallel"])
        .output()
        .expect("the files of the test");
    let theirs = PathBuf::from(
        String::from_utf8(found.stdout)
            .expect("the files of the test")
            .trim(),
    );
    let ours = Path::new(env!("CARGO_BIN_EXE_prun"));
    let (entries, next) = (entries(), AtomicUsize::new(0));
    let complaints = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some((at, entry)) = take(&entries, &next) {
                    let run = |name: &str, program: &Path| {
                        run(root.path(), &format!("{name}{at}"), program, entry.script)
                    };
                    let ((theirs, _), (ours, message)) =
                        (run("theirs", &theirs), run("ours", ours));
                    let complaint = complaint(entry, &theirs, &ours, &message);
                    complaints
                        .lock()
                        .expect("the files of the test")
                        .extend(complaint);
                }
            });
        }
    });
    let complaints = complaints.into_inner().expect("the files of the test");
    assert!(complaints.is_empty(), "{}", complaints.join("\n\n"));
}

fn take<'a>(entries: &'a [Entry], next: &AtomicUsize) -> Option<(usize, &'a Entry)> {
    let at = next.fetch_add(1, Ordering::Relaxed);
    Some((at, entries.get(at)?))
}

#[test]
fn at_least_85_percent_of_the_lines_that_need_no_perl_nor_other_hosts_are_equal() {
    let entries = entries();
    let counts = |kind: &str| entries.iter().filter(|entry| entry.kind() == kind).count();
    let foreign: usize = FOREIGN.into_iter().map(counts).sum();
    let (equal, refused) = (counts("equal"), counts("refused"));
    assert_eq!(
        equal + refused + foreign,
        entries.len(),
        "every entry has a known kind"
    );
    assert!(entries.len() >= 120, "{}", entries.len());
    assert!(
        equal * 100 >= (equal + refused) * 85,
        "{equal} equal, {refused} refused"
    );
}
