//! Journals as they are found while they are written.

mod output;

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::Serialize;

use super::*;
use crate::event::samples;
use crate::event::{CancelReason, Event, JobEnd, JobStart, NumberedJob, Outcome, Status, Stream};
use crate::os::EnvChange;
use crate::plan::JobInput;
use crate::process::{Spool, SpoolOptions};
use crate::record::{
    Base64, JournalOutput, LogLine, LogStart, LostAttempts, RecordStreams, Seconds, Text, VERSION,
    WorkOutput,
};

/// A time of day.
fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn line(value: &impl Serialize) -> Vec<u8> {
    let mut line = serde_json::to_vec(value).unwrap();
    line.push(b'\n');
    line
}

fn job(seq: u64) -> NumberedJob {
    NumberedJob {
        seq,
        ..samples::job(&format!("job{seq}"))
    }
}

/// The first line of a journal whose run began at 1000.
fn run_start() -> Vec<u8> {
    line(&LogLine::<Text<'_>, Base64<'_>>::RunStart(LogStart {
        t_unix_s: Seconds::since_epoch(at(1000)),
        v: VERSION,
        run_id: None,
        pid: Some(1),
        boot_id: None,
        pid_namespace: None,
        host: Some("n7".into()),
        engine_job: None,
        prun: None,
    }))
}

fn run_end() -> Vec<u8> {
    let end = LogLine::<Text<'_>, Base64<'_>>::run_end(Duration::from_secs(9), at(1009));
    line(&end)
}

/// The start of an attempt, 2 s after the start of the run.
fn start(seq: u64, attempt: u32) -> Vec<u8> {
    let start = JobStart {
        job: Arc::new(job(seq)),
        attempt,
        slot: 2,
        host: None,
        pid: 4711,
        begun: Duration::from_secs(2),
    };
    line(&LogLine::started(&start, None, at(1002)))
}

fn output(seq: u64, stream: Stream, bytes: &[u8]) -> Vec<u8> {
    line(&JournalOutput::new((seq, 1, stream), bytes, at(1003)))
}

/// The ending of a job that has written so many bytes.
fn end(seq: u64, outcome: Outcome, bytes: u64) -> Vec<u8> {
    let mut end = samples::with_outcome(job(seq), outcome);
    let last = Arc::get_mut(end.last.as_mut().unwrap()).unwrap();
    last.slot = 2;
    last.begun = Duration::from_secs(2);
    last.started_at = at(1002);
    last.stdout = Arc::new(Spool::restored(Vec::new(), bytes, 0));
    ending(&end)
}

fn ending(end: &JobEnd) -> Vec<u8> {
    line(&LogLine::ended(
        end,
        true,
        &RecordStreams::default(),
        at(1004),
    ))
}

fn exited(code: i32) -> Outcome {
    Outcome::Exited(samples::exit(Some(code)))
}

fn canceled() -> Outcome {
    Outcome::Canceled {
        reason: Some(CancelReason::Signal),
        exit: samples::exit(None),
    }
}

/// A journal on the disk, and its reader.
struct Stage {
    path: PathBuf,
    _folder: tempfile::TempDir,
    tail: JournalTail,
}

impl Stage {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut TailSettings)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("00000");
        let mut settings = TailSettings {
            run_began: at(900),
            read_at: at(950),
            slots_before: 8,
            earlier: BTreeMap::new(),
            output: WorkOutput::Group,
            is_quiet: false,
            spools: SpoolOptions::default(),
        };
        change(&mut settings);
        Self {
            tail: JournalTail::new(&path, settings),
            path,
            _folder: folder,
        }
    }

    fn write(&self, bytes: &[u8]) {
        let file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(&self.path);
        file.unwrap().write_all(bytes).unwrap();
    }

    fn look(&mut self) -> Vec<JournalItem> {
        let (found, result) = self.try_look();
        result.unwrap();
        found
    }

    fn try_look(&mut self) -> (Vec<JournalItem>, Result<(), JournalError>) {
        let mut all = Vec::new();
        let result = self.tail.look(|_| None, |found| all.push(found));
        (all, result)
    }
}

