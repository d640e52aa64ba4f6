//! The limits by the load and the memory of the machine.

use std::path::Path;

use crate::cli::args::{Args, LoadLimit, MemoryLimit};
use crate::cli::settings::surroundings::Surroundings;
use crate::run::{Machine, MachineRule, Memory};

/// A limit that cannot be kept. The text is for the user.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MachineLimitError {
    #[error("--load: this system does not tell its load: use -j")]
    NoLoad,
    #[error("--memfree: this system does not tell how much memory is available: use -j")]
    NoMemory,
    #[error(
        "--memfree: this machine has {}, less than {}, so that only one job at a time would run: give less",
        size(*total), size(*least)
    )]
    TooMuch { total: u64, least: u64 },
}

/// Returns the limits, and the machine they are for, if there are any.
pub(crate) fn machine_limits(
    args: &Args,
    surroundings: &Surroundings,
) -> Result<Option<(Machine, MachineRule)>, MachineLimitError> {
    let (load, memory) = (args.limits.load, args.limits.memfree);
    if load.is_none() && memory.is_none() {
        return Ok(None);
    }
    let machine = Machine::at(Path::new("/"));
    if load.is_some() && machine.load().is_none() {
        return Err(MachineLimitError::NoLoad);
    }
    let memory = match memory {
        None => None,
        Some(limit) => {
            let memory = machine.memory().ok_or(MachineLimitError::NoMemory)?;
            Some(least(limit, memory)?)
        }
    };
    #[expect(clippy::cast_precision_loss, reason = "there are few CPUs")]
    let load = load.map(|limit| match limit {
        LoadLimit::Threads(threads) => threads,
        LoadLimit::Percent(percent) => percent / 100.0 * (surroundings.cpus)().get() as f64,
    });
    Ok(Some((machine, MachineRule { load, memory })))
}

/// Returns how much must be available.
fn least(limit: MemoryLimit, memory: Memory) -> Result<u64, MachineLimitError> {
    let total = memory.total;
    match limit {
        MemoryLimit::Percent(percent) => Ok(total / 100 * u64::from(percent)),
        MemoryLimit::Bytes(least) if least <= total => Ok(least),
        MemoryLimit::Bytes(least) => Err(MachineLimitError::TooMuch { total, least }),
    }
}

fn size(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "it is rounded anyway")]
    let gibibytes = bytes as f64 / f64::from(1 << 30);
    format!("{gibibytes:.1} GiB")
}

#[cfg(test)]
mod tests {
    use super::*;

    const MEMORY: Memory = Memory {
        available: 1 << 30,
        total: 8 << 30,
    };

    #[test]
    fn a_percentage_is_of_all_memory() {
        let percent = least(MemoryLimit::Percent(25), MEMORY);
        assert_eq!(percent.unwrap() >> 20, (2 << 10) - 1);
    }

    #[test]
    fn more_than_there_is_can_never_be_available() {
        let more_than_now = least(MemoryLimit::Bytes(8 << 30), MEMORY);
        assert_eq!(more_than_now.unwrap(), 8 << 30);
        let error = least(MemoryLimit::Bytes(9 << 30), MEMORY).unwrap_err();
        let expected = "--memfree: this machine has 8.0 GiB, less than 9.0 GiB, so that only one job at a time would run: give less";
        assert_eq!(error.to_string(), expected);
    }
}
