//! The options that say how the jobs are read: `columns` of a table, `blocks` of an input, and the
//! `selection` of jobs by their names.

mod blocks;
mod columns;
mod selection;

pub(super) use blocks::BlockArgs;
pub(crate) use columns::ColumnArgs;
pub(super) use selection::SelectionArgs;
