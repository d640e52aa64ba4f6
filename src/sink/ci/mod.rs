//! Logs of CI systems.
//!
//! `vendor` lists the supported systems, `markup` writes their commands, and `escape` keeps untrusted text
//! from being taken for such a command.

mod escape;
mod markup;
mod vendor;

pub(super) use escape::{Author, Escaper};
pub(super) use markup::Severity;
pub(crate) use vendor::Vendor;
