//! Which job runs in which slot.

use std::ffi::OsStr;

/// The assignment of a job to a slot, as placeholders insert it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SlotAssignment<'a> {
    /// `{#}`: the number of the job, from 1.
    pub(crate) seq: u64,
    /// `{%}`: the number of the slot, from 1.
    pub(crate) slot: u32,
    /// `{slot}`: the value of the slot, if slots have values.
    pub(crate) slot_value: Option<&'a OsStr>,
}

impl SlotAssignment<'_> {
    /// The assignment of job number `seq` to a slot without a value.
    pub(crate) fn without_value(seq: u64, slot: u32) -> Self {
        Self {
            seq,
            slot,
            slot_value: None,
        }
    }
}

/// What a template may say of the slot in which a job runs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum KnownSlots {
    /// Nothing: it is chosen on another machine.
    None,
    /// Its number.
    #[default]
    Numbers,
    /// Its number and its value.
    Values,
}
