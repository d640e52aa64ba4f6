//! Whether an option has a value.

/// Whether an option has a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Takes {
    Nothing,
    Value,
    /// The next word, unless it begins with `-`.
    Optional,
    /// The next word, if it is a number.
    OptionalNumber,
}
