//! The logs of CI systems.
//!
//! `vendor` names those that are known, `markup` is what they understand, and `escape` keeps text from
//! elsewhere from being taken for a command of theirs.

mod escape;
mod markup;
mod vendor;

pub(super) use escape::{Author, Escaper};
pub(crate) use vendor::Vendor;
