//! The options for when jobs start: in which order (`order`), and what keeps
//! them from it besides their number (`limits`).

mod limits;
mod order;

pub(super) use limits::LimitArgs;
pub(super) use order::OrderArgs;
pub(crate) use order::OrderMode;
