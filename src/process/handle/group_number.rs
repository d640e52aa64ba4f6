//! Who needs the number of a process group.

/// What is known of the number of a process group.
#[derive(Default)]
pub(super) struct GroupNumber {
    /// How many need it.
    pub(super) holds: usize,
    /// Whether a `stop` has begun and has not come to its end. It may have been dropped: then another
    /// call will need the number.
    pub(super) is_stopping: bool,
    /// Whether it still is that of the group, although the leader has ended.
    pub(super) is_kept: bool,
}

impl GroupNumber {
    pub(super) fn is_needed(&self) -> bool {
        self.holds > 0 || self.is_stopping
    }
}
