//! The CI systems whose logs are known.

/// Whose log it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Vendor {
    /// Nothing is known but that it is a log.
    Plain,
    Github,
    Gitlab,
    Azure,
    Buildkite,
    Teamcity,
}

impl Vendor {
    /// Whether groups can be folded in it.
    pub(crate) fn folds(self) -> bool {
        self != Self::Plain
    }
}
