//! The state of a process group's number (its PGID).

/// Whether the number of a process group is still needed, and whether it is reserved.
#[derive(Default)]
pub(super) struct GroupNumber {
    /// The number of live [`Hold`](super::Hold)s.
    pub(super) holds: usize,
    /// Whether a `shutdown` has begun and has not completed. Its future may have been dropped; then the
    /// next call needs the number.
    pub(super) is_shutting_down: bool,
    /// Whether the number still denotes the group although the leader has ended.
    pub(super) is_kept: bool,
}

impl GroupNumber {
    pub(super) fn is_needed(&self) -> bool {
        self.holds > 0 || self.is_shutting_down
    }
}
