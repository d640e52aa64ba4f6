//! Examples of sources.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::input::Chunks;
use super::super::invocation::Invocation;
use super::*;
use crate::plan::command::ShellRule;
use crate::plan::input::Separator;
use crate::plan::job::Job;

fn rule() -> ShellRule {
    ShellRule::Auto(Arc::default())
}

/// A temporary file for each test, removed at the end.
struct Temporary(PathBuf);

impl Temporary {
    fn new(name: &str, text: &str) -> Self {
        let folder = format!("prun-plan-{}-{name}", std::process::id());
        let path = std::env::temp_dir().join(folder);
        std::fs::create_dir_all(&path).unwrap();
        let file = path.join(name);
        std::fs::write(&file, text).unwrap();
        Self(file)
    }

    fn source(&self) -> Result<Source, String> {
        let label = self.0.display().to_string();
        Source::file(&self.0, Separator::Newline, &rule())
            .map_err(|e| e.to_string().replace(&label, "FILE"))
    }

    fn error(&self) -> String {
        self.source().err().unwrap()
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(self.0.parent().unwrap());
    }
}

fn lines(source: Source) -> Vec<String> {
    let shown = |entry: Result<Entry, SourceError>| match entry {
        Ok(Entry::Job(Job {
            invocation: Invocation::Line { line, .. },
            ..
        })) => line.into_string().unwrap(),
        Ok(other) => format!("{other:?}"),
        Err(error) => format!("error {error}"),
    };
    source.map(shown).collect()
}

#[test]
fn typed_commands_are_counted_and_never_block() {
    let source = Source::commands(vec!["a".into(), "b | c".into()], &rule(), |_| false).unwrap();
    assert_eq!(source.total(), Some(2));
    assert!(!source.may_block());
    assert!(source.buffered());
    assert_eq!(lines(source), ["a", "b | c"]);
}

#[test]
fn a_typed_name_that_is_taken_is_an_error_at_once() {
    let error = Source::commands(vec!["a: x".into(), "a: y".into()], &rule(), |_| false).err();
    assert_eq!(
        error.unwrap().to_string(),
        "command 2: the name `a` is taken by an earlier job: every name must be unique"
    );
}

#[test]
fn a_regular_file_is_counted_before_it_is_read() {
    let file = Temporary::new("count.txt", "a\r\n# x\nb\n");
    let mut source = file.source().unwrap();
    assert_eq!(source.total(), Some(2));
    assert!(!source.may_block());
    assert!(matches!(source.next(), Some(Ok(Entry::Warning(_)))));
    assert_eq!(lines(source), ["a", "b"]);
}

#[test]
fn a_bad_line_of_a_regular_file_is_an_error_before_the_first_job() {
    let file = Temporary::new(
        "bad.jsonl",
        "{\"cmd\":\"a\"}\n{\"cmd\":\"b\",\"need\":[]}\n",
    );
    let error = "FILE:2:17: unknown key `need`: did you mean `needs`?";
    assert_eq!(file.error(), error);
}

#[test]
fn a_name_that_is_taken_is_an_error_before_the_first_job() {
    let file = Temporary::new("twice.txt", "a: x\nb: y\na: z\n");
    let error = "FILE:3: the name `a` is taken by an earlier job: every name must be unique";
    assert_eq!(file.error(), error);
}

#[test]
fn the_extension_tells_the_format() {
    for (name, text) in [
        ("x.jsonl", "\n{\"cmd\":\"ls\"}"),
        ("x.NDJSON", "{\"cmd\":\"ls\"}"),
        ("x.json", "[{\"cmd\":\"ls\"}]"),
        ("x.txt", "ls"),
        ("x.text", "{\"cmd\":\"ls\"}"),
        ("x", "[{\"cmd\":\"ls\"}]"),
    ] {
        let file = Temporary::new(name, text);
        assert_eq!(lines(file.source().unwrap()), ["ls"], "{name}");
    }
}

#[test]
fn the_extension_wins_over_the_first_bytes() {
    let file = Temporary::new("lines.json", "ls\n");
    assert!(file.error().starts_with("FILE:1:1: missing `[`"));
}

