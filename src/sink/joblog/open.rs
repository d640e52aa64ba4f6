//! Opening a job log: what earlier runs have written is checked, mended at its end, and read.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::done::{self, Done};
use super::error::JobLogError;
use super::first_line;
use crate::os::{Lock, lock};
use crate::plan::Key;
use crate::sink::file::{FileKind, WriteMode, standing, way};

/// A log that is ours alone, and whole.
pub(crate) struct OpenLog {
    pub(crate) path: PathBuf,
    pub(crate) file: File,
    pub(crate) len: u64,
    /// The jobs whose last record is `ok`; none if nobody asked.
    pub(crate) done: HashSet<Key>,
    /// How long jobs took in earlier runs; none if nobody asked.
    pub(crate) times: HashMap<Key, Duration>,
    /// What was mended, and what could not be found out, in words.
    pub(crate) warnings: Vec<String>,
}

impl OpenLog {
    /// The file once more, for somebody with whom the lock is to be shared.
    pub(crate) fn share(&self) -> io::Result<File> {
        self.file.try_clone()
    }
}

/// What is wanted from the log of earlier runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct WantedFromLog {
    /// Which jobs are done.
    pub(crate) done: bool,
    /// How long they took.
    pub(crate) times: bool,
}

/// Opens the log at `path`, or makes it, for this run alone. If something is wanted from it, all of it is
/// read, as a stream; else only its end is looked at.
pub(crate) fn open(path: &Path, wanted: WantedFromLog) -> Result<OpenLog, JobLogError> {
    let failed = |source| JobLogError::Open {
        path: path.to_owned(),
        source,
    };
    let mut options = File::options();
    options.append(true);
    let standing = standing(path).map_err(failed)?;
    let resume = wanted.done;
    match way(FileKind::Log { resume }, standing) {
        WriteMode::Refuse(why) => return Err(JobLogError::Refused(path.to_owned(), why)),
        WriteMode::Stream | WriteMode::Output => {
            let file = { options }.custom_flags(libc::O_NOCTTY).open(path);
            return Ok(OpenLog {
                path: path.to_owned(),
                file: file.map_err(failed)?,
                len: 0,
                done: HashSet::new(),
                times: HashMap::new(),
                warnings: Vec::new(),
            });
        }
        WriteMode::Append | WriteMode::Replace | WriteMode::InPlace => {}
    }
    // For nobody else to read; without waiting for the other end of a pipe that is there by now.
    options.read(true).create(true).mode(0o600);
    options.custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY);
    let file = options.open(path).map_err(failed)?;
    if !file.metadata().map_err(failed)?.is_file() {
        let why = "not a regular file";
        return Err(JobLogError::Refused(path.to_owned(), why));
    }
    let mut warnings = Vec::new();
    match lock(&file) {
        Lock::Ours => {}
        Lock::Taken => return Err(JobLogError::Locked(path.to_owned())),
        Lock::Refused(error) => warnings.push(format!(
            "--joblog {}: cannot be locked ({error}): make sure that no other prun writes to it",
            path.display()
        )),
    }
    match first_line::look(&file).map_err(failed)? {
        first_line::FirstLine::Log => {}
        first_line::FirstLine::Other => return Err(JobLogError::NotALog(path.to_owned())),
        first_line::FirstLine::OtherVersion => {
            return Err(JobLogError::OtherVersion(path.to_owned(), 1));
        }
        first_line::FirstLine::Damaged(why) => {
            let (path, line) = (path.to_owned(), 1);
            return Err(JobLogError::Damaged { path, line, why });
        }
    }
    let whole = whole_lines(&file).map_err(failed)?;
    let torn = file.metadata().map_err(failed)?.len() - whole;
    let Done {
        keys,
        times,
        unseen,
    } = match wanted.done || wanted.times {
        true => done::read(path, &file, whole, resume)?,
        false => Done::default(),
    };
    warnings.extend(unseen);
    if torn > 0 {
        warnings.push(format!(
            "{}: {torn} bytes of an incomplete last line were removed",
            path.display()
        ));
        file.set_len(whole).map_err(failed)?;
    }
    Ok(OpenLog {
        path: path.to_owned(),
        file,
        len: whole,
        done: keys,
        times,
        warnings,
    })
}