/// What was found, in a form that can be compared.
fn told(found: &[JournalItem]) -> Vec<String> {
    let text = |spool: &Spool| {
        let mut bytes = Vec::new();
        spool.copy_kept_to(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let one = |found: &JournalItem| match found {
        JournalItem::Begun(host) => format!("begun {host:?}"),
        JournalItem::Held => "held".to_owned(),
        JournalItem::Ended => "ended".to_owned(),
        JournalItem::Told(Event::JobStarted(start)) => {
            format!("start {} {}", start.job.seq, start.attempt)
        }
        JournalItem::Told(Event::JobPrinted(print)) => {
            format!("print {} {:?}", print.job.seq, text(&print.piece))
        }
        JournalItem::Told(Event::JobEnded(end)) => {
            let out = end.last.as_ref().map(|last| text(&last.stdout));
            format!("end {} {} {out:?}", end.job.seq, end.status)
        }
        JournalItem::Told(other) => format!("{other:?}"),
    };
    found.iter().map(one).collect()
}

fn job_end(found: &[JournalItem]) -> &JobEnd {
    let end = found.iter().find_map(|found| match found {
        JournalItem::Told(Event::JobEnded(end)) => Some(&**end),
        _ => None,
    });
    end.expect("a job ended")
}

#[test]
fn a_journal_that_is_torn_at_any_byte_is_read_as_a_whole() {
    let journal = [
        run_start(),
        start(1, 1),
        start(2, 1),
        output(1, Stream::Stdout, b"a\n"),
        output(1, Stream::Stdout, b"\xff\0b"),
        end(1, exited(0), 5),
        end(2, exited(3), 0),
        run_end(),
    ]
    .concat();
    let mut whole = Stage::new();
    whole.write(&journal);
    let expected = told(&whole.look());
    assert_eq!(
        expected,
        [
            "begun Some(\"n7\")",
            "start 1 1",
            "start 2 1",
            "end 1 ok Some(\"a\\n\u{fffd}\\0b\")",
            "end 2 failed Some(\"\")",
            "ended",
        ]
    );
    let mut torn = Stage::new();
    let mut found = torn.look();
    for byte in &journal {
        torn.write(std::slice::from_ref(byte));
        found.extend(torn.look());
    }
    assert_eq!(told(&found), expected);
    assert_eq!(told(&torn.look()), [""; 0]);
}

#[test]
fn a_line_that_cannot_be_read_is_named() {
    for damage in [
        &b"{\"type\":\"job_start\",\"seq\n"[..],
        b"\n",
        b"\0\0\0\n",
        &run_start(),
    ] {
        let mut stage = Stage::new();
        stage.write(&[&run_start(), &start(1, 1), damage, &run_end()].concat());
        let (found, result) = stage.try_look();
        assert_eq!(told(&found).len(), 2);
        let error = result.unwrap_err();
        assert!(error.is_damage());
        let prefix = format!("{}:3: ", stage.path.display());
        assert!(error.to_string().starts_with(&prefix), "{error}");
    }
}

#[test]
fn a_journal_that_becomes_shorter_or_vanishes_is_damaged() {
    let mut stage = Stage::new();
    stage.write(&[run_start(), start(1, 1)].concat());
    stage.look();
    std::fs::write(&stage.path, run_start()).unwrap();
    assert!(stage.try_look().1.unwrap_err().is_damage());
    std::fs::remove_file(&stage.path).unwrap();
    assert!(stage.try_look().1.unwrap_err().is_damage());
}

#[test]
fn an_attempt_is_told_as_one_of_this_run() {
    let lost = LostAttempts {
        losses: 1,
        attempts: 3,
    };
    let mut stage = Stage::with(|settings| {
        settings.earlier.insert(1, lost);
    });
    stage.write(&[run_start(), start(1, 1), start(1, 2), end(1, exited(0), 0)].concat());
    let found = stage.look();
    let JournalItem::Told(Event::JobStarted(start)) = &found[1] else {
        panic!("{found:?}");
    };
    assert_eq!((start.attempt, start.slot), (4, 10));
    assert_eq!(start.host.as_deref(), Some("n7"));
    assert_eq!(start.begun, Duration::from_secs(102));
    let end = job_end(&found);
    let last = end.last.as_ref().unwrap();
    assert_eq!((end.attempts, last.number, last.slot), (4, 4, 10));
    assert_eq!(last.host.as_deref(), Some("n7"));
    assert_eq!(last.begun, Duration::from_secs(102));
    assert_eq!(end.queued, Some(Duration::from_secs(52)));
}

#[test]
fn the_reader_waits_before_an_ending_by_cancellation_until_it_knows_what_it_is() {
    for (mode, reason) in [
        (
            UnaskedMode::Ours(Some(CancelReason::FailFast)),
            CancelReason::FailFast,
        ),
        (UnaskedMode::Engine, CancelReason::Engine),
    ] {
        let mut stage = Stage::new();
        let mut skipped = samples::skipped(job(2), "x: y");
        (skipped.reason, skipped.failed_need) = (Some(CancelReason::Signal), None);
        stage.write(&[run_start(), start(1, 1), output(1, Stream::Stdout, b"last")].concat());
        stage.write(&[end(1, canceled(), 4), ending(&skipped), run_end()].concat());
        assert_eq!(told(&stage.look())[2..], ["held"]);
        assert_eq!(told(&stage.look()), ["held"]);
        stage.tail.set_mode(mode);
        let found = stage.look();
        let expected = [
            "end 1 canceled Some(\"last\")",
            "end 2 skipped None",
            "ended",
        ];
        assert_eq!(told(&found), expected);
        let end = job_end(&found);
        let of_attempt = end.last.as_ref().unwrap().reason();
        assert_eq!((end.reason, of_attempt), (Some(reason), Some(reason)));
    }
}

#[test]
fn endings_that_are_none_are_passed_over() {
    let mut stage = Stage::new();
    stage.write(&[run_start(), start(1, 1), start(2, 1), end(1, canceled(), 0)].concat());
    stage.write(&[end(2, exited(0), 0), run_end()].concat());
    assert_eq!(told(&stage.look())[3..], ["held"]);
    stage.tail.set_mode(UnaskedMode::Discard);
    assert_eq!(told(&stage.look()), ["end 2 ok Some(\"\")", "ended"]);
}

#[test]
fn a_job_that_failed_has_what_only_its_work_line_says() {
    let mut stage = Stage::new();
    stage.write(&[run_start(), start(1, 1), end(1, exited(1), 0)].concat());
    let mut given = job(1).job;
    given.env = vec![EnvChange::set("A", "b")];
    given.stdin = Some(JobInput::Bytes(b"in".to_vec()));
    let mut found = Vec::new();
    let given_job = |seq| (seq == 1).then(|| given.clone());
    stage.tail.look(given_job, |one| found.push(one)).unwrap();
    let job = &job_end(&found).job.job;
    assert_eq!((&job.env, &job.stdin), (&given.env, &given.stdin));
}

#[test]
fn warnings_say_where_they_come_from() {
    let mut stage = Stage::new();
    let warning = LogLine::<Text<'_>, Base64<'_>>::warning("no TMPDIR", at(1001));
    stage.write(&[run_start(), line(&warning)].concat());
    match &stage.look()[1] {
        JournalItem::Told(Event::Warned(text)) => assert_eq!(&**text, "n7: no TMPDIR"),
        other => panic!("{other:?}"),
    }
}