#[test]
fn a_missing_file_is_an_error_with_its_name() {
    let error = Source::file(Path::new("/no/such/jobs.txt"), Separator::Newline, &rule())
        .err()
        .unwrap();
    assert_eq!(
        error.to_string(),
        "/no/such/jobs.txt: cannot open the job file: No such file or directory (os error 2)"
    );
}

#[test]
fn a_directory_is_an_error_with_its_name() {
    let error = Source::file(Path::new("/"), Separator::Newline, &rule())
        .err()
        .unwrap();
    assert_eq!(error.to_string(), "/: is a directory: name a job file");
}

#[test]
fn a_device_is_a_stream() {
    let source = Source::file(Path::new("/dev/null"), Separator::Newline, &rule()).unwrap();
    assert_eq!(source.total(), None);
    assert!(source.may_block());
    assert!(lines(source).is_empty());
}

#[test]
fn a_stream_gives_its_first_job_before_the_second_arrives() {
    let mut source = Source::stream(None, Chunks::new(&[b"a\nb\n"]), Separator::Newline, &rule());
    assert!(source.may_block());
    assert!(!source.buffered());
    assert!(source.next().is_some());
    assert!(source.buffered());
    assert!(source.next().is_some());
    assert!(!source.buffered());
}

#[test]
fn an_error_on_a_stream_comes_at_its_line_and_ends_it() {
    let source = Source::stream(
        None,
        Chunks::new(&[b"a: x\nb\na: y\nc\n"]),
        Separator::Newline,
        &rule(),
    );
    let error = "error stdin:3: the name `a` is taken by an earlier job: every name must be unique";
    assert_eq!(lines(source), ["x", "b", error]);
}

#[test]
fn commands_that_end_with_nul_need_the_option() {
    let input = Chunks::new(&[b"a\nb\0c\0", b""]);
    let source = Source::stream(None, input, Separator::Null, &rule());
    assert_eq!(lines(source), ["a\nb", "c"]);
}

#[test]
fn a_source_can_be_read_on_a_thread_of_its_own() {
    fn is_send<T: Send>() {}
    is_send::<Source>();
}

/// The names of all jobs, each with the numbers of those that it needs.
fn needs(source: Source) -> Vec<(String, Vec<u64>)> {
    let shown = |entry: Result<Entry, SourceError>| match entry {
        Ok(Entry::Job(job)) => {
            let needs = job.needs().iter().map(|need| need.seq).collect();
            (job.name.unwrap(), needs)
        }
        other => panic!("{other:?}"),
    };
    source.map(shown).collect()
}

fn line(name: &str, needs: &str) -> String {
    format!("{{\"name\":\"{name}\",\"cmd\":\"x\",\"needs\":[{needs}]}}\n")
}

#[test]
fn jobs_of_a_file_may_need_later_ones() {
    let text = line("a", "\"c\"") + &line("b", "\"a\",\"c\"") + &line("c", "");
    for (name, text) in [
        ("x.jsonl", text.clone()),
        ("x.json", format!("[{}]", text.trim_end().replace('\n', ","))),
        ("x.toml", "[jobs]\na = {cmd = 'x', needs = ['c']}\nb = {cmd = 'x', needs = ['a', 'c']}\nc = {cmd = 'x'}\n".to_owned()),
    ] {
        let file = Temporary::new(name, &text);
        let source = file.source().unwrap();
        assert!(source.has_needs() && !source.may_block());
        assert_eq!(source.total(), Some(3));
        let expected = [("a", vec![3]), ("b", vec![1, 3]), ("c", vec![])];
        let expected = expected.map(|(name, needs)| (name.to_owned(), needs));
        assert_eq!(needs(source), expected, "{name}");
        // In another order they need the same jobs.
        for seed in 0..9 {
            let shuffled = needs(file.source().unwrap().shuffled(seed));
            let names: Vec<&str> = shuffled.iter().map(|(name, _)| name.as_str()).collect();
            for (name, needs) in &shuffled {
                let needed: Vec<&str> = needs.iter().map(|seq| names[*seq as usize - 1]).collect();
                let (_, before) = expected.iter().find(|(other, _)| other == name).unwrap();
                let before = before.iter().map(|seq| expected[*seq as usize - 1].0.as_str());
                assert_eq!(needed, before.collect::<Vec<_>>());
            }
        }
    }
}