/// How long the log is up to the end of its last whole line: what follows was being written when
/// the run was killed, or was never filled when the machine went down.
pub(crate) fn whole_lines(mut file: &File) -> io::Result<u64> {
    const PIECE: u64 = 64 * 1024;
    let mut end = file.metadata()?.len();
    let mut piece = Vec::new();
    while end > 0 {
        let begin = end.saturating_sub(PIECE);
        piece.clear();
        file.seek(SeekFrom::Start(begin))?;
        file.take(end - begin).read_to_end(&mut piece)?;
        // A newline among zeros is part of no line that was written.
        if let Some(at) = piece.iter().rposition(|byte| *byte == b'\n') {
            let line_begin = piece[..at]
                .iter()
                .rposition(|byte| *byte == b'\n')
                .map_or(0, |n| n + 1);
            if !piece[line_begin..at].contains(&0) {
                return Ok(begin + at as u64 + 1);
            }
            end = begin + line_begin as u64;
        } else {
            end = begin;
        }
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::super::survivors;
    use super::*;

    const RESUME: WantedFromLog = WantedFromLog {
        done: true,
        times: false,
    };

    /// Two jobs, of which the first is done and the second failed, then done.
    fn log() -> Vec<String> {
        let key = |n: u32| format!("{n:032x}");
        let start = |n| {
            format!(
                r#"{{"type":"job_start","t_unix_s":1,"key":"{}","seq":1,"name":null,"attempt":1,"slot":1,"pid":1,"command":"a"}}"#,
                key(n)
            )
        };
        let end = |n, status| {
            format!(
                r#"{{"type":"job_end","key":"{}","v":1,"seq":1,"cmd":"a\\nb","argv":["a"],"shell":false,"args":[],"cwd":"/","status":"{status}","attempts":1,"leaked":false,"truncated":false,"stdout_bytes":0,"stderr_bytes":0}}"#,
                key(n)
            )
        };
        let run_start = r#"{"type":"run_start","t_unix_s":1,"v":1,"boot_id":"x"}"#.to_owned();
        let run_end = r#"{"type":"run_end","t_unix_s":2,"wall_s":1.0}"#.to_owned();
        vec![
            run_start,
            start(1),
            end(1, "ok"),
            start(2),
            end(2, "failed"),
            start(2),
            end(2, "ok"),
            run_end,
        ]
    }

    /// A log of a run that was killed, with the start of this process as that of a job.
    fn started_here(run_id: &str, host: &str) -> String {
        let (pid, boot) = (std::process::id(), survivors::boot_id().unwrap());
        let ticks = survivors::start_ticks(pid).unwrap();
        format!(
            r#"{{"type":"run_start","t_unix_s":1,"v":1,"run_id":"{run_id}","boot_id":"{boot}"}}
{{"type":"job_start","t_unix_s":1,"key":"{key}","seq":1,"name":null,"attempt":1,"slot":1,{host}"pid":{pid},"pid_start_ticks":{ticks},"command":"a"}}
"#,
            key = format_args!("{:032x}", 1),
        )
    }

    #[cfg(linux)]
    #[test]
    fn a_job_of_another_machine_is_not_looked_for_here() {
        let (_dir, here) = write(started_here("abc", "").as_bytes());
        let error = open(&here, RESUME).err().unwrap();
        assert!(matches!(error, JobLogError::StillRunning { .. }), "{error}");
        let (_dir, there) = write(started_here("abc", r#""host":"n1","#).as_bytes());
        assert!(open(&there, RESUME).unwrap().done.is_empty());
    }

    fn write(bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("log");
        std::fs::write(&path, bytes).unwrap();
        (dir, path)
    }

    #[test]
    fn a_log_cut_at_any_byte_tells_of_its_whole_lines_and_is_left_with_those() {
        let lines: Vec<String> = log().iter().map(|line| format!("{line}\n")).collect();
        let whole = lines.concat();
        for cut in 0..=whole.len() {
            let (_dir, path) = write(&whole.as_bytes()[..cut]);
            let open = open(&path, RESUME).unwrap();
            let mut kept = 0;
            let ends = lines.iter().scan(0, |end, line| {
                *end += line.len();
                Some(*end)
            });
            let count = ends
                .take_while(|end| *end <= cut)
                .inspect(|end| kept = *end)
                .count();
            assert_eq!(open.len, kept as u64, "cut at {cut}");
            assert_eq!(!open.warnings.is_empty(), kept < cut, "cut at {cut}");
            let done: Vec<bool> = [1, 2]
                .map(|n| format!("{n:032x}"))
                .iter()
                .map(|key| open.done.contains(&key.parse::<Key>().unwrap()))
                .collect();
            assert_eq!(done, [count >= 3, count >= 7], "cut at {cut}");
            drop(open);
            assert_eq!(std::fs::read(&path).unwrap(), &whole.as_bytes()[..kept]);
        }
    }

    #[test]
    fn zeros_at_the_end_are_dropped_with_the_line_they_began_in() {
        let whole = format!("{}\n", log().join("\n"));
        for garbage in [&[0; 5000][..], b"{\"type\":\0\0\0", b"\0\0\n\0"] {
            let (_dir, path) = write(&[whole.as_bytes(), garbage].concat());
            assert_eq!(open(&path, RESUME).unwrap().len, whole.len() as u64);
        }
    }

    #[test]
    fn a_damaged_line_is_an_error_with_its_number() {
        let mut lines = log();
        lines[3] = "garbage".into();
        let (_dir, path) = write(format!("{}\n", lines.join("\n")).as_bytes());
        let error = open(&path, RESUME).err().unwrap().to_string();
        assert!(error.contains("log:4: damaged job log"), "{error}");
        assert!(
            open(&path, WantedFromLog::default()).is_ok(),
            "only a resumed run reads it all"
        );
    }

    #[test]
    fn a_log_has_one_writer() {
        let (_dir, path) = write(b"");
        let first = open(&path, WantedFromLog::default()).unwrap();
        assert!(matches!(
            open(&path, WantedFromLog::default()),
            Err(JobLogError::Locked(_))
        ));
        drop(first);
        assert!(open(&path, WantedFromLog::default()).is_ok());
    }
}
