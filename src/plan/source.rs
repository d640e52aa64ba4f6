//! A stream of jobs, wherever they were written; never a list that must be whole.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::path::Path;
use std::sync::Arc;

use thiserror::Error;

use super::job::{Job, Origin};
use super::jobfile::{Entry, Format, JobFile, JobFileError};
use super::names::Names;
use super::shell::ShellRule;
use super::typed::{self, TypedError};

/// A stream of jobs. It ends after its first error.
pub(crate) struct Source {
    supply: Supply,
    names: Names,
    total: Option<u64>,
    ended: bool,
}

/// Where the jobs come from.
enum Supply {
    /// Commands that were typed.
    Typed(std::vec::IntoIter<Job>),
    /// A file that can be read at any time.
    Regular(JobFile),
    /// A pipe, a terminal: whoever writes it decides when.
    Stream(JobFile),
}

/// Why there are no more jobs.
#[derive(Debug, Error)]
pub(crate) enum SourceError {
    /// A typed command is not taken.
    #[error(transparent)]
    Typed(#[from] TypedError),
    /// The job file cannot be opened.
    #[error("{0}: cannot open the job file: {1}")]
    Open(String, io::Error),
    /// There is a folder where the job file should be.
    #[error("{0}: is a directory: name a job file")]
    Directory(String),
    /// The job file cannot be read on.
    #[error(transparent)]
    JobFile(#[from] JobFileError),
    /// Two jobs have one name.
    #[error("{0}: the name `{name}` is taken by an earlier job: every name must be unique", name = .1.escape_debug())]
    Name(Origin, String),
}

impl Source {
    /// The commands that were typed, all checked here. `options` are prun's own long options
    /// (`--json`), for the hint that they go before the commands.
    pub(crate) fn commands(
        commands: Vec<OsString>,
        rule: &ShellRule,
        options: &[&str],
    ) -> Result<Self, SourceError> {
        let jobs = typed::jobs(&commands, rule, options)?;
        let mut names = Names::default();
        for job in &jobs {
            check_name(&mut names, job)?;
        }
        let total = Some(jobs.len() as u64);
        Ok(Self::new(Supply::Typed(jobs.into_iter()), total))
    }

    /// A job file, its format told by its extension or its first bytes.
    ///
    /// A regular file is read through once before, so that a bad line is an error before anything
    /// starts. Anything else (a FIFO, `/dev/stdin`) is a stream; opening it may wait for a writer.
    pub(crate) fn file(path: &Path, rule: &ShellRule) -> Result<Self, SourceError> {
        Self::file_as(path, format_of(path), rule)
    }

    /// The same with a known format, or with `None` for one that the first bytes tell.
    pub(crate) fn file_as(
        path: &Path,
        format: Option<Format>,
        rule: &ShellRule,
    ) -> Result<Self, SourceError> {
        let label = path.display().to_string();
        let unopened = |error| SourceError::Open(label.clone(), error);
        let file = File::open(path).map_err(unopened)?;
        let kind = file.metadata().map_err(unopened)?.file_type();
        if kind.is_dir() {
            return Err(SourceError::Directory(label));
        }
        if !kind.is_file() {
            return Ok(Self::stream_as(&label, format, Box::new(file), rule));
        }
        let file = Arc::new(file);
        let read = |input| JobFile::new(label.as_str().into(), format, input, rule.clone());
        let mut names = Names::default();
        let total = checked(read(Box::new(Arc::clone(&file))), &mut names)?;
        names.clear();
        (&*file).rewind().map_err(unopened)?;
        let mut source = Self::new(Supply::Regular(read(Box::new(file))), Some(total));
        source.names = names;
        Ok(source)
    }

    /// An open stream, such as standard input.
    pub(crate) fn stream(label: &str, input: Box<dyn Read + Send>, rule: &ShellRule) -> Self {
        Self::stream_as(label, None, input, rule)
    }

    /// The same with a known format.
    pub(crate) fn stream_as(
        label: &str,
        format: Option<Format>,
        input: Box<dyn Read + Send>,
        rule: &ShellRule,
    ) -> Self {
        let file = JobFile::new(label.into(), format, input, rule.clone());
        Self::new(Supply::Stream(file), None)
    }

    /// A source of which nothing was taken.
    fn new(supply: Supply, total: Option<u64>) -> Self {
        Self {
            supply,
            names: Names::default(),
            total,
            ended: false,
        }
    }

    /// How many jobs there are in all, where that is known beforehand.
    pub(crate) fn total(&self) -> Option<u64> {
        self.total
    }

    /// Whether `next` may wait for somebody else, so that it belongs on a thread of its own.
    pub(crate) fn may_block(&self) -> bool {
        matches!(self.supply, Supply::Stream(_))
    }

    /// Whether the next entry is at hand. In doubt the answer is no.
    pub(crate) fn buffered(&self) -> bool {
        match &self.supply {
            Supply::Stream(file) => self.ended || file.buffered(),
            Supply::Typed(_) | Supply::Regular(_) => true,
        }
    }

    /// The next entry of the supply, its name not yet checked.
    fn supplied(&mut self) -> Option<Result<Entry, JobFileError>> {
        match &mut self.supply {
            Supply::Typed(jobs) => jobs.next().map(|job| Ok(Entry::Job(job))),
            Supply::Regular(file) | Supply::Stream(file) => file.next(),
        }
    }
}

impl Iterator for Source {
    type Item = Result<Entry, SourceError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let entry = self
            .supplied()
            .map(|entry| with_name(&mut self.names, entry));
        self.ended = !matches!(entry, Some(Ok(_)));
        entry
    }
}

/// Reads a file through and counts its jobs; the first error is the answer.
fn checked(file: JobFile, names: &mut Names) -> Result<u64, SourceError> {
    let mut jobs = 0;
    for entry in file {
        if let Entry::Job(_) = with_name(names, entry)? {
            jobs += 1;
        }
    }
    Ok(jobs)
}

/// The entry, if its name is its own.
fn with_name(names: &mut Names, entry: Result<Entry, JobFileError>) -> Result<Entry, SourceError> {
    let entry = entry?;
    if let Entry::Job(job) = &entry {
        check_name(names, job)?;
    }
    Ok(entry)
}

/// Refuses a name that an earlier job has.
fn check_name(names: &mut Names, job: &Job) -> Result<(), SourceError> {
    match &job.name {
        Some(name) if !names.take(name) => Err(SourceError::Name(job.origin.clone(), name.clone())),
        _ => Ok(()),
    }
}

/// The format that the extension of a path tells.
fn format_of(path: &Path) -> Option<Format> {
    let extension = path.extension()?.to_str()?.to_ascii_lowercase();
    match extension.as_str() {
        "jsonl" | "ndjson" => Some(Format::JsonLines),
        "json" => Some(Format::JsonArray),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::super::intake::tests::Chunks;
    use super::super::words::Work;
    use super::*;

    fn rule() -> ShellRule {
        ShellRule::Auto(Arc::default())
    }

    /// A file of its own for each test, removed at the end.
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
            Source::file(&self.0, &rule()).map_err(|e| e.to_string().replace(&label, "FILE"))
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
        let told = |entry: Result<Entry, SourceError>| match entry {
            Ok(Entry::Job(Job {
                work: Work::Line { line, .. },
                ..
            })) => line.into_string().unwrap(),
            Ok(other) => format!("{other:?}"),
            Err(error) => format!("error {error}"),
        };
        source.map(told).collect()
    }

    #[test]
    fn typed_commands_are_counted_and_never_block() {
        let source = Source::commands(vec!["a".into(), "b | c".into()], &rule(), &[]).unwrap();
        assert_eq!(source.total(), Some(2));
        assert!(!source.may_block());
        assert!(source.buffered());
        assert_eq!(lines(source), ["a", "b | c"]);
    }

    #[test]
    fn a_typed_name_that_is_taken_is_an_error_at_once() {
        let error = Source::commands(vec!["a: x".into(), "a: y".into()], &rule(), &[]).err();
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
            "{\"cmd\":\"a\"}\n{\"cmd\":\"b\",\"needs\":[]}\n",
        );
        let error = "FILE:2:18: the key `needs` is reserved for a later version: remove it";
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
        assert!(file.error().starts_with("FILE:1:1: `[` is missing"));
    }

