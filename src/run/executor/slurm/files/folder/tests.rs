//! Examples of run folders.

use std::num::{NonZeroU32, NonZeroU64};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;

use super::*;

fn record() -> RunRecord {
    let one = NonZeroU32::MIN;
    RunRecord {
        run_id: "7f3a9c".to_owned(),
        id: "7f".to_owned(),
        words: vec!["-p".into(), "long".into()],
        requeue: true,
        tasks: one,
        cpus: one,
        jobs_per_task: one,
        chunk: None,
        block_size: NonZeroU64::MIN,
        header: b"{}".to_vec(),
    }
}

/// A folder for run folders, and the path of one in it.
fn place() -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("run");
    (dir, path)
}

fn mode(path: &Path) -> u32 {
    path.metadata().unwrap().permissions().mode() & 0o777
}

fn all(folder: &Path) -> Vec<String> {
    let mut names = names(folder).unwrap();
    names.sort();
    names
}

#[test]
fn a_new_folder_is_for_nobody_else() {
    let (_dir, path) = place();
    let folder = RunFolder::create(&path, record()).unwrap();
    folder.write_chunk(7, [b"line\n"]).unwrap();
    folder.set_whole().unwrap();
    assert_eq!(
        all(&path),
        ["lock", "log", "prun", "run.json", "whole", "work"]
    );
    for name in ["", "log", "work", "prun"] {
        assert_eq!(mode(&path.join(name)), 0o700, "{name}");
    }
    for name in ["lock", "run.json", "whole", "work/00007"] {
        assert_eq!(mode(&path.join(name)), 0o600, "{name}");
    }
}

#[test]
fn the_program_in_it_is_this_one() {
    let (_dir, path) = place();
    let _folder = RunFolder::create(&path, record()).unwrap();
    let own = fs::read(std::env::current_exe().unwrap()).unwrap();
    assert!(fs::read(path.join("prun")).unwrap() == own);
}

#[test]
fn an_empty_folder_may_be_used_and_no_other() {
    let (_dir, path) = place();
    fs::create_dir(&path).unwrap();
    RunFolder::check(&path).unwrap();
    drop(RunFolder::create(&path, record()).unwrap());
    let shown = path.display();
    let refused = format!("--run-dir {shown}: the folder is not empty: name a new or empty folder");
    assert_eq!(RunFolder::check(&path).unwrap_err().to_string(), refused);
    let again = RunFolder::create(&path, record()).unwrap_err();
    assert_eq!(again.to_string(), refused);
    let file = path.join("lock");
    let error = RunFolder::create(&file, record()).unwrap_err().to_string();
    assert!(
        error.ends_with("not a folder: name a new or empty folder"),
        "{error}"
    );
    let nowhere = path.join("a/b");
    let error = RunFolder::create(&nowhere, record())
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("run folder: cannot create"), "{error}");
}

#[test]
fn two_that_begin_at_once_have_two_folders_or_one_error() {
    let (_dir, path) = place();
    let begin = || RunFolder::create(&path, record()).map_err(|error| error.to_string());
    let results = std::thread::scope(|scope| {
        let threads = [(); 8].map(|()| scope.spawn(begin));
        threads.map(|thread| thread.join().unwrap())
    });
    let begun = results.iter().filter(|result| result.is_ok()).count();
    assert_eq!(begun, 1);
    for error in results.iter().filter_map(|result| result.as_ref().err()) {
        assert!(error.contains("not empty"), "{error}");
    }
    drop(results);
    RunFolder::open(&path).unwrap();
}

#[test]
fn what_a_run_wrote_is_there_for_those_that_follow_it() {
    let (_dir, path) = place();
    let folder = RunFolder::create(&path, record()).unwrap();
    for number in [0, 123_456, 7] {
        folder.write_chunk(number, [&b"a\n"[..], b"b\n"]).unwrap();
    }
    assert!(!folder.is_whole().unwrap());
    folder.set_whole().unwrap();
    drop(folder);
    let folder = RunFolder::open(&path).unwrap();
    assert_eq!(folder.record(), &record());
    assert!(folder.is_whole().unwrap());
    assert_eq!(folder.chunks().unwrap(), [0, 7, 123_456]);
    assert_eq!(fs::read(folder.work_path(7)).unwrap(), b"a\nb\n");
}

#[test]
fn a_chunk_that_was_not_whole_is_none_and_is_written_again() {
    let (_dir, path) = place();
    let folder = RunFolder::create(&path, record()).unwrap();
    fs::write(path.join("work/00003.tmp"), "half and much longer").unwrap();
    assert_eq!(folder.chunks().unwrap(), Vec::<u64>::new());
    folder.write_chunk(3, [b"whole"]).unwrap();
    assert_eq!(folder.chunks().unwrap(), [3]);
    assert_eq!(fs::read(folder.work_path(3)).unwrap(), b"whole");
}

#[test]
fn a_run_is_followed_by_one_alone() {
    let (_dir, path) = place();
    let folder = RunFolder::create(&path, record()).unwrap();
    let error = RunFolder::open(&path).unwrap_err().to_string();
    let host = rustix::system::uname();
    let by = format!(
        "{} is followed by prun {} on {}: wait until that has ended, or end it",
        path.display(),
        std::process::id(),
        host.nodename().to_str().unwrap()
    );
    assert_eq!(error, by);
    drop(folder);
    let folder = RunFolder::open(&path).unwrap();
    assert_eq!(folder.warning(), None);
    assert!(RunFolder::open(&path).is_err());
}