#[test]
fn a_wrong_need_of_a_file_is_an_error_before_the_first_job() {
    let unknown = line("build", "") + &line("test", "\"buidl\"");
    let file = Temporary::new("unknown.jsonl", &unknown);
    let error = "FILE:2: `needs`: no job is named `buidl`: did you mean `build`?";
    assert_eq!(file.error(), error);
    let file = Temporary::new("cycle.jsonl", &(line("a", "\"b\"") + &line("b", "\"a\"")));
    let error =
        "FILE:1: `needs`: none of these jobs can be the first: a → b → a (a FILE:1, b FILE:2)";
    assert_eq!(file.error(), error);
    let file = Temporary::new("services.jsonl", "{\"cmd\":\"x\",\"service\":true}\n");
    let error = "FILE: all jobs are services, which end when all other jobs have ended: write a job that is none";
    assert_eq!(file.error(), error);
}

#[test]
fn jobs_of_a_stream_may_need_earlier_ones() {
    let stream = |text: &str| {
        let input = Chunks::new(&[text.as_bytes(), b""]);
        Source::stream(None, input, Separator::Newline, &rule())
    };
    let source = stream(&(line("a", "") + &line("b", "\"a\"")));
    assert_eq!(needs(source), [("a".into(), vec![]), ("b".into(), vec![1])]);
    let text = line("a", "") + &line("b", "\"c\"") + &line("c", "");
    let error = "error stdin:2: `needs`: no earlier job is named `c`: a job of a stream can need only jobs before it; write the jobs to a file and name it with -f";
    assert_eq!(lines(stream(&text)), ["x", error]);
    let error = "error stdin:1: `needs`: the job needs itself: remove `a`";
    assert_eq!(lines(stream(&line("a", "\"a\""))), [error]);
    // A document is read as a whole.
    let source = stream("[jobs.a]\ncmd = 'x'\nneeds = ['b']\n[jobs.b]\ncmd = 'x'\n");
    assert_eq!(needs(source), [("a".into(), vec![2]), ("b".into(), vec![])]);
}

#[test]
fn only_the_jobs_of_a_file_are_selected() {
    let selection = Selection {
        only: vec!["b".into()],
        skip: vec![],
    };
    let file = Temporary::new(
        "some.jsonl",
        &(line("a", "") + &line("c", "") + &line("b", "\"a\"")),
    );
    let source = file.source().unwrap().selected(&selection).unwrap();
    assert_eq!(source.total(), Some(2));
    assert_eq!(needs(source), [("a".into(), vec![]), ("b".into(), vec![1])]);
    let stream = Source::stream(None, Chunks::new(&[]), Separator::Newline, &rule());
    let error = stream.selected(&selection).err().unwrap();
    assert_eq!(
        error.to_string(),
        "--only needs a job file, which can be read to its end before anything starts: name it with -f"
    );
}

fn apart(lines: &str) -> Vec<String> {
    let jobs = std::io::Cursor::new(lines.to_owned().into_bytes());
    let source = Source::stream(None, Box::new(jobs), Separator::Newline, &rule());
    self::lines(source.independent().unwrap())
}

#[test]
fn a_job_of_a_stream_that_depends_on_others_is_an_error_at_its_line() {
    let lines = apart("{\"cmd\":\"a\"}\n{\"cmd\":\"b\",\"weight\":2}\n{\"cmd\":\"c\"}\n");
    let refused = "error stdin:2: `weight` cannot be used with --on: jobs on a cluster run apart from \
                   each other: omit it, or run the jobs without --on";
    assert_eq!(lines, ["a", refused]);
}

#[test]
fn a_job_that_is_appended_to_a_file_is_checked_when_it_is_read() {
    let file = Temporary::new("appended.jsonl", "{\"cmd\":\"a\"}\n");
    let source = file.source().unwrap().independent().unwrap();
    std::fs::write(&file.0, "{\"cmd\":\"a\"}\n{\"cmd\":\"b\",\"pool\":\"p\"}\n").unwrap();
    let lines = lines(source);
    assert_eq!(lines[0], "a");
    assert!(
        lines[1].contains(":2: `pool` cannot be used with --on"),
        "{lines:?}"
    );
}
