//! Examples of work, and its law: a job that was written is the same when it is read.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::num::NonZeroU32;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use proptest::prelude::*;

use super::*;
use crate::event::{NumberedJob, Stream};
use crate::os::EnvChange;
use crate::plan::{
    Argv, Columns, Entry, Invocation, Job, JobInput, KnownSlots, Origin, Rules, Scheduling,
    Separator, Shell, ShellRule, SlotAssignment, Source, ValueSource, parse_line,
};
use crate::record::command::{command, full_command};

fn numbered(seq: u64, job: Job) -> NumberedJob {
    let cwd = job.cwd.as_deref().unwrap_or(Path::new("/srv"));
    NumberedJob {
        seq,
        read_at: Duration::ZERO,
        cwd: cwd.into(),
        key: None,
        slot_values: None,
        job,
    }
}

fn job(invocation: Invocation) -> Job {
    let origin = Origin {
        source: "work".into(),
        line: 7,
    };
    Job::new(origin, None, invocation)
}

/// The job as the other side has it.
fn sent(job: &NumberedJob, env: &[EnvChange], lost: LostAttempts) -> (String, Box<GivenJob>) {
    let line = work_line(job, env, lost).unwrap();
    let text = String::from_utf8(line.clone()).unwrap();
    assert_eq!(text.matches('\n').count(), 1, "{text}");
    assert!(text.ends_with('\n'), "{text}");
    assert_eq!(seq_of(&line), Some(job.seq));
    match WorkLine::read(&line) {
        Ok(WorkLine::Job(given)) => (text, given),
        other => panic!("{text}: {other:?}"),
    }
}

/// What decides how a job runs, and what is told of it, without what belongs to a slot.
#[derive(Debug, PartialEq)]
struct Meaning {
    name: Option<String>,
    argv: Argv,
    allows_shell: bool,
    command: OsString,
    full_command: OsString,
    args: Vec<OsString>,
    cwd: PathBuf,
    env: BTreeMap<OsString, Option<OsString>>,
    stdin: Option<Vec<u8>>,
    timeout: Option<Duration>,
    retries: Option<u32>,
    may_fail: bool,
}

fn meaning(job: &NumberedJob, env: &[EnvChange]) -> Meaning {
    let to = SlotAssignment::without_value(job.seq, 1);
    let (planned, invocation) = (&job.job, &job.job.invocation);
    let variables = invocation.variables(&planned.args, to);
    let changes = [env, &variables, &planned.env].into_iter().flatten();
    Meaning {
        name: planned.name.clone(),
        argv: invocation.argv(&planned.args, to),
        allows_shell: invocation.allows_shell(),
        command: command(job).into_owned(),
        full_command: full_command(job).into_owned(),
        args: planned.args.clone(),
        cwd: job.cwd.to_path_buf(),
        env: changes
            .map(|change| (change.name.clone(), change.value.clone()))
            .collect(),
        stdin: planned
            .stdin
            .as_ref()
            .map(|stdin| stdin.bytes().unwrap().into_owned()),
        timeout: planned.timeout,
        retries: planned.retries,
        may_fail: planned.may_fail(),
    }
}

#[track_caller]
fn assert_same(job: &NumberedJob, env: &[EnvChange]) -> String {
    let (text, given) = sent(job, env, LostAttempts::default());
    let there = given.numbered();
    assert_eq!(there.job.cwd.as_deref(), Some(&*job.cwd), "{text}");
    assert_eq!((there.seq, there.key), (job.seq, job.key));
    assert_eq!(meaning(&there, &[]), meaning(job, env), "{text}");
    text
}

/// The jobs of a template and the values `x.c` and `y z`.
fn of_template(words: &[&str], rule: &ShellRule) -> Vec<NumberedJob> {
    let words: Vec<OsString> = words.iter().map(OsString::from).collect();
    let values = ValueSource::List(vec!["x.c".into(), "y z".into()]);
    let rules = Rules {
        separator: Separator::Newline,
        columns: Columns::default(),
        link: false,
        batch: None,
        argument_bytes: 100_000,
        slots: 1,
        known_slots: KnownSlots::Numbers,
        name: Some("job-{#}".into()),
    };
    let jobs = Source::inputs(&words, vec![values], rules, rule).unwrap();
    let jobs = (1..).zip(jobs).map(|(seq, entry)| match entry.unwrap() {
        Entry::Job(job) => numbered(seq, job),
        other => panic!("{other:?}"),
    });
    jobs.collect()
}

fn rules() -> [ShellRule; 4] {
    let bash = || Arc::new(Shell::parse("bash -eu".as_ref()).unwrap());
    [
        ShellRule::Auto(Arc::default()),
        ShellRule::Auto(bash()),
        ShellRule::Always(bash()),
        ShellRule::Never,
    ]
}