    #[test]
    fn a_missing_file_is_an_error_with_its_name() {
        let error = Source::file(Path::new("/no/such/jobs.txt"), &rule())
            .err()
            .unwrap();
        assert_eq!(
            error.to_string(),
            "/no/such/jobs.txt: cannot open the job file: No such file or directory (os error 2)"
        );
    }

    #[test]
    fn a_directory_is_an_error_with_its_name() {
        let error = Source::file(Path::new("/"), &rule()).err().unwrap();
        assert_eq!(error.to_string(), "/: is a directory: name a job file");
    }

    #[test]
    fn a_device_is_a_stream() {
        let source = Source::file(Path::new("/dev/null"), &rule()).unwrap();
        assert_eq!(source.total(), None);
        assert!(source.may_block());
        assert!(lines(source).is_empty());
    }

    #[test]
    fn a_stream_gives_its_first_job_before_the_second_arrives() {
        let mut source = Source::stream("stdin", Chunks::new(&[b"a\nb\n"]), &rule());
        assert!(source.may_block());
        assert!(!source.buffered());
        assert!(source.next().is_some());
        assert!(source.buffered());
        assert!(source.next().is_some());
        assert!(!source.buffered());
    }

    #[test]
    fn an_error_on_a_stream_comes_at_its_line_and_ends_it() {
        let source = Source::stream("stdin", Chunks::new(&[b"a: x\nb\na: y\nc\n"]), &rule());
        let error =
            "error stdin:3: the name `a` is taken by an earlier job: every name must be unique";
        assert_eq!(lines(source), ["x", "b", error]);
    }

    #[test]
    fn records_that_end_with_nul_are_a_format_to_ask_for() {
        let input = Chunks::new(&[b"a\nb\0c\0", b""]);
        let source = Source::stream_as("stdin", Some(Format::NullLines), input, &rule());
        assert_eq!(lines(source), ["a\nb", "c"]);
    }

    #[test]
    fn a_source_can_be_read_on_a_thread_of_its_own() {
        fn is_send<T: Send>() {}
        is_send::<Source>();
    }
}
