//! A change to an environment.

use std::ffi::OsString;

/// A change to one variable; later changes override earlier ones.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct EnvChange {
    pub(crate) name: OsString,
    /// The new value; `None` removes the variable.
    pub(crate) value: Option<OsString>,
}

impl EnvChange {
    /// Sets a variable.
    pub(crate) fn set(name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        Self {
            name: name.into(),
            value: Some(value.into()),
        }
    }

    /// Removes a variable.
    pub(crate) fn remove(name: impl Into<OsString>) -> Self {
        Self {
            name: name.into(),
            value: None,
        }
    }
}
