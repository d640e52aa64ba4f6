//! Reading job files: each format, its errors, and that no chunking of the input matters.

mod properties;

use std::io;

use super::*;
use crate::plan::input::Chunks;
use crate::plan::invocation::Invocation;

/// A file whose name implies a format, or whose commands end with NUL.
fn open(format: Option<Format>, chunks: &[&[u8]]) -> JobFile {
    of(format, Chunks::new(chunks), ShellRule::Auto(Arc::default()))
}

fn of(format: Option<Format>, input: Box<dyn Read + Send>, rule: ShellRule) -> JobFile {
    let (named, separator) = match format {
        Some(Format::NullLines) => (None, Separator::Null),
        named => (named, Separator::Newline),
    };
    JobFile::new("jobs".into(), named, separator, input, rule)
}

/// An entry as `line [name] command`.
fn show(entry: Result<Entry, JobFileError>) -> String {
    match entry {
        Ok(Entry::Given(given)) => format!("{given:?}"),
        Ok(Entry::Warning(text)) => format!("warning {text}"),
        Err(error) => format!("error {error}"),
        Ok(Entry::Job(job)) => {
            let name = job
                .name
                .map(|name| format!("[{name}] "))
                .unwrap_or_default();
            let text = match job.invocation {
                Invocation::Line { line, .. } => line.to_string_lossy().into_owned(),
                Invocation::Argv(words) => format!("{words:?}"),
                other => panic!("{other:?}"),
            };
            format!("{} {name}{text}", job.origin.line)
        }
    }
}

/// All entries of a file.
fn read_as(format: Option<Format>, text: impl AsRef<[u8]>) -> Vec<String> {
    let chunks = [text.as_ref(), &[]];
    // An empty first chunk would be the end.
    open(format, &chunks).map(show).collect()
}

fn read(text: impl AsRef<[u8]>) -> Vec<String> {
    read_as(None, text)
}

#[test]
fn a_line_is_a_command() {
    assert_eq!(
        read("ls\nweb: serve | tee log\n"),
        ["1 ls", "2 [web] serve | tee log"]
    );
}

#[test]
fn an_empty_file_has_no_jobs() {
    assert!(read("").is_empty());
    assert!(read("\n \n# nothing\n").is_empty());
}

#[test]
fn blank_lines_and_comments_are_skipped_and_counted() {
    assert_eq!(read("\n# a\n  # b\n \t\nls # c\n"), ["5 ls # c"]);
}

#[test]
fn the_last_line_needs_no_newline() {
    assert_eq!(read("a\nb"), ["1 a", "2 b"]);
}

#[test]
fn a_mark_at_the_start_is_dropped_in_every_format() {
    assert_eq!(read("\u{feff}ls\n"), ["1 ls"]);
    assert_eq!(read("\u{feff}{\"cmd\":\"ls\"}\n"), ["1 ls"]);
    assert_eq!(read("\u{feff}[{\"cmd\":\"ls\"}]"), ["1 ls"]);
    assert_eq!(read_as(Some(Format::Lines), "\u{feff}ls\n"), ["1 ls"]);
}

#[test]
fn crlf_is_dropped_with_one_warning() {
    let warning = "warning jobs:2: lines end with CRLF: the carriage returns are dropped";
    assert_eq!(
        read("\r\na\r\nb\r\n\r\nc\n"),
        [warning, "2 a", "3 b", "5 c"]
    );
}

#[test]
fn a_carriage_return_without_a_newline_belongs_to_the_command() {
    assert_eq!(read("a\rb\nc\r"), ["1 a\rb", "2 c\r"]);
}

#[test]
fn bytes_that_are_not_utf_8_are_fine() {
    let entry = open(None, &[b"ls \xff\n"]).next();
    let Some(Ok(Entry::Job(Job {
        invocation: Invocation::Line { line, .. },
        ..
    }))) = entry
    else {
        panic!("no job");
    };
    assert_eq!(line.as_encoded_bytes(), b"ls \xff");
}

#[test]
fn a_nul_byte_in_a_line_is_an_error_and_the_end() {
    let error =
        "error jobs:2: NUL byte in the command: remove it, or use -0 if each command ends with NUL";
    // Nothing before it runs, if it is among the first bytes.
    assert_eq!(read("a\nb\0c\nd\n"), [error]);
    let shown: Vec<String> = open(None, &[b"a\n", b"b\0c\nd\n"]).map(show).collect();
    assert_eq!(shown, ["1 a", error]);
}

#[test]
fn a_line_that_cannot_be_run_is_an_error() {
    let rule = ShellRule::Never;
    let file = of(None, Chunks::new(&[b"a\nb | c\n"]), rule);
    let error = "error jobs:2: unquoted `|` is shell syntax, but no shell may be used here: quote it, or allow a shell";
    assert_eq!(file.map(show).collect::<Vec<_>>(), ["1 a", error]);
}

#[test]
fn commands_that_end_with_nul_may_contain_newlines() {
    let text = "a\nb\0\0# no\0# c\nd\0 web: e";
    let expected = ["1 a\nb", "4 # c\nd", "5 [web] e"];
    assert_eq!(read_as(Some(Format::NullLines), text), expected);
}

