//! [`Submission`]: the command line and the script of a job array.

use std::ffi::OsString;
use std::num::NonZeroU32;
use std::path::Path;

use super::calls::job_name;
use super::words::SubmitWords;
use crate::process::append_quoted;

/// The exit code of the script if the run folder is not there.
pub(crate) const FOLDER_NOT_SEEN: u8 = 120;

/// The exit code of the script if it cannot write to the run folder.
pub(crate) const FOLDER_NOT_WRITABLE: u8 = 121;

/// Chunks that are given to Slurm at once, as tasks of one job array.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Submission<'a> {
    /// The options of the user.
    pub(crate) words: &'a SubmitWords,
    pub(crate) run_id: &'a str,
    /// The absolute path of the run folder.
    pub(crate) folder: &'a Path,
    /// The block of the numbers of the chunks: number / block size.
    pub(crate) block: u64,
    pub(crate) block_size: u64,
    /// The indices of the chunks in the block, in ascending order.
    pub(crate) indices: &'a [u64],
    /// How many tasks may run at once.
    pub(crate) tasks: NonZeroU32,
    /// The CPUs of each.
    pub(crate) cpus: NonZeroU32,
    /// A node that must not be used.
    pub(crate) excluded: Option<&'a str>,
}

impl Submission<'_> {
    /// Returns the command.
    pub(crate) fn command(&self) -> Vec<OsString> {
        let name = job_name(self.run_id);
        let mut command = vec![OsString::from("sbatch")];
        command.extend(self.words.passed().iter().cloned());
        let ours = ["--parsable", "--no-requeue", "--export=ALL"];
        command.extend(ours.map(OsString::from));
        // A path of the user in place of /dev/null would have its percent signs expanded.
        command.extend(["-D", "/", "-o", "/dev/null", "-J", &name].map(OsString::from));
        command.push(format!("--comment={name}.{}", self.block).into());
        command.extend(["-N1", "-n1"].map(OsString::from));
        command.push(format!("-c{}", self.cpus).into());
        if let Some(node) = self.excluded {
            command.push(format!("--exclude={}", self.words.with_excluded(node)).into());
        }
        let list = index_list(self.indices);
        command.push(format!("--array={list}%{}", self.tasks).into());
        command
    }

    /// Returns the script, for the standard input of the command.
    pub(crate) fn script(&self) -> Vec<u8> {
        let mut script = b"#!/bin/sh\ncd ".to_vec();
        append_quoted(self.folder.as_os_str(), &mut script);
        let first = self.block * self.block_size;
        // An `exec` that cannot redirect would end the shell with a code of its own, so that is tried first.
        let rest = format!(
            " || exit {FOLDER_NOT_SEEN}\n\
             c=$(printf %05d $(({first} + SLURM_ARRAY_TASK_ID)))\n\
             true 2>/dev/null >log/$c.err || exit {FOLDER_NOT_WRITABLE}\n\
             exec 2>log/$c.err </dev/null >&2\n\
             exec ./prun --work work/$c log/$c\n"
        );
        script.extend_from_slice(rest.as_bytes());
        script
    }
}

/// Ascending numbers as Slurm writes them: `0-5,7`.
pub(crate) fn index_list(indices: &[u64]) -> String {
    let in_a_row = indices.chunk_by(|one, next| one + 1 == *next);
    let ranges = in_a_row.map(|range| match range {
        [first, .., last] => format!("{first}-{last}"),
        [one] => one.to_string(),
        [] => String::new(),
    });
    ranges.collect::<Vec<_>>().join(",")
}

