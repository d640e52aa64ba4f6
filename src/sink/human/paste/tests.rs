use std::os::unix::ffi::OsStringExt;
use std::process::{Command as Started, Stdio};
use std::time::Duration;

use proptest::collection::{btree_map, vec};
use proptest::option::of;
use proptest::prelude::*;

use super::*;
use crate::os::EnvChange;
use crate::plan::{Job, Origin, ShellRule};

/// The inputs of a job.
#[derive(Debug)]
struct Given {
    args: Vec<OsString>,
    env: Vec<EnvChange>,
    dir: PathBuf,
    stdin: Vec<u8>,
}

/// Prints its arguments, all variables whose names begin with V, its directory and its input.
const SCRIPT: &str =
    "printf '[%s]' \"$@\"; env -0 | LC_ALL=C sort -z | grep -z ^V; pwd -P; cat; exit 3";

impl Given {
    /// A job that prints them: given as words, or as a line that is not a simple command.
    fn job(&self, line: Option<&str>, cwd: &Path) -> NumberedJob {
        let origin = Origin {
            source: "x".into(),
            line: 1,
        };
        let rule = ShellRule::Auto(Default::default());
        let line_or = line.unwrap_or("true");
        let mut job = Job::from_line(origin, line_or.as_bytes(), &rule).unwrap();
        if line.is_none() {
            let words = ["sh", "-c", SCRIPT, "sh"].map(OsString::from);
            job.invocation = Invocation::Argv(words.into_iter().chain(self.args.clone()).collect());
        }
        job.env = self.env.clone();
        job.stdin = Some(JobInput::Bytes(self.stdin.clone()));
        NumberedJob {
            seq: 1,
            read_at: Duration::ZERO,
            key: None,
            slot_values: None,
            cwd: cwd.into(),
            job,
        }
    }

    /// Returns the output and the exit code of the job as prun runs it.
    fn expected(&self, line: Option<&str>, cwd: &Path) -> (Vec<u8>, Option<i32>) {
        let mut command = Started::new("sh");
        command.args(["-c", line.unwrap_or(SCRIPT), "sh"]);
        command.args(&self.args).current_dir(cwd);
        for EnvChange { name, value } in &self.env {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        output_of(command, &self.stdin)
    }
}

fn output_of(mut command: Started, input: &[u8]) -> (Vec<u8>, Option<i32>) {
    use std::io::Write;
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::null()).spawn().unwrap();
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    (output.stdout, output.status.code())
}

/// Any bytes without NUL, in half of the cases text.
fn word(least: usize) -> impl Strategy<Value = OsString> {
    let most = least + 6;
    let text =
        "[ -~\\n\\t\u{e9}\u{202e}]{0,5}\\n?".prop_filter("long enough", move |t| t.len() >= least);
    prop_oneof![
        vec(1..=255_u8, least..most).prop_map(OsString::from_vec),
        text.prop_map(OsString::from),
    ]
}

/// The name of a variable, valid in a shell or not.
fn name() -> impl Strategy<Value = OsString> {
    prop_oneof![
        4 => "V[A-Za-z_]{0,2}".prop_map(OsString::from),
        1 => "V[.+% é]".prop_map(OsString::from),
        1 => prop_oneof![Just("IFS"), Just("OPTIND"), Just("BASH_V")].prop_map(OsString::from),
    ]
}

fn changes(env: BTreeMap<OsString, Option<OsString>>) -> Vec<EnvChange> {
    let change = |(name, value)| EnvChange { name, value };
    env.into_iter().map(change).collect()
}

fn given() -> impl Strategy<Value = Given> {
    let no_slash =
        |word: &OsString| !word.as_bytes().contains(&b'/') && word != "." && word != "..";
    let dir = of(word(1).prop_filter("one folder", no_slash));
    let env = btree_map(name(), of(word(0)), 0..3);
    let args = vec(word(0), 0..3);
    let stdin = vec(0..=255_u8, 0..40);
    (args, env, dir, stdin).prop_map(|(args, env, dir, stdin)| Given {
        args,
        env: changes(env),
        dir: dir.map(PathBuf::from).unwrap_or_default(),
        stdin,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 20, ..Default::default() })]

    #[test]
    fn the_pasted_command_does_the_same_as_the_job(given in given(), is_line in any::<bool>()) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        let cwd = root.join(&given.dir);
        std::fs::create_dir_all(&cwd).unwrap();
        // A line has no arguments; the rest is the same.
        let line = is_line.then_some(SCRIPT);
        let given = Given { args: if is_line { Vec::new() } else { given.args }, ..given };
        let job = given.job(line, &cwd);
        let paster = Paster::new(Readers::Caller, root.clone(), Vec::new());
        let expected = given.expected(line, &cwd);
        for shown in [paster.line(&job, 1, 1), paster.exact(&job, 1)] {
            prop_assert!(is_visible(shown.as_ref()), "{}", shown);
            for shell in ["sh", "bash"] {
                let mut command = Started::new(shell);
                command.args(["-c", &shown]).current_dir(&root);
                let output = output_of(command, b"");
                prop_assert_eq!(&output, &expected, "{}: {}", shell, shown);
            }
        }
    }
}