#[test]
fn a_json_line_is_a_job() {
    let text = "\n{\"cmd\":\"ls\"}\r\n\n  {\"name\":\"b\",\"argv\":[\"b\"]}";
    assert_eq!(read(text), ["2 ls", "4 [b] [\"b\"]"]);
}

#[test]
fn json_errors_name_line_and_column() {
    let good = "{\"cmd\":\"ls\"}";
    for (line, error) in [
        (
            "{\"cmmd\":\"ls\"}",
            "jobs:2:7: unknown key `cmmd`: did you mean `cmd`?",
        ),
        ("{\"cmd\" 1}", "jobs:2:8: `cmd`: expected `:`"),
        ("{\"cmd\":\"ls\"} x", "jobs:2:14: trailing characters"),
        (
            "{",
            "jobs:2:1: EOF while parsing an object: write each job on one line, or all jobs as one array",
        ),
        ("# no", "jobs:2:1: expected value"),
        (
            "{}",
            "jobs:2: neither `cmd` nor `argv` is given: write one of them",
        ),
    ] {
        let shown = read(format!("{good}\n{line}\n{good}\n"));
        assert_eq!(shown, ["1 ls".to_owned(), format!("error {error}")]);
    }
}

#[test]
fn an_array_gives_its_elements_with_their_lines() {
    let text = "[\n  {\"cmd\":\"a\"}, {\"cmd\":\"b\"},\n\n  {\n    \"cmd\": \"c\"\n  }\n]\n";
    assert_eq!(read(text), ["2 a", "2 b", "4 c"]);
}

#[test]
fn errors_in_an_array_name_the_line_and_column_of_the_file() {
    for (text, error) in [
        (
            "[{\"cmd\":\"a\"}, {\"cmmd\":1}]",
            "jobs:1:21: unknown key `cmmd`: did you mean `cmd`?",
        ),
        (
            "[{\"cmd\":\"a\"},\n {\n  \"x\": 1}]",
            "jobs:3:5: unknown key `x`: the keys are",
        ),
        (
            "[{\"cmd\":\"a\"},\n\n {}]",
            "jobs:3: neither `cmd` nor `argv`",
        ),
        (
            "[{\"cmd\":\"a\"}\n {\"cmd\":\"a\"}]",
            "jobs:2:2: missing `,` or `]` after an object",
        ),
        (
            "[{\"cmd\":\"a\"},\n",
            "jobs:2:1: the array is not closed: add `]` at the end",
        ),
        (
            "[{\"cmd\":\"a\"}] x",
            "jobs:1:15: text after the closing `]`",
        ),
    ] {
        let entries = read(text);
        assert_eq!(entries.len(), 2, "{entries:?}");
        assert!(
            entries[1].starts_with(&format!("error {error}")),
            "{entries:?}"
        );
    }
}

#[test]
fn a_file_that_should_be_an_array_and_is_not_is_an_error() {
    let shown = read_as(Some(Format::JsonArray), "{\"cmd\":\"ls\"}");
    let error = "error jobs:1:2: `cmd` is a key of a job: write the job under `jobs` with its name, or each job as one line of a file that ends with .jsonl";
    assert_eq!(shown, [error]);
}

#[test]
fn an_empty_array_file_has_no_jobs() {
    assert!(read_as(Some(Format::JsonArray), "").is_empty());
    assert!(read("[]\n").is_empty());
}

#[test]
fn a_document_is_read_as_a_whole() {
    let toml = Some(Format::Document(Spelling::Toml));
    let text = "[jobs.a]\ncmd = 'x'\nneeds = ['b']\n[jobs.b]\ncmd = 'y'\n";
    assert_eq!(read_as(toml, text), ["1 [a] x", "4 [b] y"]);
    assert_eq!(read(text), ["1 [a] x", "4 [b] y"]);
    let chunks = [&text.as_bytes()[..20], &text.as_bytes()[20..], b""];
    let mut file = open(None, &chunks);
    assert!(!file.buffered());
    assert!(file.next().is_some());
    assert!(file.buffered() && file.has_needs());
    assert_eq!(file.map(show).collect::<Vec<_>>(), ["4 [b] y"]);
}

#[test]
fn a_first_line_that_names_prun_counts_in_a_document() {
    let json = "#!/usr/bin/env -S prun -f\n{\"jobs\": {\n\"a\": {\"cmd\": \"x\"}}}";
    assert_eq!(read(json), ["3 [a] x"]);
    let yaml = "#!/usr/bin/prun -f\r\njobs:\r\n  a: {cmd: x}\r\n";
    assert_eq!(
        read_as(Some(Format::Document(Spelling::Yaml)), yaml),
        ["3 [a] x"]
    );
}

#[test]
fn a_document_that_is_no_text_or_too_long_is_an_error() {
    let toml = Some(Format::Document(Spelling::Toml));
    let shown = read_as(toml, b"[jobs.a]\ncmd = '\xff'\n");
    assert_eq!(
        shown,
        ["error jobs:2: not UTF-8: convert the document to it"]
    );
    let mut file = of(toml, Box::new(io::repeat(b'#')), ShellRule::Never);
    file.lines.longest = 100_000;
    let error =
        "error jobs:1: the document is longer than 100000 bytes: write the jobs as JSON Lines";
    assert_eq!(file.map(show).collect::<Vec<_>>(), [error]);
}