#[test]
fn what_cannot_be_followed_is_told() {
    let (dir, path) = place();
    let error = |path: &Path| RunFolder::open(path).unwrap_err().to_string();
    for path in [dir.path(), &path] {
        let shown = path.display();
        let none = format!("--follow {shown}: not the folder of a run: there is no run.json in it");
        assert_eq!(error(path), none);
    }
    drop(RunFolder::create(&path, record()).unwrap());
    let shown = path.display();
    let written = path.join("run.json");
    fs::write(&written, "{\"v\":2}").unwrap();
    let other = format!(
        "--follow {shown}: another version of prun made it: follow it with its own, {shown}/prun"
    );
    assert_eq!(error(&path), other);
    fs::write(&written, "{\"v\":1").unwrap();
    assert!(error(&path).starts_with(&format!("--follow {shown}: run.json is damaged: ")));
    // A run that failed before it began is none.
    fs::remove_file(&written).unwrap();
    assert!(error(&path).contains("not the folder of a run"));
}

#[test]
fn names_that_are_not_those_of_a_chunk_do_not_count() {
    let (_dir, path) = place();
    let folder = RunFolder::create(&path, record()).unwrap();
    for name in [
        "00000",
        "00012",
        "100000",
        "7",
        "000007",
        "0x007",
        "+0001",
        "-0001",
        ".nfs00001",
        "00003.tmp",
        "00012.err",
        "00013.err",
        "13.err",
        "00014.err.old",
        "00015 ",
        "99999999999999999999",
    ] {
        fs::write(path.join("log").join(name), "").unwrap();
    }
    let expected = LogList {
        journals: vec![0, 12, 100_000],
        errors: vec![12, 13],
    };
    assert_eq!(folder.logs().unwrap(), expected);
}

#[test]
fn the_end_of_an_error_text_is_read() {
    let (_dir, path) = place();
    let folder = RunFolder::create(&path, record()).unwrap();
    let written = path.join("log/00001.err");
    fs::write(&written, "sh: no such thing\n").unwrap();
    assert_eq!(folder.error_text(1).unwrap(), b"sh: no such thing\n");
    let long = [vec![b'a'; 70_000], b"end".to_vec()].concat();
    fs::write(&written, &long).unwrap();
    assert_eq!(folder.error_text(1).unwrap(), long[long.len() - 65_536..]);
    let error = folder.error_text(2).unwrap_err().to_string();
    assert!(error.contains("log/00002.err"), "{error}");
}

#[test]
fn all_of_it_is_removed() {
    let (dir, path) = place();
    let folder = RunFolder::create(&path, record()).unwrap();
    folder.write_chunk(1, [b"a"]).unwrap();
    folder.set_whole().unwrap();
    for name in ["work/00002.tmp", "log/00001", "log/00001.err"] {
        fs::write(path.join(name), "").unwrap();
    }
    assert_eq!(folder.remove().unwrap(), None);
    assert_eq!(all(dir.path()), <[String; 0]>::default());
}

#[test]
fn what_others_put_into_it_stays_and_is_told() {
    let (_dir, path) = place();
    let folder = RunFolder::create(&path, record()).unwrap();
    folder.write_chunk(1, [b"a"]).unwrap();
    fs::write(path.join("notes"), "").unwrap();
    fs::write(path.join("log/00001.err.old"), "").unwrap();
    let told = folder.remove().unwrap().unwrap();
    let shown = path.display();
    assert!(told.starts_with(&format!(
        "{shown} is not removed: there is something else in it: "
    )));
    assert!(told.contains("notes") && told.contains("log"), "{told}");
    assert_eq!(all(&path), ["log", "notes"]);
    assert_eq!(all(&path.join("log")), ["00001.err.old"]);
}

#[test]
fn any_name_of_a_folder_will_do() {
    let dir = tempfile::tempdir().unwrap();
    for name in [
        &b"a b"[..],
        b"%j",
        b"it's \"quoted\"",
        b"a\nb",
        b"$HOME",
        b"-x",
        b"*",
        b"\xff\xfe",
    ] {
        let path = dir.path().join(std::ffi::OsStr::from_bytes(name));
        let folder = RunFolder::create(&path, record()).unwrap();
        folder.write_chunk(0, [b"a"]).unwrap();
        assert_eq!(folder.path(), path);
        drop(folder);
        let folder = RunFolder::open(&path).unwrap();
        assert_eq!(folder.chunks().unwrap(), [0]);
        assert_eq!(folder.remove().unwrap(), None);
        assert!(!path.exists());
    }
}

#[test]
fn a_folder_that_cannot_be_filled_leaves_nothing() {
    let (dir, path) = place();
    let record = RunRecord {
        header: b"not JSON".to_vec(),
        ..record()
    };
    let error = RunFolder::create(&path, record).unwrap_err().to_string();
    assert!(error.contains("run.json"), "{error}");
    assert_eq!(all(dir.path()), <[String; 0]>::default());
}