#[test]
fn a_template_is_filled_and_keeps_its_text_and_its_values() {
    for rule in rules() {
        for template in [
            &["gcc -c {} -o {.}.o"][..],
            &["echo {#} {/}"],
            &["N={#}", "V={}", "cc", "{}", "-o{.}"],
            &["cc", "-c"],
        ] {
            if matches!(rule, ShellRule::Always(_)) && template.len() > 1 {
                continue;
            }
            for job in of_template(template, &rule) {
                assert_same(&job, &[]);
            }
        }
    }
}

#[test]
fn a_template_for_a_shell_has_its_words_and_those_of_the_shell() {
    let jobs = of_template(&["echo {} | wc"], &rules()[0]);
    assert_eq!(
        assert_same(&jobs[1], &[]),
        "{\"seq\":2,\"name\":\"job-2\",\"cmd\":\"echo {} | wc\",\"shell_argv\":[\"/bin/sh\",\"-c\",\
         \"echo \\\"${1}\\\" | wc\",\"sh\",\"y z\"],\"shell\":true,\"args\":[\"y z\"],\"cwd\":\"/srv\"}\n"
    );
}

#[test]
fn a_command_line_stays_one() {
    let line = parse_line(b"make a", &rules()[0]).unwrap();
    let text = assert_same(&numbered(7, job(line)), &[]);
    assert_eq!(text, "{\"seq\":7,\"cmd\":\"make a\",\"cwd\":\"/srv\"}\n");
}

#[test]
fn a_change_of_the_job_comes_after_that_of_the_run() {
    let mut made = job(Invocation::Argv(vec!["env".into()]));
    made.env = vec![EnvChange::set("A", "own"), EnvChange::remove("B")];
    let run = [
        EnvChange::set("A", "run"),
        EnvChange::set("B", "run"),
        EnvChange::set("C", "run"),
    ];
    let text = assert_same(&numbered(1, made), &run);
    assert!(
        text.contains(r#""env":{"A":"own","B":null,"C":"run"}"#),
        "{text}"
    );
}

#[test]
fn what_was_lost_of_a_job_is_in_its_line() {
    let made = numbered(1, job(Invocation::Argv(vec!["a".into()])));
    let lost = LostAttempts {
        losses: 1,
        attempts: 3,
    };
    assert_eq!(sent(&made, &[], lost).1.lost, lost);
    let (text, given) = sent(&made, &[], LostAttempts::default());
    assert_eq!(given.lost, LostAttempts::default());
    assert_eq!(text, "{\"seq\":1,\"argv\":[\"a\"],\"cwd\":\"/srv\"}\n");
}

#[test]
fn the_key_of_a_job_is_echoed() {
    let key = "0123456789abcdef0123456789abcdef".parse().unwrap();
    let mut made = numbered(1, job(Invocation::Argv(vec!["a".into()])));
    made.key = Some(key);
    assert_eq!(sent(&made, &[], LostAttempts::default()).1.key, Some(key));
}

fn header() -> WorkHeader {
    WorkHeader {
        run_id: "7f3a9c".to_owned(),
        chunk: 7,
        jobs: NonZeroU32::MIN,
        timeout: Some(Duration::from_millis(1500)),
        grace: Duration::from_secs(5),
        retries: 2,
        retry_delay: Duration::from_millis(250),
        output: WorkOutput::Line,
        together: true,
        quiet: true,
        log_dir: Some(OsString::from_vec(b"/logs/\xff".to_vec()).into()),
        read_at: UNIX_EPOCH + Duration::from_millis(1_700_000_000_125),
    }
}

#[test]
fn a_header_is_the_same_when_it_is_read() {
    let plain = WorkHeader {
        timeout: None,
        log_dir: None,
        output: WorkOutput::None,
        ..header()
    };
    for header in [header(), plain] {
        let line = header.line();
        assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1);
        match WorkLine::read(&line) {
            Ok(WorkLine::Header(read)) => assert_eq!(read, header),
            other => panic!("{other:?}"),
        }
        assert_eq!(seq_of(&line), None);
    }
}

#[test]
fn the_end_is_a_line_without_a_number() {
    assert!(matches!(WorkLine::read(END_LINE), Ok(WorkLine::End)));
    assert_eq!(seq_of(END_LINE), None);
}

