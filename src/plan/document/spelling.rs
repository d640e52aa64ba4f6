//! What a document is written in.

use super::tree::{Fault, Node};
use super::{json, toml, yaml};

/// What a document is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spelling {
    Toml,
    Yaml,
    Json,
}

impl Spelling {
    /// Reads the values of a text.
    pub(super) fn read(self, text: &str) -> Result<Node<'_>, Fault> {
        match self {
            Self::Toml => toml::read(text),
            Self::Yaml => yaml::read(text),
            Self::Json => json::read(text),
        }
    }
}
