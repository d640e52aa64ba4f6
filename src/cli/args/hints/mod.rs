//! What users of GNU parallel, xargs, concurrently, npm-run-all and moreutils parallel write by habit.
//!
//! `answers` finds what to write instead of an option that prun does not have: in `gnu_parallel` and
//! `concurrently` (which has those of npm-run-all too) by its name, in `short_options` by its letter; each is a `table`.
//! `habits` rejects options and words that prun has too, but that mean something else there.

mod answers;
mod concurrently;
mod gnu_parallel;
mod habits;
mod short_options;
mod table;

pub(super) use answers::answer;
pub(super) use habits::{HabitError, check, check_unknown};