/// Reads the answer of `sbatch --parsable`: the number of the job, and perhaps a semicolon and the name of
/// the cluster. `None` if it is something else, so that nothing may have been submitted.
pub(crate) fn submitted_job(answer: &[u8]) -> Option<u64> {
    let answer = str::from_utf8(answer).ok()?.trim();
    let number = answer.lines().last()?.split(';').next()?;
    number.parse().ok()
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::io::Write;
    use std::os::unix::ffi::OsStrExt;
    use std::process::{Command, Stdio};

    use super::*;

    fn submission<'a>(words: &'a SubmitWords, folder: &'a Path) -> Submission<'a> {
        Submission {
            words,
            run_id: "7f3a9c",
            folder,
            block: 2,
            block_size: 1001,
            indices: &[0, 1, 2, 7],
            tasks: NonZeroU32::new(3).unwrap(),
            cpus: NonZeroU32::new(4).unwrap(),
            excluded: None,
        }
    }

    fn words(text: &str) -> SubmitWords {
        SubmitWords::parse(text.split_whitespace().map(OsString::from).collect()).unwrap()
    }

    #[test]
    fn the_words_of_the_user_come_before_ours() {
        let words = words("-p debug -c4 --no-requeue");
        let submission = submission(&words, Path::new("/run"));
        let line = |submission: Submission<'_>| submission.command().join(OsStr::new(" "));
        assert_eq!(
            line(submission),
            "sbatch -p debug -c4 --parsable --no-requeue --export=ALL -D / -o /dev/null -J prun-7f3a9c \
             --comment=prun-7f3a9c.2 -N1 -n1 -c4 --array=0-2,7%3"
        );
        let excluding = Submission {
            excluded: Some("n2"),
            ..submission
        };
        assert!(line(excluding).to_string_lossy().contains(" --exclude=n2 "));
    }

    #[test]
    fn excluding_a_node_keeps_those_that_the_user_excludes() {
        let words = words("-x n7 --exclude=n8,n9");
        let submission = Submission {
            excluded: Some("n2"),
            ..submission(&words, Path::new("/run"))
        };
        let command = submission.command().join(OsStr::new(" "));
        let command = command.to_string_lossy();
        assert!(command.contains("--exclude=n8,n9,n2 "), "{command}");
    }

    #[test]
    fn indices_in_a_row_are_a_range() {
        assert_eq!(index_list(&[0]), "0");
        assert_eq!(index_list(&[0, 1, 2, 3, 4, 5, 7, 9, 10]), "0-5,7,9-10");
        assert_eq!(index_list(&[]), "");
    }

    #[test]
    fn the_answer_of_sbatch_is_a_number_and_perhaps_a_cluster() {
        assert_eq!(submitted_job(b"4711\n"), Some(4711));
        assert_eq!(submitted_job(b"4711;big\n"), Some(4711));
        assert_eq!(submitted_job(b"Usage: sbatch [OPTIONS...]\n"), None);
        assert_eq!(submitted_job(b""), None);
    }

    /// Runs the script as task 7 in a folder of this name, and returns its exit code and that folder.
    fn run(name: &[u8], prepare: impl FnOnce(&Path)) -> (Option<i32>, tempfile::TempDir) {
        let outer = tempfile::tempdir().unwrap();
        let folder = outer.path().join(OsStr::from_bytes(name));
        std::fs::create_dir_all(folder.join("log")).unwrap();
        prepare(&folder);
        let words = SubmitWords::default();
        let script = submission(&words, &folder).script();
        let mut shell = Command::new("sh");
        shell.env("SLURM_ARRAY_TASK_ID", "7").current_dir("/");
        let mut child = shell.stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(&script).unwrap();
        drop(stdin);
        (child.wait().unwrap().code(), outer)
    }

    fn write_program(folder: &Path) {
        use std::os::unix::fs::PermissionsExt;
        let program = folder.join("prun");
        std::fs::write(&program, "#!/bin/sh\necho said; echo \"$@\" >args\n").unwrap();
        let mode = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(&program, mode).unwrap();
    }

    #[test]
    fn the_script_runs_the_work_of_its_chunk_whatever_the_folder_is_called() {
        for name in [&b"a b"[..], b"it's %j \"$HOME\" `x`", b"new\nline", b"\xff"] {
            let (code, outer) = run(name, write_program);
            assert_eq!(code, Some(0));
            let folder = outer.path().join(OsStr::from_bytes(name));
            let args = std::fs::read_to_string(folder.join("args")).unwrap();
            assert_eq!(args, "--work work/02009 log/02009\n");
            let said = std::fs::read_to_string(folder.join("log/02009.err")).unwrap();
            assert_eq!(said, "said\n");
        }
    }

    #[test]
    fn the_script_says_by_its_code_what_is_wrong_with_the_folder() {
        let (code, _outer) = run(b"gone", |folder| std::fs::remove_dir_all(folder).unwrap());
        assert_eq!(code, Some(FOLDER_NOT_SEEN.into()));
        let (code, _outer) = run(b"no log", |folder| {
            std::fs::remove_dir(folder.join("log")).unwrap();
        });
        assert_eq!(code, Some(FOLDER_NOT_WRITABLE.into()));
    }
}
