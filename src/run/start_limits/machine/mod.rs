//! How loaded the machine is, and how much memory is available.
//!
//! [`Machine`] reads the files in which the system tells it; what their texts mean is in `load`, `meminfo`
//! and `cgroup`, which are pure. [`MachineReader`] does it on a thread, whenever the runner asks.

mod cgroup;
mod load;
mod machine;
mod meminfo;
mod reader;

pub(crate) use machine::Machine;
pub(crate) use reader::MachineReader;