#[test]
fn the_work_of_another_version_is_told_from_a_damaged_line() {
    let other = br#"{"type":"work","v":2,"what":"ever"}"#;
    assert_eq!(WorkLine::read(other).unwrap_err(), WorkError::OtherVersion);
    for damaged in [
        &b""[..],
        b"{\"seq\":1,\"cmd\":\"a\"",
        b"{\"seq\":1,\"cmd\":\"a\"}",
        b"{\"seq\":1,\"cwd\":\"/\"}",
        b"{\"seq\":1,\"cmd\":\"\",\"cwd\":\"/\"}",
        b"{\"seq\":1,\"cmd\":\"a\",\"cwd\":\"/\",\"else\":1}",
        b"{\"type\":\"work\",\"v\":1}",
        b"{\"type\":\"rest\"}",
    ] {
        let read = WorkLine::read(damaged);
        assert!(matches!(read, Err(WorkError::Damaged(_))), "{read:?}");
    }
}

fn bytes() -> impl Strategy<Value = OsString> {
    prop_oneof![
        "[a-z =\"'$|é\n{}]{1,8}".prop_map(OsString::from),
        prop::collection::vec(1u8.., 1..6).prop_map(OsString::from_vec),
    ]
}

fn words() -> impl Strategy<Value = Vec<OsString>> {
    prop::collection::vec(bytes(), 1..4)
}

fn invocation() -> impl Strategy<Value = Invocation> {
    let line = (bytes(), 0..4usize).prop_filter_map("not a command line", |(line, rule)| {
        parse_line(&line.into_vec(), &rules()[rule]).ok()
    });
    let filled = (
        prop::option::of(bytes()),
        prop::option::of(words()),
        words(),
        any::<bool>(),
        any::<bool>(),
    );
    let filled = filled.prop_map(|(line, direct, other, has_shell, allows_shell)| {
        let shell = (has_shell || direct.is_none()).then_some(other);
        let argv = Box::new(Argv { direct, shell });
        Invocation::Recorded {
            line,
            argv,
            allows_shell,
        }
    });
    prop_oneof![words().prop_map(Invocation::Argv), line, filled]
}

fn change() -> impl Strategy<Value = EnvChange> {
    let name = prop_oneof![
        "[A-C]".prop_map(OsString::from),
        bytes().prop_map(|name| OsString::from_vec(
            name.into_vec()
                .into_iter()
                .filter(|byte| *byte != b'=')
                .collect()
        )),
    ];
    (name, prop::option::of(bytes())).prop_map(|(name, value)| EnvChange { name, value })
}

prop_compose! {
    fn any_job()(
        invocation in invocation(),
        name in prop::option::of("[a-zé\n\"]{1,6}"),
        args in prop::collection::vec(bytes(), 0..3),
        cwd in bytes(),
        env in prop::collection::vec(change(), 0..4),
        stdin in prop::option::of(prop::collection::vec(any::<u8>(), 0..8)),
        timeout in prop::option::of(0u64..1 << 40),
        retries in prop::option::of(any::<u32>()),
        allow_failure in any::<bool>(),
    ) -> Job {
        let mut cwd_below = OsString::from("/");
        cwd_below.push(cwd);
        Job {
            name,
            args,
            cwd: Some(cwd_below.into()),
            env,
            stdin: stdin.map(JobInput::Bytes),
            timeout: timeout.map(Duration::from_micros),
            retries,
            scheduling: allow_failure.then(|| Box::new(Scheduling {
                allow_failure,
                ..Scheduling::default()
            })),
            ..job(invocation)
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_job_is_the_same_when_it_is_read(
        job in any_job(),
        seq in 1u64..,
        env in prop::collection::vec(change(), 0..3),
    ) {
        assert_same(&numbered(seq, job), &env);
    }

    #[test]
    fn no_line_makes_the_reading_panic(
        rest in prop::collection::vec(any::<u8>(), 0..40),
        at in 0usize..200,
    ) {
        let _ = WorkLine::read(&rest);
        let mut line = header().line();
        let at = at % line.len();
        line.splice(at..at, rest);
        let _ = WorkLine::read(&line);
    }

    #[test]
    fn the_bytes_of_an_output_line_are_those_that_were_written(
        bytes in prop_oneof![
            ".{0,20}".prop_map(String::into_bytes),
            prop::collection::vec(any::<u8>(), 0..20),
        ],
        seq in 1u64..,
    ) {
        let output = JournalOutput::new((seq, 2, Stream::Stderr), &bytes, UNIX_EPOCH);
        let line = serde_json::to_vec(&output).unwrap();
        match JournalLine::read(&line) {
            Ok(JournalLine::Output(read)) => {
                prop_assert_eq!((read.seq, read.attempt, read.stream), (seq, 2, Stream::Stderr));
                prop_assert_eq!(&*read.bytes().unwrap(), &*bytes);
            }
            Ok(JournalLine::Log(_)) | Err(_) => prop_assert!(false, "it is a line of output"),
        }
    }
}
