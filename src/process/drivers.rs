//! The drivers that the engine needs of a tokio runtime: I/O and time.

use std::io;
use std::panic::catch_unwind;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::error::{Driver, SpawnErrorKind};

/// Fails outside a runtime, and in one that lacks a driver.
pub(super) fn check() -> Result<(), SpawnErrorKind> {
    if Handle::try_current().is_err() {
        return Err(SpawnErrorKind::NoRuntime);
    }
    // tokio has no query for this: using a missing driver panics. The panic hook runs, which
    // usually prints tokio's message.
    let panics = |call: fn()| catch_unwind(call).is_err();
    // Signal 0 does not exist: with the driver this is an error without an effect.
    if panics(|| drop(signal(SignalKind::from_raw(0)))) {
        return Err(SpawnErrorKind::NoDriver(Driver::Io));
    }
    if panics(|| drop(tokio::time::sleep(Duration::ZERO))) {
        return Err(SpawnErrorKind::NoDriver(Driver::Time));
    }
    Ok(())
}

/// Listens for `SIGCHLD`. The runtime may be another than that of the spawn, and lack the driver for
/// it.
pub(super) fn children() -> io::Result<Signal> {
    catch_unwind(|| signal(SignalKind::child()))
        .unwrap_or_else(|_| Err(io::Error::other("no tokio runtime with a driver for I/O")))
}