#[test]
fn a_folder_is_relative_to_the_directory_of_prun() {
    let given = Given {
        args: Vec::new(),
        env: Vec::new(),
        dir: PathBuf::new(),
        stdin: Vec::new(),
    };
    let shown = |cwd: &str| {
        let mut job = given.job(Some("ls x"), Path::new(cwd));
        job.job.stdin = None;
        Paster::new(Readers::Caller, "/w".into(), Vec::new()).line(&job, 1, 1)
    };
    assert_eq!(shown("/w"), "ls x");
    assert_eq!(shown("/w/."), "ls x");
    assert_eq!(shown("/w/a b"), "(cd 'a b' && ls x)");
    assert_eq!(shown("/w/-"), "(cd ./- && ls x)");
    assert_eq!(shown("/else"), "(cd /else && ls x)");
    assert_eq!(shown("/w/link/../y"), "(cd -P /w/link/../y && ls x)");
}

#[test]
fn a_command_is_changed_as_little_as_possible() {
    let shown = |line: &str, env: &[(&str, Option<&str>)]| {
        let given = Given {
            args: Vec::new(),
            env: env
                .iter()
                .map(|(name, value)| EnvChange {
                    name: name.into(),
                    value: value.map(OsString::from),
                })
                .collect(),
            dir: PathBuf::new(),
            stdin: Vec::new(),
        };
        let mut job = given.job(Some(line), Path::new("/w/sub"));
        job.job.stdin = None;
        Paster::new(Readers::Caller, "/w".into(), Vec::new()).line(&job, 2, 3)
    };
    let set = [("A", Some("1"))];
    let both = [("A", Some("1")), ("B", None)];
    for (line, env, expected) in [
        ("ls -l", &[][..], "(cd sub && ls -l)"),
        ("ls -l", &set, "(cd sub && A=1 ls -l)"),
        ("false", &set, "(cd sub && A=1 false)"),
        ("ls -l", &both, "(cd sub && env -u B A=1 ls -l)"),
        (
            "false",
            &both,
            "(cd sub || exit; unset B; export A=1; false)",
        ),
        ("a && b", &[], "(cd sub || exit; a && b)"),
        ("a $A", &set, "(cd sub || exit; export A=1; a $A)"),
        ("a # b", &set, "(cd sub && A=1 sh -c 'a # b')"),
        ("a\nb", &[], "(cd sub && sh -c \"$(printf 'a\\nb')\")"),
        (
            "a | b",
            &[("IFS", Some(":"))],
            "(cd sub && env IFS=: sh -c 'a | b')",
        ),
        (
            "echo $PRUN_SLOT",
            &[],
            "(cd sub || exit; export PRUN_SLOT=2; echo $PRUN_SLOT)",
        ),
        ("exit 3", &set, "(cd sub || exit; export A=1; exit 3)"),
    ] {
        assert_eq!(shown(line, env), expected);
    }
}

#[test]
fn a_program_is_not_replaced_by_a_different_builtin() {
    let shown = |words: &[&str]| {
        let words: Vec<OsString> = words.iter().map(OsString::from).collect();
        runs_program(&words)
    };
    assert!(shown(&["ls", "-l"]));
    assert!(shown(&["echo", "a b"]));
    assert!(shown(&["test", "-e", "x"]));
    assert!(!shown(&["echo", "-n"]));
    assert!(!shown(&["echo", "a\\tb"]));
    assert!(!shown(&["time", "ls"]));
    assert!(!shown(&["exec", "ls"]));
    assert!(!shown(&["cd", "x"]));
}

#[test]
fn the_lists_of_names_are_sorted() {
    assert!(SHELL_VARIABLES.is_sorted() && EQUIVALENT_BUILTINS.is_sorted());
}
