//! The options for when jobs start: which of them (`selection`), in which order (`order`), and what keeps
//! them from it besides their number (`limits`).

mod limits;
mod order;
mod selection;

pub(super) use limits::LimitArgs;
pub(super) use order::OrderArgs;
pub(crate) use order::OrderMode;
pub(super) use selection::SelectionArgs;
