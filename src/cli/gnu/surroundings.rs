//! What the meaning of a command line of GNU parallel depends on, besides its words.

use std::ffi::{OsStr, OsString};
use std::num::NonZeroUsize;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// What the translation depends on besides the command line.
#[derive(Debug)]
pub(crate) struct GnuSurroundings {
    /// `PARALLEL`: more options, before those of the command line.
    pub(crate) parallel: Option<OsString>,
    /// The files with options of the user and of the system, and their texts.
    pub(crate) profiles: Vec<(PathBuf, Vec<u8>)>,
    /// `PARALLEL_SHELL` and `SHELL`.
    pub(crate) parallel_shell: Option<OsString>,
    pub(crate) shell: Option<OsString>,
    /// Whether bash has exported functions to us.
    pub(crate) has_functions: bool,
    pub(crate) tmpdir: Option<OsString>,
    /// The number of CPUs; called only if needed, as it reads several files.
    pub(crate) cpus: fn() -> NonZeroUsize,
    pub(crate) stdin_is_terminal: bool,
    /// Returns the text of a file, if it is one.
    pub(crate) read: fn(&Path) -> Option<String>,
}

impl GnuSurroundings {
    /// Returns those of this process.
    pub(crate) fn look(cpus: fn() -> NonZeroUsize, stdin_is_terminal: bool) -> Self {
        let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let home = variable("PARALLEL_HOME").map(PathBuf::from);
        let home = home.or_else(|| Some(PathBuf::from(variable("HOME")?).join(".parallel")));
        let paths = [
            Some("/etc/parallel/config".into()),
            home.map(|home| home.join("config")),
        ];
        let read = |path: PathBuf| std::fs::read(&path).ok().map(|text| (path, text));
        let is_function = |name: &OsStr| name.as_bytes().starts_with(b"BASH_FUNC_");
        Self {
            parallel: variable("PARALLEL"),
            profiles: paths.into_iter().flatten().filter_map(read).collect(),
            parallel_shell: variable("PARALLEL_SHELL"),
            shell: variable("SHELL"),
            has_functions: std::env::vars_os().any(|(name, _)| is_function(&name)),
            tmpdir: variable("TMPDIR"),
            cpus,
            stdin_is_terminal,
            read: |path| std::fs::read_to_string(path).ok(),
        }
    }
}

/// Returns the words of a command line of GNU parallel: those after `--gnu`, or all if the program was
/// called as `parallel`. `None` if it is one of prun's own.
pub(crate) fn gnu_words(argv: Vec<OsString>) -> Result<Vec<OsString>, Vec<OsString>> {
    let name = argv.first().map(Path::new).and_then(Path::file_name);
    let is_parallel = name == Some(OsStr::new("parallel"));
    let is_asked = argv.get(1).is_some_and(|word| word == "--gnu");
    match (is_parallel, is_asked) {
        (true, _) => Ok(argv.into_iter().skip(1).collect()),
        (false, true) => Ok(argv.into_iter().skip(2).collect()),
        (false, false) => Err(argv),
    }
}

/// Returns the shell of the commands.
pub(super) fn shell(surroundings: &GnuSurroundings) -> OsString {
    const SHELLS: [&str; 6] = ["sh", "bash", "dash", "zsh", "ksh", "ash"];
    let is_known = |shell: &&OsString| {
        let name = Path::new(shell).file_name().and_then(OsStr::to_str);
        name.is_some_and(|name| SHELLS.contains(&name))
    };
    let own = surroundings.shell.as_ref().filter(is_known);
    let shell = surroundings.parallel_shell.as_ref().or(own);
    shell.cloned().unwrap_or_else(|| "/bin/sh".into())
}

/// Returns the directory of the jobs, unless it differs from job to job.
pub(super) fn directory(value: &OsStr) -> Option<PathBuf> {
    let is_fixed = value != "..." && !value.as_bytes().contains(&b'{');
    is_fixed.then(|| PathBuf::from(value))
}
