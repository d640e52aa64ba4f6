//! The table of running jobs: a few cells of memory shared with the guard, so that a job costs prun two
//! stores and no system call.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// The first cell, which identifies a table.
const MARK: u64 = u64::from_be_bytes(*b"prunjobs");

/// The cells before those of the slots.
#[derive(Clone, Copy)]
enum Header {
    Mark,
    Phase,
    /// In nanoseconds.
    Grace,
    /// Whether the guard has started to wait.
    Ready,
    /// How many slots were ever used: the rest of a large table takes no memory.
    Used,
}

const HEADER: usize = Header::Used as usize + 1;

/// A flag in a slot's cell: the other bits are the sequence number of a job that is being started.
const STARTING: u64 = 1 << 63;

/// The phase of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Running,
    /// prun has asked its jobs to end.
    Ending,
    /// Nothing is left to guard.
    Over,
}

/// The state of an occupied slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SlotState {
    /// The job with this sequence number is being started: its process may exist and not be known yet.
    Starting(u64),
    /// This process group is running.
    Running(u32),
}

/// The table. One writer at a time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Table(&'static [AtomicU64]);

impl Table {
    /// The size in bytes of a table for this many slots.
    pub(super) fn bytes(slots: usize) -> u64 {
        ((HEADER + slots) * size_of::<AtomicU64>()) as u64
    }

    /// Initialises a table in zeroed cells.
    pub(super) fn begin(cells: &'static [AtomicU64], grace: Duration) -> Self {
        let table = Self(cells);
        let grace = u64::try_from(grace.as_nanos()).unwrap_or(u64::MAX);
        table.set(Header::Grace, grace);
        table.set(Header::Mark, MARK);
        table
    }

    /// Opens a table that another process has initialised, if it is one.
    pub(super) fn open(cells: &'static [AtomicU64]) -> Option<Self> {
        let table = Self(cells);
        (cells.len() >= HEADER && table.get(Header::Mark) == MARK).then_some(table)
    }

    pub(super) fn phase(self) -> Phase {
        match self.get(Header::Phase) {
            0 => Phase::Running,
            1 => Phase::Ending,
            _ => Phase::Over,
        }
    }

    pub(super) fn set_phase(self, phase: Phase) {
        self.set(Header::Phase, phase as u64);
    }

    pub(super) fn grace(self) -> Duration {
        Duration::from_nanos(self.get(Header::Grace))
    }

    pub(super) fn is_ready(self) -> bool {
        self.get(Header::Ready) == 1
    }

    pub(super) fn set_ready(self) {
        self.set(Header::Ready, 1);
    }

    /// The state of `slot`; `None` if it is free.
    pub(super) fn slot(self, slot: u32) -> Option<SlotState> {
        let cell = self.cell(slot)?.load(Ordering::Acquire);
        match u32::try_from(cell) {
            Ok(0) => None,
            Ok(group) => Some(SlotState::Running(group)),
            Err(_) => Some(SlotState::Starting(cell & !STARTING)),
        }
    }

    /// Sets the state of `slot`, or frees it. Slots beyond the table are not guarded.
    pub(super) fn set_slot(self, slot: u32, state: Option<SlotState>) {
        let Some(cell) = self.cell(slot) else {
            return;
        };
        if self.get(Header::Used) < u64::from(slot) {
            self.set(Header::Used, slot.into());
        }
        let value = match state {
            None => 0,
            Some(SlotState::Starting(seq)) => STARTING | seq,
            Some(SlotState::Running(group)) => group.into(),
        };
        cell.store(value, Ordering::Release);
    }

    /// The occupied slots.
    pub(super) fn slots(self) -> impl Iterator<Item = (u32, SlotState)> {
        let used = u32::try_from(self.get(Header::Used)).unwrap_or(u32::MAX);
        (1..=used).filter_map(move |slot| Some((slot, self.slot(slot)?)))
    }

    /// Slots count from 1.
    fn cell(self, slot: u32) -> Option<&'static AtomicU64> {
        self.0.get((HEADER + slot as usize).checked_sub(1)?)
    }

    fn get(self, header: Header) -> u64 {
        self.0[header as usize].load(Ordering::Acquire)
    }

    fn set(self, header: Header, value: u64) {
        self.0[header as usize].store(value, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn cells(slots: usize) -> &'static [AtomicU64] {
        let cells = Table::bytes(slots) as usize / size_of::<u64>();
        Vec::leak((0..cells).map(|_| AtomicU64::new(0)).collect())
    }

    fn slot_state() -> impl Strategy<Value = Option<SlotState>> {
        prop_oneof![
            Just(None),
            (1..1u64 << 40).prop_map(|seq| Some(SlotState::Starting(seq))),
            (2u32..1 << 22).prop_map(|group| Some(SlotState::Running(group))),
        ]
    }

    proptest! {
        #[test]
        fn slots_are_read_by_another_process_with_the_same_cells(
            puts in prop::collection::vec((1u32..20, slot_state()), 0..40),
        ) {
            let cells = cells(16);
            let ours = Table::begin(cells, Duration::from_millis(1500));
            let theirs = Table::open(cells).unwrap();
            let mut expected = BTreeMap::new();
            for (slot, state) in puts {
                ours.set_slot(slot, state);
                match state {
                    // Nothing is stored beyond the table, and nothing else is overwritten.
                    Some(state) if slot <= 16 => drop(expected.insert(slot, state)),
                    _ => drop(expected.remove(&slot)),
                }
                prop_assert_eq!(theirs.slots().collect::<BTreeMap<_, _>>(), expected.clone());
            }
            prop_assert_eq!(theirs.grace(), Duration::from_millis(1500));
        }
    }

    #[test]
    fn phases_are_shared() {
        let table = Table::begin(cells(1), Duration::MAX);
        assert!(!table.is_ready());
        table.set_ready();
        for phase in [Phase::Running, Phase::Ending, Phase::Over] {
            table.set_phase(phase);
            assert_eq!(table.phase(), phase);
        }
        assert!(table.is_ready() && table.slots().next().is_none());
    }

    #[test]
    fn cells_without_a_mark_are_not_opened() {
        assert!(Table::open(cells(3)).is_none());
        assert!(Table::open(&[]).is_none());
    }
}
