//! The names of files in a run folder.

/// The ending of a file that is not whole.
pub(super) const UNFINISHED: &str = ".tmp";

/// The ending of a file with the errors of the shell of a task.
pub(super) const ERRORS: &str = ".err";

/// The least digits in a name.
const DIGITS: usize = 5;

/// Returns the name of the files of a chunk.
pub(super) fn file_name(number: u64) -> String {
    format!("{number:0DIGITS$}")
}

/// Returns the number of the chunk to which a file belongs, if it has the name of one.
pub(super) fn number(name: &str) -> Option<u64> {
    let number = name.parse().ok()?;
    (file_name(number) == name).then_some(number)
}

/// Whether a file in `work` or `log` is ours.
pub(super) fn is_own(name: &str) -> bool {
    let endings = [UNFINISHED, ERRORS];
    let stem = endings.iter().find_map(|ending| name.strip_suffix(ending));
    number(stem.unwrap_or(name)).is_some()
}
