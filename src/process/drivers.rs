//! What the engine needs of a tokio runtime besides its threads: the drivers of I/O and time.

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
    // tokio cannot be asked: what needs a driver panics without one. The panic hook is called then,
    // which usually prints what tokio says to it.
    let panics = |call: fn()| catch_unwind(call).is_err();
    // There is no signal 0: where the driver is, this is an error, and does nothing.
    if panics(|| drop(signal(SignalKind::from_raw(0)))) {
        return Err(SpawnErrorKind::NoDriver(Driver::Io));
    }
    if panics(|| drop(tokio::time::sleep(Duration::ZERO))) {
        return Err(SpawnErrorKind::NoDriver(Driver::Time));
    }
    Ok(())
}

/// Listens for the ends of children. The runtime may be another than that of the spawn, and have no
/// driver for it.
pub(super) fn children() -> io::Result<Signal> {
    catch_unwind(|| signal(SignalKind::child()))
        .unwrap_or_else(|_| Err(io::Error::other("no tokio runtime with a driver for I/O")))
}
