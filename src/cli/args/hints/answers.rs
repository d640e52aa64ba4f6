//! What to write instead of an option that prun does not have.

use super::concurrently::CONCURRENTLY;
use super::gnu_parallel::GNU_PARALLEL;
use super::short_options::SHORT_OPTIONS;
use super::table::find;

/// Returns what to write instead of an option of another program, as typed; its value is ignored.
pub(crate) fn answer(option: &str) -> Option<&'static str> {
    if let Some(name) = option.strip_prefix("--") {
        let name = name.split('=').next()?;
        return [GNU_PARALLEL, CONCURRENTLY]
            .iter()
            .find_map(|table| find(table, name));
    }
    // A value may follow without a space: `-I%`, `-L1`.
    let letter = option.strip_prefix('-')?.get(..1)?;
    find(SHORT_OPTIONS, letter)
}

#[cfg(test)]
mod tests;
