//! The supported CI systems.

/// The CI system that shows the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Vendor {
    /// An unknown CI system.
    Plain,
    Github,
    Gitlab,
    Azure,
    Buildkite,
    Teamcity,
}

impl Vendor {
    /// Whether its log has groups that can be folded.
    pub(crate) fn folds(self) -> bool {
        self != Self::Plain
    }
}