#[test]
fn jobs_of_a_pool_share_it_and_agree_on_its_limit() {
    let lines = |limit: &str| {
        format!(
            "{{\"cmd\":\"a\",\"pool\":\"db\",\"pool_limit\":2}}\n{{\"cmd\":\"b\",\"pool\":\"db\"{limit}}}\n"
        )
    };
    let text = lines(",\"pool_limit\":2");
    let pools = open(None, &[text.as_bytes(), b""]).map(|entry| match entry {
        Ok(Entry::Job(job)) => job.scheduling.unwrap().pool.unwrap(),
        other => panic!("{other:?}"),
    });
    let pools: Vec<Arc<Pool>> = pools.collect();
    assert!(Arc::ptr_eq(&pools[0], &pools[1]));
    assert_eq!(pools[0].limit.get(), 2);
    let error =
        "error jobs:2: the pool `db` has `pool_limit` 2 in an earlier job: write the same here";
    assert_eq!(read(lines("")), ["1 a", error]);
}

#[test]
fn a_job_without_end_is_an_error() {
    for start in ["x", "{\"cmd\":\"", "[{\"cmd\":\""] {
        let endless = start.as_bytes().chain(io::repeat(b'x'));
        let rule = ShellRule::Auto(Arc::default());
        let mut file = of(None, Box::new(endless), rule);
        assert_eq!(file.lines.longest, 67_108_864);
        file.lines.longest = 100_000;
        let error = "error jobs:1: the job is longer than 100000 bytes: is this a job file?";
        assert_eq!(file.map(show).collect::<Vec<_>>(), [error]);
    }
}

#[test]
fn a_first_line_is_a_job_before_the_second_arrives() {
    // Chunks panics when more is read than it has.
    for text in ["ls\n", "{\"cmd\":\"ls\"}\n", "[{\"cmd\":\"ls\"}"] {
        let mut file = open(None, &[text.as_bytes()]);
        assert_eq!(file.next().map(show).as_deref(), Some("1 ls"));
    }
}

#[test]
fn after_a_last_line_without_newline_nothing_more_is_read() {
    let mut file = open(None, &[b"ls", b""]);
    assert_eq!(file.next().map(show).as_deref(), Some("1 ls"));
    assert!(file.buffered());
    assert!(file.next().is_none());
}

#[test]
fn after_an_error_nothing_more_comes() {
    let mut file = open(None, &[b"a\0\nb\n"]);
    assert!(file.next().is_some_and(|entry| entry.is_err()));
    assert!(file.buffered());
    assert!(file.next().is_none());
    assert!(file.next().is_none());
}

#[test]
fn an_input_that_cannot_be_read_is_an_error_with_its_name() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("no luck"))
        }
    }
    for format in [None, Some(Format::Lines), Some(Format::JsonArray)] {
        let rule = ShellRule::Never;
        let mut file = of(format, Box::new(Broken), rule);
        let shown = file.next().map(show);
        assert_eq!(shown.as_deref(), Some("error jobs: cannot read: no luck"));
    }
}

#[test]
fn a_signal_while_reading_is_no_error() {
    struct Interrupted(bool);
    impl Read for Interrupted {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            self.0 = !self.0;
            if self.0 {
                return Err(io::ErrorKind::Interrupted.into());
            }
            into[0] = b"[]"[usize::from(false)];
            Ok(0)
        }
    }
    for format in [None, Some(Format::Lines), Some(Format::JsonArray)] {
        let input = Box::new(Interrupted(false));
        let mut file = of(format, input, ShellRule::Never);
        assert!(file.next().is_none());
    }
}

#[test]
fn buffered_is_true_when_a_whole_job_is_buffered() {
    let record = "{\"cmd\":\"ls\"}";
    for (text, more) in [
        ("a\nb\n".to_owned(), true),
        ("a\n\n# x\nb".to_owned(), false),
        ("a\n".to_owned(), false),
        (format!("{record}\n{record}\n"), true),
        (format!("{record}\n\n"), false),
        (format!("[{record},{record}"), true),
        (format!("[{record}, {{"), false),
    ] {
        let mut file = open(None, &[text.as_bytes()]);
        assert!(!file.buffered(), "nothing was read yet");
        assert!(file.next().is_some());
        assert_eq!(file.buffered(), more, "{text:?}");
    }
}

#[test]
fn the_memory_of_a_long_job_is_freed() {
    let long = format!("{}\nb\n", "x".repeat(10 * BUFFER_BYTES));
    let input = Box::new(io::Cursor::new(long));
    let mut file = of(None, input, ShellRule::Never);
    assert_eq!(file.by_ref().count(), 2);
    assert!(file.item.capacity() <= BUFFER_BYTES);
}

#[test]
fn a_job_file_can_be_read_on_a_thread_of_its_own() {
    fn is_send<T: Send>() {}
    is_send::<JobFile>();
}
